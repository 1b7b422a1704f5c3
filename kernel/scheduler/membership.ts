/** Nodes come and go; slots are replaced. */
import { emptySlot } from './attempt.ts'
import { releaseQueue } from './hold.ts'
import { Node } from './node.ts'
import { forgetCopies } from './release.ts'
import { reenter } from './reenter.ts'
import type { Machine } from './state.ts'
import type { NodeId, NodeSpec, TaskId } from './task.ts'
import { BACKING_OFF, READY, SUCCEEDED, WAITING } from './task-table.ts'
import type { Run } from './run.ts'
import { pending } from './ready.ts'

/** @throws Error, leaving the state as it was, when the node makes no sense: a bug of the caller */
export function joinNode(m: Machine, spec: NodeSpec): void {
  if (!Number.isSafeInteger(spec.slots) || spec.slots < 0 || !(spec.speed > 0 && spec.speed < Infinity)) throw new Error(`node ${spec.id} has ${spec.slots} slots of speed ${spec.speed}`)
  // It was restarted before anybody noticed that it had died.
  if (m.nodes.has(spec.id)) loseNode(m, spec.id, true)
  const node = new Node(m.allNodes.length, spec, m.slots.length, m.resources)
  m.allNodes.push(node)
  m.nodes.set(spec.id, node)
  m.missed.delete(spec.id)
  m.speeds.set(spec.speed, (m.speeds.get(spec.speed) ?? 0) + 1)
  for (const slot of node.slots) m.slots.push(slot)
  for (const shape of m.shapes.values()) shape.join(node)
  m.changes.add(node, m.allNodes.length)
}

/**
 * Its running tasks start over; so do finished ones whose results only it had, if somebody waits for these. An
 * unknown node is ignored.
 */
export function loseNode(m: Machine, id: NodeId, blame: boolean): void {
  const node = m.nodes.get(id)
  if (!node) return
  const again: TaskId[] = []
  releaseQueue(m, node)
  for (const slot of node.slots) again.push(...emptySlot(m, slot, 'node-lost', blame))
  node.alive = false
  m.nodes.delete(id)
  const alike = m.speeds.get(node.spec.speed)! - 1
  if (alike > 0) m.speeds.set(node.spec.speed, alike)
  else m.speeds.delete(node.spec.speed)
  if (blame) m.missed.set(id, node)
  for (const shape of m.shapes.values()) shape.leave(node)
  m.changes.add(node, m.allNodes.length)
  const { results } = node
  node.results = []
  for (const task of results) if (loseCopy(m, task, node) && isAwaited(m, task)) again.push(task)
  if (again.length > 0) reenter(m, again)
}

/** The slot's thread is a new one. Its head is blamed unless it became the head only as the thread ended. */
export function resetSlot(m: Machine, node: NodeId, index: number): void {
  const slot = m.nodes.get(node)?.slots[index]
  if (!slot) return
  const again = emptySlot(m, slot, 'slot-reset', slot.headSince < m.time)
  if (again.length > 0) reenter(m, again)
}

/** True when that was the last copy of the task's result. */
function loseCopy(m: Machine, task: TaskId, node: Node): boolean {
  const { tasks } = m
  if (tasks.status[task] !== SUCCEEDED || !m.hasCopy(task)) return false
  const left = m.holders(task).filter(holder => holder !== node)
  if (left.length === 0) {
    if (tasks.holder[task] !== node.number || m.inKernel(task)) return false
    m.remember(task, {
      attempt: tasks.attempts[task]!, node: node.spec.id, slot: m.slots[tasks.at[task]!]!.index, since: tasks.began[task]!, ended: m.time, how: 'result-lost',
    })
    forgetCopies(m, task)
    return true
  }
  tasks.holder[task] = left[0]!.number
  if (left.length > 1) m.holdersBesides.set(task, left.slice(1))
  else m.holdersBesides.delete(task)
  return false
}

/** Whether a task that has not started takes this result. Those that run have it already, or will come back. */
export function isAwaited(m: Machine, task: TaskId): boolean {
  const { tasks } = m
  if (m.runOf(task).dependents.some(someonePending)) return true
  if (m.sharedBy.get(task)?.some(someonePending)) return true
  if (tasks.needed[task] === 0) return false
  for (let edge = tasks.firstEdge[task]!; edge >= 0; edge = tasks.edgeNext[edge]!) if (pending(tasks.status[tasks.edgeTask[edge]!]!)) return true
  return false
}

function someonePending(run: Run): boolean {
  return run.counts[WAITING]! + run.counts[READY]! + run.counts[BACKING_OFF]! > 0
}
