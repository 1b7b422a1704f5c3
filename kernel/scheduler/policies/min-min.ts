import type { TaskId } from '../task.ts'
import { earliestFinish, finishOn, freeAt } from './earliest.ts'
import type { Choice, ClusterView, FittingNodes, Hold, Policy } from './policy.ts'

/** In clusters of up to so many nodes, busy ones are looked at, too. */
const FEW = 64
/** Waiting must gain at least this part of the duration. */
const WORTH_WAITING_FOR = 0.05

/** Where it is expected to end first; if that is a busy node, it waits for that as long as it pays. */
function placeEarliest(view: ClusterView, task: TaskId, fitting: FittingNodes): Choice | Hold {
  const here = earliestFinish(view, task, fitting)
  const choice = { node: here.node, reason: 'expected to end first there' }
  if (view.nodes.size > FEW || !view.known(view.spec(task).id) || !view.mayHold(task)) return choice
  let best = { ...here, finish: here.finish - WORTH_WAITING_FOR * view.expected(task), free: view.time }
  for (const node of view.nodes.values()) {
    if (node.spec.speed <= here.node.spec.speed || fitting.has(node) || !view.capable(task, node)) continue
    const free = freeAt(view, node)
    const finish = finishOn(view, task, node, free)
    if (finish < best.finish) best = { node, finish, free }
  }
  if (best.node === here.node) return choice
  return { hold: here.finish - (best.finish - best.free), for: best.node, reason: 'expected to end first on a faster node that is busy' }
}

const source = 'M. Maheswaran et al., Dynamic mapping of a class of independent tasks onto heterogeneous computing systems, JPDC 1999'

/** The shortest of the ready tasks first, where it would end first. */
export const minMin: Policy = {
  name: 'min-min',
  source,
  meaning: 'the shortest ready task first, where it would end first',
  needsDurations: true,
  holds: true,
  rankTask: (view, task) => -view.expected(task),
  rankRun: (view, _run, next) => -view.expected(next),
  place: placeEarliest,
}

/** The longest first: short ones then fill the gaps. */
export const maxMin: Policy = {
  ...minMin,
  name: 'max-min',
  meaning: 'the longest ready task first, where it would end first',
  rankTask: (view, task) => view.expected(task),
  rankRun: (view, _run, next) => view.expected(next),
}
