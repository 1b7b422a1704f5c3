/** What becomes of the plan that is followed, if it is followed further: the first of all candidates when another one is looked for. */
import { Decoder } from '../planning/list/decode.ts'
import { Graph } from '../planning/list/graph.ts'
import type { Plan, Problem } from '../planning/index.ts'
import type { Followed } from './followed.ts'

/** Another plan must promise to end sooner by such a part of the time. */
const WORTH = 1e-6

/**
 * The same nodes and the same order, timed anew from the present state, in gaps, too. What the plan has not comes last, each where it ends first.
 * @throws NoPlan when a task can never run
 */
export function goingOn(problem: Problem, { node, start }: Followed): Plan {
  const graph = new Graph(problem)
  const decoder = new Decoder(graph)
  const from = start.slice()
  for (let i = 0; i < problem.count; i++) {
    // A joint goes with what it waits for.
    if (Number.isNaN(from[i]!)) from[i] = problem.duration[i] === 0 ? -Infinity : Infinity
    // An order of time is no order of tasks where reality has changed.
    for (let at = problem.starts[i]!; at < problem.starts[i + 1]!; at++) from[i] = Math.max(from[i]!, from[problem.inputs[at]!]!)
  }
  const order = Int32Array.from(from, (_, i) => i).sort((a, b) => (from[a]! < from[b]! ? -1 : from[a]! > from[b]! ? 1 : a - b))
  decoder.decode(order, node.map((number, i) => (number >= 0 && graph.canRun(i, number) ? number : -1)))
  return decoder.plan()
}

/** Whether it is worth to leave the one for the other. */
export function isWorth(plan: Plan, going: Plan): boolean {
  return plan.makespan < going.makespan * (1 - WORTH)
}
