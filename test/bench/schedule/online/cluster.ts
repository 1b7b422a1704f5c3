/**
 * Executors shared by jobs of stages, after decima-sim (github.com/hongzimao/decima-sim, spark_env/; H. Mao et al., SIGCOMM 2019): which measured
 * durations a task's is drawn from, what moving an executor costs, and what its first task in a job costs. Other than there, whoever schedules is asked at every event
 * about all idle executors, not only about those that have just become free.
 */
import { chance } from './chance.ts'
import { FIRST, FRESH, MORE, type Wave } from './jobs.ts'

/** ms until an executor has come to another job. */
export const MOVING_DELAY = 2000

export interface StageKind {
  readonly tasks: number
  readonly inputs: readonly number[]
  /** Of a task, ms, if its job has so many executors. @param u @param v uniform in [0, 1) */
  duration(executors: number, wave: Wave, u: number, v: number): number
}

export interface JobKind {
  readonly name: string
  readonly stages: readonly StageKind[]
}

export interface Arrival<Kind extends JobKind = JobKind> {
  readonly job: Kind
  /** ms. */
  readonly at: number
}

export interface ClusterJob<Kind extends JobKind = JobKind> {
  readonly number: number
  readonly kind: Kind
  readonly arrived: number
  ended: number
  /** Executors that belong to it, idle or not; and that are on their way. */
  attached: number
  moving: number
  readonly started: Int32Array
  readonly finished: Int32Array
  /** Executors on their way to each stage. */
  readonly reserved: Int32Array
  readonly missing: Int32Array
  stagesLeft: number
}

export interface Executor<Kind extends JobKind = JobKind> {
  readonly number: number
  state: 'idle' | 'running' | 'moving'
  /** The job that it belongs to, or is on its way to. */
  job: ClusterJob<Kind> | undefined
  /** Of its latest task in this job; -1: none since it came, or since it last stood idle. While it moves: where it is expected. */
  stage: number
  /** Of its task: when it began, its wave, and how many executors the job had. When it arrives, if it moves. */
  since: number
  wave: Wave
  beside: number
  arrives: number
}

/** Asked after the events of each moment; answers by `assign`. */
export interface Agent<Kind extends JobKind = JobKind> {
  decide(cluster: Cluster<Kind>): void
  arrived?(job: ClusterJob<Kind>): void
  stageEnded?(job: ClusterJob<Kind>): void
  jobEnded?(job: ClusterJob<Kind>): void
  /** A task ended that took so long. */
  taskEnded?(job: ClusterJob<Kind>, stage: number, wave: Wave, executors: number, duration: number): void
}

export interface ClusterOptions {
  readonly executors: number
  readonly seed: number
  /** An executor stays with its stage while that has tasks to start, as in decima-sim; else it is asked for after every task. */
  readonly stays: boolean
}

export interface Result {
  /** Mean of completion − arrival, s; every job that arrived is counted, the last ones drained. */
  readonly jobTime: number
  /** Share of the executors' time in which they ran tasks. */
  readonly utilization: number
  readonly makespan: number
}

interface Step<Kind extends JobKind> {
  readonly time: number
  readonly order: number
  readonly job?: ClusterJob<Kind>
  readonly executor?: Executor<Kind>
}

export class Cluster<Kind extends JobKind = JobKind> {
  readonly executors: readonly Executor<Kind>[]
  /** That have arrived and not ended, in this order. */
  readonly jobs: ClusterJob<Kind>[] = []
  /** How many executors stand idle. */
  idle: number
  time = 0
  readonly #options: ClusterOptions
  readonly #all: readonly ClusterJob<Kind>[]
  readonly #steps: Step<Kind>[] = []
  #order = 0
  #busy = 0

  constructor(workload: readonly Arrival<Kind>[], options: ClusterOptions) {
    this.#options = options
    this.executors = Array.from({ length: options.executors }, (_, number): Executor<Kind> => ({ number, state: 'idle', job: undefined, stage: -1, since: 0, wave: FRESH, beside: 0, arrives: 0 }))
    this.idle = options.executors
    this.#all = workload.map(({ job, at }, number) => ({
      number, kind: job, arrived: at, ended: -1, attached: 0, moving: 0, stagesLeft: job.stages.length,
      started: new Int32Array(job.stages.length), finished: new Int32Array(job.stages.length), reserved: new Int32Array(job.stages.length),
      missing: Int32Array.from(job.stages, ({ inputs }) => inputs.length),
    }))
    for (const job of this.#all) this.#push({ time: job.arrived, order: this.#order++, job })
  }

  run(agent: Agent<Kind>): Result {
    while (this.#steps.length > 0) {
      this.time = this.#steps[0]!.time
      while (this.#steps[0]?.time === this.time) this.#happen(this.#pop(), agent)
      agent.decide(this)
      // Who waits is fresh again (decima-sim: an executor in a job's free pool has no task).
      if (this.idle > 0) for (const executor of this.executors) if (executor.state === 'idle') executor.stage = -1
    }
    const stuck = this.#all.find(({ ended }) => ended < 0)
    if (stuck) throw new Error(`job ${stuck.number} (${stuck.kind.name}) was never finished`)
    const sum = this.#all.reduce((all, { ended, arrived }) => all + ended - arrived, 0)
    return { jobTime: sum / this.#all.length / 1000, utilization: this.#busy / this.executors.length / this.time, makespan: this.time / 1000 }
  }

  unstarted(job: ClusterJob<Kind>, stage: number): number {
    return job.kind.stages[stage]!.tasks - job.started[stage]!
  }

  /** Whether a stage's inputs are there, and it has tasks for which no executor is on its way. */
  startable(job: ClusterJob<Kind>, stage: number): boolean {
    return job.missing[stage] === 0 && this.unstarted(job, stage) > job.reserved[stage]!
  }

  /** An idle executor starts a task of its job, or moves to another one (stage -1: to wait there). */
  assign(executor: Executor<Kind>, job: ClusterJob<Kind>, stage: number): void {
    if (executor.state !== 'idle') throw new Error('only idle executors are assigned')
    if (executor.job === job) {
      if (stage < 0 || job.missing[stage] !== 0 || this.unstarted(job, stage) === 0) throw new Error('there is no such task to start')
      return this.#begin(executor, job, stage)
    }
    this.idle--
    if (executor.job) executor.job.attached--
    Object.assign(executor, { state: 'moving', job, stage, arrives: this.time + MOVING_DELAY })
    job.moving++
    if (stage >= 0) job.reserved[stage]!++
    this.#push({ time: executor.arrives, order: this.#order++, executor })
  }

  #happen({ job, executor }: Step<Kind>, agent: Agent<Kind>): void {
    if (job) {
      this.jobs.push(job)
      agent.arrived?.(job)
    } else if (executor!.state === 'moving') this.#arrive(executor!)
    else this.#end(executor!, agent)
  }

  #arrive(executor: Executor<Kind>): void {
    const { stage } = executor
    const job = executor.job!
    executor.state = 'idle'
    this.idle++
    executor.stage = -1
    job.moving--
    if (stage >= 0) job.reserved[stage]!--
    if (job.ended >= 0) {
      executor.job = undefined
      return
    }
    job.attached++
    if (stage >= 0 && job.missing[stage] === 0 && this.unstarted(job, stage) > 0) this.#begin(executor, job, stage)
  }

  #end(executor: Executor<Kind>, agent: Agent<Kind>): void {
    const { stage, wave, beside, since } = executor
    const job = executor.job!
    executor.state = 'idle'
    this.idle++
    job.finished[stage]!++
    agent.taskEnded?.(job, stage, wave, beside, this.time - since)
    if (job.finished[stage]! < job.kind.stages[stage]!.tasks) {
      if (this.#options.stays && this.unstarted(job, stage) > 0) this.#begin(executor, job, stage)
      return
    }
    job.kind.stages.forEach(({ inputs }, next) => inputs.includes(stage) && job.missing[next]!--)
    agent.stageEnded?.(job)
    if (--job.stagesLeft > 0) return
    job.ended = this.time
    this.jobs.splice(this.jobs.indexOf(job), 1)
    for (const each of this.executors) if (each.job === job && each.state === 'idle') Object.assign(each, { job: undefined, stage: -1 })
    agent.jobEnded?.(job)
  }

  #begin(executor: Executor<Kind>, job: ClusterJob<Kind>, stage: number): void {
    const task = job.started[stage]!++
    const wave = executor.stage < 0 ? FRESH : executor.stage === stage ? MORE : FIRST
    const luck = (which: number) => chance(this.#options.seed, job.number * 1000 + stage, task, which)
    const duration = job.kind.stages[stage]!.duration(job.attached, wave, luck(1), luck(2))
    this.idle--
    Object.assign(executor, { state: 'running', stage, wave, since: this.time, beside: job.attached })
    this.#busy += duration
    this.#push({ time: this.time + duration, order: this.#order++, executor })
  }

  #push(step: Step<Kind>): void {
    const heap = this.#steps
    let at = heap.push(step) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!sooner(step, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = step
  }

  #pop(): Step<Kind> {
    const heap = this.#steps
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && sooner(heap[child + 1]!, heap[child]!)) child++
      if (!sooner(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}

function sooner(a: Pick<Step<JobKind>, 'time' | 'order'>, b: Pick<Step<JobKind>, 'time' | 'order'>): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order)
}
