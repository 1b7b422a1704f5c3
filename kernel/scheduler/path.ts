/**
 * Remaining paths: for each task the longest way, in expected ms, from its end to the end of everything that depends
 * on it (the upward rank of list scheduling, without the task's own duration). Runs declared later lengthen the
 * paths of unfinished tasks above them. That is carried upwards a bounded number of steps with each event, so
 * that a chain declared link by link does not cost its whole length each time.
 */
import { enlist, rankOf } from './ready.ts'
import type { Run } from './run.ts'
import type { Machine } from './state.ts'
import type { TaskId } from './task.ts'
import { FIRST_FINAL, PATH_GREW, READY } from './task-table.ts'

/** Steps taken with each event, beyond what a declaration brings. */
const STEPS = 64

/** The path behind `task` is at least `length`. */
export function raiseTail(m: Machine, task: TaskId, length: number): void {
  const { tasks } = m
  if (tasks.tail[task]! >= length || tasks.status[task]! >= FIRST_FINAL) return
  tasks.tail[task] = length
  const run = m.runOf(task)
  if (tasks.status[task] === READY && run.policy.rankTask && run.ready.has(task - run.spec.first)) {
    run.ready.set(task - run.spec.first, -rankOf(m, run, task), 0)
    enlist(m, run)
  }
  if ((tasks.flags[task]! & PATH_GREW) !== 0) return
  tasks.flags[task]! |= PATH_GREW
  m.grown.push(task)
}

/** The path behind every task of `run` is at least `length`. */
function raiseRunTail(m: Machine, run: Run, length: number): void {
  if (run.tail >= length || run.unfinished === 0) return
  run.tail = length
  enlist(m, run)
  m.grownRuns.push({ run, next: 0 })
}

/** The run's tasks take longer than was assumed. */
export function raiseWeight(m: Machine, run: Run, weight: number): void {
  run.weight = weight
  enlist(m, run)
  if (run.starts || run.needs.length > 0 || run.shared.length > 0) m.grownRuns.push({ run, next: 0 })
}

/** Tells the inputs of `task` of its path; returns the steps taken. */
function tellInputs(m: Machine, run: Run, task: TaskId): number {
  const reach = run.weight + Math.max(run.tail, m.tasks.tail[task]!)
  let steps = 1
  if (run.starts) {
    const index = task - run.spec.first
    for (let at = run.starts[index]!; at < run.starts[index + 1]!; at++, steps++) raiseTail(m, run.inputs![at]!, reach)
  }
  tellNeeds(m, run, reach)
  return steps
}

function tellNeeds(m: Machine, run: Run, reach: number): void {
  if (run.reach >= reach) return
  run.reach = reach
  for (const need of run.needs) raiseRunTail(m, need, reach)
  for (const input of run.shared) raiseTail(m, input, reach)
}

/** Carries grown paths upwards, at most about `steps + STEPS` steps; what is left follows with later events. */
export function carryPaths(m: Machine, steps: number): void {
  let left = steps + STEPS
  while (left > 0 && m.grown.length > 0) {
    const task = m.grown.pop()!
    m.tasks.flags[task]! &= ~PATH_GREW
    if (m.tasks.status[task]! < FIRST_FINAL) left -= tellInputs(m, m.runOf(task), task)
  }
  while (left > 0 && m.grownRuns.length > 0) left -= carryRun(m, m.grownRuns[m.grownRuns.length - 1]!, left)
}

function carryRun(m: Machine, entry: { readonly run: Run; next: number }, limit: number): number {
  const { run } = entry
  let steps = 1
  tellNeeds(m, run, run.weight + run.tail)
  if (!run.starts || run.unfinished === 0) entry.next = run.spec.count
  for (; entry.next < run.spec.count && steps < limit; entry.next++) {
    const task = run.spec.first + entry.next
    if (m.tasks.status[task]! < FIRST_FINAL) steps += tellInputs(m, run, task)
    else steps++
  }
  if (entry.next < run.spec.count) return steps
  // What it told others may stand behind it in the list by now.
  m.grownRuns.splice(m.grownRuns.lastIndexOf(entry), 1)
  return steps
}

/** Paths of a run just declared: within it first, last task first, so that inputs of the same run are told in one go. */
export function pathsOfNewRun(m: Machine, run: Run): number {
  if (!run.starts) {
    tellNeeds(m, run, run.weight)
    return 0
  }
  const { first, count } = run.spec
  let steps = 0
  for (let task = first + count - 1; task >= first; task--) steps += tellInputs(m, run, task)
  return steps
}
