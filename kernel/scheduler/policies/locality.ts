import type { TaskId } from '../task.ts'
import { freeAt } from './earliest.ts'
import type { ClusterView, FittingNodes, NodeView, Policy } from './policy.ts'

/** Inputs looked at for one decision, so that its cost does not grow with their number. */
const SAMPLE = 32
/** A task waits for its inputs' node no longer than it would take to bring them, and no longer than this, ms. */
const LONGEST = 5000
/** Nor is it worth the trouble below this. */
const SHORTEST = 1

/** Of the nodes that fit, the one that holds most bytes of the task's inputs, and how many. */
export function mostInputBytes(view: ClusterView, task: TaskId, fitting: FittingNodes): { node: NodeView; bytes: number } | undefined {
  let best: NodeView | undefined
  const held = new Map<NodeView, number>()
  for (const input of view.inputs(task, SAMPLE)) {
    for (const node of view.holders(input)) {
      if (!fitting.has(node)) continue
      const bytes = (held.get(node) ?? 0) + view.size(input)
      held.set(node, bytes)
      if (best === undefined || bytes > held.get(best)! || (bytes === held.get(best) && node.load < best.load)) best = node
    }
  }
  return best && { node: best, bytes: held.get(best)! }
}

/** The busy node that holds inputs and is expected to come free first. */
function nextHolder(view: ClusterView, task: TaskId): { node: NodeView; free: number } | undefined {
  let next: { node: NodeView; free: number } | undefined
  for (const input of view.inputs(task, SAMPLE)) {
    for (const node of view.holders(input)) {
      if (node === next?.node || !view.capable(task, node)) continue
      const free = freeAt(view, task, node)
      if (!next || free < next.free) next = { node, free }
    }
  }
  return next
}

/**
 * In order of declaration, on a free node that has most of the inputs; while there is none, the task waits for one a little
 * (delay scheduling): as long as bringing its inputs elsewhere would take.
 */
export const locality: Policy = {
  name: 'locality',
  source: 'M. Zaharia et al., Delay scheduling: a simple technique for achieving locality and fairness in cluster scheduling, EuroSys 2010',
  meaning: 'in order of declaration, on a node that holds the inputs; waits for one as long as bringing them elsewhere would take',
  holds: true,
  place(view, task, fitting) {
    const local = mostInputBytes(view, task, fitting)
    if (local) return { node: local.node, reason: 'it holds most of the inputs' }
    const least = fitting.leastLoaded()
    const next = view.mayHold(task) ? nextHolder(view, task) : undefined
    if (next) {
      const gain = Math.min(view.transfer(task, least) - view.transfer(task, next.node), LONGEST)
      const until = (view.heldSince(task) ?? view.time) + gain
      if (gain >= SHORTEST && until > view.time && next.free <= until) return { hold: until, for: next.node, reason: 'waits for the node that holds its inputs' }
    }
    return { node: least, reason: 'no free node holds inputs; the least loaded that fits' }
  },
}
