/** The one interface between the coordinator and a cluster. A backend is a folder behind it. */
import type { NodeId, NodeSpec, Outcome, RunId, TaskId } from '../scheduler/index.ts'
import type { CodeId, HandleRef, TaskError, Wire } from '../travel/declaration.ts'

/** How a backend provides a feature: itself, by our doing it around it, or not at all. Shown to the user by %cluster. */
export type Support = 'native' | 'emulated' | 'refused'

export interface Capabilities {
  readonly cancel: Support
  readonly timeout: Support
  readonly resources: Support
  readonly logs: Support
  readonly utilization: Support
  readonly transfer: Support
  readonly recall: Support
}

/** A result that stayed with the nodes that hold it. */
export interface ValueRef {
  readonly task: TaskId
  readonly size: number
  readonly nodes: readonly NodeId[]
}

/** An argument or captured result: here in full, or to be got from a node. */
export type Input = Wire | ValueRef

/** What all tasks of a run share; told to the backend once, before the first of them starts. */
export interface RunContext {
  readonly run: RunId
  readonly name: string
  readonly code: CodeId
  /** The encoded body. Sent to a node once, whatever its size and however many runs use it. */
  readonly bundle: Uint8Array
  /** Values of the handles the body captured, in the declaration's order; a whole run gives an array. */
  readonly handles: readonly { readonly ref: HandleRef; readonly values: readonly Input[]; readonly shape: 'single' | 'array' }[]
  /** task.random() of task `index` is seeded by (seed, index). */
  readonly seed: number
  /** Bytes one task may use; absent: an equal share of the node's. */
  readonly memory?: number
}

/** Tasks of one run for one slot, executed one after another in this order. */
export interface Assignment {
  readonly run: RunId
  readonly node: NodeId
  readonly slot: number
  readonly tasks: readonly TaskId[]
  readonly attempts: readonly number[]
  /** Index of each task in its run. */
  readonly indices: readonly number[]
  /** `inputs[k]` are the arguments of the k-th task's body. */
  readonly inputs: readonly (readonly Input[])[]
}

/** What a node reports of itself, a few times a second. */
export interface NodeSample {
  readonly node: NodeId
  /** Cores in use (1.0 = one core busy), resident bytes, and totals since the start. */
  readonly cpu: number
  readonly memory: number
  readonly bytesIn: number
  readonly bytesOut: number
}

/** A finished attempt with what the scheduler need not know: the value itself when small enough to travel at once. */
export type Finished = Outcome & { readonly value?: Wire; readonly taskError?: TaskError }

/** Facts from the cluster. Times are the kernel's clock (the backend corrects for its nodes' clocks). */
export type BackendEvent =
  | { readonly type: 'node-joined'; readonly node: NodeSpec }
  | { readonly type: 'node-lost'; readonly node: NodeId; readonly reason: string }
  | { readonly type: 'finished'; readonly node: NodeId; readonly slot: number; readonly outcomes: readonly Finished[] }
  | { readonly type: 'returned'; readonly node: NodeId; readonly slot: number; readonly tasks: readonly TaskId[] }
  | { readonly type: 'slot-reset'; readonly node: NodeId; readonly slot: number; readonly reason: string }
  | { readonly type: 'copied'; readonly task: TaskId; readonly node: NodeId }
  | { readonly type: 'value-lost'; readonly task: TaskId }
  | { readonly type: 'log'; readonly task: TaskId; readonly attempt: number; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'progress'; readonly task: TaskId; readonly fraction: number; readonly text?: string }
  | { readonly type: 'sample'; readonly sample: NodeSample }

export interface Backend {
  /** e.g. `local`, `ray`. */
  readonly kind: string
  readonly capabilities: Capabilities
  /** It executes no bodies, and the clock shows its virtual time. */
  readonly simulated?: true
  /** Resolves when the first nodes have joined (their node-joined events delivered); rejects with a UserError. */
  open(onEvents: (batch: readonly BackendEvent[]) => void): Promise<void>
  /** Must precede the first `start` of the run. */
  prepare(context: RunContext): void
  /** Forget a run's context; its tasks are all final. */
  forget(run: RunId): void
  start(batch: readonly Assignment[]): void
  /** Take back what has not begun; answered by `returned`. */
  recall(node: NodeId, slot: number, tasks: readonly TaskId[]): void
  /** Ask the attempt to end (AbortSignal); after a grace period, or at once when `force`, its slot's thread is replaced. */
  cancel(attempts: readonly { readonly task: TaskId; readonly attempt: number; readonly node: NodeId; readonly slot: number }[], force: boolean): void
  /** The encoded value; rejects when no holder has it. */
  read(ref: ValueRef): Promise<Wire>
  release(tasks: readonly TaskId[]): void
  /** Ends every process it started; resolves when they are gone. */
  close(): Promise<void>
}
