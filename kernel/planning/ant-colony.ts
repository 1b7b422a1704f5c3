import { positions, Search, type Encoding } from './list/search.ts'
import type { Budget, Plan, Problem } from './problem.ts'

const ANTS = 10
const EVAPORATION = 0.1
/** Least share of a trail's greatest strength, so that nothing is ruled out (MAX-MIN ant system). */
const LEAST = 0.02

/**
 * An ant colony (M. Dorigo, V. Maniezzo, A. Colorni, IEEE TSMC-B 1996; trails with limits as in T. Stützle, H. H. Hoos, MAX-MIN
 * ant system, 2000). Ants choose a node for each task by its trail, and where it stands in the list near the place at which
 * good schedules had it, the nearer the more these agree (for lists cf. D. Merkle, M. Middendorf, H. Schmeck, IEEE TEC 2002).
 */
export function antColony(problem: Problem, budget: Budget): Plan {
  const search = new Search(problem, budget)
  explore(search, search.seeds())
  return search.best.plan
}

export function explore(search: Search, seeds: readonly Encoding[]): void {
  const colony = new Colony(search)
  for (const seed of seeds) colony.mark(seed, 0.5)
  while (!search.over) {
    let best: Encoding | undefined
    let least = Infinity
    for (let ant = 0; ant < ANTS && !search.over; ant++) {
      const encoding = colony.walk()
      const makespan = search.evaluate(encoding)
      if (makespan >= least) continue
      best = encoding
      least = makespan
    }
    if (best) colony.mark(best, EVAPORATION)
    colony.mark(search.best.encoding, EVAPORATION)
  }
}

class Colony {
  readonly #search: Search
  /** Strength of each task's way to each node, and, last, to leaving the node open: they sum up to 1. */
  readonly #trails: Float64Array
  /** Where good schedules have each task in the list, and how far they differ, in tasks. */
  readonly #place: Float64Array
  readonly #spread: Float64Array

  constructor(search: Search) {
    this.#search = search
    const { count, nodes } = search.graph
    this.#trails = new Float64Array(count * (nodes + 1)).fill(1 / (nodes + 1))
    this.#place = positions(search.graph, search.best.encoding.keys)
    this.#spread = new Float64Array(count).fill(Math.max(1, count / 10))
  }

  walk(): Encoding {
    const { graph: { count }, random } = this.#search
    const keys = new Float64Array(count)
    const choice = new Int32Array(count)
    for (let i = 0; i < count; i++) {
      keys[i] = this.#place[i]! + (random.unit() + random.unit() - 1) * this.#spread[i]!
      choice[i] = this.#nodeOf(i)
    }
    return { keys, choice }
  }

  #nodeOf(task: number): number {
    const { graph, random } = this.#search
    const ways = graph.nodes + 1
    let left = random.unit()
    for (let way = 0; way < ways; way++) {
      left -= this.#trails[task * ways + way]!
      if (left < 0) return way < graph.nodes && graph.canRun(task, way) ? way : -1
    }
    return -1
  }

  /** The schedule's ways grow stronger, all others weaker. */
  mark(encoding: Encoding, share: number): void {
    const { graph } = this.#search
    const ways = graph.nodes + 1
    const places = positions(graph, encoding.keys)
    for (let i = 0; i < graph.count; i++) {
      const taken = encoding.choice[i]! < 0 ? graph.nodes : encoding.choice[i]!
      for (let way = 0; way < ways; way++) {
        const strength = this.#trails[i * ways + way]! * (1 - share) + (way === taken ? share : 0)
        this.#trails[i * ways + way] = Math.max(LEAST / ways, strength)
      }
      const away = Math.abs(places[i]! - this.#place[i]!)
      this.#spread[i] = Math.max(1, this.#spread[i]! * (1 - share) + 2 * away * share)
      this.#place[i] = this.#place[i]! * (1 - share) + places[i]! * share
    }
  }
}
