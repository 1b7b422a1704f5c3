/**
 * Stragglers: a task that has run far longer than such tasks do gets one copy on another node, if that is idle, nothing
 * else wants it, and the copy is expected to end first. The first result counts (LATE: M. Zaharia et al., OSDI 2008;
 * Mantri: G. Ananthanarayanan et al., OSDI 2010).
 */
import { arm } from './deadline.ts'
import { inputBytes } from './expect.ts'
import { quantile, timeLeft } from './estimate.ts'
import type { Node, Slot } from './node.ts'
import { earliestFinish } from './policies/earliest.ts'
import type { Machine } from './state.ts'
import type { Time } from './task.ts'

/** Of tasks as fast as this share of their kind nobody thinks ill; rests on so many at least. */
const SHARE = 0.95
const SEEN = 5
/** A head is looked at again when it has run so many times as long; the first time after so many ms. */
const AGAIN = 1.5
const FIRST_LOOK = 50
/** Copies at one time: one, and so many of the slots that could execute them (LATE's cap). */
const SLOTS = 0.1
/** Stragglers tried in one transition. */
const AT_ONCE = 8

/** When the slot's head is to be looked at next as one that may be too slow. */
export function suspicionTime(m: Machine, slot: Slot): Time {
  const { spec, estimate } = slot.run!
  const task = slot.task(0)
  if (spec.speculate !== true || spec.replicas > 1 || m.stragglers.has(slot) || m.copies.has(task) || !m.awaits(slot, task, slot.attempt(0))) return Infinity
  const look = Math.max(m.time + FIRST_LOOK, slot.headSince + AGAIN * (m.time - slot.headSince))
  if (estimate.count < SEEN) return look
  const late = slot.headSince + limit(m, slot)
  return late > m.time ? Math.min(late, look) : look
}

/** What its head may take, ms. */
function limit(m: Machine, slot: Slot): number {
  return quantile(slot.run!.estimate, inputBytes(m, slot.task(0)), SHARE) / slot.node.spec.speed
}

/** The time has come to look at the slot's head. */
export function suspect(m: Machine, slot: Slot): void {
  const { spec, estimate } = slot.run!
  if (spec.speculate !== true || spec.replicas > 1 || slot.length === 0 || estimate.count < SEEN || m.copies.has(slot.task(0))) return
  if (m.awaits(slot, slot.task(0), slot.attempt(0)) && m.time >= slot.headSince + limit(m, slot)) m.stragglers.add(slot)
}

/** What of the stragglers gets a copy now, on which node: to be asked when nothing else can be placed. */
export function* copiesOfStragglers(m: Machine): Generator<{ readonly slot: Slot; readonly node: Node }> {
  let left = Math.min(m.stragglers.size, AT_ONCE)
  for (const slot of m.stragglers) {
    if (left-- === 0) return
    m.stragglers.delete(slot)
    if (!slot.run || slot.length === 0 || m.copies.has(slot.task(0)) || !m.awaits(slot, slot.task(0), slot.attempt(0))) continue
    // Its head may be another by now.
    if (m.time < slot.headSince + limit(m, slot)) continue
    const node = nodeForCopy(m, slot)
    if (node === 'none idle') m.stragglers.add(slot)
    else if (node) yield { slot, node }
    // It may be worth one later.
    else arm(m, slot)
  }
}

function nodeForCopy(m: Machine, slot: Slot): Node | 'none idle' | undefined {
  const { shape, estimate, priority } = slot.run!
  if (m.speculating.size >= 1 + Math.floor(SLOTS * shape.capacity) || -m.holdOrder.topFirst > priority) return 'none idle'
  if (shape.sync(m.changes).size === 0) return 'none idle'
  const fitting = shape.without([slot.node])
  if (!fitting) return 'none idle'
  const task = slot.task(0)
  const { node, finish } = earliestFinish(m, task, fitting)
  const { speed } = slot.node.spec
  const left = timeLeft(estimate, inputBytes(m, task), (m.time - slot.headSince) * speed) / speed
  // Somebody waits for that one.
  if ((node as Node).queue.size > 0) return 'none idle'
  return finish < m.time + left ? (node as Node) : undefined
}
