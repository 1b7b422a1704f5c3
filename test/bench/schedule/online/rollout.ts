/**
 * Jobs that share executors, played to their end by expected durations: executors that begin at the same moment stay together, so a stage costs a few
 * steps, however many tasks it has. By this, limits of jobs are compared and the best are taken, at every decision anew (rollout: D. P. Bertsekas, D. A. Castañon,
 * Rollout algorithms for stochastic scheduling problems, Journal of Heuristics 1999).
 */
import { allocate, at, type Enact, type Executors, FIRST, FRESH, type Job, MORE, type Wave } from './jobs.ts'

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
  kind: 'moving' | 'running' | 'straggling'
}

/** Sum over the jobs of the time until each ends, ms. The cluster is left as it was. */
export function play(cluster: Executors, underway: readonly Underway[], rent: number): number {
  return new Play(cluster, underway).run(rent)
}

/** Of that: part of what makes tasks late is common to all. */
const STRAGGLING = 0.7

class Play implements Enact {
  readonly #cluster: { total: number; free: number; delay: number; jobs: Job[] }
  readonly #steps: Step[] = []
  #time = 0
  readonly #waves = new Map<Job, Int8Array>()
  /** Something may be done with idle executors that could not be done before. */
  #changed = true

  constructor(cluster: Executors, underway: readonly Underway[]) {
    const jobs = cluster.jobs.map((job) => job.clone())
    this.#cluster = { total: cluster.total, free: cluster.free, delay: cluster.delay, jobs: [...jobs] }
    for (const { job, stage, count, until, moving } of underway) this.#steps.push({ time: until, job: jobs[job]!, stage, count, kind: moving ? 'moving' : 'running' })
  }

  run(rent: number): number {
    const { jobs } = this.#cluster
    let sum = 0
    this.#allocate()
    for (;;) {
      const time = this.#steps.reduce((soonest, step) => Math.min(soonest, step.time), Infinity)
      if (time === Infinity) break
      sum += rent * (this.#cluster.total - this.#cluster.free) * (time - this.#time)
      this.#time = time
      for (let i = this.#steps.length - 1; i >= 0; i--) {
        const step = this.#steps[i]!
        if (step.time > time) continue
        const last = this.#steps.pop()!
        if (last !== step) this.#steps[i] = last
        if (step.kind === 'moving') this.#arrive(step)
        else if (step.kind === 'running') this.#end(step)
        else this.#endStage(step.job, step.stage)
      }
      for (let i = jobs.length - 1; i >= 0; i--) {
        if (jobs[i]!.stagesLeft > 0) continue
        sum += time
        this.#cluster.free += jobs[i]!.attached
        this.#changed = true
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
    this.#steps.push({ time: this.#time + this.#cluster.delay, job, stage, count, kind: 'moving' })
  }

  #allocate(): void {
    const { jobs } = this.#cluster
    if (!this.#changed) return
    this.#changed = false
    allocate(this.#cluster, this)
    for (const job of jobs) {
      job.cold += job.warm
      job.warm = 0
    }
  }

  #begin(job: Job, stage: number, count: number, wave: Wave): void {
    this.#steps.push({ time: this.#time + at(job.shape.stages[stage]!.duration[wave], job.attached), job, stage, count, kind: 'running' })
    this.#waves.set(job, (this.#waves.get(job) ?? new Int8Array(job.unstarted.length)).fill(wave, stage, stage + 1))
  }

  #arrive({ job, stage, count }: Step): void {
    job.moving -= count
    if (stage >= 0) job.reserved[stage]! -= count
    if (job.stagesLeft === 0) {
      this.#cluster.free += count
      this.#changed = true
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
    if (started < count) this.#changed = true
  }

  /** An executor stays with its stage while that has tasks to start. */
  #end({ job, stage, count }: Step): void {
    const again = Math.min(count, job.unstarted[stage]!)
    job.unstarted[stage]! -= again
    job.running[stage]! += again - count
    if (again > 0) this.#begin(job, stage, again, MORE)
    if (again < count) this.#changed = true
    job.warm += count - again
    if (job.unstarted[stage]! > 0 || job.running[stage]! > 0) return
    // The last of n tasks ends about √(2 ln n) standard deviations late (the expected maximum of n normal deviates).
    const wave = (this.#waves.get(job)?.[stage] ?? MORE) as Wave
    const late = at(job.shape.stages[stage]!.duration[wave], job.attached) * job.shape.stages[stage]!.spread[wave] * STRAGGLING * Math.sqrt(2 * Math.log(Math.max(count, 1)))
    if (late > 0) this.#steps.push({ time: this.#time + late, job, stage, count, kind: 'straggling' })
    else this.#endStage(job, stage)
  }

  #endStage(job: Job, stage: number): void {
    this.#changed = true
    job.stagesLeft--
    for (const next of job.shape.outputs[stage]!) job.missing[next]!--
  }
}

/** How many executors a job may be limited to. */
export interface Levels {
  readonly levels: readonly number[]
  /** For a job of which no usual limit is known. */
  readonly alone: number
  /** Of a job that is not alone, about. */
  readonly shared: number
  /** What an executor that belongs to a job costs a ms, in ms of a job's time: jobs to come could use it. */
  readonly rent: number
}

/** An improvement of less, ms, is not worth a change: moving executors costs more than the estimates tell. */
const WORTH_A_CHANGE = 50
/** Plays for one decision, at most. */
const PLAYS = 100

/**
 * Sets each job's limit to what makes the mean time in the system least, by the rollouts: of the present limits, equal shares and shares by the square root of work
 * the best; then one job's limit after the other is changed while that helps.
 * A job that is alone has the limit that did best for such jobs before.
 */
export function setLimits(cluster: Executors, underway: readonly Underway[], { levels, alone, rent }: Levels): void {
  const { jobs, total } = cluster
  const usual = jobs.map((job) => job.usual ?? alone)
  if (jobs.length === 1 && jobs[0]!.usual !== undefined) {
    jobs[0]!.limit = jobs[0]!.usual
    return
  }
  let best = Infinity
  let limits: readonly number[] = []
  let plays = 0
  const tried = (candidate: readonly number[]): boolean => {
    if (plays++ >= PLAYS) return false
    jobs.forEach((job, i) => (job.limit = candidate[i]!))
    const cost = play(cluster, underway, rent)
    if (plays > 1 && !(cost < best - WORTH_A_CHANGE)) return false
    best = cost
    limits = candidate
    return true
  }
  tried(jobs.map((job, i) => (job.limit === Infinity ? usual[i]! : job.limit)))
  if (jobs.length > 1) for (const power of [0, 0.5]) tried(sharesOf(cluster, power).map((share, i) => Math.min(usual[i]!, share)))
  for (let improved = true; improved && plays < PLAYS; ) {
    improved = false
    for (let i = jobs.length - 1; i >= 0; i--) {
      for (const level of levels) {
        if (level !== limits[i] && level <= total && tried(limits.map((limit, j) => (j === i ? level : limit)))) improved = true
      }
    }
    if (jobs.length === 1) break
  }
  jobs.forEach((job, i) => (job.limit = limits[i]!))
}

/** Executors in proportion to (work)^power. */
export function sharesOf({ jobs, total }: Executors, power: number): number[] {
  const weights = jobs.map((job) => job.work() ** power)
  const sum = weights.reduce((all, one) => all + one, 0)
  return weights.map((one) => Math.ceil((total * one) / sum))
}
