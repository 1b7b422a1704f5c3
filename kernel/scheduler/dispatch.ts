/** Who starts where. Order among tasks and what fits is decided here; policies choose within that. */
import { choose } from './choose.ts'
import { beginCopies, copyStragglers, placeCopy } from './copies.ts'
import { STUCK_AFTER } from './deadline.ts'
import { feed, feedAgain, ration } from './feed.ts'
import { HOLDS_AT_ONCE, releaseAbove, releaseForRoom, releaseInTime, steal } from './hold.ts'
import { jobOf, rerankJobs } from './job.ts'
import { beginLease, endLease } from './lease.ts'
import type { Slot } from './node.ts'
import { headPriority, precedes } from './order.ts'
import { enlist } from './ready.ts'
import { recall, wantedByHigher } from './recall.ts'
import { backfill, lift, liftFor, liftIfVain, reserve } from './reserve.ts'
import type { Shape } from './shape.ts'
import type { Machine } from './state.ts'

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
  const fitted = shape.size
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
