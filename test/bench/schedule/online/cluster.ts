/**
 * Executors shared by jobs of stages, after decima-sim (github.com/hongzimao/decima-sim, spark_env/; H. Mao et al., SIGCOMM 2019): which measured
 * durations a task's is drawn from, what moving an executor costs, and what its first task in a job costs. Other than there, whoever schedules is asked at every event
 * about all idle executors, not only about those that have just become free.
 */
import { chance, type Arrival, type Measured, type MeasuredJob, type MeasuredStage } from './tpch.ts'

const FRESH = 0
const FIRST = 1
const MORE = 2

/** ms until an executor has come to another job; and what its first task there takes longer, where that was not measured. */
export const MOVING_DELAY = 2000
const WARM_UP = 1000
/** Numbers of executors with which durations were measured, as decima-sim's `executor_data_point`. */
const POINTS = [5, 10, 20, 40, 50, 60, 80, 100]

export interface ClusterJob {
  readonly number: number
  readonly kind: MeasuredJob
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

export interface Executor {
  readonly number: number
  state: 'idle' | 'running' | 'moving'
  /** The job that it belongs to, or is on its way to. */
  job: ClusterJob | undefined
  /** Of its latest task in this job; -1: none since it came, or since it last stood idle. While it moves: where it is expected. */
  stage: number
  /** Of its task: when it began, its wave, and how many executors the job had. When it arrives, if it moves. */
  since: number
  wave: 0 | 1 | 2
  beside: number
  arrives: number
}

/** Asked after the events of each moment; answers by `assign`. */
export interface Agent {
  decide(cluster: Cluster): void
  arrived?(job: ClusterJob): void
  stageEnded?(job: ClusterJob): void
  jobEnded?(job: ClusterJob): void
  /** A task ended that took so long. */
  taskEnded?(job: ClusterJob, stage: number, wave: 0 | 1 | 2, executors: number, duration: number): void
}

export interface ClusterOptions {
  readonly executors: number
  readonly seed: number
  /** An executor stays with its stage while that has tasks to start, as in decima-sim; else it is asked for after every task. */
  readonly stays: boolean
  /**
   * decima-sim draws the durations of 11 … 39 executors from those measured with 20 and 40 (say) with the weights the wrong way round (`sample_executor_key`): kept, unless this asks
   * for the nearer ones to weigh more.
   */
  readonly straight?: boolean
}

export interface Result {
  /** Mean of completion − arrival, s; every job that arrived is counted, the last ones drained. */
  readonly jobTime: number
  /** Share of the executors' time in which they ran tasks. */
  readonly utilization: number
  readonly makespan: number
}

interface Step {
  readonly time: number
  readonly order: number
  readonly job?: ClusterJob
  readonly executor?: Executor
}

export class Cluster {
  readonly executors: readonly Executor[]
  /** That have arrived and not ended, in this order. */
  readonly jobs: ClusterJob[] = []
  time = 0
  readonly #options: ClusterOptions
  readonly #all: readonly ClusterJob[]
  readonly #steps: Step[] = []
  #order = 0
  #busy = 0

  constructor(workload: readonly Arrival[], options: ClusterOptions) {
    this.#options = options
    this.executors = Array.from({ length: options.executors }, (_, number): Executor => ({ number, state: 'idle', job: undefined, stage: -1, since: 0, wave: FRESH, beside: 0, arrives: 0 }))
    this.#all = workload.map(({ job, at }, number) => ({
      number, kind: job, arrived: at, ended: -1, attached: 0, moving: 0, stagesLeft: job.stages.length,
      started: new Int32Array(job.stages.length), finished: new Int32Array(job.stages.length), reserved: new Int32Array(job.stages.length),
      missing: Int32Array.from(job.stages, ({ inputs }) => inputs.length),
    }))
    for (const job of this.#all) this.#push({ time: job.arrived, order: this.#order++, job })
  }

  run(agent: Agent): Result {
    while (this.#steps.length > 0) {
      this.time = this.#steps[0]!.time
      while (this.#steps[0]?.time === this.time) this.#happen(this.#pop(), agent)
      agent.decide(this)
      // Who waits is fresh again (decima-sim: an executor in a job's free pool has no task).
      for (const executor of this.executors) if (executor.state === 'idle') executor.stage = -1
    }
    const stuck = this.#all.find(({ ended }) => ended < 0)
    if (stuck) throw new Error(`job ${stuck.number} (${stuck.kind.name}) was never finished`)
    const sum = this.#all.reduce((all, { ended, arrived }) => all + ended - arrived, 0)
    return { jobTime: sum / this.#all.length / 1000, utilization: this.#busy / this.executors.length / this.time, makespan: this.time / 1000 }
  }

  unstarted(job: ClusterJob, stage: number): number {
    return job.kind.stages[stage]!.tasks - job.started[stage]!
  }

  /** Whether a stage's inputs are there, and it has tasks for which no executor is on its way. */
  startable(job: ClusterJob, stage: number): boolean {
    return job.missing[stage] === 0 && this.unstarted(job, stage) > job.reserved[stage]!
  }

  /** An idle executor starts a task of its job, or moves to another one (stage -1: to wait there). */
  assign(executor: Executor, job: ClusterJob, stage: number): void {
    if (executor.state !== 'idle') throw new Error('only idle executors are assigned')
    if (executor.job === job) {
      if (stage < 0 || job.missing[stage] !== 0 || this.unstarted(job, stage) === 0) throw new Error('there is no such task to start')
      return this.#begin(executor, job, stage)
    }
    if (executor.job) executor.job.attached--
    Object.assign(executor, { state: 'moving', job, stage, arrives: this.time + MOVING_DELAY })
    job.moving++
    if (stage >= 0) job.reserved[stage]!++
    this.#push({ time: executor.arrives, order: this.#order++, executor })
  }

  #happen({ job, executor }: Step, agent: Agent): void {
    if (job) {
      this.jobs.push(job)
      agent.arrived?.(job)
    } else if (executor!.state === 'moving') this.#arrive(executor!)
    else this.#end(executor!, agent)
  }

  #arrive(executor: Executor): void {
    const { stage } = executor
    const job = executor.job!
    executor.state = 'idle'
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

  #end(executor: Executor, agent: Agent): void {
    const { stage, wave, beside, since } = executor
    const job = executor.job!
    executor.state = 'idle'
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

  #begin(executor: Executor, job: ClusterJob, stage: number): void {
    const task = job.started[stage]!++
    const wave = executor.stage < 0 ? FRESH : executor.stage === stage ? MORE : FIRST
    const luck = (which: number) => chance(this.#options.seed, job.number * 1000 + stage, task, which)
    const duration = durationOf(job.kind.stages[stage]!, job.attached, wave, luck(1), luck(2), this.#options.straight === true)
    Object.assign(executor, { state: 'running', stage, wave, since: this.time, beside: job.attached })
    this.#busy += duration
    this.#push({ time: this.time + duration, order: this.#order++, executor })
  }

  #push(step: Step): void {
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

  #pop(): Step {
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

function sooner(a: Step, b: Step): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order)
}

/** @param u @param v uniform in [0, 1) */
export function durationOf(stage: MeasuredStage, executors: number, wave: 0 | 1 | 2, u: number, v: number, straight: boolean): number {
  const { fresh, first, more } = stage
  const key = keyFor(stage, executors, u, straight)
  const drawn = (from: Measured): number | undefined => {
    const list = from.get(key) ?? []
    return list[Math.floor(v * list.length)]
  }
  if (wave === FRESH) return drawn(fresh) ?? (drawn(first) ?? drawn(more) ?? 0) + WARM_UP
  return (wave === MORE ? drawn(more) : undefined) ?? drawn(first) ?? drawn(fresh) ?? drawn(more) ?? 0
}

/** With how many executors the duration was measured that stands for a task of a job that has so many (`sample_executor_key` with `executor_interval_map`). */
function keyFor(stage: MeasuredStage, executors: number, u: number, straight: boolean): number {
  const right = POINTS.find((point) => point >= executors) ?? POINTS.at(-1)!
  const left = right === executors ? right : (POINTS.findLast((point) => point < executors) ?? right)
  const leans = left < right && 1 + Math.floor(u * (right - left)) <= executors - left
  const key = leans === straight ? right : left
  return stage.first.has(left === right ? left : key) ? (left === right ? left : key) : stage.most
}
