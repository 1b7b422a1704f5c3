/** Where results are, who wants them, and what the user asks to be cancelled or run again. */
import { cancelTask } from './attempt.ts'
import { isAwaited } from './membership.ts'
import { drop, dropIfUnneeded, dropRunIfUnneeded, forgetCopies } from './release.ts'
import { isLost, reenter } from './reenter.ts'
import type { Run } from './run.ts'
import type { Machine } from './state.ts'
import type { NodeId, RunId, TaskId } from './task.ts'
import { FAILED, FIRST_FINAL, IN_KERNEL, SKIPPED, SUCCEEDED, WANTED } from './task-table.ts'

/** A copy has been made. News of a result that is gone meanwhile, or of a node that is, is ignored. */
export function valueCopied(m: Machine, task: TaskId, to: NodeId | 'kernel'): void {
  const { tasks } = m
  const run = m.runOf(task)
  const node = to === 'kernel' ? undefined : m.nodes.get(to)
  if (tasks.status[task] !== SUCCEEDED || (to !== 'kernel' && !node)) return
  const wasLost = isLost(m, task)
  if (!node) tasks.flags[task]! |= IN_KERNEL
  else if (!m.holders(task).includes(node)) {
    node.results.push(task)
    if (tasks.holder[task]! < 0) tasks.holder[task] = node.number
    else m.holdersBesides.set(task, [...(m.holdersBesides.get(task) ?? []), node])
  }
  if (!wasLost) return
  run.absent--
  // A copy that was under way when all were to be dropped.
  dropIfUnneeded(m, task)
}

export function valueLost(m: Machine, task: TaskId): void {
  const { tasks } = m
  m.runOf(task)
  if (tasks.status[task] !== SUCCEEDED) return
  if (m.inKernel(task)) {
    tasks.holder[task] = -1
    m.holdersBesides.delete(task)
    return
  }
  forgetCopies(m, task)
  if (isAwaited(m, task)) reenter(m, [task])
}

export function resultsWanted(m: Machine, wanted: readonly TaskId[]): void {
  for (const task of wanted) {
    m.runOf(task)
    m.tasks.flags[task]! |= WANTED
  }
  const lost = wanted.filter(task => isLost(m, task))
  if (lost.length > 0) reenter(m, lost)
}

export function releaseRuns(m: Machine, ids: readonly RunId[]): void {
  for (const id of ids) {
    const run = m.runById.get(id)
    if (!run) throw new Error(`run ${id} is released, but was never declared`)
    run.released = true
    for (let i = 0; i < run.spec.count; i++) m.tasks.flags[run.spec.first + i]! &= ~WANTED
    dropRunIfUnneeded(m, run)
  }
}

export function cancelTasks(m: Machine, cancelled: readonly TaskId[]): void {
  for (const task of cancelled) m.runOf(task)
  for (const task of cancelled) cancelTask(m, task)
}

/**
 * Runs final tasks again, with the broken inputs that they need, and with what was skipped behind them. Of tasks
 * that succeeded the old result is dropped. Tasks that are not final are left alone.
 */
export function rerunTasks(m: Machine, asked: readonly TaskId[]): void {
  const { tasks } = m
  for (const task of asked) m.runOf(task)
  const again = new Set<TaskId>()
  const add = (task: TaskId) => {
    if (tasks.status[task]! >= FAILED) again.add(task)
  }
  const addBroken = (run: Run, only?: number) => {
    if (run.broken === 0) return
    for (let i = 0; i < run.spec.count; i++) if (only === undefined || tasks.status[run.spec.first + i] === only) add(run.spec.first + i)
  }
  const addSkipped = (task: TaskId) => {
    if (tasks.status[task] === SKIPPED) again.add(task)
  }
  for (const task of asked) if (tasks.status[task]! >= FIRST_FINAL) again.add(task)
  const seen = new Set<Run>()
  for (const task of again) {
    const run = m.runOf(task)
    if (run.starts) for (let at = run.starts[task - run.spec.first]!; at < run.starts[task - run.spec.first + 1]!; at++) add(run.inputs![at]!)
    for (let edge = tasks.firstEdge[task]!; edge >= 0; edge = tasks.edgeNext[edge]!) addSkipped(tasks.edgeTask[edge]!)
    for (const other of m.sharedBy.get(task) ?? []) addBroken(other, SKIPPED)
    if (seen.has(run)) continue
    seen.add(run)
    for (const need of run.needs) addBroken(need)
    for (const input of run.shared) add(input)
    for (const other of run.dependents) addBroken(other, SKIPPED)
  }
  for (const task of again) if (tasks.status[task] === SUCCEEDED && m.hasCopy(task)) drop(m, task)
  if (again.size > 0) reenter(m, [...again])
}
