/** What a policy answers, taken as far as it makes sense. */
import { hold, RESUME_AFTER } from './hold.ts'
import { Node } from './node.ts'
import { earliestFinish } from './policies/earliest.ts'
import type { Choice, FittingNodes, Hold, Policy } from './policies/policy.ts'
import type { Run } from './run.ts'
import type { Machine } from './state.ts'
import type { TaskId } from './task.ts'

/**
 * The node for the task, and why that; undefined when the task is held back instead, which it may be only if `holdable`.
 * What makes no sense is replaced: a policy cannot stop the scheduler.
 */
export function choose(m: Machine, run: Run, task: TaskId, fitting: FittingNodes, holdable: boolean): [Node, string] | undefined {
  const { policy } = run
  if (fitting.size === 1 && !mayWait(m, policy)) return [fitting.leastLoaded() as Node, 'the only node that fitted']
  const answer = ask(m, run, task, fitting)
  if (answer === undefined) return [fitting.leastLoaded() as Node, `the least loaded: the policy failed (${m.broken.get(policy) ?? 'it gave no answer'})`]
  if ('hold' in answer) {
    if (!holdable || !hold(m, run, task, answer)) return instead(m, task, fitting)
    if (--m.holdsLeft === 0) m.resumeAt = Math.min(m.resumeAt, m.time + RESUME_AFTER)
    return undefined
  }
  if (answer.node instanceof Node && fitting.has(answer.node)) return [answer.node, String(answer.reason)]
  return [fitting.leastLoaded() as Node, 'the least loaded: the one chosen did not fit']
}

/** Whether the policy is to be asked even when there is no choice. */
export function mayWait(m: Machine, { holds }: Policy): boolean {
  return holds === true || (holds === 'uneven' && m.uneven)
}

function ask(m: Machine, run: Run, task: TaskId, fitting: FittingNodes): Choice | Hold | undefined {
  try {
    const answer: unknown = run.policy.place(m, task, fitting)
    return typeof answer === 'object' && answer !== null ? (answer as Choice | Hold) : undefined
  } catch (error) {
    m.noteBroken(run.policy, error)
    return undefined
  }
}

/** It may wait no longer. */
function instead(m: Machine, task: TaskId, fitting: FittingNodes): [Node, string] {
  return [earliestFinish(m, task, fitting).node as Node, 'it may wait no longer; expected to end first there']
}
