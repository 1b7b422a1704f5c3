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
 * Runs final tasks again, with the broken inputs that these need, and with what was skipped behind any of them. Of
 * tasks that succeeded the old result is dropped. Tasks that are not final are left alone.
 */
export function rerunTasks(m: Machine, asked: readonly TaskId[]): void {
  for (const task of asked) m.runOf(task)
  const again = new Set(asked.filter(task => m.tasks.status[task]! >= FIRST_FINAL))
  addBrokenInputs(m, again)
  addSkippedBehind(m, again)
  for (const task of again) if (m.tasks.status[task] === SUCCEEDED && m.hasCopy(task)) drop(m, task)
  if (again.size > 0) reenter(m, [...again])
}

/** Adds, to their ends, the inputs that are without a result. */
function addBrokenInputs(m: Machine, again: Set<TaskId>): void {
  const seen = new Set<Run>()
  const add = (input: TaskId) => void (m.tasks.status[input]! >= FAILED && again.add(input))
  for (const task of again) {
    const run = m.runOf(task)
    const index = task - run.spec.first
    if (run.starts) for (let at = run.starts[index]!; at < run.starts[index + 1]!; at++) add(run.inputs![at]!)
    if (seen.has(run)) continue
    seen.add(run)
    run.shared.forEach(add)
    for (const need of run.needs) if (need.broken > 0) for (let i = 0; i < need.spec.count; i++) add(need.spec.first + i)
  }
}

function addSkippedBehind(m: Machine, again: Set<TaskId>): void {
  const seen = new Set<Run>()
  const add = (task: TaskId) => void (m.tasks.status[task] === SKIPPED && again.add(task))
  const addRun = (run: Run) => {
    if (run.counts[SKIPPED]! > 0) for (let i = 0; i < run.spec.count; i++) add(run.spec.first + i)
  }
  for (const task of again) {
    if (m.tasks.status[task] === SUCCEEDED) continue
    const run = m.runOf(task)
    for (let edge = m.tasks.firstEdge[task]!; edge >= 0; edge = m.tasks.edgeNext[edge]!) add(m.tasks.edgeTask[edge]!)
    m.sharedBy.get(task)?.forEach(addRun)
    if (seen.has(run)) continue
    seen.add(run)
    run.dependents.forEach(addRun)
  }
}
