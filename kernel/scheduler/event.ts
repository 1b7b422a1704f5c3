import type { Dependencies, NodeId, NodeSpec, Resources, RunId, RunSpec, TaskId, Time } from './task.ts'

/** How one attempt ended, as its slot reports it. Times are the shell's clock. */
export type Outcome = {
  readonly task: TaskId
  readonly attempt: number
  /** When the body began and ended. */
  readonly began: Time
  readonly ended: Time
  /** Nobody measured how long it took: nothing is learned from that. */
  readonly drawn?: true
} & (
  | { readonly ok: true; readonly size: number; readonly inKernel: boolean }
  /** The body threw, its result cannot travel, or the slot broke under it (out of memory). `error` is opaque. */
  | { readonly ok: false; readonly error: unknown; /** Never worth a retry (its result cannot travel). */ readonly final: boolean }
)

/** Facts. Each carries the time at which it became known. */
export type Event =
  | { readonly type: 'RunDeclared'; readonly time: Time; readonly run: RunSpec; readonly dependencies: Dependencies }
  /** In this order, and together: nothing starts before all are known. */
  | { readonly type: 'RunsDeclared'; readonly time: Time; readonly runs: readonly { readonly run: RunSpec; readonly dependencies: Dependencies }[] }
  | { readonly type: 'NodeJoined'; readonly time: Time; readonly node: NodeSpec }
  | { readonly type: 'NodeLost'; readonly time: Time; readonly node: NodeId; readonly reason: string; /** Taken away on purpose: no task is blamed for it. */ readonly expected?: boolean }
  /** A slot finished some of the tasks it was handed, in this order. Outcomes of attempts no longer awaited are ignored. */
  | { readonly type: 'TasksFinished'; readonly time: Time; readonly node: NodeId; readonly slot: number; readonly outcomes: readonly Outcome[] }
  /**
   * These had not begun, and the slot has dropped them: the answer to RecallTasks (even if it is none), and to
   * CancelAttempt of a task still in its queue. What was handed to a slot must be answered, cancelled or not: by an
   * outcome, by this, or by SlotReset; until then it occupies the slot.
   */
  | { readonly type: 'TasksReturned'; readonly time: Time; readonly node: NodeId; readonly slot: number; readonly tasks: readonly TaskId[] }
  /** The slot's thread was replaced (forced cancel, out of memory); what it had been handed and not finished is gone. */
  | { readonly type: 'SlotReset'; readonly time: Time; readonly node: NodeId; readonly slot: number; readonly reason: string }
  | { readonly type: 'ValueCopied'; readonly time: Time; readonly task: TaskId; readonly node: NodeId | 'kernel' }
  /** No holder could produce this result. */
  | { readonly type: 'ValueLost'; readonly time: Time; readonly task: TaskId }
  /** Somebody awaits these results: recompute those that were lost. */
  | { readonly type: 'ResultsWanted'; readonly time: Time; readonly tasks: readonly TaskId[] }
  /** No handle reaches these runs any more: results may go once no unfinished task needs them. */
  | { readonly type: 'RunsReleased'; readonly time: Time; readonly runs: readonly RunId[] }
  /** The user cancels: tasks not yet final become cancelled, their dependents skipped. */
  | { readonly type: 'TasksCancelled'; readonly time: Time; readonly tasks: readonly TaskId[] }
  /** The user asks to run these again: failed, cancelled or skipped tasks (and what was skipped behind them) start over. */
  | { readonly type: 'TasksRerun'; readonly time: Time; readonly tasks: readonly TaskId[] }
  | { readonly type: 'PriorityChanged'; readonly time: Time; readonly run: RunId; readonly priority: number }
  | { readonly type: 'PolicyChanged'; readonly time: Time; readonly policy: string }
  /**
   * What the planner of this policy answers, in parallel arrays. `node[i]` is an index into `nodes`, -1: any; `start[i]` is an absolute
   * time, and `duration[i]` how long the plan takes it to be busy there, ms (absent: as expected). What has started meanwhile, and nodes
   * that are gone, are ignored.
   */
  | {
    readonly type: 'Planned'; readonly time: Time; readonly policy: string; readonly tasks: ArrayLike<TaskId>
    readonly nodes: readonly NodeId[]; readonly node: ArrayLike<number>; readonly start: ArrayLike<Time>; readonly duration?: ArrayLike<number>
  }
  /** These runs, as far as their policy leaves the choice to others (`learned`), are placed by this one from now on. */
  | { readonly type: 'PolicyChosen'; readonly time: Time; readonly runs: readonly RunId[]; readonly policy: string; readonly reason: string }
  /** The clock reached `nextDeadline(state)`. */
  | { readonly type: 'TimePassed'; readonly time: Time }

/** Why a run is refused at submission: what was asked, and the most that any single node has. */
export interface Unsatisfiable {
  readonly asked: { readonly request: Resources; readonly node?: NodeId; readonly labels?: Readonly<Record<string, string>>; readonly replicas: number }
  /** The node that comes nearest, if there is any node at all. */
  readonly largest?: NodeSpec
  /** One clause, e.g. `cpu: asked 16, the largest node (big) has 8`. */
  readonly reason: string
}
