import type { Effort } from './effort.ts'
import type { Placed, Rows } from './rows.ts'

/** Tasks of a critical path that one step tries to move, at most. */
const TRIED = 12
/** Steps without anything better, until it ends. */
const PATIENCE = 10
/** Steps for which a task does not return to its row, at least. */
const TENURE = 6

interface Step {
  readonly task: number
  readonly node: number
  readonly row: number
  readonly at: number
  readonly makespan: number
  readonly through: number
}

/**
 * Tabu search from the present schedule of `rows`: of all places for the tasks of a critical path the best is taken, even if it is worse
 * than now, and for some steps the task does not return (F. Glover, ORSA J. Computing 1989; for rows of tasks: M. Mastrolilli,
 * L. M. Gambardella, J. Scheduling 2000). Answers the best schedule on its way.
 */
export function tabu(rows: Rows, effort: Effort): Placed & { readonly makespan: number } {
  const { random } = effort
  const until = new Map<number, number>()
  let best = { ...rows.placed(), makespan: rows.makespan }
  for (let step = 1, idle = 0; idle < PATIENCE && !effort.over; step++, idle++) {
    const path = rows.critical(random).filter(task => !rows.isRunning(task))
    const forbidden = (task: number, row: number): boolean => (until.get(key(rows, task, row)) ?? 0) > step
    const next = bestStep(effort, path, (task, row, makespan) => makespan < best.makespan || !forbidden(task, row))
    if (!next) continue
    const left = rows.row[next.task]!
    effort.pass(rows.move(next.task, next.node, next.row, next.at))
    until.set(key(rows, next.task, left), step + TENURE + random.below(TENURE + path.length / 2))
    if (rows.makespan >= best.makespan * (1 - 1e-9)) continue
    best = { ...rows.placed(), makespan: rows.makespan }
    effort.found(rows)
    idle = 0
  }
  return best
}

function key(rows: Rows, task: number, row: number): number {
  return task * (rows.tasks.length + 1) + row + 1
}

/** Shortest makespan, then shortest chain through the task, then at random. */
function bestStep(effort: Effort, path: readonly number[], may: (task: number, row: number, makespan: number) => boolean): Step | undefined {
  const { random } = effort
  let best: Step | undefined
  let alike = 0
  for (let k = 0; k < Math.min(TRIED, path.length) && !effort.over; k++) {
    const task = path.length <= TRIED ? path[k]! : path[random.below(path.length)]!
    effort.moves(task, (node, row, at, makespan, through) => {
      if (best && (makespan > best.makespan || (makespan === best.makespan && through > best.through))) return
      if (!may(task, row, makespan)) return
      const same = best !== undefined && makespan === best.makespan && through === best.through
      alike = same ? alike + 1 : 1
      if (random.below(alike) === 0) best = { task, node, row, at, makespan, through }
    })
  }
  return best
}
