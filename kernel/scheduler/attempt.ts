/** How attempts end: what slots report, and what is decided against them. */
import type { Outcome } from './event.ts'
import { arm } from './deadline.ts'
import { learn } from './expect.ts'
import { cancel, fail, succeed } from './finish.ts'
import { endLease, track } from './lease.ts'
import type { Slot } from './node.ts'
import { activate, missingInputs } from './ready.ts'
import { lostCommonInputs, lostSingleInputs, reenter } from './reenter.ts'
import type { Run } from './run.ts'
import type { Copy, Machine } from './state.ts'
import type { EndedAttempt } from './view.ts'
import type { Failure, TaskId } from './task.ts'
import { FIRST_FINAL, IN_KERNEL, RUNNING } from './task-table.ts'

/** Weight of the newest duration in a run's moving average. */
const NEWEST = 0.2
/** Of what a slot reports at once, about so many durations are learned from. */
const LEARNED_FROM = 16
/** Node losses under one task after which it is blamed. */
const DEATHS = 3

// ── outcomes ───────────────────────────────────────────────────────────────────────────────────────────────

/** The slot has finished these. What is not in its queue (a duplicate, or from before it was reset) is ignored. */
export function takeOutcomes(m: Machine, slot: Slot, outcomes: readonly Outcome[]): void {
  if (!slot.run) return
  const stride = Math.ceil(outcomes.length / LEARNED_FROM)
  for (let i = 0; i < outcomes.length; i++) {
    const outcome = outcomes[i]!
    const { task, attempt } = outcome
    const at = slot.length > 0 && slot.task(0) === task && slot.attempt(0) === attempt ? 0 : slot.find(task, attempt)
    if (at < 0) continue
    const awaited = m.awaits(slot, task, attempt)
    if (removeEntry(m, slot, at)) slot.headSince = Math.max(slot.headSince, Math.min(m.time, finite(outcome.ended, m.time)))
    if (outcome.ok) takeDuration(m, slot, task, outcome.ended - outcome.began, outcome.drawn || i % stride > 0 ? undefined : outcome.size)
    if (awaited) takeOutcome(m, slot, outcome)
  }
  track(m, slot)
  if (slot.length > 0) arm(m, slot)
}

/**
 * Removes an entry. A slot executes in order: cancelled ones before it are over too. True when the queue has
 * another head now.
 */
function removeEntry(m: Machine, slot: Slot, at: number): boolean {
  let place = at
  while (place > 0 && !m.awaits(slot, slot.task(0), slot.attempt(0))) {
    slot.shift()
    place--
  }
  slot.remove(place)
  return place === 0 || place < at
}

function takeOutcome(m: Machine, slot: Slot, outcome: Outcome): void {
  const { task, attempt } = outcome
  const run = slot.run!
  if (!outcome.ok) {
    const since = endAttempt(m, slot, task, attempt, 'threw', outcome.error)
    if (since) attemptFailed(m, task, run, { kind: 'threw', error: outcome.error }, outcome.final)
    return
  }
  const { tasks } = m
  if (m.copies.size > 0 && m.copies.has(task)) supersede(m, task, slot, attempt)
  tasks.began[task] = finite(outcome.began, m.time)
  tasks.ended[task] = finite(outcome.ended, m.time)
  tasks.bytes[task] = Math.max(finite(outcome.size, 0), 0)
  run.resultBytes += tasks.bytes[task]!
  tasks.holder[task] = slot.node.number
  tasks.at[task] = slot.number
  tasks.attempts[task] = Math.max(tasks.attempts[task]!, attempt)
  if (outcome.inKernel) tasks.flags[task]! |= IN_KERNEL
  else slot.node.results.push(task)
  succeed(m, task, run)
}

/** Another copy was first: the rest are ended. */
function supersede(m: Machine, task: TaskId, winner: Slot, attempt: number): void {
  for (const copy of m.copies.get(task)!) if (copy.slot !== winner || copy.attempt !== attempt) callOff(m, task, copy, 'superseded')
  forgetAttempts(m, task)
}

/** @param size of its result; absent: it is not to be learned from */
function takeDuration(m: Machine, slot: Slot, task: TaskId, duration: number, size: number | undefined): void {
  if (!(duration >= 0 && duration < Infinity)) return
  const run = slot.run!
  run.mean = run.mean === undefined ? duration : run.mean + NEWEST * (duration - run.mean)
  if (size !== undefined) learn(m, run, task, duration * slot.node.spec.speed, size)
}

// ── failures ───────────────────────────────────────────────────────────────────────────────────────────────

/** An attempt has ended for nothing. True when no other copy of the task goes on. */
function endAttempt(m: Machine, slot: Slot, task: TaskId, attempt: number, how: EndedAttempt['how'], error?: unknown): boolean {
  const copies = m.copies.size > 0 ? m.copies.get(task) : undefined
  const since = copies?.find(copy => copy.slot === slot && copy.attempt === attempt)?.since ?? m.tasks.since[task]!
  m.remember(task, { attempt, node: slot.node.spec.id, slot: slot.index, since, ended: m.time, how, ...(error !== undefined && { error }) })
  if (copies) {
    const left = copies.filter(copy => copy.slot !== slot || copy.attempt !== attempt)
    m.copies.set(task, left)
    if (left.length > 0) {
      if (how === 'node-lost' || how === 'slot-reset') wantCopy(m, task, slot.run!)
      return false
    }
  }
  forgetAttempts(m, task)
  return true
}

/** A copy was lost through no fault of the body: another takes its place, if the user asked for so many. */
function wantCopy(m: Machine, task: TaskId, run: Run): void {
  const { shape } = run
  if (run.spec.replicas === 1) return
  shape.copies.set(task, { run, wanted: (shape.copies.get(task)?.wanted ?? 0) + 1 })
  activate(m, shape)
}

/** The task's last attempt failed: it is tried again, later and later, or it has failed. */
function attemptFailed(m: Machine, task: TaskId, run: Run, failure: Failure, final: boolean): void {
  // An input vanished meanwhile: that is no fault of the body.
  if (!final && inputsGone(m, task, run)) return reenter(m, [task])
  const failures = ++m.tasks.failures[task]!
  if (final || failures > run.spec.retries) return fail(m, task, failure)
  reenter(m, [task], m.time + run.spec.backoff * 2 ** (failures - 1))
}

/** Whether an input of a running task was lost, or is being computed again. */
function inputsGone(m: Machine, task: TaskId, run: Run): boolean {
  if (run.blockers > 0 || missingInputs(m, task, run) > 0) return true
  return lostSingleInputs(m, task, run).length > 0 || lostCommonInputs(m, run).length > 0
}

export function timeOut(m: Machine, slot: Slot, after: number): void {
  const task = slot.task(0)
  const attempt = slot.attempt(0)
  if (!m.awaits(slot, task, attempt)) return
  m.cancels.push({ type: 'CancelAttempt', task, attempt, node: slot.node.spec.id, slot: slot.index, reason: 'timed-out' })
  if (endAttempt(m, slot, task, attempt, 'timed-out')) attemptFailed(m, task, slot.run!, { kind: 'timed-out', after }, false)
}

/** The user cancels a task, whatever it is doing. */
export function cancelTask(m: Machine, task: TaskId): void {
  const status = m.tasks.status[task]!
  if (status >= FIRST_FINAL) return
  if (status === RUNNING) callOffAll(m, task)
  cancel(m, task)
}

function callOffAll(m: Machine, task: TaskId): void {
  const { tasks } = m
  const copies = m.copies.get(task) ?? [{ slot: m.slots[tasks.at[task]!]!, attempt: tasks.attempts[task]!, since: tasks.since[task]! }]
  for (const copy of copies) callOff(m, task, copy, 'cancelled')
  forgetAttempts(m, task)
}

function callOff(m: Machine, task: TaskId, { slot, attempt, since }: Copy, reason: 'cancelled' | 'superseded'): void {
  const node = slot.node.spec.id
  m.cancels.push({ type: 'CancelAttempt', task, attempt, node, slot: slot.index, reason })
  m.remember(task, { attempt, node, slot: slot.index, since, ended: m.time, how: reason })
}

/** The task has no attempts any more, and wants no copies. */
function forgetAttempts(m: Machine, task: TaskId): void {
  if (m.copies.size === 0 || !m.copies.delete(task)) return
  m.speculating.delete(task)
  const { shape } = m.runOf(task)
  if (shape.copies.delete(task)) activate(m, shape)
}

// ── what slots give back or lose ───────────────────────────────────────────────────────────────────────────

/** The slot gives back tasks that had not begun. That placement is as if it had never been. */
export function takeBack(m: Machine, slot: Slot, returned: readonly TaskId[]): void {
  const answersRecall = slot.unanswered > 0 && (returned.length === 0 || returned.some(task => isRecalled(slot, task)))
  const again: TaskId[] = []
  for (const task of returned) {
    const at = findTask(slot, task)
    if (at < 0) continue
    const attempt = slot.attempt(at)
    const awaited = m.awaits(slot, task, attempt)
    if (at === 0) slot.headSince = m.time
    slot.remove(at)
    if (!awaited || !giveUp(m, slot, task, attempt)) continue
    if (m.tasks.attempts[task] === attempt) m.tasks.attempts[task]!--
    again.push(task)
  }
  if (answersRecall && --slot.unanswered === 0 && slot.recalled > 0) {
    slot.recalled = 0
    slot.refused = true
  }
  if (slot.run) track(m, slot)
  if (slot.length > 0) arm(m, slot)
  if (again.length > 0) reenter(m, again)
}

function isRecalled(slot: Slot, task: TaskId): boolean {
  const at = findTask(slot, task)
  return at >= 0 && at >= slot.length - slot.recalled
}

/** The last entry of a task: after a cancel and a rerun an earlier one may still stand before it. */
function findTask(slot: Slot, task: TaskId): number {
  for (let at = slot.length - 1; at >= 0; at--) if (slot.task(at) === task) return at
  return -1
}

/** Takes a copy away without a trace. True when no other copy goes on. */
function giveUp(m: Machine, slot: Slot, task: TaskId, attempt: number): boolean {
  const copies = m.copies.get(task)
  if (!copies) return true
  const left = copies.filter(copy => copy.slot !== slot || copy.attempt !== attempt)
  m.copies.set(task, left)
  if (left.length > 0) return false
  forgetAttempts(m, task)
  return true
}

/**
 * Everything the slot had is gone. Its head is blamed when the node died under it; the tasks behind it had not
 * begun. Returns those that are to start over; they are still marked as running.
 */
export function emptySlot(m: Machine, slot: Slot, how: 'node-lost' | 'slot-reset', blame: boolean): TaskId[] {
  if (!slot.run) return []
  const again: TaskId[] = []
  const killed: TaskId[] = []
  for (let at = 0; at < slot.length; at++) {
    const task = slot.task(at)
    const attempt = slot.attempt(at)
    if (!m.awaits(slot, task, attempt)) continue
    const over = endAttempt(m, slot, task, attempt, how)
    if (blame && at === 0 && noteDeath(m, task, slot)) killed.push(task)
    else if (over) again.push(task)
  }
  slot.unanswered = 0
  endLease(m, slot)
  for (const task of killed) {
    if (m.copies.has(task)) callOffAll(m, task)
    fail(m, task, { kind: 'killed-nodes', nodes: m.deaths.get(task)! })
  }
  return again
}

/** True when the task has now taken down too many. */
function noteDeath(m: Machine, task: TaskId, slot: Slot): boolean {
  const deaths = [...(m.deaths.get(task) ?? []), slot.node.spec.id]
  m.deaths.set(task, deaths)
  return deaths.length >= DEATHS
}

function finite(value: number, otherwise: number): number {
  return Number.isFinite(value) ? value : otherwise
}

