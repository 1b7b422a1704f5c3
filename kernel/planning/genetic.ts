import { copyOf, positions, Search, type Encoding } from './list/search.ts'
import type { Budget, Plan, Problem } from './problem.ts'
import { onOneNode, planOnOneNode } from './rcpsp/index.ts'

const POPULATION = 24
/** Chance that a child is mutated. */
const MUTATION = 0.7

interface Individual extends Encoding {
  makespan: number
}

/**
 * A genetic algorithm over lists and nodes, with one-point crossover of both (L. Wang, H. J. Siegel, V. P. Roychowdhury,
 * A. A. Maciejewski, Task matching and scheduling in heterogeneous computing environments using a genetic-algorithm-based
 * approach, JPDC 1997). Children take the place of the worst; the population begins with HEFT, PEFT and neighbours of them.
 * For one node there is a genetic algorithm that knows more of such problems.
 */
export function genetic(problem: Problem, budget: Budget): Plan {
  const single = onOneNode(problem)
  if (single?.project.exact) return planOnOneNode(single, budget)
  const search = new Search(problem, budget)
  const seeds = search.seeds()
  if (single) search.phase(0.5, () => search.delegate(share => planOnOneNode(single, share)))
  evolve(search, [...seeds, search.best.encoding])
  return search.best.plan
}

export function evolve(search: Search, seeds: readonly Encoding[]): void {
  const population = firstPopulation(search, seeds)
  while (!search.over) {
    const child = mutated(search, crossed(search, chosen(search, population), chosen(search, population)))
    const individual = { ...child, makespan: search.evaluate(child) }
    const worst = population.reduce((least, each, at) => (each.makespan > population[least]!.makespan ? at : least), 0)
    const known = population.some(({ makespan }) => makespan === individual.makespan)
    if (!known && individual.makespan < population[worst]!.makespan) population[worst] = individual
  }
}

function firstPopulation(search: Search, given: readonly Encoding[]): Individual[] {
  const seeds = given.map(({ keys, choice }) => ({ keys: positions(search.graph, keys), choice }))
  const population: Individual[] = []
  for (let i = 0; i < POPULATION && !search.over; i++) {
    const encoding = i < seeds.length ? seeds[i]! : mutated(search, mutated(search, seeds[i % seeds.length]!, 1), 1)
    population.push({ ...encoding, makespan: search.evaluate(encoding) })
  }
  return population
}

/** The better of two drawn at random. */
function chosen({ random }: Search, population: readonly Individual[]): Individual {
  const a = population[random.below(population.length)]!
  const b = population[random.below(population.length)]!
  return a.makespan <= b.makespan ? a : b
}

/** The head of one list followed by the rest in the order of the other; nodes likewise, cut by task number. */
function crossed({ random, graph: { count } }: Search, a: Encoding, b: Encoding): Encoding {
  const cut = random.below(count + 1)
  const split = random.below(count + 1)
  const keys = a.keys.map((key, i) => (key > cut ? count + key : b.keys[i]!))
  const choice = a.choice.map((node, i) => (i < split ? node : b.choice[i]!))
  return { keys, choice }
}

function mutated(search: Search, encoding: Encoding, chance = MUTATION): Encoding {
  const { random, graph } = search
  const child = copyOf(encoding)
  if (random.unit() < chance) {
    const task = random.below(graph.count)
    child.keys[task] = random.unit() * graph.count
  }
  if (random.unit() < chance) {
    const task = random.below(graph.count)
    child.choice[task] = search.randomChoice(task)
  }
  return { keys: positions(graph, child.keys), choice: child.choice }
}
