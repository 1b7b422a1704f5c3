/**
 * Jobs that share executors, played to their end by expected durations: executors that begin at the same moment stay together, so a stage costs a few
 * steps, however many tasks it has. By this, limits of jobs are compared and the best are taken, at every decision anew (rollout: D. P. Bertsekas, D. A. Castañon,
 * Rollout algorithms for stochastic scheduling problems, Journal of Heuristics 1999).
 */
import { allocate, at, type Enact, type Executors, FIRST, FRESH, type Job, MORE, type Wave } from './learned-jobs.ts'

/** Executors that run tasks of a stage, and when these are expected to end; or that are on their way (stage -1: to wait in the job). */
export interface Underway {
  readonly job: number
  readonly stage: number
  readonly count: number
  /** ms from now. */
  readonly until: number
  readonly moving: boolean
}

interface Step {
  time: number
  job: Job
  stage: number
  count: number
  moving: boolean
}

/** Sum over the jobs of the time until each ends, ms. The cluster is left as it was. */
export function play(cluster: Executors, underway: readonly Underway[]): number {
  return new Play(cluster, underway).run()
}

class Play implements Enact {
  readonly #cluster: { total: number; free: number; delay: number; jobs: Job[] }
  readonly #steps: Step[] = []
  #time = 0

  constructor(cluster: Executors, underway: readonly Underway[]) {
    const jobs = cluster.jobs.map((job) => job.clone())
    this.#cluster = { total: cluster.total, free: cluster.free, delay: cluster.delay, jobs: [...jobs] }
    for (const { job, stage, count, until, moving } of underway) this.#steps.push({ time: until, job: jobs[job]!, stage, count, moving })
  }

  run(): number {
    const { jobs } = this.#cluster
    let sum = 0
    this.#allocate()
    for (;;) {
      const time = this.#steps.reduce((soonest, step) => Math.min(soonest, step.time), Infinity)
      if (time === Infinity) break
      this.#time = time
      for (let i = this.#steps.length - 1; i >= 0; i--) {
        const step = this.#steps[i]!
        if (step.time > time) continue
        const last = this.#steps.pop()!
        if (last !== step) this.#steps[i] = last
        if (step.moving) this.#arrive(step)
        else this.#end(step)
      }
      for (let i = jobs.length - 1; i >= 0; i--) {
        if (jobs[i]!.stagesLeft > 0) continue
        sum += time
        this.#cluster.free += jobs[i]!.attached
        jobs.splice(i, 1)
      }
      this.#allocate()
    }
    // What could never end counts as if it went on for ever.
    return jobs.length > 0 ? Infinity : sum
  }

  start(job: Job, stage: number, warm: number, cold: number): void {
    if (warm > 0) this.#begin(job, stage, warm, FIRST)
    if (cold > 0) this.#begin(job, stage, cold, FRESH)
  }

  move(_from: Job | undefined, job: Job, stage: number, count: number): void {
    this.#steps.push({ time: this.#time + this.#cluster.delay, job, stage, count, moving: true })
  }

  #allocate(): void {
    const { jobs } = this.#cluster
    if (this.#cluster.free > 0 || jobs.some((job) => job.warm + job.cold > 0)) allocate(this.#cluster, this)
    for (const job of jobs) {
      job.cold += job.warm
      job.warm = 0
    }
  }

  #begin(job: Job, stage: number, count: number, wave: Wave): void {
    this.#steps.push({ time: this.#time + at(job.shape.stages[stage]!.duration[wave], job.attached), job, stage, count, moving: false })
  }

  #arrive({ job, stage, count }: Step): void {
    job.moving -= count
    if (stage >= 0) job.reserved[stage]! -= count
    if (job.stagesLeft === 0) {
      this.#cluster.free += count
      return
    }
    job.attached += count
    const started = stage >= 0 && job.missing[stage] === 0 ? Math.min(count, job.unstarted[stage]!) : 0
    if (started > 0) {
      job.unstarted[stage]! -= started
      job.running[stage]! += started
      this.#begin(job, stage, started, FRESH)
    }
    job.cold += count - started
  }

  /** An executor stays with its stage while that has tasks to start. */
  #end({ job, stage, count }: Step): void {
    const again = Math.min(count, job.unstarted[stage]!)
    job.unstarted[stage]! -= again
    job.running[stage]! += again - count
    if (again > 0) this.#begin(job, stage, again, MORE)
    job.warm += count - again
    if (job.unstarted[stage] === 0 && job.running[stage] === 0) {
      job.stagesLeft--
      for (const next of job.shape.outputs[stage]!) job.missing[next]!--
    }
  }
}

/** How many executors a job may be limited to. */
export interface Levels {
  readonly levels: readonly number[]
  /** What a new job starts from. */
  readonly alone: number
}

/** An improvement of less, ms, is not worth a change: moving executors costs more than the estimates tell. */
const WORTH_A_CHANGE = 50
const PASSES = 2

/**
 * Sets each job's limit to what makes the mean time in the system least, by the rollouts: from the present limits, equal shares and shares by the square root of work,
 * the best; then one job's limit after the other is changed while that helps.
 */
export function setLimits(cluster: Executors, underway: readonly Underway[], { levels, alone }: Levels): void {
  const { jobs, total } = cluster
  if (jobs.length === 0) return
  let best = Infinity
  let limits: readonly number[] = []
  const tried = (candidate: readonly number[], margin: number): boolean => {
    jobs.forEach((job, i) => (job.limit = candidate[i]!))
    const cost = play(cluster, underway)
    if (!(cost < best - margin)) return false
    best = cost
    limits = candidate
    return true
  }
  tried(jobs.map((job) => (job.limit === Infinity ? alone : job.limit)), 0)
  for (const power of jobs.length > 1 ? [0, 0.5] : []) {
    const weights = jobs.map((job) => job.work() ** power)
    const sum = weights.reduce((all, one) => all + one, 0)
    tried(weights.map((one) => Math.min(alone, Math.ceil((total * one) / sum))), WORTH_A_CHANGE)
  }
  for (let pass = 0; pass < PASSES; pass++) {
    let improved = false
    jobs.forEach((_, i) => {
      for (const level of levels) if (level !== limits[i] && level <= total) improved = tried(limits.map((limit, j) => (j === i ? level : limit)), WORTH_A_CHANGE) || improved
    })
    if (!improved || jobs.length === 1) break
  }
  jobs.forEach((job, i) => (job.limit = limits[i] ?? alone))
}
