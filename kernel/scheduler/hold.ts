/**
 * Tasks that their policy holds back. One stays ready, but stands in the queue of the node it waits for, not in its run's,
 * until: that node has room for it, its time is over, its policy or plan changes, or something of lower priority would
 * start. Each is held so often and so long at most that none waits for ever.
 */
import { expected } from './expect.ts'
import { Node } from './node.ts'
import { plannedStart } from './plan.ts'
import type { Hold, NodeView } from './policies/policy.ts'
import { enlist, rankOf } from './ready.ts'
import type { Run } from './run.ts'
import type { Machine } from './state.ts'
import type { TaskId, Time } from './task.ts'
import { NO_HOLD } from './task-table.ts'

/**
 * How often a task is held before it starts, and for how long in all: ms, and in terms of its expected duration. Until its plan wants it to start,
 * that does not count.
 */
const TIMES = 16
const LONGEST = 60_000
const DURATIONS = 10
/** Holds in one transition. What is left follows a little later, so that a thousand held tasks do not keep others waiting. */
export const HOLDS_AT_ONCE = 256
export const RESUME_AFTER = 1
/** Tasks of a node's queue that are looked at for one that fits. */
const LOOKED_AT = 8

export class Held {
  readonly task: TaskId
  readonly run: Run
  readonly priority: number
  /** Place among those of equal priority that wait for the same node. */
  readonly order: number
  readonly until: Time
  readonly node: Node | undefined
  readonly stealable: boolean
  readonly reason: string
  /** What it weighs in `node.awaited`. */
  readonly work: number
  /** When it was held first since it became ready; and how often, since it was to start. */
  readonly first: Time
  times: number
  /** Its number among those held at present; -1: it is held no longer. */
  number = -1

  /** @param due when its plan wants it to start, if it has one */
  constructor(task: TaskId, run: Run, order: number, hold: Hold, work: number, before: Held | undefined, now: Time, due: Time | undefined) {
    this.task = task
    this.run = run
    this.priority = run.priority
    this.order = order
    this.first = before?.first ?? now
    this.times = (before?.times ?? 0) + (due === undefined || due <= now ? 1 : 0)
    this.work = work
    this.until = Math.min(hold.hold, this.latest(due))
    this.node = hold.for as Node | undefined
    this.stealable = hold.stealable === true && this.node !== undefined
    this.reason = String(hold.reason).slice(0, 300)
  }

  /** When it must be let go at last. */
  latest(due: Time | undefined): Time {
    return Math.max(this.first, due ?? 0) + Math.max(LONGEST, DURATIONS * this.work)
  }
}

export function mayHold(m: Machine, task: TaskId): boolean {
  if ((m.tasks.flags[task]! & NO_HOLD) !== 0) return false
  const before = m.holds.get(task)
  return !before || (before.times < TIMES && m.time < before.latest(plannedStart(m, before.run, task)))
}

/** Whether the ready task, the first of its run, is held now as its policy asks. */
export function hold(m: Machine, run: Run, task: TaskId, asked: Hold): boolean {
  if (!(asked.hold > m.time) || !mayHold(m, task) || !awaitable(m, run, asked.for)) return false
  const order = run.policy.rankRun ? run.shape.runs.topSecond : m.turns++
  const held = new Held(task, run, order, asked, expected(m, task), m.holds.get(task), m.time, plannedStart(m, run, task))
  run.ready.remove(task - run.spec.first)
  run.held++
  m.holds.set(task, held)
  held.number = m.heldBy.add(held)
  m.holdTimers.set(held.number, held.until, 0)
  m.holdOrder.set(held.number, -held.priority, held.order)
  if (held.node) joinQueue(m, held.node, held)
  enlist(m, run)
  return true
}

function awaitable(m: Machine, run: Run, node: NodeView | undefined): boolean {
  return node === undefined || (node instanceof Node && m.allNodes[node.number] === node && node.alive && run.shape.room(node) > 0)
}

/** The task is held no longer; where it goes is for the caller to say. */
function endHold(m: Machine, held: Held): void {
  m.holdTimers.remove(held.number)
  m.holdOrder.remove(held.number)
  m.heldBy.remove(held.number)
  held.number = -1
  held.run.held--
  if (held.node) leaveQueue(m, held.node, held)
}

/** Back among the ready tasks of its run. */
export function release(m: Machine, held: Held, forGood = false): void {
  const { task, run } = held
  endHold(m, held)
  if (forGood) m.tasks.flags[task]! |= NO_HOLD
  const index = task - run.spec.first
  run.ready.set(index, -rankOf(m, run, task), 0)
  if (run.ready.top === index) enlist(m, run)
}

/** The task leaves the ready ones. True when it was held, so that it is in no heap. */
export function forgetHold(m: Machine, task: TaskId): boolean {
  const held = m.holds.get(task)
  if (!held) return false
  m.holds.delete(task)
  if (held.number < 0) return false
  endHold(m, held)
  return true
}

/** Lets all go that are held for a reason of their run's that is no more; they may be held anew. */
export function releaseRun(m: Machine, run: Run): void {
  if (run.held > 0) for (const held of [...m.heldBy.all]) if (held?.run === run) release(m, held)
}

// ── the queues of nodes ────────────────────────────────────────────────────────────────────────────────────

function joinQueue(m: Machine, node: Node, held: Held): void {
  node.queue.push(held)
  node.awaited += held.work
  if (held.stealable) noteStealable(m, node, held, 1)
  offerTheft(m, node)
}

function noteStealable(m: Machine, node: Node, { run: { shape } }: Held, by: number): void {
  node.stealable += by
  const count = (m.stealable.get(shape) ?? 0) + by
  if (count > 0) m.stealable.set(shape, count)
  else m.stealable.delete(shape)
}

function leaveQueue(m: Machine, node: Node, held: Held): void {
  node.queue.left()
  // Sums of differences drift.
  node.awaited = node.queue.size === 0 ? 0 : node.awaited - held.work
  if (held.stealable) noteStealable(m, node, held, -1)
  offerTheft(m, node)
}

function offerTheft(m: Machine, node: Node): void {
  if (node.stealable > 0) m.victims.set(node.number, -node.queue.top!.priority, -node.stealable)
  else m.victims.remove(node.number)
}

/** Nodes have got room: what waits for them is ready again, as much as there are slots. */
export function releaseForRoom(m: Machine): void {
  for (const node of m.roomy) {
    if (node.alive) for (let left = node.idle.length; left > 0 && releaseFitting(m, node, held => held.run.shape.fits(node), false); left--);
  }
  m.roomy.clear()
}

/** Lets the first one of the node's queue go that fits; false when none of the first few does. */
function releaseFitting(m: Machine, node: Node, fits: (held: Held) => boolean, forGood: boolean): boolean {
  const passed: Held[] = []
  let found: Held | undefined
  while (passed.length < LOOKED_AT && !found) {
    const held = node.queue.pop()
    if (!held) break
    if (held.run.open && fits(held)) found = held
    passed.push(held)
  }
  for (const held of passed) node.queue.push(held, true)
  if (found) release(m, found, forGood)
  return found !== undefined
}

/** An idle node that found nothing else takes a task from the node for which most wait. False: there is none to take. */
export function steal(m: Machine): boolean {
  let idle = false
  for (const shape of m.stealable.keys()) if (shape.sync(m.changes).size > 0) idle = true
  if (!idle) return false
  const passed: Node[] = []
  let stolen = false
  while (!stolen && m.victims.size > 0 && passed.length < LOOKED_AT) {
    const victim = m.allNodes[m.victims.pop()]!
    passed.push(victim)
    stolen = releaseFitting(m, victim, held => held.stealable && held.run.shape.sync(m.changes).size > 0, true)
  }
  for (const node of passed) offerTheft(m, node)
  return stolen
}

// ── reasons to let go ──────────────────────────────────────────────────────────────────────────────────────

/** Something of this priority could start: nothing of a higher one is held any longer. False: there was nothing. */
export function releaseAbove(m: Machine, priority: number): boolean {
  if (-m.holdOrder.topFirst <= priority) return false
  while (-m.holdOrder.topFirst > priority) release(m, m.heldBy.all[m.holdOrder.top]!, true)
  return true
}

/** Holds whose time is over, and those for nodes that are gone. */
export function releaseInTime(m: Machine): void {
  while (m.holdTimers.topFirst <= m.time) release(m, m.heldBy.all[m.holdTimers.top]!)
}

export function releaseQueue(m: Machine, node: Node): void {
  for (let held = node.queue.top; held; held = node.queue.top) release(m, held)
}

/** Those held by this policy, whose plan is a new one. That is no reason to hold them less often from now on. */
export function releasePolicy(m: Machine, policy: string): void {
  if (m.holdOrder.size === 0) return
  for (const held of [...m.heldBy.all]) {
    if (held?.run.policy.name !== policy) continue
    held.times = 0
    release(m, held)
  }
}
