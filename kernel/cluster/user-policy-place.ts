/** How the scheduler follows a policy of the user's: by what the shell told it of the policy's answers. Pure. */
import { policies, type ClusterView, type FittingNodes, type Policy, type TaskId } from '../scheduler/index.ts'

/** Starts of a `Planned` event that are no times: the task is left to the default policy; it waits, since the user's has yet to be asked. */
export const LEFT = 0
export const LATER = Number.MAX_VALUE

/** ms that a ready task waits for an answer that concerns it; and while it is known that the policy has yet to be asked. */
const ANSWER_WAIT = 250
const LATER_WAIT = 30_000
/** ms for which it holds a node's place, unless the node comes free before. */
const NODE_WAIT = 60_000

export const fallback: Policy = policies[0]!

export function userPolicy(name: string, meaning: () => string): Policy {
  return {
    name,
    source: 'a cell of this notebook',
    get meaning() {
      return meaning()
    },
    plans: true,
    holds: true,
    rankTask: (view, task) => -positionOf(view, task),
    rankRun: (view, _run, next) => -positionOf(view, next),
    place(view, task, fitting) {
      const planned = view.planned(task)
      if (!planned || planned.start === LATER) {
        const until = view.readySince(task) + (planned ? LATER_WAIT : ANSWER_WAIT)
        return view.time < until ? { hold: until, reason: 'the policy is asked' } : byDefault(view, task, fitting, 'the policy said nothing of it in time')
      }
      if (planned.start === LEFT) return byDefault(view, task, fitting, 'the policy gave no answer')
      if (!planned.node) return { node: fitting.leastLoaded(), reason: 'the policy leaves the node open; the least loaded that fits' }
      if (fitting.has(planned.node)) return { node: planned.node, reason: 'the policy chose it' }
      return { hold: view.time + NODE_WAIT, for: planned.node, reason: 'the policy chose a node that has no room for it yet' }
    },
  }
}

function byDefault(view: ClusterView, task: TaskId, fitting: FittingNodes, why: string): ReturnType<Policy['place']> {
  const choice = fallback.place(view, task, fitting)
  return { ...choice, reason: `${why}, so ${fallback.name} did: ${choice.reason}` }
}

/** What is planned goes in the plan's order, before what is not. */
function positionOf(view: ClusterView, task: TaskId): number {
  const planned = view.planned(task)
  return planned && planned.start !== LATER ? planned.position : 0x4000_0000
}
