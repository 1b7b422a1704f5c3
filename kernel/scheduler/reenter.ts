/** How tasks come back: after an attempt ended for nothing, to compute a lost result again, or because the user asks. */
import { fail, skip } from './finish.ts'
import { jobUnfinished } from './job.ts'
import { inputGone, makeReady, missingInputs, move, shiftBarrier, shiftBlockers } from './ready.ts'
import type { Run } from './run.ts'
import type { Machine } from './state.ts'
import type { TaskId, Time } from './task.ts'
import { BACKING_OFF, FAILED, FIRST_FINAL, SKIPPED, SUCCEEDED, WAITING } from './task-table.ts'

/**
 * Lets these tasks start over: running ones whose attempts have all ended, and final ones. Inputs of theirs that
 * succeeded but are gone are computed again, and so on through their inputs. `until`: not before that time.
 */
export function reenter(m: Machine, tasks: readonly TaskId[], until: Time = m.time): void {
  const all = withLostInputs(m, tasks)
  const table = m.tasks
  const succeeded = new Set<TaskId>()
  // Those that wait for a result learn that it is gone, before any of `all` counts its inputs anew.
  for (const task of all) if (table.status[task] === SUCCEEDED) succeeded.add(task)
  for (const task of succeeded) {
    for (let edge = table.firstEdge[task]!; edge >= 0; edge = table.edgeNext[edge]!) inputGone(m, table.edgeTask[edge]!, task)
  }
  const mended = new Set<Run>()
  for (const task of all) {
    if (table.status[task]! >= FAILED) mended.add(m.runOf(task))
    reopen(m, task)
  }
  for (const run of mended) run.root = firstRoot(m, run)
  const paused = until > m.time ? new Set(tasks) : undefined
  for (const task of all) countMissing(m, task)
  for (const task of all) admit(m, task, succeeded.has(task), paused?.has(task) ? until : undefined)
}

/** The tasks, and every task that must run again so that they can. */
function withLostInputs(m: Machine, tasks: readonly TaskId[]): ReadonlySet<TaskId> {
  const all = new Set(tasks)
  const runs = new Set<Run>()
  for (const task of all) {
    const run = m.runOf(task)
    for (const input of lostSingleInputs(m, task, run)) all.add(input)
    if (runs.has(run)) continue
    runs.add(run)
    for (const input of lostCommonInputs(m, run)) all.add(input)
  }
  return all
}

/** Inputs of this task alone that succeeded and of which no copy exists. */
export function lostSingleInputs(m: Machine, task: TaskId, run: Run): TaskId[] {
  const lost: TaskId[] = []
  if (!run.starts) return lost
  const index = task - run.spec.first
  for (let at = run.starts[index]!; at < run.starts[index + 1]!; at++) if (isLost(m, run.inputs![at]!)) lost.push(run.inputs![at]!)
  return lost
}

/** The same of the inputs that all tasks of a run share. */
export function lostCommonInputs(m: Machine, { needs, shared }: Pick<Run, 'needs' | 'shared'>): TaskId[] {
  const lost = shared.filter(input => isLost(m, input))
  for (const need of needs) {
    if (need.absent > 0) for (let i = 0; i < need.spec.count; i++) if (isLost(m, need.spec.first + i)) lost.push(need.spec.first + i)
  }
  return lost
}

export function isLost(m: Machine, task: TaskId): boolean {
  return m.tasks.status[task] === SUCCEEDED && !m.hasCopy(task)
}

/** Takes a task out of its state, whatever that was, into `waiting`. */
function reopen(m: Machine, task: TaskId): void {
  const { tasks } = m
  const run = m.runOf(task)
  const status = tasks.status[task]!
  const wasComplete = run.complete
  move(m, task, run, WAITING)
  tasks.missing[task] = 0
  if (status < FIRST_FINAL) return
  jobUnfinished(m, run, 1)
  if (status === SUCCEEDED) {
    run.resultBytes -= tasks.bytes[task]!
    run.absent--
    for (const other of m.sharedBy.get(task) ?? []) shiftBlockers(m, other, 1)
    if (wasComplete) for (const other of run.dependents) shiftBlockers(m, other, 1)
  }
  tasks.failures[task] = 0
  m.failures.delete(task)
  m.deaths.delete(task)
  if (run.starts) {
    const index = task - run.spec.first
    for (let at = run.starts[index]!; at < run.starts[index + 1]!; at++) tasks.needed[run.inputs![at]!]!++
  }
  if (run.unfinished++ === 0) reopenRun(m, run)
}

/** The reverse of `concludeRun`. */
export function reopenRun(m: Machine, run: Run): void {
  run.shape = m.shapeOf(run.spec.request, run.spec.placement)
  run.shape.users++
  for (const need of run.needs) need.needers++
  for (const input of run.shared) m.sharedNeeders.set(input, (m.sharedNeeders.get(input) ?? 0) + 1)
}

function countMissing(m: Machine, task: TaskId): void {
  const run = m.runOf(task)
  m.tasks.missing[task] = missingInputs(m, task, run)
  if (run.spec.mode === 'sync') shiftBarrier(m, run, missingInputs(m, task, run, true))
}

/** Lets a waiting task wait for, or take, its turn; or end, if it cannot have its inputs. */
function admit(m: Machine, task: TaskId, succeededBefore: boolean, until: Time | undefined): void {
  const { tasks } = m
  // Skipped meanwhile, for one of those admitted before it.
  if (tasks.status[task] !== WAITING) return
  const run = m.runOf(task)
  const root = brokenRoot(m, task, run)
  if (root >= 0) {
    if (succeededBefore) fail(m, task, { kind: 'lost', task: root })
    else skip(m, task, root)
  } else if (until !== undefined) {
    move(m, task, run, BACKING_OFF)
    tasks.since[task] = until
    m.backoffs.set(task, until, 0)
  } else if (tasks.missing[task] === 0) makeReady(m, task, run)
}

/** The root of an input that ended without a result; -1: none did. */
export function brokenRoot(m: Machine, task: TaskId, run: Run): TaskId {
  for (const need of run.needs) if (need.root >= 0) return need.root
  for (const input of run.shared) if (m.tasks.status[input]! >= FAILED) return rootOf(m, input)
  if (!run.starts) return -1
  const index = task - run.spec.first
  for (let at = run.starts[index]!; at < run.starts[index + 1]!; at++) {
    if (m.tasks.status[run.inputs![at]!]! >= FAILED) return rootOf(m, run.inputs![at]!)
  }
  return -1
}

/** What a task without a result goes back to. */
function rootOf(m: Machine, task: TaskId): TaskId {
  return m.tasks.status[task] === SKIPPED ? m.tasks.at[task]! : task
}

/** Of the tasks of a run that still are without a result, the first one's root. */
function firstRoot(m: Machine, run: Run): TaskId {
  if (run.broken > 0) {
    for (let i = 0; i < run.spec.count; i++) if (m.tasks.status[run.spec.first + i]! >= FAILED) return rootOf(m, run.spec.first + i)
  }
  return -1
}
