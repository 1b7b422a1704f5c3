import { moveOne } from './mutate.ts'
import type { Side, Workshop } from './workshop.ts'

export interface Settings {
  /** Members of each population. */
  readonly size: number
  /** How many are compared to choose a mother. */
  readonly tournament: number
  /** Share of the children that are made by the parallel scheme: it leaves less idle, but misses some optima. */
  readonly parallel: number
  /** Width of the random part of the first ranks, as a share of the critical path. */
  readonly noise: number
}

interface Member {
  readonly start: Int32Array
  /** The tasks in the order of a pass into the other population. */
  readonly list: Int32Array
  makespan: number
  /** The makespan, and of equal ones how early tasks end on average. */
  fitness: number
  hash: number
}

/** Least and greatest share of the tasks that the crossover's window spans. */
const NARROWEST = 0.4
const WIDEST = 0.6
/** A child that differs from a parent in less than this share of its places is one that the parents had already: it is mutated. */
const DIFFERENT = 0.2
/** Moves of a task that make a mutation. */
const MOVES = 3

/**
 * A genetic algorithm over two populations, of schedules that are justified to the left and to the right: children of one feed the other, so that
 * every pass recombines and improves at once (Debels and Vanhoucke, "A decomposition-based genetic algorithm for the resource-constrained
 * project-scheduling problem", Operations Research, 2007; double justification: Valls, Ballestín and Quintanilla, European Journal of Operational
 * Research, 2005). Children that bring nothing new are mutated, which keeps the populations from converging.
 */
export class Population {
  readonly #shop: Workshop
  readonly #settings: Settings
  readonly #sides: readonly [readonly Member[], readonly Member[]]
  readonly #child: Int32Array
  readonly #start: Int32Array
  readonly #inWindow: Uint8Array
  readonly #place: Int32Array
  /** Schedules since the best of this population was found. */
  stale = 0
  #best = Infinity

  constructor(shop: Workshop, settings: Settings) {
    const { count } = shop.project
    this.#shop = shop
    this.#settings = settings
    const side = (): Member[] =>
      Array.from({ length: settings.size }, () => ({ start: new Int32Array(count), list: new Int32Array(count), makespan: Infinity, fitness: Infinity, hash: 0 }))
    this.#sides = [side(), side()]
    this.#child = new Int32Array(count)
    this.#start = new Int32Array(count)
    this.#inWindow = new Uint8Array(count)
    this.#place = new Int32Array(count)
  }

  /** Fills the left-justified side by the latest-finish-time rule, randomly perturbed (Kolisch, Journal of Operations Management, 1996). */
  found(): void {
    const { project, random, effort } = this.#shop
    const { tail } = project.forward
    const rank = new Float64Array(project.count)
    const noise = tail.reduce((longest, each) => Math.max(longest, each), 0) * this.#settings.noise
    for (let at = 0; at < this.#settings.size && !effort.over; at++) {
      for (let task = 0; task < project.count; task++) rank[task] = project.duration[task]! - tail[task]! + (effort.spent === 0 ? 0 : random.unit() * noise)
      this.#store(0, at, this.#shop.sample(rank, this.#start))
    }
  }

  /** Children of all members of one side take the places of those on the other. */
  generation(from: Side): void {
    const { effort, random } = this.#shop
    const to = from === 0 ? 1 : 0
    for (let at = 0; at < this.#settings.size && !effort.over; at++) {
      const father = this.#sides[from][at]!
      // The best so far is justified as it is, unless that has been done to better effect.
      const asItIs = father.makespan === effort.best && this.#sides[to][at]!.makespan > effort.best
      if (asItIs) this.#child.set(father.list)
      else this.#mate(from, at)
      const parallel = !asItIs && random.unit() < this.#settings.parallel
      this.#store(to, at, this.#shop.pass(to, this.#child, this.#start, parallel))
    }
  }

  #mate(from: Side, at: number): void {
    const { random } = this.#shop
    const source = this.#sides[from]
    const father = source[at]!
    const mother = source[this.#mother(source, at)]!
    const child = this.#child
    if (random.unit() < 0.5) this.#cross(father.list, mother.list)
    else this.#cross(mother.list, father.list)
    const enough = DIFFERENT * child.length
    if (differences(child, father.list) >= enough && differences(child, mother.list) >= enough) return
    const direction = this.#shop.direction(from === 0 ? 1 : 0)
    for (let k = 0; k < MOVES; k++) moveOne(direction, child, this.#place, random)
  }

  /** The winner of a tournament, but none that is the father again. */
  #mother(source: readonly Member[], father: number): number {
    const { random } = this.#shop
    let chosen = random.below(source.length)
    for (let k = 1; k < this.#settings.tournament; k++) {
      const other = random.below(source.length)
      if (source[other]!.fitness < source[chosen]!.fitness) chosen = other
    }
    for (let k = 0; k < 10 && (chosen === father || source[chosen]!.hash === source[father]!.hash); k++) chosen = random.below(source.length)
    return chosen === father ? (chosen + 1) % source.length : chosen
  }

  /** The list of one parent, in a window of which the tasks are in the order of the other. */
  #cross(outer: Int32Array, inner: Int32Array): void {
    const { random } = this.#shop
    const child = this.#child
    const inWindow = this.#inWindow
    const count = outer.length
    const width = Math.min(count, Math.max(2, Math.floor(count * (NARROWEST + random.unit() * (WIDEST - NARROWEST)))))
    const first = random.below(count - width + 1)
    child.set(outer)
    for (let k = first; k < first + width; k++) inWindow[outer[k]!] = 1
    let at = first
    for (let k = 0; k < count; k++) if (inWindow[inner[k]!] === 1) child[at++] = inner[k]!
    inWindow.fill(0)
  }

  /** The last schedule takes a place, unless its population has it already. */
  #store(side: Side, at: number, makespan: number): void {
    this.stale++
    if (makespan < this.#best) [this.#best, this.stale] = [makespan, 0]
    const start = this.#start
    const member = this.#sides[side][at]!
    let hash = makespan
    let sum = 0
    for (let task = 0; task < start.length; task++) {
      hash = (Math.imul(hash, 31) + start[task]!) | 0
      sum += start[task]!
    }
    if (member.makespan < Infinity && this.#sides[side].some((other) => other.hash === hash && other.makespan === makespan)) return
    member.start.set(start)
    member.hash = hash
    member.makespan = makespan
    // The mean start is less than the makespan.
    member.fitness = makespan + sum / start.length / (makespan + 1)
    this.#shop.listOf(side, start, makespan, member.list)
  }
}

function differences(a: Int32Array, b: Int32Array): number {
  let count = 0
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) count++
  return count
}
