/** How tasks end: what a result, a failure, a cancellation does to those that depend on them. */
import { jobUnfinished } from './job.ts'
import { inputArrived, missingInputs, move, pending, shiftBarrier, shiftBlockers, unqueue } from './ready.ts'
import { dropIfUnneeded, dropRunIfUnneeded } from './release.ts'
import type { Run } from './run.ts'
import type { Machine } from './state.ts'
import type { Failure, TaskId } from './task.ts'
import { CANCELLED, FAILED, RUNNING, SKIPPED, type Status, SUCCEEDED } from './task-table.ts'

/** The task has its result; the caller has noted where that is. */
export function succeed(m: Machine, task: TaskId, run: Run): void {
  conclude(m, task, run, SUCCEEDED)
  const { edgeTask, edgeNext } = m.tasks
  for (let edge = m.tasks.firstEdge[task]!; edge >= 0; edge = edgeNext[edge]!) inputArrived(m, edgeTask[edge]!, task)
  if (m.sharedBy.size > 0) for (const other of m.sharedBy.get(task) ?? []) shiftBlockers(m, other, -1)
  if (run.counts[SUCCEEDED] === run.spec.count) for (const other of run.dependents) shiftBlockers(m, other, -1)
  if (run.released) dropIfUnneeded(m, task)
}

export function fail(m: Machine, task: TaskId, failure: Failure): void {
  m.failures.set(task, failure)
  endWithoutResult(m, task, FAILED)
}

/** The caller has ended what attempts there were. */
export function cancel(m: Machine, task: TaskId): void {
  endWithoutResult(m, task, CANCELLED)
}

/** `root` failed or was cancelled, and `task` depends on it. */
export function skip(m: Machine, task: TaskId, root: TaskId): void {
  const broken: TaskId[] = []
  skipOne(m, task, root, broken)
  skipDependents(m, broken, root)
}

function endWithoutResult(m: Machine, task: TaskId, status: Status): void {
  const run = m.runOf(task)
  leave(m, task, run)
  conclude(m, task, run, status)
  const broken = [task]
  breakRun(m, run, task, broken)
  skipDependents(m, broken, task)
}

/** Skips what depends, however indirectly, on `broken`. What runs already has its inputs: it goes on. */
function skipDependents(m: Machine, broken: TaskId[], root: TaskId): void {
  const { tasks } = m
  for (let task = broken.pop(); task !== undefined; task = broken.pop()) {
    for (let edge = tasks.firstEdge[task]!; edge >= 0; edge = tasks.edgeNext[edge]!) skipOne(m, tasks.edgeTask[edge]!, root, broken)
    if (m.sharedBy.size > 0) for (const run of m.sharedBy.get(task) ?? []) skipRun(m, run, root, broken)
  }
}

function skipOne(m: Machine, task: TaskId, root: TaskId, broken: TaskId[]): void {
  if (!pending(m.tasks.status[task]!)) return
  const run = m.runOf(task)
  leave(m, task, run)
  m.tasks.at[task] = root
  conclude(m, task, run, SKIPPED)
  broken.push(task)
  breakRun(m, run, root, broken)
}

/** The first task of a run that ends without a result takes with it the runs that wait for the whole. */
function breakRun(m: Machine, run: Run, root: TaskId, broken: TaskId[]): void {
  if (run.root >= 0) return
  run.root = root
  for (const other of run.dependents) skipRun(m, other, root, broken)
}

function skipRun(m: Machine, run: Run, root: TaskId, broken: TaskId[]): void {
  if (run.unfinished > run.counts[RUNNING]!) for (let i = 0; i < run.spec.count; i++) skipOne(m, run.spec.first + i, root, broken)
}

/** Takes the task off queues, and from what its run's barrier waits for. */
function leave(m: Machine, task: TaskId, run: Run): void {
  if (!pending(m.tasks.status[task]!)) return
  unqueue(m, task, run)
  if (run.spec.mode === 'sync') shiftBarrier(m, run, -missingInputs(m, task, run, true))
}

function conclude(m: Machine, task: TaskId, run: Run, status: Status): void {
  const { tasks } = m
  move(m, task, run, status)
  tasks.since[task] = m.time
  m.settled.push(task)
  if (run.starts) {
    const index = task - run.spec.first
    for (let at = run.starts[index]!; at < run.starts[index + 1]!; at++) {
      const input = run.inputs![at]!
      if (--tasks.needed[input]! === 0) dropIfUnneeded(m, input)
    }
  }
  jobUnfinished(m, run, -1)
  if (--run.unfinished === 0) concludeRun(m, run)
}

/** Every task of the run is final: it needs nothing any more. */
export function concludeRun(m: Machine, run: Run): void {
  run.shape.users--
  for (const need of run.needs) if (--need.needers === 0) dropRunIfUnneeded(m, need)
  for (const input of run.shared) {
    m.sharedNeeders.set(input, m.sharedNeeders.get(input)! - 1)
    dropIfUnneeded(m, input)
  }
}
