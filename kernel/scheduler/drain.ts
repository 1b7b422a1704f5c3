/** When a busy node is expected to have room. */
import type { Node, Slot } from './node.ts'
import type { Shape } from './shape.ts'
import type { Machine } from './state.ts'
import type { Time } from './task.ts'

export interface Draining {
  readonly node: Node
  /** When enough of its leases are expected to have ended for one task of the shape, and how many that are. */
  readonly drained: Time
  readonly leases: number
}

export function drainingOf(m: Machine, shape: Shape, node: Node): Draining {
  if (node.slots.length === 1) return drainingOfOne(m, node, node.slots[0]!)
  const free = [...node.free]
  let slots = node.idle.length
  let drained = m.time
  let leases = 0
  const enough = () => slots > 0 && shape.request.every(({ resource, amount }) => (free[resource] ?? 0) >= amount)
  const busy = node.slots.filter(({ run }) => run)
  if (busy.length > 1) busy.sort((a, b) => endOf(m, a) - endOf(m, b))
  for (const slot of busy) {
    if (enough()) break
    for (const { resource, amount } of slot.run!.shape.request) free[resource]! += amount
    slots++
    leases++
    drained = endOf(m, slot)
  }
  return { node, drained, leases }
}

/** Most nodes of large clusters have one slot. */
function drainingOfOne(m: Machine, node: Node, slot: Slot): Draining {
  return slot.run ? { node, drained: endOf(m, slot), leases: 1 } : { node, drained: m.time, leases: 0 }
}

/** When the slot's queue is expected to end: if that is overdue, as long after now as it is before. */
function endOf(m: Machine, slot: Slot): Time {
  return slot.until < m.time ? 2 * m.time - slot.until : slot.until
}
