/** What is scheduled: runs of tasks, and the nodes that may execute them. Plain data; `transition` alone writes it. */

/** A task's number: dense, from 0, never reused while a kernel lives. Task `index` of a run is `run.first + index`. */
export type TaskId = number
/** A run's number, unique while a kernel lives. */
export type RunId = number
/** A node's name, as the user sees it. */
export type NodeId = string
/** Milliseconds on the shell's clock (or the simulator's virtual one). The scheduler never asks what time it is. */
export type Time = number

/** Amounts by resource name: `cpu` in cores, `gpu` in devices, `memory` in bytes, anything else in the user's units. */
export type Resources = Readonly<Record<string, number>>

/** Where a task may run: on the named node, and on nodes that carry all these labels. */
export interface Placement {
  readonly node?: NodeId
  readonly labels?: Readonly<Record<string, string>>
}

/**
 * What one `%%distribute` (or one call of `distribute()`) declares: `count` tasks that share everything
 * but their inputs.
 */
export interface RunSpec {
  readonly id: RunId
  readonly name: string
  /** Id of task 0; the run's tasks are `first … first + count - 1`. */
  readonly first: TaskId
  readonly count: number
  /** Higher starts first, strictly. low = -10, normal = 0, high = 10. */
  readonly priority: number
  /** What one task holds while it runs; besides it, a task always holds one slot. */
  readonly request: Resources
  readonly placement: Placement
  /** How many times a task is tried again after its body threw or timed out. */
  readonly retries: number
  /** Pause before the first retry, ms; doubles with each further one. */
  readonly backoff: number
  /** Limit of one attempt, ms; absent: none. */
  readonly timeout?: number
  /** Copies that run on different nodes; the first result counts. At least 1. */
  readonly replicas: number
  /** `sync`: no task starts before every task of the run has its inputs. */
  readonly mode: 'async' | 'sync'
  /** Placement policy of this run; absent: the cluster's. */
  readonly policy?: string
  /** Give a task that takes far longer than such tasks do a copy on another node; the first result counts. */
  readonly speculate?: boolean
  /** Bytes of each task's own arguments, beside its inputs. */
  readonly bytes?: ArrayLike<number>
}

/** How fast results travel between nodes. */
export interface Link {
  /** Bytes a ms. */
  readonly bandwidth: number
  /** ms before the first byte. */
  readonly latency: number
}

/**
 * What the tasks of a run wait for. `tasks[i]` lists the tasks whose results task `i` takes; `runs` are waited for
 * as a whole by every task (a captured handle, `--after`). Kept apart so that a thousand tasks that read a
 * thousand results cost two thousand entries, not a million.
 */
export interface Dependencies {
  readonly tasks?: readonly (readonly TaskId[])[]
  /** Runs all of whose results each task needs. */
  readonly runs: readonly RunId[]
  /** Single tasks each task needs besides (`delays[3]` captured by a body). */
  readonly shared: readonly TaskId[]
}

/** A node as it joins. */
export interface NodeSpec {
  readonly id: NodeId
  /** How many tasks it executes at once. */
  readonly slots: number
  /** What it has in all; `cpu` and `memory` are always there. */
  readonly resources: Resources
  readonly labels: Readonly<Record<string, string>>
  /** Relative speed; 1 is this machine. */
  readonly speed: number
}

/** Why a task ended without a result. `error` is opaque here: the shell knows how to show it. */
export type Failure =
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'timed-out'; readonly after: number }
  /** Every attempt took its node down with it: `nodes` in order. */
  | { readonly kind: 'killed-nodes'; readonly nodes: readonly NodeId[] }
  /** Its result (or an input) is gone with a node and cannot be computed again. */
  | { readonly kind: 'lost'; readonly task: TaskId }

/** Where a task's result is. */
export interface StoredValue {
  /** Bytes, as serialized. */
  readonly size: number
  /** Nodes that hold a copy. The kernel itself holds it when `inKernel`. */
  readonly nodes: readonly NodeId[]
  readonly inKernel: boolean
}

/** One placement of a task: attempt `attempt` (from 1, counted over all of the task's placements) on a slot. */
export interface Attempt {
  readonly attempt: number
  readonly node: NodeId
  readonly slot: number
  /** When it was handed to the slot. */
  readonly since: Time
}

/** A task's state: one case each, holding only that state's fields. */
export type TaskState =
  /** `missing` inputs (or the run's barrier) are not there yet. */
  | { readonly state: 'waiting'; missing: number }
  | { readonly state: 'ready'; readonly since: Time }
  /** Handed to at least one slot, executing or next in that slot's queue. */
  | { readonly state: 'running'; readonly attempts: readonly Attempt[] }
  /** Its last attempt failed; it becomes ready at `until`. */
  | { readonly state: 'backing-off'; readonly until: Time }
  | { readonly state: 'succeeded'; readonly value: StoredValue; readonly attempt: number }
  | { readonly state: 'failed'; readonly failure: Failure; readonly attempt: number }
  | { readonly state: 'cancelled' }
  /** `root` is the failed or cancelled task that this goes back to, not the nearest one. */
  | { readonly state: 'skipped'; readonly root: TaskId }

export type StateName = TaskState['state']
