import type { NodeId, NodeSpec, RunId, RunSpec, TaskId, Time } from '../task.ts'

/** A node as a policy sees it. */
export interface NodeView {
  readonly spec: NodeSpec
  /** Busy slots / slots, 0 to 1. */
  readonly load: number
  readonly idleSlots: number
}

/** The nodes on which a task fits now: never empty when a policy is asked. */
export interface FittingNodes extends Iterable<NodeView> {
  /** At most this many; exact unless copies of the task exclude some. */
  readonly size: number
  has(node: NodeView): boolean
  /** The one with the smallest load; of equals the fastest, then the one that joined first. O(1). */
  leastLoaded(): NodeView
}

/** What a policy may know. Nothing here can be written. */
export interface ClusterView {
  readonly time: Time
  readonly nodes: ReadonlyMap<NodeId, NodeView>
  spec(task: TaskId): RunSpec
  /** Expected duration of one task of the run, ms: learned from it, or from an earlier run of that name; 1 where unknown. */
  duration(run: RunId): number
  /** Longest path, ms, behind this task through tasks that take its result (by `duration`). */
  tail(task: TaskId): number
  /** Longest path, ms, behind the run as a whole. */
  runTail(run: RunId): number
  /** Inputs of the task, single ones and those of whole runs; at most `limit`, so a sample when there are more. */
  inputs(task: TaskId, limit: number): readonly TaskId[]
  /** Bytes of its result; 0 while there is none. */
  size(task: TaskId): number
  /** Living nodes that hold its result. */
  holders(task: TaskId): readonly NodeView[]
  /** Uniform in [0, 1), from the state's seed: the same events give the same numbers. */
  random(): number
}

/** A node and, in a clause, why that one: shown by %why. Reasons are few and fixed texts, without names or numbers. */
export interface Choice {
  readonly node: NodeView
  readonly reason: string
}

/**
 * Decides what the rules leave open: the order of ready tasks of equal priority, and the node among those that fit.
 * Dependencies, resources and priorities are enforced outside; a choice that does not fit is replaced by the
 * least-loaded node. Must be a pure function of its arguments (and `view.random()`), so that replay repeats it.
 */
export interface Policy {
  readonly name: string
  /**
   * Order among the ready tasks of one run: higher first, equal ones by index. Asked when a task becomes ready and
   * when its tail grows. Absent: by index.
   */
  rankTask?(view: ClusterView, task: TaskId): number
  /** Order among runs of equal priority: higher first, equal ones as declared. `next` is the run's first ready task. */
  rankRun?(view: ClusterView, run: RunId, next: TaskId): number
  /** Asked when more than one node fits. */
  place(view: ClusterView, task: TaskId, fitting: FittingNodes): Choice
}
