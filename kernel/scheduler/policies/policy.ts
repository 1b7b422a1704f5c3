import type { NodeId, NodeSpec, RunId, RunSpec, TaskId, Time } from '../task.ts'

/** A node as a policy sees it. */
export interface NodeView {
  readonly spec: NodeSpec
  /** Busy slots / slots, 0 to 1. */
  readonly load: number
  readonly idleSlots: number
  /** The run whose task was started there last. */
  readonly latestRun?: RunId
  /** When its next slot is expected to come free; in the past if one is free, or overdue. */
  busyUntil(): Time
  /** Expected ms, on a node of speed 1, of the tasks that are held for it. */
  readonly awaited: number
}

/** Runs that wait for each other, directly or not. */
export interface JobView {
  /** The id of the run of it that was declared first. */
  readonly id: RunId
  readonly since: Time
  /** How many of its tasks run. */
  readonly running: number
  /** Expected ms, on a node of speed 1, of its unfinished tasks. */
  readonly work: number
}

/** What a plan says of a task. */
export interface PlannedTask {
  /** Absent: any, or one that is gone. */
  readonly node?: NodeView
  /** Its place in the plan's own order. */
  readonly position: number
  readonly start: Time
  /** How long the plan takes it to be busy there, ms; absent: as long as it is expected to take. */
  readonly duration?: number
  /** How late the plan runs by now, ms: what is to come is expected to be as late. */
  readonly late: number
}

/** The nodes on which a task fits now: never empty when a policy is asked. */
export interface FittingNodes extends Iterable<NodeView> {
  readonly size: number
  has(node: NodeView): boolean
  /** The one with the smallest load; of equals the fastest, then the one that joined first. O(1). */
  leastLoaded(): NodeView
  /** The fastest; of equals the one with the smallest load. O(1). */
  fastest(): NodeView
  /** The one on which a task was started the longest time ago. O(1). */
  leastRecent(): NodeView
  /** In no particular order; `index` below `size`. */
  at(index: number): NodeView
}

/** What a policy may know. Nothing here can be written. */
export interface ClusterView {
  readonly time: Time
  readonly nodes: ReadonlyMap<NodeId, NodeView>
  /** Whether they differ in speed. */
  readonly uneven: boolean
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
  /** Expected duration of this task on a node of speed 1, ms: from earlier tasks of its run's name, and its input bytes. */
  expected(task: TaskId): number
  /** Whether anything was learned yet of how long the run's tasks take. */
  known(run: RunId): boolean
  /** ms until the inputs that the node lacks are there. */
  transfer(task: TaskId, node: NodeView): number
  readySince(task: TaskId): Time
  /** How many of the run's tasks run; and are in no final state. */
  running(run: RunId): number
  unfinished(run: RunId): number
  job(run: RunId): JobView
  /** What the latest plan of the run's policy says of it. */
  planned(task: TaskId): PlannedTask | undefined
  /**
   * Tasks that the plan, as late as it runs, has on this node before that time and that have not started, without this one and what is overdue and
   * not ready: how many (`limit` at most), and when the first is to start.
   */
  plannedOn(task: TaskId, node: NodeView, limit: number, before: Time): { readonly count: number; readonly start: Time }
  /** When the node is expected to have room for it: now, if it has. Leaves out what is held for that node. */
  roomAt(task: TaskId, node: NodeView): Time
  /** Whether the node could take it if it were empty. */
  capable(task: TaskId, node: NodeView): boolean
  /** Whether a Hold of the task is heeded: each task may be held only so often, and so long. */
  mayHold(task: TaskId): boolean
  /** When it was first held, since it became ready. */
  heldSince(task: TaskId): Time | undefined
  /** Uniform in [0, 1), from the state's seed: the same events give the same numbers. */
  random(): number
}

/** A node and, in a clause, why that one: shown by %why. Reasons are few and fixed texts, without names or numbers. */
export interface Choice {
  readonly node: NodeView
  readonly reason: string
}

/**
 * Wait: the task stays ready, but is not started before `hold`, unless the node it waits for has room for it, what its policy
 * goes by changes, or something of lower priority would start first. Then the policy is asked again.
 */
export interface Hold {
  readonly hold: Time
  readonly for?: NodeView
  /** Any idle node that finds nothing else may take it, from the node for which most wait. */
  readonly stealable?: boolean
  readonly reason: string
}

/**
 * Decides what the rules leave open: the order of ready tasks of equal priority, and the node among those that fit.
 * Dependencies, resources and priorities are enforced outside; a choice that does not fit is replaced by the
 * least-loaded node, as is what a policy that throws would have chosen. Must be a pure function of its arguments (and
 * `view.random()`), so that replay repeats it.
 */
export interface Policy {
  readonly name: string
  /** Author, title or venue, year. */
  readonly source: string
  /** What it does, in one line. */
  readonly meaning: string
  /**
   * Order among the ready tasks of one run: higher first, equal ones by index. Asked when a task becomes ready and
   * when its tail grows. Absent: by index.
   */
  rankTask?(view: ClusterView, task: TaskId): number
  /** Order among runs of equal priority: higher first, equal ones as declared. `next` is the run's first ready task. */
  rankRun?(view: ClusterView, run: RunId, next: TaskId): number
  /** rankRun also depends on how many tasks of the run's job run, or on what is left of it: asked again when that changes. */
  readonly ranksJobs?: boolean
  /** Durations matter to it: of runs of which nothing is known the first tasks go first (of equal priority), so that something is. */
  readonly needsDurations?: boolean
  /** It may answer Hold, so it is asked even when only one node fits; `uneven`: only where nodes differ in speed. */
  readonly holds?: boolean | 'uneven'
  /** It follows a plan: the shell asks the planner of this name, and sends `Planned`. */
  readonly plans?: boolean
  /** It leaves each run to the policy that the latest `PolicyChosen` names. */
  readonly delegates?: boolean
  /** Asked when more than one node fits; or, if it holds, any. */
  place(view: ClusterView, task: TaskId, fitting: FittingNodes): Choice | Hold
}
