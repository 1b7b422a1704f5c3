/** Planning: a graph of tasks and a cluster in, a plan out. Pure, but for solver libraries behind the planners that need them. */
import { annealing } from './annealing.ts'
import { antColony } from './ant-colony.ts'
import { assignment } from './assignment.ts'
import { genetic } from './genetic.ts'
import { heft } from './heft.ts'
import { lp } from './lp.ts'
import { maxMin, minMin } from './min-min.ts'
import { particleSwarm } from './particle-swarm.ts'
import { peft } from './peft.ts'
import { portfolio } from './portfolio.ts'
import type { Budget, Plan, Planner, Problem } from './problem.ts'

export type * from './problem.ts'
export { lowerBound } from './bounds.ts'
export { NoPlan } from './list/graph.ts'

/** By the names of their policies. */
export const planners: ReadonlyMap<string, Planner> = new Map<string, Planner>([
  ['heft', heft],
  ['peft', peft],
  ['min-min', minMin],
  ['max-min', maxMin],
  ['lp', lp],
  ['assignment', assignment],
  ['genetic', genetic],
  ['annealing', annealing],
  ['particle-swarm', particleSwarm],
  ['ant-colony', antColony],
  ['portfolio', portfolio],
])

/** @throws Error when there is no planner of that name: a bug of the caller */
export function planNamed(name: string, problem: Problem, budget: Budget = {}): Plan | Promise<Plan> {
  const planner = planners.get(name)
  if (!planner) throw new Error(`no planner is named ${name}; there are ${[...planners.keys()].join(', ')}`)
  return planner(problem, budget)
}
