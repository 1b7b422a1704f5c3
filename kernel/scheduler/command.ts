import type { NodeId, TaskId } from './task.ts'

/** What the shell must do. Verbs; each is carried out in the order given. */
export type Command =
  /** Hand these tasks to this slot, behind what it already has. `attempts[i]` belongs to `tasks[i]`. All are of one run. */
  | { readonly type: 'StartTasks'; readonly node: NodeId; readonly slot: number; readonly tasks: readonly TaskId[]; readonly attempts: readonly number[] }
  /** Take these back from the slot's queue if they have not begun; it answers TasksReturned with those it still had. */
  | { readonly type: 'RecallTasks'; readonly node: NodeId; readonly slot: number; readonly tasks: readonly TaskId[] }
  /** End this attempt: its result is no longer wanted (cancelled, timed out, or another copy was first). */
  | { readonly type: 'CancelAttempt'; readonly task: TaskId; readonly attempt: number; readonly node: NodeId; readonly slot: number; readonly reason: 'cancelled' | 'timed-out' | 'superseded' }
  /** Nobody needs these results any more; every holder may drop them. */
  | { readonly type: 'ReleaseValues'; readonly tasks: readonly TaskId[] }
  /** These tasks have reached a final state (see `state.task(id)`). Exactly once each, but for reruns and recomputation. */
  | { readonly type: 'TasksSettled'; readonly tasks: readonly TaskId[] }
