/**
 * Jobs that arrive over time and share executors, as in Spark: a job is a graph of stages of alike tasks; an executor belongs to one job at a
 * time, moving it to another takes a while, its first task there takes longer, and tasks take the longer, the more executors their job has. What is
 * decided here is how many executors each job may have, how many of them work on each stage, and whose they are.
 *
 * The kernel has no such executors: its nodes belong to no job, and its `learned` chooses among whole policies by rolling what is left forward under
 * each (kernel/simulator/choose.ts). What is here and in rollout.ts, experience.ts and limits.ts carries the same ideas (durations learned from earlier
 * runs, rollouts, what did best before) over to the setting in which H. Mao et al. measured their learner.
 */

/** Of an executor's task: the first since it came to the job or last stood idle; the first of another stage; one more of the same stage. */
export const FRESH = 0
export const FIRST = 1
export const MORE = 2
export type Wave = typeof FRESH | typeof FIRST | typeof MORE

export interface Stage {
  readonly tasks: number
  readonly inputs: readonly number[]
  /** Expected duration of a task, ms: by wave, and by how many executors its job has (index 0 as 1). */
  readonly duration: readonly [Float64Array, Float64Array, Float64Array]
  /** Standard deviation of durations, as part of what is expected; by wave. */
  readonly spread: readonly [number, number, number]
}

export interface Shape {
  readonly stages: readonly Stage[]
  readonly outputs: readonly (readonly number[])[]
  /** Ascending by limit. */
  readonly orders: readonly [Order, ...Order[]]
}

/** How a job is run that may have about so many executors. */
export interface Order {
  readonly limit: number
  /** By stage: of those that can be started, the one of the highest rank is served first. */
  readonly rank: readonly number[]
  /** By stage: how many executors may work on it at a time. */
  readonly most: readonly number[]
}

/** @param orders unless given: stages with the longest paths behind them first, with any number of executors */
export function shapeOf(stages: readonly Stage[], orders: Shape['orders'] = [longestFirst(stages)]): Shape {
  return { stages, outputs: outputsOf(stages), orders }
}

/** Of the orders that it has, the one for the nearest limit. */
function orderOf({ shape: { orders }, limit }: Job): Order {
  let nearest = orders[0]
  for (const order of orders) if (limit / nearest.limit > order.limit / limit) nearest = order
  return nearest
}

/** Expected ms from the start of each stage to the end of the job, if it had all executors it is worth, are its rank (HEFT's upward rank: H. Topcuoglu et al., 2002). */
export function longestFirst(stages: readonly Stage[]): Order {
  return { limit: Infinity, rank: tailsOf(stages), most: stages.map(({ tasks }) => tasks) }
}

function outputsOf(stages: readonly Stage[]): number[][] {
  const outputs = stages.map((): number[] => [])
  stages.forEach(({ inputs }, s) => inputs.forEach((input) => outputs[input]!.push(s)))
  return outputs
}

function tailsOf(stages: readonly Stage[]): number[] {
  const outputs = outputsOf(stages)
  const tails = stages.map(() => -1)
  const tail = (s: number): number => {
    if (tails[s]! < 0) tails[s] = quickest(stages[s]!) + outputs[s]!.reduce((longest, next) => Math.max(longest, tail(next)), 0)
    return tails[s]!
  }
  stages.forEach((_, s) => tail(s))
  return tails
}

function quickest({ tasks, duration: [, first, more] }: Stage): number {
  let best = Infinity
  for (let executors = 1; executors < first.length; executors++) best = Math.min(best, first[executors]! + (Math.ceil(tasks / executors) - 1) * more[executors]!)
  return best
}

/** A job as it stands. Executors are counted, not named. */
export class Job {
  readonly shape: Shape
  readonly arrived: number
  /** It is given no more executors than this. */
  limit = Infinity
  /** The limit that is best for it when it is alone, if that is known from earlier jobs. */
  usual: number | undefined = undefined
  /** Executors that belong to it; that are on their way to it; that stand idle in it, since this very moment or for longer. */
  attached = 0
  moving = 0
  warm = 0
  cold = 0
  readonly unstarted: number[]
  /** Of each stage's unstarted tasks, those for which an executor is on its way. */
  readonly reserved: number[]
  readonly running: number[]
  /** How many of its inputs are not complete. */
  readonly missing: number[]
  stagesLeft: number

  constructor(shape: Shape, arrived: number) {
    this.shape = shape
    this.arrived = arrived
    const { stages } = shape
    this.unstarted = stages.map(({ tasks }) => tasks)
    this.reserved = stages.map(() => 0)
    this.running = stages.map(() => 0)
    this.missing = stages.map(({ inputs }) => inputs.length)
    this.stagesLeft = stages.length
  }

  clone(): Job {
    const copy = new Job(this.shape, this.arrived)
    for (const count of ['limit', 'attached', 'moving', 'warm', 'cold', 'stagesLeft'] as const) copy[count] = this[count]
    for (const counts of ['unstarted', 'reserved', 'running', 'missing'] as const) this[counts].forEach((count, s) => (copy[counts][s] = count))
    return copy
  }

  get has(): number {
    return this.attached + this.moving
  }

  startable(stage: number): boolean {
    return this.missing[stage] === 0 && this.unstarted[stage]! > this.reserved[stage]!
  }

  /** Expected ms of executors that are still to be spent on it. */
  work(): number {
    let sum = 0
    for (let s = 0; s < this.unstarted.length; s++) {
      const left = this.unstarted[s]! + this.running[s]!
      if (left > 0) sum += left * at(this.shape.stages[s]!.duration[MORE], 20)
    }
    return sum
  }
}

export interface Executors {
  readonly total: number
  /** That belong to no job. */
  free: number
  /** ms until an executor has come to another job. */
  readonly delay: number
  readonly jobs: readonly Job[]
}

/** What is done with executors that stand idle. Counts are up to date when it is called. */
export interface Enact {
  start(job: Job, stage: number, warm: number, cold: number): void
  /** @param from nobody: from those that are free; the idle ones of a job are taken as they are: cold first @param stage -1: to wait there */
  move(from: Job | undefined, job: Job, stage: number, count: number): void
}

export function at(table: Float64Array, executors: number): number {
  return table[executors < table.length ? executors : table.length - 1]!
}

/** Whether it would take more executors than it has, and may. */
function wants(job: Job): boolean {
  if (job.has >= job.limit) return false
  for (let s = 0; s < job.unstarted.length; s++) if (job.startable(s)) return true
  return false
}

/**
 * Puts idle executors to work: jobs with the least work first, in each the stage of the highest rank first. Beyond its limit a job is given
 * none, and what it has idle beyond that others may take. Those that nobody needs now go ahead to where they will be needed.
 */
export function allocate(cluster: Executors, enact: Enact): void {
  const jobs = cluster.jobs.length > 1 ? byWork(cluster.jobs) : cluster.jobs
  if (jobs.length > 1 && jobs.some(wants)) for (const job of jobs) serve(cluster, job, Math.max(0, job.warm + job.cold - Math.max(0, job.has - job.limit)), enact)
  for (const job of jobs) serve(cluster, job, job.warm + job.cold, enact)
  for (const job of jobs) sendAhead(cluster, job, enact)
}

function byWork(jobs: readonly Job[]): Job[] {
  const work = new Map(jobs.map((job) => [job, job.work()]))
  return [...jobs].sort((a, b) => work.get(a)! - work.get(b)!)
}

/** @param may how many of its idle executors it may use */
function serve(cluster: Executors, job: Job, may: number, enact: Enact): void {
  for (const stage of stagesOf(job)) {
    const room = Math.max(0, job.limit - job.has)
    const surplus = room > cluster.free ? surplusFor(cluster, job) : 0
    const far = Math.min(room, cluster.free + surplus)
    const warm = Math.min(may, job.warm)
    const cold = may - warm
    if (warm + cold + far === 0) return
    let count = Math.min(warm + cold + far, job.unstarted[stage]! - job.reserved[stage]!, orderOf(job).most[stage]! - job.running[stage]! - job.reserved[stage]!)
    if (count <= 0) continue
    const w = Math.min(count, warm)
    const c = Math.min(count - w, cold)
    if (w + c > 0) {
      may -= w + c
      job.warm -= w
      job.cold -= c
      job.unstarted[stage]! -= w + c
      job.running[stage]! += w + c
      enact.start(job, stage, w, c)
    }
    count -= w + c
    if (count > 0) bring(cluster, job, stage, count, enact)
  }
}

function stagesOf(job: Job): number[] {
  const stages: number[] = []
  for (let s = 0; s < job.unstarted.length; s++) if (job.startable(s)) stages.push(s)
  if (stages.length < 2) return stages
  const { rank } = orderOf(job)
  return stages.sort((a, b) => rank[b]! - rank[a]!)
}

function surplusFor(cluster: Executors, job: Job): number {
  let sum = 0
  for (const other of cluster.jobs) if (other !== job) sum += surplusOf(other)
  return sum
}

function surplusOf(job: Job): number {
  return Math.max(0, Math.min(job.warm + job.cold, job.has - job.limit))
}

function bring(cluster: Executors, job: Job, stage: number, count: number, enact: Enact): void {
  const take = (from: Job | undefined, most: number): void => {
    const taken = Math.min(count, most)
    if (taken <= 0) return
    count -= taken
    if (from) {
      from.attached -= taken
      const cold = Math.min(taken, from.cold)
      from.cold -= cold
      from.warm -= taken - cold
    } else cluster.free -= taken
    job.moving += taken
    if (stage >= 0) job.reserved[stage]! += taken
    enact.move(from, job, stage, taken)
  }
  take(undefined, cluster.free)
  for (const other of cluster.jobs) if (other !== job && count > 0) take(other, surplusOf(other))
}

/** Free executors move while its first stages run, so that later and wider ones need not wait for them. */
function sendAhead(cluster: Executors, job: Job, enact: Enact): void {
  if (cluster.free === 0) return
  let widest = 0
  for (let s = 0; s < job.missing.length; s++) if (job.missing[s]! > 0) widest = Math.max(widest, job.unstarted[s]!)
  const count = Math.min(cluster.free, job.limit - job.has, widest - job.has)
  if (count > 0) bring(cluster, job, -1, count, enact)
}
