/** Results that nobody needs any more are dropped, wherever they are. */
import type { Run } from './run.ts'
import type { Machine } from './state.ts'
import type { TaskId } from './task.ts'
import { IN_KERNEL, SUCCEEDED, WANTED } from './task-table.ts'

export function dropIfUnneeded(m: Machine, task: TaskId): void {
  const { tasks } = m
  const run = m.runs[tasks.run[task]!]!
  if (!run.released || tasks.status[task] !== SUCCEEDED || tasks.needed[task]! > 0 || run.needers > 0) return
  if ((tasks.flags[task]! & WANTED) !== 0 || (m.sharedNeeders.get(task) ?? 0) > 0 || !m.hasCopy(task)) return
  drop(m, task)
}

export function dropRunIfUnneeded(m: Machine, run: Run): void {
  if (!run.released || run.needers > 0) return
  for (let i = 0; i < run.spec.count; i++) dropIfUnneeded(m, run.spec.first + i)
}

/** The shell is told to drop the result of a task that succeeded. */
export function drop(m: Machine, task: TaskId): void {
  m.dropped.push(task)
  forgetCopies(m, task)
}

/** There is no copy of this result any more. */
export function forgetCopies(m: Machine, task: TaskId): void {
  if (!m.hasCopy(task)) return
  m.tasks.holder[task] = -1
  m.tasks.flags[task]! &= ~IN_KERNEL
  m.holdersBesides.delete(task)
  m.runOf(task).absent++
}
