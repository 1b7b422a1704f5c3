import { anneal } from './annealing.ts'
import { explore } from './ant-colony.ts'
import { evolve } from './genetic.ts'
import { Search } from './list/search.ts'
import type { Budget, Plan, Problem } from './problem.ts'

/** Genetic searches that begin anew, as shares of the budget at which each ends. */
const GENERATIONS = [0.25, 0.5]

/**
 * The strongest planner for several nodes: after HEFT and PEFT, genetic searches from different beginnings, one that joins what these
 * found, ants, and annealing of the best (an algorithm portfolio in sequence: B. A. Huberman, R. M. Lukose, T. Hogg, Science 1997).
 */
export function portfolio(problem: Problem, budget: Budget): Plan {
  const search = new Search(problem, budget)
  const seeds = search.seeds()
  const found = GENERATIONS.map(until => {
    search.phase(until, () => evolve(search, seeds))
    return search.best.encoding
  })
  search.phase(0.6, () => evolve(search, [...found, ...seeds]))
  search.phase(0.75, () => explore(search, [search.best.encoding]))
  search.phase(1, anneal)
  return search.best.plan
}
