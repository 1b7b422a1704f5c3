/** What happens because time passes: attempts time out, heads get stuck before others or prove slow, pauses end. */
import { timeOut } from './attempt.ts'
import type { Slot } from './node.ts'
import { makeReady, move } from './ready.ts'
import { recallFrom } from './recall.ts'
import { suspect, suspicionTime } from './speculate.ts'
import type { Machine } from './state.ts'
import type { Time } from './task.ts'
import { WAITING } from './task-table.ts'

/** ms after which what is queued behind a head is taken back. */
export const STUCK_AFTER = 10

/** When the slot must be looked at next: when its head times out, or is stuck before others. */
export function slotDeadline(m: Machine, slot: Slot): Time {
  if (slot.length === 0) return Infinity
  const stuck = slot.backlog > 0 && !slot.refused ? slot.headSince + STUCK_AFTER : Infinity
  const { timeout, speculate } = slot.run!.spec
  const next = speculate === true ? Math.min(stuck, suspicionTime(m, slot)) : stuck
  if (timeout === undefined || !m.awaits(slot, slot.task(0), slot.attempt(0))) return next
  return Math.min(next, slot.headSince + timeout)
}

/** Sees to it that the slot is looked at in time. A timer that is too early already stays: it costs less than moving it. */
export function arm(m: Machine, slot: Slot): void {
  const deadline = slotDeadline(m, slot)
  if (deadline < m.timers.firstOf(slot.number)) m.timers.set(slot.number, deadline, 0)
}

export function passTime(m: Machine): void {
  while (m.backoffs.topFirst <= m.time) endPause(m, m.backoffs.pop())
  while (m.timers.topFirst <= m.time) {
    const slot = m.slots[m.timers.pop()]!
    if (slot.run) check(m, slot)
  }
}

function endPause(m: Machine, task: number): void {
  const run = m.runOf(task)
  if (m.tasks.missing[task] === 0) makeReady(m, task, run)
  else move(m, task, run, WAITING)
}

function check(m: Machine, slot: Slot): void {
  const { timeout } = slot.run!.spec
  if (timeout !== undefined && slot.length > 0 && m.time >= slot.headSince + timeout) timeOut(m, slot, timeout)
  suspect(m, slot)
  if (slot.backlog > 0 && !slot.refused && m.time >= slot.headSince + STUCK_AFTER) recallFrom(m, slot, slot.backlog)
  arm(m, slot)
}
