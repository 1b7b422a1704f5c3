/** Who starts where. Order among tasks and what fits is decided here; policies choose within that. */
import { arm, STUCK_AFTER } from './deadline.ts'
import { choose, mayWait } from './choose.ts'
import { expected } from './expect.ts'
import { HOLDS_AT_ONCE, releaseAbove, releaseForRoom, releaseInTime, steal } from './hold.ts'
import { jobOf, jobRunning, rerankJobs } from './job.ts'
import { beginLease, endLease, track } from './lease.ts'
import type { Slot } from './node.ts'
import { activate, enlist } from './ready.ts'
import { noteStart } from './plan.ts'
import { recall, wantedByHigher } from './recall.ts'
import { backfill, lift, liftFor, liftIfVain, reserve } from './reserve.ts'
import type { Run } from './run.ts'
import type { Shape } from './shape.ts'
import { copiesOfStragglers } from './speculate.ts'
import type { Copy, Machine } from './state.ts'
import type { TaskId } from './task.ts'
import { READY, RUNNING } from './task-table.ts'

/** Work queued on a slot ahead of time: about so many ms, and at most so many tasks. */
const QUEUED_TIME = 4
const QUEUED_TASKS = 256
/** As counted for %why. */
const MOST_FITTED = 65_535

/**
 * Starts everything that can start. `freed`: a slot whose queue has shrunk; when it is empty its lease still
 * stands, so that in the usual case it is fed again at once.
 */
export function dispatch(m: Machine, freed: Slot | undefined): void {
  if (m.changedJobs.size > 0) rerankJobs(m)
  if (m.holdTimers.topFirst <= m.time) releaseInTime(m)
  m.resumeAt = Infinity
  const low = freed?.run && freed.length > 0 && m.time < freed.headSince + STUCK_AFTER ? freed : undefined
  if (freed?.run && freed.length === 0 && !feedAgain(m, freed)) endLease(m, freed)
  if (m.active.size > 0 || m.victims.size > 0 || m.roomy.size > 0 || m.reservation) placeAll(m)
  if (low && m.active.size > 0 && m.resumeAt === Infinity) feedAgain(m, low)
  if (m.reservation && m.resumeAt === Infinity && liftIfVain(m)) placeAll(m)
  if (m.active.size > 0 && !m.reservation && m.resumeAt === Infinity) reserve(m)
  if (m.stragglers.size > 0 && m.resumeAt === Infinity) copyStragglers(m)
  if (m.active.size > 0 || m.backlogged.size > 0) recall(m)
  else m.recallsSeen = m.changes.next
}

// ── slots in use ───────────────────────────────────────────────────────────────────────────────────────────

/** Gives the slot more tasks of its run, if these are what it should execute next and no node is idle for them. */
function feedAgain(m: Machine, slot: Slot): boolean {
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
function ration(run: Run, slot: Slot): number {
  const room = run.mean === undefined ? 1 : Math.min(Math.max(Math.floor(QUEUED_TIME / run.mean), 1), QUEUED_TASKS)
  const queued = slot.length
  // Refilled below half, so that messages are few and long.
  if (queued > 0 && queued * 2 >= room) return 0
  // The other slots must have something left to take.
  const share = Math.ceil(run.ready.size / (2 * Math.max(run.shape.capacity, 1)))
  return Math.min(room - queued, share)
}

/** Hands the first `count` ready tasks of the run to a slot that holds its lease. */
function feed(m: Machine, slot: Slot, run: Run, count: number, reason: string, fitted: number): void {
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
    slot.until = (slot.until > m.time && slot.length > 0 ? slot.until : m.time) + expected(m, task) / slot.node.spec.speed
    const attempt = ++tasks.attempts[task]!
    tasks.status[task] = RUNNING
    tasks.at[task] = slot.number
    tasks.since[task] = m.time
    tasks.why[task] = why
    tasks.fitted[task] = fitted
    m.log.add(task, RUNNING, m.time)
    slot.push(task, attempt)
    ids[i] = task
    attempts[i] = attempt
  }
  run.counts[READY]! -= count
  run.counts[RUNNING]! += count
  jobRunning(m, run, count)
  slot.refused = false
  enlist(m, run)
  announce(m, slot, run, ids, attempts)
}

function announce(m: Machine, slot: Slot, run: Run, tasks: TaskId[], attempts: number[]): void {
  m.starts.push({ type: 'StartTasks', node: slot.node.spec.id, slot: slot.index, tasks, attempts })
  track(m, slot)
  if (run.spec.timeout !== undefined || run.spec.speculate === true || slot.length > 1) arm(m, slot)
}

// ── idle slots ─────────────────────────────────────────────────────────────────────────────────────────────

/** Places tasks on idle slots, the first in order first, until none fits. */
function placeAll(m: Machine): void {
  m.pass++
  m.holdsLeft = HOLDS_AT_ONCE
  do {
    for (let shape = firstShape(m); shape; shape = firstShape(m)) {
      if (!placeOne(m, shape)) shape.exhausted = m.pass
      if (m.holdsLeft === 0) return
    }
  } while (m.victims.size > 0 && steal(m) && ++m.pass)
}

/** Of the shapes that may still have something to place, the one whose first task goes first. */
function firstShape(m: Machine): Shape | undefined {
  if (m.reservation && liftIfVain(m)) m.pass++
  if (m.roomy.size > 0) releaseForRoom(m)
  if (m.changedJobs.size > 0) rerankJobs(m)
  let first: Shape | undefined
  for (const shape of m.active) {
    if (shape.exhausted !== m.pass && (first === undefined || precedes(shape, first, m.pass))) first = shape
  }
  return first
}

/** Whether the first task to start of shape `a` goes before that of `b`: by priority, rank, order of declaration. */
function precedes(a: Shape, b: Shape, pass = -1): boolean {
  const priorityA = headPriority(a, pass)
  const priorityB = headPriority(b, pass)
  if (priorityA !== priorityB) return priorityA > priorityB
  if (a.runs.topSecond !== b.runs.topSecond) return a.runs.topSecond < b.runs.topSecond
  return a.runs.top < b.runs.top
}

function headPriority(shape: Shape, pass: number): number {
  const ready = -shape.runs.topFirst
  return shape.copies.size > 0 && pass >= 0 ? Math.max(ready, shape.copiesPriority(pass)) : ready
}

/** Places the first task, or copy of one, of this shape. False: nothing of it fits anywhere. */
function placeOne(m: Machine, shape: Shape): boolean {
  if (m.reservation && liftFor(m, shape, headPriority(shape, m.pass))) return retry(m)
  if (shape.sync(m.changes).size === 0) return m.reservation !== undefined && fillIn(m, shape)
  // Nothing is held back while something of lower priority starts.
  if (m.holdOrder.size > 0 && releaseAbove(m, headPriority(shape, m.pass))) return retry(m)
  const copies = shape.copies.size > 0 ? shape.copiesPriority(m.pass) : -Infinity
  if (copies > -Infinity && copies >= -shape.runs.topFirst) {
    if (!placeCopy(m, shape, copies)) shape.copiesFail(m.pass, copies)
    return true
  }
  const run = m.runs[shape.runs.top]
  if (!run) return false
  if (run.policy.ranksJobs === true && run.jobVersion !== jobOf(run).version) {
    enlist(m, run)
    return true
  }
  const task = run.spec.first + run.ready.top
  const choice = choose(m, run, task, shape, true)
  // What was behind this one may be a copy.
  shape.copiesTried = 0
  if (!choice) return true
  const [node, reason] = choice
  if (m.reservation?.shape === shape) {
    lift(m)
    m.pass++
  }
  const slot = node.idle[node.idle.length - 1]!
  const fitted = Math.min(shape.size, MOST_FITTED)
  beginLease(m, slot, run)
  if (run.spec.replicas > 1) {
    feed(m, slot, run, 1, reason, fitted)
    beginCopies(m, run, task, slot)
    return true
  }
  let count = ration(run, slot)
  if (count > 1 && m.active.size > 1 && wantedByHigher(m, slot, run)) count = 1
  feed(m, slot, run, count, reason, fitted)
  return true
}

/** The first task of the shape, if it ends before the node is needed that is kept for another. */
function fillIn(m: Machine, shape: Shape): boolean {
  const run = m.runs[shape.runs.top]
  if (!run || run.spec.replicas > 1 || -m.holdOrder.topFirst > run.priority) return false
  const node = backfill(m, run, run.spec.first + run.ready.top)
  if (!node) return false
  const slot = node.idle[node.idle.length - 1]!
  beginLease(m, slot, run)
  feed(m, slot, run, 1, 'it ends before the node is needed by a task that asks for more', 1)
  return true
}

/** All shapes may have something to place again. */
function retry(m: Machine): true {
  m.pass++
  return true
}

// ── copies ─────────────────────────────────────────────────────────────────────────────────────────────────

/** The first copy of a replicated task has been placed: it wants further ones, as far as there are nodes for them. */
function beginCopies(m: Machine, run: Run, task: TaskId, slot: Slot): void {
  const { shape } = run
  m.copies.set(task, [{ slot, attempt: m.tasks.attempts[task]!, since: m.time }])
  const wanted = Math.min(run.spec.replicas, shape.capable) - 1
  if (wanted > 0) shape.copies.set(task, { run, wanted })
  activate(m, shape)
}

/** Places one copy, of the first task of this priority that finds a node without a copy of it. */
function placeCopy(m: Machine, shape: Shape, priority: number): boolean {
  for (const [task, { run }] of shape.copies) {
    if (run.priority !== priority) continue
    const copies = m.copies.get(task)!
    const fitting = shape.without(copies.map(({ slot }) => slot.node))
    if (!fitting) continue
    const [node, reason] = choose(m, run, task, fitting, false)!
    startCopy(m, run, task, node.idle[node.idle.length - 1]!, copies, reason, fitting.size)
    return true
  }
  return false
}

function copyStragglers(m: Machine): void {
  for (const { slot, node } of copiesOfStragglers(m)) {
    const run = slot.run!
    const task = slot.task(0)
    const copies: Copy[] = [{ slot, attempt: slot.attempt(0), since: m.tasks.since[task]! }]
    m.copies.set(task, copies)
    m.speculating.add(task)
    startCopy(m, run, task, node.idle[node.idle.length - 1]!, copies, 'a copy, as the other attempt takes far longer than such tasks do', run.shape.size)
  }
}

function startCopy(m: Machine, run: Run, task: TaskId, slot: Slot, copies: Copy[], reason: string, fitted: number): void {
  const { shape } = run
  beginLease(m, slot, run)
  const attempt = ++m.tasks.attempts[task]!
  m.tasks.at[task] = slot.number
  m.tasks.why[task] = m.reasonNumber(run.policy, reason)
  m.tasks.fitted[task] = Math.min(fitted, MOST_FITTED)
  m.log.add(task, RUNNING, m.time)
  slot.headSince = m.time
  slot.until = m.time + expected(m, task) / slot.node.spec.speed
  slot.push(task, attempt)
  copies.push({ slot, attempt, since: m.time })
  const more = shape.copies.get(task)
  if (more && --more.wanted === 0) shape.copies.delete(task)
  activate(m, shape)
  announce(m, slot, run, [task], [attempt])
}
