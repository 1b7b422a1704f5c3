/** Tasks are handed to a slot that holds their run's lease; several at a time, when they are short. */
import { arm } from './deadline.ts'
import { mayWait } from './choose.ts'
import { expected, transfer } from './expect.ts'
import { jobRunning } from './job.ts'
import { track } from './lease.ts'
import type { Slot } from './node.ts'
import { precedes } from './order.ts'
import { noteStart } from './plan.ts'
import { enlist } from './ready.ts'
import type { Run } from './run.ts'
import type { Machine } from './state.ts'
import type { TaskId } from './task.ts'
import { READY, RUNNING } from './task-table.ts'

/** Work queued on a slot ahead of time: about so many ms, and at most so many tasks. */
const QUEUED_TIME = 4
const QUEUED_TASKS = 256
/** As counted for %why. */
const MOST_FITTED = 65_535

/** Gives the slot more tasks of its run, if these are what it should execute next and no node is idle for them. */
export function feedAgain(m: Machine, slot: Slot): boolean {
  const run = slot.run!
  const { shape } = run
  if (slot.length === 0 && (mayWait(m, run.policy) || slot.node.queue.size > 0)) return false
  if (-m.holdOrder.topFirst > run.priority) return false
  if (slot.node.reservedFor && slot.node.reservedFor !== shape) return false
  if (shape.runs.top !== run.number || run.spec.replicas > 1 || slot.recalled > 0 || !slot.node.alive) return false
  if (shape.sync(m.changes).size > 0) return false
  for (const other of m.active) {
    if (other.copies.size > 0) return false
    if (other !== shape && precedes(other, shape) && other.fitsAfter(slot)) return false
  }
  const count = ration(run, slot)
  if (count === 0) return false
  feed(m, slot, run, count, 'the slot came free and no other node was idle', 1)
  return true
}

/** How many more tasks to queue on the slot; at least one when it has none. */
export function ration(run: Run, slot: Slot): number {
  const room = run.mean === undefined ? 1 : Math.min(Math.max(Math.floor(QUEUED_TIME / run.mean), 1), QUEUED_TASKS)
  const queued = slot.length
  // Refilled below half, so that messages are few and long.
  if (queued > 0 && queued * 2 >= room) return 0
  // The other slots must have something left to take.
  const share = Math.ceil(run.ready.size / (2 * Math.max(run.shape.capacity, 1)))
  return Math.min(room - queued, share)
}

/** Hands the first `count` ready tasks of the run to a slot that holds its lease. */
export function feed(m: Machine, slot: Slot, run: Run, count: number, reason: string, fitted: number): void {
  const { tasks } = m
  const { first } = run.spec
  const why = m.reasonNumber(run.policy, reason)
  const ids = new Array<TaskId>(count)
  const attempts = new Array<number>(count)
  if (slot.length === 0) slot.headSince = m.time
  for (let i = 0; i < count; i++) {
    const task = first + run.ready.pop()
    if (m.holds.size > 0) m.holds.delete(task)
    if (run.policy.plans === true) noteStart(m, run, task)
    tasks.why[task] = why
    tasks.fitted[task] = fitted < MOST_FITTED ? fitted : MOST_FITTED
    if (i === 0) occupy(m, slot, task, count)
    const attempt = ++tasks.attempts[task]!
    tasks.status[task] = RUNNING
    tasks.at[task] = slot.number
    tasks.since[task] = m.time
    m.log.add(task, RUNNING, m.time)
    slot.push(task, attempt)
    ids[i] = task
    attempts[i] = attempt
  }
  run.counts[READY]! -= count
  run.counts[RUNNING]! += count
  jobRunning(m, run, count)
  slot.refused = false
  run.shape.lastStart = m.time
  enlist(m, run)
  announce(m, slot, run, ids, attempts)
}

/** The slot is expected to be busy with so many tasks like this one, too. */
export function occupy(m: Machine, slot: Slot, task: TaskId, count = 1): void {
  const from = slot.length > 0 ? Math.max(slot.until, m.time) : m.time
  slot.until = from + count * (transfer(m, task, slot.node) + expected(m, task) / slot.node.spec.speed)
}

/** Says why the task is placed where it is, for %why. */
export function noteDecision(m: Machine, run: Run, task: TaskId, reason: string, fitted: number): void {
  m.tasks.why[task] = m.reasonNumber(run.policy, reason)
  m.tasks.fitted[task] = Math.min(fitted, MOST_FITTED)
}

export function announce(m: Machine, slot: Slot, run: Run, tasks: TaskId[], attempts: number[]): void {
  m.starts.push({ type: 'StartTasks', node: slot.node.spec.id, slot: slot.index, tasks, attempts })
  track(m, slot)
  if (run.spec.timeout !== undefined || run.spec.speculate === true || slot.length > 1) arm(m, slot)
}
