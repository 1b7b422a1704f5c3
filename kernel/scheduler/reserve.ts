/**
 * A task that asks for much may never find a node with so much free while smaller ones keep filling what little comes free. When
 * the first of such has waited long, one node is kept for it: nothing else of its priority or a lower one starts there, but
 * what is expected to end before the node has been drained (EASY backfilling: D. A. Lifka, The ANL/IBM SP scheduling
 * system, JSSPP 1995). One node at a time, and not for ever: then others have their turn.
 */
import { type Draining, drainingOf } from './drain.ts'
import { expected } from './expect.ts'
import type { Node } from './node.ts'
import { plannedStart } from './plan.ts'
import type { Run } from './run.ts'
import type { Shape } from './shape.ts'
import type { Machine } from './state.ts'
import type { TaskId, Time } from './task.ts'

/** A task has waited long when it has waited for as long as it takes, and so many ms. */
const LONG = 1000
/** A node is kept for so many times as long as draining it is expected to take, and so many ms. */
const PATIENCE = 2
/** The next search for one comes so many ms later, and so many for each node that was looked at. */
const PAUSE = 100
const PAUSE_A_NODE = 0.1

export interface Reservation {
  readonly node: Node
  readonly shape: Shape
  readonly priority: number
  /** When the node is expected to have been drained. */
  readonly drained: Time
  readonly until: Time
}

/** Gives the node free. */
export function lift(m: Machine): void {
  const { node } = m.reservation!
  m.reservation = undefined
  node.reservedFor = undefined
  m.changes.add(node, m.allNodes.length)
  if (node.queue.size > 0 && node.alive) m.roomy.add(node)
}

/** Gives it free if it has been kept for too long, or for something that waits no longer. */
export function liftIfVain(m: Machine): boolean {
  const { node, shape, priority, until } = m.reservation!
  if (node.alive && until > m.time && -shape.runs.topFirst >= priority) return false
  lift(m)
  return true
}

/** Gives it free if something of higher priority can use it. */
export function liftFor(m: Machine, shape: Shape, priority: number): boolean {
  const kept = m.reservation!
  if (priority <= kept.priority || shape === kept.shape || !shape.hasRoom(kept.node)) return false
  lift(m)
  return true
}

/** The kept node, if this task can start there and is expected to end before it is needed. */
export function backfill(m: Machine, run: Run, task: TaskId): Node | undefined {
  const { node, shape, drained } = m.reservation!
  if (run.shape === shape || run.estimate.weight === 0 || !run.shape.hasRoom(node)) return undefined
  if (m.time + expected(m, task) / node.spec.speed > drained) return undefined
  // Not past something more urgent that would fit, but take too long.
  for (const other of m.active) if (-other.runs.topFirst > run.priority && other.hasRoom(node)) return undefined
  return node
}

/** Keeps a node for the most urgent task that starves, if there is one; to be asked when nothing more can be placed. */
export function reserve(m: Machine): void {
  if (m.time < m.reserveAfter) return
  let urgent = -Infinity
  for (const shape of m.active) if (shape.runs.size > 0) urgent = Math.max(urgent, -shape.runs.topFirst)
  for (const shape of m.active) {
    // One that stands behind more urgent ones anyway has to wait for these first.
    const run = m.runs[shape.runs.top]
    if (!run || run.priority < urgent || !starves(m, shape, run)) continue
    m.reserveAfter = m.time + PAUSE + PAUSE_A_NODE * m.nodes.size
    const best = soonestDrained(m, shape)
    if (!best || best.leases < 2) continue
    const until = best.drained + (PATIENCE - 1) * (best.drained - m.time) + LONG
    m.reservation = { node: best.node, shape, priority: run.priority, drained: best.drained, until }
    best.node.reservedFor = shape
    m.changes.add(best.node, m.allNodes.length)
    return
  }
}

/** Whether its first task has waited long, by its plan if it has one, and nothing that asks for as much has started meanwhile. */
function starves(m: Machine, shape: Shape, run: Run): boolean {
  const task = run.spec.first + run.ready.top
  return shape.capable > 0 && m.time >= Math.max(m.tasks.since[task]!, plannedStart(m, run, task) ?? 0, shape.lastStart) + LONG + expected(m, task) && shape.sync(m.changes).size === 0
}

function soonestDrained(m: Machine, shape: Shape): Draining | undefined {
  let best: Draining | undefined
  for (const node of m.nodes.values()) {
    if (shape.room(node) === 0) continue
    const draining = drainingOf(m, shape, node)
    if (!best || draining.drained < best.drained) best = draining
  }
  return best
}
