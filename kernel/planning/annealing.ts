import { copyOf, positions, Search, type Encoding } from './list/search.ts'
import type { Budget, Plan, Problem } from './problem.ts'

/** Of the makespan: what is accepted with a chance of 1/e at the beginning, and at the end. */
const HOT = 0.01
const COLD = 1e-5

/**
 * Simulated annealing over places in the list and nodes (S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, Science 1983), from the
 * better of HEFT and PEFT on. It cools with what is spent of the budget.
 */
export function annealing(problem: Problem, budget: Budget): Plan {
  const search = new Search(problem, budget)
  search.seeds()
  anneal(search)
  return search.best.plan
}

export function anneal(search: Search): void {
  const { graph, random } = search
  const began = search.progress
  let { encoding } = search.best
  encoding = { keys: positions(graph, encoding.keys), choice: encoding.choice }
  let makespan = search.best.plan.makespan
  const scale = makespan
  while (!search.over) {
    const next = neighbour(search, encoding)
    const found = search.evaluate(next)
    const temperature = scale * HOT * (COLD / HOT) ** ((search.progress - began) / (1 - began))
    if (found > makespan && random.unit() >= Math.exp((makespan - found) / temperature)) continue
    encoding = next
    makespan = found
  }
}

/** One to three tasks are moved in the list or to another node. */
export function neighbour(search: Search, encoding: Encoding): Encoding {
  const { random, graph: { count } } = search
  const next = copyOf(encoding)
  for (let moves = 1 + random.below(3); moves > 0; moves--) {
    const task = random.below(count)
    if (random.unit() < 0.5) next.keys[task] = next.keys[task]! + (random.unit() - 0.5) * random.unit() * count
    else next.choice[task] = search.randomChoice(task)
  }
  return next
}
