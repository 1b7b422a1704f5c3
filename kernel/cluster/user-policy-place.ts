/** How the scheduler follows a policy of the user's: by what the shell told it of the policy's answers. Pure. */
import { policies, type ClusterView, type FittingNodes, type Policy, type TaskId } from '../scheduler/index.ts'

/**
 * Starts in a `Planned` event for such a policy are places in its order, but for these: the task is left to the default policy; it
 * waits, since the user's policy has yet to be asked, or to place it.
 */
export const LEFT = 0
export const LATER = 1e15

/** ms that a ready task waits for a word about it; and, should none follow, for one that was announced, or for its node. */
const WORD_WAIT = 250
const LONGEST_WAIT = 60_000

export const fallback: Policy = policies[0]!

export function userPolicy(name: string, meaning: string): Policy {
  return {
    name,
    meaning,
    source: 'a cell of this notebook',
    plans: true,
    holds: true,
    rankTask: (view, task) => -placeOf(view, task),
    rankRun: (view, _run, next) => -placeOf(view, next),
    place(view, task, fitting) {
      const planned = view.planned(task)
      if (!planned || planned.start === LATER) {
        const until = planned ? view.time + LONGEST_WAIT : view.readySince(task) + WORD_WAIT
        if (view.time < until && view.mayHold(task)) return { hold: until, reason: 'the policy has yet to place it' }
        return byDefault(view, task, fitting, 'the policy said nothing of it in time')
      }
      if (planned.start === LEFT) return byDefault(view, task, fitting, 'the policy placed it nowhere')
      if (!planned.node) return { node: fitting.leastLoaded(), reason: 'the policy leaves the node open; the least loaded that fits' }
      if (fitting.has(planned.node)) return { node: planned.node, reason: 'the policy chose it' }
      if (view.mayHold(task)) return { hold: view.time + LONGEST_WAIT, for: planned.node, reason: 'the policy chose a node that has no room for it yet' }
      return byDefault(view, task, fitting, 'the node that the policy chose had no room for too long')
    },
  }
}

function byDefault(view: ClusterView, task: TaskId, fitting: FittingNodes, why: string): ReturnType<Policy['place']> {
  const choice = fallback.place(view, task, fitting)
  return { ...choice, reason: `${why}, so ${fallback.name} did: ${choice.reason}` }
}

function placeOf(view: ClusterView, task: TaskId): number {
  return view.planned(task)?.start ?? LATER
}
