/** Everything that was tried for one task, in order. No DOM. */
import { endings, stateNames } from '../../../kernel/cluster/record/read.ts'
import type { AttemptTable, Ending, RecordedState, TaskTable } from '../../../kernel/cluster/record/read.ts'

export interface Attempt {
  readonly attempt: number
  /** Row of the record's nodes; -1: unknown. */
  readonly node: number
  readonly slot: number
  /** ms since the declaration, NaN where there is none. */
  readonly began: number
  readonly ended: number
  /** How it ended, or is. */
  readonly how: Ending | RecordedState
}

const MOST = 200

/** At most 200, the last ones: those that gave no result, and the one that the task's own row is about. One pass over all attempts. */
export function attemptsOf(tasks: TaskTable, attempts: AttemptTable, task: number): Attempt[] {
  const found: Attempt[] = []
  for (let row = 0; row < attempts.length; row++) {
    if (attempts.task[row] !== task) continue
    found.push({
      attempt: attempts.attempt[row]!, node: attempts.node[row]!, slot: attempts.slot[row]!,
      began: attempts.began[row]!, ended: attempts.ended[row]!, how: endings[attempts.ending[row]!]!,
    })
  }
  const own = tasks.attempt[task]!
  if (own > 0) {
    const { began, ended } = { began: tasks.started[task]!, ended: tasks.ended[task]! }
    found.push({ attempt: own, node: tasks.node[task]!, slot: tasks.slot[task]!, began, ended, how: stateNames[tasks.state[task]!]! })
  }
  return found.sort((a, b) => a.attempt - b.attempt || a.began - b.began).slice(-MOST)
}
