/** How a task becomes ready and leaves the queue; how runs stand in order. */
import { forgetHold } from './hold.ts'
import { jobOf, jobRunning } from './job.ts'
import type { Run } from './run.ts'
import type { Shape } from './shape.ts'
import type { Machine } from './state.ts'
import type { TaskId } from './task.ts'
import { BACKING_OFF, NO_HOLD, READY, RUNNING, type Status, SUCCEEDED, WAITING } from './task-table.ts'

/** How many tasks of an unknown run are tried before the others have their turn. */
const SAMPLES = 2

/** Changes a task's state: the one place that does, but for tasks started or declared in bulk. */
export function move(m: Machine, task: TaskId, run: Run, status: Status): void {
  if (m.tasks.status[task] === RUNNING) jobRunning(m, run, -1)
  run.counts[m.tasks.status[task]!]!--
  run.counts[status]!++
  m.tasks.status[task] = status
  m.log.add(task, status, m.time)
}

/** Puts the run's ready tasks in the order that its policy gives them now. */
export function refreshRank(m: Machine, run: Run): void {
  for (const index of [...run.ready.ids]) run.ready.set(index, -rankOf(m, run, run.spec.first + index), 0)
}

export function rankOf(m: Machine, run: Run, task: TaskId): number {
  const { policy } = run
  if (!policy.rankTask) return 0
  try {
    return sound(policy.rankTask(m, task))
  } catch (error) {
    return unranked(m, run, error)
  }
}

/** A rank that is no number is none, as is that of a policy which throws. */
function sound(rank: number): number {
  return typeof rank === 'number' && !Number.isNaN(rank) ? rank : 0
}

function unranked(m: Machine, run: Run, error: unknown): number {
  m.noteBroken(run.policy, error)
  return 0
}

/** The first tasks of a run of which nothing is known go first, where durations matter. */
function rankOfRun(m: Machine, run: Run): number {
  const { policy } = run
  if (policy.needsDurations === true && run.estimate.weight === 0 && run.spec.count - run.unfinished + run.counts[RUNNING]! < SAMPLES) return Infinity
  if (!policy.rankRun) return 0
  try {
    return sound(policy.rankRun(m, run.spec.id, run.spec.first + run.ready.top))
  } catch (error) {
    return unranked(m, run, error)
  }
}

/** Puts the run where it belongs among those of its shape; to be called when its first ready task, priority or gate changes. */
export function enlist(m: Machine, run: Run): void {
  const { shape, ready } = run
  if (ready.size === 0 || !run.open) {
    if (!shape.runs.has(run.number)) return
    shape.runs.remove(run.number)
    if (run.policy.ranksJobs === true) jobOf(run).ranked.delete(run)
    activate(m, shape)
    return
  }
  if (run.policy.ranksJobs === true) {
    const job = jobOf(run)
    run.jobVersion = job.version
    job.ranked.add(run)
  }
  shape.runs.set(run.number, -run.priority, -rankOfRun(m, run))
  m.active.add(shape)
}

/** A shape is active while it has runs or copies to start. */
export function activate(m: Machine, shape: Shape): void {
  if (shape.runs.size > 0 || shape.copies.size > 0) {
    m.active.add(shape)
  } else {
    m.active.delete(shape)
    shape.guarded = -Infinity
  }
}

export function makeReady(m: Machine, task: TaskId, run: Run): void {
  move(m, task, run, READY)
  m.tasks.since[task] = m.time
  m.tasks.flags[task]! &= ~NO_HOLD
  const index = task - run.spec.first
  run.ready.set(index, -rankOf(m, run, task), 0)
  if (run.ready.top === index) enlist(m, run)
}

/** Whether the task stands before its start: its count of missing inputs is kept. */
export function pending(status: number): boolean {
  return status <= READY || status === BACKING_OFF
}

/** Takes a task that has not started off whatever it stands in. Its state is for the caller to change. */
export function unqueue(m: Machine, task: TaskId, run: Run): void {
  const status = m.tasks.status[task]!
  if (status === READY) {
    if (m.holds.size > 0 && forgetHold(m, task)) return
    const index = task - run.spec.first
    const wasFirst = run.ready.top === index
    run.ready.remove(index)
    if (wasFirst) enlist(m, run)
  } else if (status === BACKING_OFF) m.backoffs.remove(task)
}

/** An input of `task` has come. */
export function inputArrived(m: Machine, task: TaskId, input: TaskId): void {
  const status = m.tasks.status[task]!
  if (!pending(status)) return
  const run = m.runs[m.tasks.run[task]!]!
  const missing = --m.tasks.missing[task]!
  if (run.spec.mode === 'sync' && !run.has(input)) shiftBarrier(m, run, -1)
  if (missing === 0 && status === WAITING) makeReady(m, task, run)
}

/** An input of `task` is gone, and is being computed again. */
export function inputGone(m: Machine, task: TaskId, input: TaskId): void {
  const status = m.tasks.status[task]!
  if (!pending(status)) return
  const run = m.runs[m.tasks.run[task]!]!
  m.tasks.missing[task]!++
  if (run.spec.mode === 'sync' && !run.has(input)) shiftBarrier(m, run, 1)
  if (status !== READY) return
  unqueue(m, task, run)
  move(m, task, run, WAITING)
}

/** Single inputs of the task that are not there; with `outside`, only those of other runs. */
export function missingInputs(m: Machine, task: TaskId, run: Run, outside = false): number {
  if (!run.starts) return 0
  const index = task - run.spec.first
  let missing = 0
  for (let at = run.starts[index]!; at < run.starts[index + 1]!; at++) {
    const input = run.inputs![at]!
    if (m.tasks.status[input] !== SUCCEEDED && !(outside && run.has(input))) missing++
  }
  return missing
}

export function shiftBarrier(m: Machine, run: Run, by: number): void {
  const was = run.barrier
  run.barrier += by
  if (was === 0 || run.barrier === 0) enlist(m, run)
}

export function shiftBlockers(m: Machine, run: Run, by: number): void {
  const was = run.blockers
  run.blockers += by
  if (was === 0 || run.blockers === 0) enlist(m, run)
}
