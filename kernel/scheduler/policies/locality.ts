import type { TaskId } from '../task.ts'
import type { ClusterView, FittingNodes, NodeView, Policy } from './policy.ts'

/** Inputs looked at for one decision, so that its cost does not grow with their number. */
const SAMPLE = 32

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

/**
 * In order of declaration, on the free node that already has most of the inputs. It does not hold a task back until
 * such a node is free (M. Zaharia et al., Delay Scheduling, EuroSys 2010): no task waits while a node is idle.
 */
export const locality: Policy = {
  name: 'locality',
  source: 'M. Zaharia et al., Delay scheduling, EuroSys 2010',
  meaning: 'in order of declaration, on a node that holds the inputs',
  place(view, task, fitting) {
    const local = mostInputBytes(view, task, fitting)
    if (local) return { node: local.node, reason: 'it holds most of the inputs' }
    return { node: fitting.leastLoaded(), reason: 'no free node holds inputs; the least loaded that fits' }
  },
}
