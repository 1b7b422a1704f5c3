/** A slot's lease: what one of its tasks requests, held from the first task handed over until the last is answered for. */
import type { Slot } from './node.ts'
import type { Run } from './run.ts'
import type { Machine } from './state.ts'

export function beginLease(m: Machine, slot: Slot, run: Run): void {
  const { node } = slot
  // Almost always the last: the slot freed most recently.
  const at = node.idle.lastIndexOf(slot)
  node.idle[at] = node.idle[node.idle.length - 1]!
  node.idle.pop()
  for (const { resource, amount } of run.shape.request) node.free[resource]! -= amount
  slot.run = run
  node.latestRun = run.spec.id
  node.turn = ++m.turns
  m.changes.add(node, m.allNodes.length)
}

export function endLease(m: Machine, slot: Slot): void {
  const { node, run } = slot
  slot.clear()
  track(m, slot)
  for (const { resource, amount } of run!.shape.request) node.free[resource]! += amount
  slot.run = undefined
  node.idle.push(slot)
  if (node.queue.size > 0) m.roomy.add(node)
  m.timers.remove(slot.number)
  m.changes.add(node, m.allNodes.length)
}

/** Keeps the lists of backlogged slots and of slots under recall true; to be called when the slot's queue has changed. */
export function track(m: Machine, slot: Slot): void {
  const run = slot.run!
  const backlogged = slot.backlog > 0
  if (backlogged !== slot.tracked) {
    slot.tracked = backlogged
    slot.node.backlogged += backlogged ? 1 : -1
    if (backlogged) {
      run.backlogged.add(slot)
      m.backlogged.add(run)
    } else {
      run.backlogged.delete(slot)
      if (run.backlogged.size === 0) m.backlogged.delete(run)
    }
  }
  if (slot.recalled > 0) run.recalling.add(slot)
  else if (run.recalling.size > 0) run.recalling.delete(slot)
}
