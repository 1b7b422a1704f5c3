import { anneal } from './annealing.ts'
import { explore } from './ant-colony.ts'
import { evolve } from './genetic.ts'
import { Search, type Encoding } from './list/search.ts'
import type { Budget, Plan, Problem } from './problem.ts'
import { onOneNode, planOnOneNode } from './rcpsp/index.ts'
import { annealRows } from './rows/anneal.ts'
import { breed } from './rows/memetic.ts'
import { Rows } from './rows/rows.ts'

/**
 * The strongest planner. For one node it is the search that is made for that; for several they are searches of different kinds, one
 * after another, from HEFT and PEFT on (an algorithm portfolio: B. A. Huberman, R. M. Lukose, T. Hogg, Science 1997). Where only slots
 * limit what nodes execute, most of them move single tasks in the rows of slots, which is the fastest way; else all go by lists.
 */
export function portfolio(problem: Problem, budget: Budget): Plan {
  const single = onOneNode(problem)
  if (single?.project.exact) return planOnOneNode(single, budget)
  const search = new Search(problem, budget)
  const seeds = search.seeds()
  if (single) search.phase(ONE_NODE, () => search.delegate(share => planOnOneNode(single, share)))
  if (!search.over) (Rows.canHold(search.graph) ? byRows : byLists)(search, seeds)
  return search.best.plan
}

/** Share of the budget that goes to the search for one node where durations had to be rounded for it. */
const ONE_NODE = 0.3

/** Numbers: the share of the budget at which each ends. */
function byRows(search: Search, seeds: readonly Encoding[]): void {
  search.phase(0.15, () => evolve(search, [search.best.encoding, ...seeds]))
  search.phase(0.85, breed)
  search.phase(1, annealRows)
}

/** Genetic searches that begin anew, one that joins what these found, ants, and annealing of the best. */
function byLists(search: Search, seeds: readonly Encoding[]): void {
  const found = [0.25, 0.5].map(until => {
    search.phase(until, () => evolve(search, seeds))
    return search.best.encoding
  })
  search.phase(0.6, () => evolve(search, [...found, ...seeds]))
  search.phase(0.75, () => explore(search, [search.best.encoding]))
  search.phase(1, anneal)
}
