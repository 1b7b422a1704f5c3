import type { Decoder } from './decode.ts'
import type { Effort } from './effort.ts'
import type { Sorter } from './list.ts'
import type { Direction, Project } from './project.ts'
import type { Random } from './random.ts'

export interface Settings {
  /** Members of each population. */
  readonly size: number
  /** How many are compared to choose a mother. */
  readonly tournament: number
}

/** What all searches over one project share. */
export interface Workshop {
  readonly project: Project
  readonly decoder: Decoder
  readonly sorter: Sorter
  readonly random: Random
  readonly effort: Effort
}

interface Member {
  readonly start: Int32Array
  /** The tasks in the order of a pass in the other direction. */
  readonly list: Int32Array
  makespan: number
}

/** Shares of the tasks that the crossover's window may span. */
const NARROWEST = 0.25
const WIDEST = 0.75

/**
 * A genetic algorithm over two populations, of schedules that are justified to the left and to the right: children of one feed the other, so that
 * every pass recombines and improves at once (Debels and Vanhoucke, "A decomposition-based genetic algorithm for the resource-constrained
 * project-scheduling problem", Operations Research, 2007; double justification: Valls, Ballestín and Quintanilla, European Journal of Operational
 * Research, 2005).
 */
export class Population {
  readonly #shop: Workshop
  readonly #settings: Settings
  readonly #sides: readonly [readonly Member[], readonly Member[]]
  readonly #directions: readonly [Direction, Direction]
  readonly #child: Int32Array
  readonly #start: Int32Array
  readonly #inWindow: Uint8Array

  constructor(shop: Workshop, settings: Settings) {
    const { project } = shop
    this.#shop = shop
    this.#settings = settings
    const side = (): Member[] => Array.from({ length: settings.size }, () => ({ start: new Int32Array(project.count), list: new Int32Array(project.count), makespan: Infinity }))
    this.#sides = [side(), side()]
    this.#directions = [project.forward, project.backward]
    this.#child = new Int32Array(project.count)
    this.#start = new Int32Array(project.count)
    this.#inWindow = new Uint8Array(project.count)
  }

  /** Takes a left-justified schedule as a member. */
  seed(at: number, start: Int32Array, makespan: number): void {
    this.#store(0, at, start, makespan)
  }

  /** Until the effort is over, or `generations` are done. */
  evolve(generations = Infinity): void {
    for (let generation = 0; generation < generations && !this.#shop.effort.over; generation++) this.#generation(generation % 2 === 0 ? 0 : 1)
  }

  #generation(from: 0 | 1): void {
    const { decoder, effort, project } = this.#shop
    const to = from === 0 ? 1 : 0
    const source = this.#sides[from]
    for (let at = 0; at < this.#settings.size && !effort.over; at++) {
      const father = source[at]!
      // The best so far is justified as it is, unless that has been done to better effect.
      if (father.makespan === effort.best && this.#sides[to][at]!.makespan > effort.best) this.#child.set(father.list)
      else this.#mate(father, source[this.#mother(source, at)]!)
      const makespan = decoder.serial(this.#directions[to], this.#child, this.#start)
      this.#store(to, at, this.#start, makespan)
      effort.count(makespan, this.#forward(to, makespan))
    }
    void project
  }

  /** The starts of the last schedule as a plan: those of a backward pass are counted from the end. */
  #forward(side: 0 | 1, makespan: number): Int32Array | undefined {
    const { project, effort } = this.#shop
    if (side === 0 || makespan >= effort.best) return this.#start
    // What already runs would not run from the beginning.
    if (project.fixed.length > 0) return undefined
    for (let task = 0; task < project.count; task++) this.#start[task] = makespan - this.#start[task]! - project.duration[task]!
    return this.#start
  }

  #mother(source: readonly Member[], father: number): number {
    const { random } = this.#shop
    let best = random.below(source.length)
    for (let k = 1; k < this.#settings.tournament; k++) {
      const other = random.below(source.length)
      if (source[other]!.makespan < source[best]!.makespan) best = other
    }
    return best === father ? (best + 1) % source.length : best
  }

  #mate(father: Member, mother: Member): void {
    const [outer, inner] = this.#shop.random.unit() < 0.5 ? [father.list, mother.list] : [mother.list, father.list]
    this.#cross(outer, inner)
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

  #store(side: 0 | 1, at: number, start: Int32Array, makespan: number): void {
    const member = this.#sides[side][at]!
    member.start.set(start)
    member.makespan = makespan
    this.#shop.sorter.byEnd(this.#directions[side === 0 ? 1 : 0], start, makespan, member.list)
  }
}
