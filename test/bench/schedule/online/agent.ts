/** `learned` on the model of a cluster: what it sees of it, and how what it decides (jobs.ts, rollout.ts) is carried out. */
import { MOVING_DELAY, type Agent, type Cluster, type ClusterJob, type Executor, type JobKind } from './cluster.ts'
import { allocate, Job, type Enact, type Executors, type Shape } from './jobs.ts'
import { setLimits, type Levels, type Underway } from './rollout.ts'

/** What was learned of the jobs of a name. */
export interface KnownJob {
  readonly shape: Shape
  /** The limit that is best for it when it is alone. */
  readonly limit: number | undefined
}

export interface LearnedOptions {
  readonly executors: number
  readonly known: (kind: JobKind) => KnownJob
  readonly levels: Levels
  /** How many executors a job may have, instead of what the rollouts say: to gather experience. */
  readonly limit?: (job: ClusterJob) => number
}

/** What runs longer than expected is expected to go on for this part of it. */
const OVERDUE = 0.15

export class LearnedAgent implements Agent {
  readonly #options: LearnedOptions
  readonly #limits = new Map<ClusterJob, number>()
  #changed = false
  /** How many executors were left idle when it last decided: as long as nothing else changes, there is no more use for them. */
  #idle = 0

  constructor(options: LearnedOptions) {
    this.#options = options
  }

  arrived(job: ClusterJob): void {
    this.#limits.set(job, this.#options.limit?.(job) ?? Infinity)
    this.#changed = true
  }

  stageEnded(): void {
    this.#changed = true
  }

  jobEnded(job: ClusterJob): void {
    this.#limits.delete(job)
    this.#changed = true
  }

  decide(cluster: Cluster): void {
    if (cluster.jobs.length === 0) return
    if (!this.#changed && cluster.idle === this.#idle) return
    const idle = cluster.executors.filter(({ state }) => state === 'idle')
    const view = this.#see(cluster, idle)
    if (this.#changed && !this.#options.limit) {
      setLimits(view, this.#underway(cluster), this.#options.levels)
      cluster.jobs.forEach((job, i) => this.#limits.set(job, view.jobs[i]!.limit))
    }
    this.#changed = false
    allocate(view, new Hands(cluster, view, idle))
    this.#idle = cluster.idle
  }

  #see(cluster: Cluster, idle: readonly Executor[]): Executors {
    const jobs = cluster.jobs.map((job) => {
      const { shape, limit } = this.#options.known(job.kind)
      const seen = new Job(shape, job.arrived)
      seen.limit = this.#limits.get(job)!
      seen.usual = limit
      seen.attached = job.attached
      seen.moving = job.moving
      seen.stagesLeft = job.stagesLeft
      job.started.forEach((started, s) => {
        seen.unstarted[s] = cluster.unstarted(job, s)
        seen.reserved[s] = Math.min(job.reserved[s]!, seen.unstarted[s]!)
        seen.running[s] = started - job.finished[s]!
        seen.missing[s] = job.missing[s]!
      })
      return seen
    })
    let free = 0
    for (const { job, stage } of idle) {
      if (!job) free++
      else jobs[cluster.jobs.indexOf(job)]![stage < 0 ? 'cold' : 'warm']++
    }
    return { total: cluster.executors.length, free, delay: MOVING_DELAY, jobs }
  }

  #underway(cluster: Cluster): Underway[] {
    const underway: Underway[] = []
    for (const { state, job, stage, since, wave, beside, arrives } of cluster.executors) {
      const at = job ? cluster.jobs.indexOf(job) : -1
      if (at < 0 || state === 'idle') continue
      const expected = state === 'running' ? this.#options.known(job!.kind).shape.stages[stage]!.duration[wave][Math.min(beside, cluster.executors.length)]! : 0
      const until = state === 'moving' ? arrives - cluster.time : Math.max(since + expected - cluster.time, OVERDUE * expected)
      underway.push({ job: at, stage, count: 1, until, moving: state === 'moving' })
    }
    return underway
  }
}

class Hands implements Enact {
  readonly #cluster: Cluster
  readonly #jobs: ReadonlyMap<Job | undefined, ClusterJob>
  readonly #idle = new Map<ClusterJob | undefined, Executor[]>()

  constructor(cluster: Cluster, view: Executors, idle: readonly Executor[]) {
    this.#cluster = cluster
    this.#jobs = new Map(view.jobs.map((job, i) => [job, cluster.jobs[i]!]))
    for (const executor of idle) this.#of(executor.job).push(executor)
    // The warm ones first: others are given from the end.
    for (const list of this.#idle.values()) list.sort((a, b) => Number(b.stage >= 0) - Number(a.stage >= 0))
  }

  start(job: Job, stage: number, warm: number, cold: number): void {
    const mine = this.#jobs.get(job)!
    const list = this.#of(mine)
    const firstCold = list.findIndex((executor) => executor.stage < 0)
    for (const executor of [...list.splice(firstCold < 0 ? list.length - cold : firstCold, cold), ...list.splice(0, warm)]) this.#cluster.assign(executor, mine, stage)
  }

  move(from: Job | undefined, job: Job, stage: number, count: number): void {
    const list = this.#of(this.#jobs.get(from))
    for (const executor of list.splice(Math.max(0, list.length - count), count)) this.#cluster.assign(executor, this.#jobs.get(job)!, stage)
  }

  #of(job: ClusterJob | undefined): Executor[] {
    const list = this.#idle.get(job) ?? []
    this.#idle.set(job, list)
    return list
  }
}
