/** Where and when a task would end first. */
import type { TaskId, Time } from '../task.ts'
import type { ClusterView, FittingNodes, NodeView } from './policy.ts'

/** Inputs looked at for one decision, so that its cost does not grow with their number. */
const SAMPLE = 32

export interface Finish {
  readonly node: NodeView
  readonly finish: Time
}

/** When the task would end on this node, if it were handed over at `from`. */
export function finishOn(view: ClusterView, task: TaskId, node: NodeView, from: Time): Time {
  return from + view.transfer(task, node) + view.expected(task) / node.spec.speed
}

/**
 * Of the nodes that fit, the one on which the task would end first. All that lack its inputs wait equally long for these, so only
 * the fastest, the least loaded and those that have some are compared.
 */
export function earliestFinish(view: ClusterView, task: TaskId, fitting: FittingNodes): Finish {
  const least = fitting.leastLoaded()
  let best: Finish = { node: least, finish: finishOn(view, task, least, view.time) }
  const consider = (node: NodeView) => {
    if (node === best.node) return
    const finish = finishOn(view, task, node, view.time)
    if (finish < best.finish) best = { node, finish }
  }
  if (fitting.size > 1) {
    consider(fitting.fastest())
    for (const input of view.inputs(task, SAMPLE)) for (const node of view.holders(input)) if (fitting.has(node)) consider(node)
  }
  return best
}

/**
 * When the node is expected to have room for another task, behind those that wait for it already. One that is overdue is
 * expected to take as long again as it is late.
 */
export function freeAt(view: ClusterView, node: NodeView): Time {
  const until = node.busyUntil()
  const free = until < view.time && node.idleSlots === 0 ? 2 * view.time - until : Math.max(until, view.time)
  return free + node.awaited / (node.spec.speed * Math.max(node.spec.slots, 1))
}
