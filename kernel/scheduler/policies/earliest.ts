/** Where and when a task would end first. */
import type { TaskId, Time } from '../task.ts'
import type { Choice, ClusterView, FittingNodes, Hold, NodeView } from './policy.ts'

/** Inputs looked at for one decision, so that its cost does not grow with their number. */
const SAMPLE = 32
/** In clusters of up to so many nodes, busy ones are looked at, too. */
const FEW = 64
/** Waiting must gain at least this part of the duration, and so many ms. */
const WORTH_WAITING_FOR = 0.05
const WORTH_WAITING_FOR_MS = 1

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

/** When the node is expected to have room for the task, behind those that wait for it already. */
export function freeAt(view: ClusterView, task: TaskId, node: NodeView): Time {
  return view.roomAt(task, node) + node.awaited / (node.spec.speed * Math.max(node.spec.slots, 1))
}

/** Where it is expected to end first; if that is a busy node, it waits for that as long as it pays. */
export function placeEarliest(view: ClusterView, task: TaskId, fitting: FittingNodes): Choice | Hold {
  const here = earliestFinish(view, task, fitting)
  const choice = { node: here.node, reason: 'expected to end first there' }
  if (view.nodes.size > FEW || !view.known(view.spec(task).id) || !view.mayHold(task)) return choice
  const work = view.expected(task)
  let best = { ...here, finish: here.finish - Math.max(WORTH_WAITING_FOR * work, WORTH_WAITING_FOR_MS), free: view.time }
  for (const node of view.nodes.values()) {
    // What is cheap to ask comes first: this is done for every decision.
    const { speed } = node.spec
    if (speed <= here.node.spec.speed || view.time + work / speed >= best.finish) continue
    const free = freeAt(view, task, node)
    if (free + work / speed >= best.finish || fitting.has(node) || !view.capable(task, node)) continue
    const finish = free + view.transfer(task, node) + work / speed
    if (finish < best.finish) best = { node, finish, free }
  }
  if (best.node === here.node) return choice
  return { hold: here.finish - (best.finish - best.free), for: best.node, reason: 'expected to end first on a faster node that is busy' }
}
