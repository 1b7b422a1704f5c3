/** How large a problem may be for its plan to come in time. */
import type { Problem } from '../../planning/index.ts'
import { count } from '../view/amounts.ts'

/** Planners that make one pass over the tasks, trying every node for each. */
const QUICK = { tasks: 50_000, pairs: 20_000_000 }
/** Those that improve a plan step by step, or solve programs. */
const SLOW = { tasks: 20_000, pairs: 2_000_000 }

const quick: ReadonlySet<string> = new Set(['heft', 'peft'])

/** One pass is all they take. */
export function isQuick(planner: string): boolean {
  return quick.has(planner)
}

/** Whether the tasks and nodes are few enough for any planner: cheap, so that nothing is gathered in vain. */
export function tooLargeForAny(tasks: number, nodes: number): string | undefined {
  return exceeds(QUICK, tasks, nodes)
}

/** Why the planner is not even asked. */
export function tooLarge(planner: string, { count: tasks, nodes }: Problem): string | undefined {
  return exceeds(isQuick(planner) ? QUICK : SLOW, tasks, nodes.length)
}

function exceeds(most: typeof QUICK, tasks: number, nodes: number): string | undefined {
  if (tasks > most.tasks) return `${count(tasks)} tasks are left, more than the ${count(most.tasks)} that are planned`
  if (tasks * nodes > most.pairs) return `${count(tasks)} tasks on ${count(nodes)} nodes are more than what is planned`
  return undefined
}
