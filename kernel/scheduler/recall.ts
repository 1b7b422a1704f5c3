/**
 * Tasks are queued on slots ahead of time only for speed. They are taken back when somebody could be better off:
 * behind a head that does not end (deadline.ts), for a node that is idle, or for a task of higher priority.
 */
import { track } from './lease.ts'
import type { Slot } from './node.ts'
import type { Run } from './run.ts'
import type { Shape } from './shape.ts'
import type { Machine } from './state.ts'
import type { TaskId } from './task.ts'

/** Asks the slot for the last `count` tasks of its queue that have not been recalled yet. */
export function recallFrom(m: Machine, slot: Slot, count: number): void {
  const end = slot.length - slot.recalled
  const tasks: TaskId[] = []
  for (let at = end - count; at < end; at++) {
    // A cancelled one is to be answered for anyway.
    if (m.awaits(slot, slot.task(at), slot.attempt(at))) tasks.push(slot.task(at))
  }
  slot.recalled += count
  track(m, slot)
  if (tasks.length === 0) return
  slot.unanswered++
  m.starts.push({ type: 'RecallTasks', node: slot.node.spec.id, slot: slot.index, tasks })
}

/** Recalls what the present state asks for; to be called when nothing more can be placed. */
export function recall(m: Machine): void {
  if (m.backlogged.size > 0) {
    recallForPriority(m)
    recallForIdle(m)
  }
  m.recallsSeen = m.changes.next
}

/** Priority of the first task that waits in this shape. */
function waitingPriority(shape: Shape): number {
  return -shape.runs.topFirst
}

/** Whether a task of higher priority waits that the slot could take after its present task. */
export function wantedByHigher(m: Machine, slot: Slot, run: Run): boolean {
  for (const shape of m.active) if (waitingPriority(shape) > run.priority && shape.fitsAfter(slot)) return true
  return false
}

/**
 * A shape looks through all slots when its waiting priority has risen; after that only slots on nodes that changed
 * can have become usable for it, for no slot it could use is given a backlog of lower priority meanwhile.
 */
function recallForPriority(m: Machine): void {
  for (const shape of m.active) {
    const priority = waitingPriority(shape)
    if (priority > shape.guarded) recallBelow(m, shape, priority)
    shape.guarded = priority
  }
  for (let at = Math.max(m.recallsSeen, m.changes.first); at < m.changes.next; at++) {
    const node = m.allNodes[m.changes.at(at)]!
    if (node.backlogged === 0) continue
    for (const slot of node.slots) if (slot.tracked && !slot.refused && wantedByHigher(m, slot, slot.run!)) recallFrom(m, slot, slot.backlog)
  }
}

function recallBelow(m: Machine, shape: Shape, priority: number): void {
  for (const run of m.backlogged) {
    if (run.priority >= priority) continue
    for (const slot of run.backlogged) if (!slot.refused && shape.fitsAfter(slot)) recallFrom(m, slot, slot.backlog)
  }
}

/** A node is idle that could take what is queued elsewhere: half of some slot's backlog, one slot at a time. */
function recallForIdle(m: Machine): void {
  for (const run of m.backlogged) {
    if (run.recalling.size > 0 || !run.open || run.shape.sync(m.changes).size === 0) continue
    for (const slot of run.backlogged) {
      if (slot.refused) continue
      recallFrom(m, slot, Math.ceil(slot.backlog / 2))
      if (slot.recalled > 0) break
    }
  }
}
