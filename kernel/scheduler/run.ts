import { Heap } from './heap.ts'
import type { Slot } from './node.ts'
import type { Estimate } from './estimate.ts'
import { Job } from './job.ts'
import type { Policy } from './policies/policy.ts'
import type { Shape } from './shape.ts'
import type { RunSpec, TaskId, Time } from './task.ts'
import { FAILED, SUCCEEDED, WAITING } from './task-table.ts'

/** A declared run and what its tasks share. */
export class Run {
  /** Dense, in order of declaration. */
  readonly number: number
  readonly spec: RunSpec
  shape: Shape
  readonly declared: Time
  priority: number
  /** The one it was declared with, or the cluster's; and the one that decides, if that leaves it to another. */
  named: Policy
  policy: Policy
  /** Why `policy` was chosen. */
  chosen: string | undefined = undefined
  /** What is known of its durations: of all runs of its name. */
  readonly estimate: Estimate
  /** What one task is expected to take in its job's work, ms. */
  unit: number
  job: Job
  /** Version of the job when it was put in order last. */
  jobVersion = 0
  /** Single inputs of task `i`: `inputs[starts[i]] … inputs[starts[i + 1] - 1]`. Absent when no task has any. */
  readonly starts: Int32Array | undefined
  readonly inputs: Int32Array | undefined
  /** Runs and single tasks that every task waits for. */
  readonly needs: readonly Run[]
  readonly shared: readonly TaskId[]
  /** Runs that wait for this one as a whole. */
  readonly dependents: Run[] = []
  /** Tasks by status. */
  readonly counts = [0, 0, 0, 0, 0, 0, 0, 0]
  /** Ready tasks by index, the next to start on top. */
  readonly ready = new Heap()
  /** Ready tasks that are held back, so not in `ready`. */
  held = 0
  /** Runs and shared inputs that are not complete: while there are any, ready tasks may not start. */
  blockers = 0
  /** Sync mode: single inputs from outside the run that its tasks are still waiting for. */
  barrier = 0
  unfinished: number
  /** Unfinished runs that need this one as a whole. */
  needers = 0
  /** No handle reaches it. */
  released = false
  /** Succeeded tasks of which no copy of the result exists. */
  absent = 0
  /** Bytes of the results of those that succeeded. */
  resultBytes = 0
  /** Root of the first task that ended without a result; -1: none has. Runs that wait for this one are skipped for it. */
  root: TaskId = -1
  /** Moving average of the body's duration, ms. */
  mean: number | undefined = undefined
  /** Expected duration used for paths: at least 1, and only ever raised. */
  weight: number
  /** Longest path behind the run as a whole; and the longest one behind or through its own tasks. */
  tail = 0
  reach = 0
  /** Slots of this run with tasks behind the head that have not been recalled. */
  readonly backlogged = new Set<Slot>()
  /** Slots of this run that have tasks under recall. */
  readonly recalling = new Set<Slot>()

  constructor(number: number, spec: RunSpec, shape: Shape, policy: Policy, declared: Time, estimate: Estimate, unit: number, parts: Inputs) {
    this.number = number
    this.spec = spec
    this.shape = shape
    this.priority = spec.priority
    this.named = policy
    this.policy = policy
    this.declared = declared
    this.estimate = estimate
    this.unit = unit
    this.weight = Math.max(1, estimate.weight > 0 ? unit : 1)
    this.job = new Job(spec.id, declared)
    this.starts = parts.starts
    this.inputs = parts.inputs
    this.needs = parts.needs
    this.shared = parts.shared
    this.unfinished = spec.count
    this.job.unfinished = spec.count
    this.job.work = spec.count * unit
    this.counts[WAITING] = spec.count
  }

  get complete(): boolean {
    return this.counts[SUCCEEDED] === this.spec.count
  }

  /** Tasks that ended without a result. */
  get broken(): number {
    let broken = 0
    for (let status = FAILED; status < this.counts.length; status++) broken += this.counts[status]!
    return broken
  }

  /** Whether ready tasks may start. */
  get open(): boolean {
    return this.blockers === 0 && this.barrier === 0
  }

  has(task: TaskId): boolean {
    return task >= this.spec.first && task < this.spec.first + this.spec.count
  }
}

export interface Inputs {
  readonly starts: Int32Array | undefined
  readonly inputs: Int32Array | undefined
  readonly needs: readonly Run[]
  readonly shared: readonly TaskId[]
}
