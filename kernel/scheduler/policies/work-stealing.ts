import { mostInputBytes } from './locality.ts'
import type { NodeView, Policy } from './policy.ts'
import type { ClusterView } from './policy.ts'
import type { TaskId } from '../task.ts'

/** Inputs looked at for one decision, so that its cost does not grow with their number. */
const SAMPLE = 32
/** How long at most a task stands in a node's queue before it is asked again, ms. */
const QUEUED = 10_000

/** The node where the task's last input was made: there it became ready. */
function home(view: ClusterView, task: TaskId): NodeView | undefined {
  let found: NodeView | undefined
  for (const input of view.inputs(task, SAMPLE)) found = view.holders(input)[0] ?? found
  return found && view.capable(task, found) ? found : undefined
}

/**
 * Each node goes on with what its own results have made ready; these tasks stand in its queue. A node that finds nothing
 * else takes one from the node for which most wait. Queues are in order of priority, so stealing is, too.
 */
export const workStealing: Policy = {
  name: 'work-stealing',
  source: 'R. D. Blumofe, C. E. Leiserson, Scheduling multithreaded computations by work stealing, JACM 1999',
  meaning: 'each node goes on with what its results made ready; idle ones steal from the one for which most waits',
  holds: true,
  place(view, task, fitting) {
    const local = mostInputBytes(view, task, fitting)
    if (local) return { node: local.node, reason: 'its inputs were made there' }
    const own = home(view, task)
    if (own && view.mayHold(task)) return { hold: view.time + QUEUED, for: own, stealable: true, reason: 'in the queue of the node where its inputs were made' }
    return { node: fitting.leastLoaded(), reason: own ? 'stolen by a node that was idle' : 'the least loaded node that fits' }
  },
}
