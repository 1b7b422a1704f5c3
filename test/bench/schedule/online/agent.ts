/** `learned` on the model of a cluster: what it sees of it, and how what it decides (jobs.ts, rollout.ts) is carried out. */
import { MOVING_DELAY, type Agent, type Cluster, type ClusterJob, type Executor } from './cluster.ts'
import { expectedDurations, expectedSpread, experienced, type Experience } from './experience.ts'
import { allocate, Job, shapeOf, type Enact, type Executors, type Shape } from './jobs.ts'
import { bestLimit, jobTook, type LimitsTried } from './limits.ts'
import { setLimits, type Levels, type Underway } from './rollout.ts'
import type { MeasuredJob } from './tpch.ts'

export interface LearnedOptions {
  readonly executors: number
  readonly experience: Experience
  readonly tried: LimitsTried
  readonly levels: Levels
  /** How many executors a job may have, instead of what the rollouts say: to gather experience. */
  readonly limit?: (job: ClusterJob) => number
}

/** Of stages that were never seen. */
const UNKNOWN = 1000
/** What runs longer than expected is expected to go on for this part of it. */
const OVERDUE = 0.15

const stageName = (job: MeasuredJob, stage: number): string => `${job.name}/${stage}`

/** Puts each ended task into `experience`, too. */
export class LearnedAgent implements Agent {
  readonly #options: LearnedOptions
  readonly #shapes = new Map<MeasuredJob, Shape>()
  readonly #limits = new Map<ClusterJob, number>()
  /** Jobs that have been alone and under one limit since they arrived. */
  readonly #alone = new Set<ClusterJob>()
  #changed = false

  constructor(options: LearnedOptions) {
    this.#options = options
  }

  arrived(job: ClusterJob): void {
    if (this.#limits.size > 0) this.#alone.clear()
    else this.#alone.add(job)
    this.#limits.set(job, this.#options.limit?.(job) ?? Infinity)
    this.#changed = true
  }

  stageEnded(): void {
    this.#changed = true
  }

  jobEnded(job: ClusterJob): void {
    if (this.#alone.delete(job)) jobTook(this.#options.tried, job.kind.name, this.#limits.get(job)!, job.ended - job.arrived)
    this.#limits.delete(job)
    this.#changed = true
  }

  taskEnded(job: ClusterJob, stage: number, wave: 0 | 1 | 2, executors: number, duration: number): void {
    experienced(this.#options.experience, stageName(job.kind, stage), wave, executors, duration)
  }

  decide(cluster: Cluster): void {
    if (cluster.jobs.length === 0) return
    const idle = cluster.executors.filter(({ state }) => state === 'idle')
    if (idle.length === 0 && !this.#changed) return
    const view = this.#see(cluster, idle)
    if (this.#changed && !this.#options.limit) {
      setLimits(view, this.#underway(cluster), this.#options.levels)
      cluster.jobs.forEach((job, i) => {
        const { limit } = view.jobs[i]!
        const before = this.#limits.get(job)!
        if (before !== limit && before !== Infinity) this.#alone.delete(job)
        this.#limits.set(job, limit)
      })
    }
    this.#changed = false
    allocate(view, new Hands(cluster, view, idle))
  }

  #see(cluster: Cluster, idle: readonly Executor[]): Executors {
    const jobs = cluster.jobs.map((job) => {
      const seen = new Job(this.#shapeOf(job.kind), job.arrived)
      seen.limit = this.#limits.get(job)!
      seen.usual = bestLimit(this.#options.tried, job.kind.name, this.#options.levels)
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
      const expected = state === 'running' ? this.#shapeOf(job!.kind).stages[stage]!.duration[wave][Math.min(beside, cluster.executors.length)]! : 0
      const until = state === 'moving' ? arrives - cluster.time : Math.max(since + expected - cluster.time, OVERDUE * expected)
      underway.push({ job: at, stage, count: 1, until, moving: state === 'moving' })
    }
    return underway
  }

  #shapeOf(job: MeasuredJob): Shape {
    const before = this.#shapes.get(job)
    if (before) return before
    const { experience, executors } = this.#options
    const shape = shapeOf(job.stages.map(({ tasks, inputs }, s) => {
      const name = stageName(job, s)
      return { tasks, inputs, duration: expectedDurations(experience, name, executors, UNKNOWN), spread: expectedSpread(experience, name) }
    }))
    this.#shapes.set(job, shape)
    return shape
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
