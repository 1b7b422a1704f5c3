import { Decoder } from './decode.ts'
import type { Effort } from './effort.ts'
import { Sorter } from './list.ts'
import type { Direction, Project } from './project.ts'
import type { Random } from '../random.ts'

/** In which population a schedule belongs: justified to the left (0) or to the right (1). */
export type Side = 0 | 1

/** What all searches over one project share: passes that are counted, and the lists that they begin from. */
export class Workshop {
  readonly project: Project
  readonly random: Random
  readonly effort: Effort
  readonly #decoder: Decoder
  readonly #sorter: Sorter
  readonly #rank: Float64Array
  /** Added to the rank of each task, so that higher priorities come first; undefined if all are alike. */
  readonly #tier: Float64Array | undefined

  constructor(project: Project, effort: Effort, random: Random, priority?: Float64Array) {
    this.project = project
    this.random = random
    this.effort = effort
    this.#decoder = new Decoder(project)
    this.#sorter = new Sorter(project)
    this.#rank = new Float64Array(project.count)
    this.#tier = priority === undefined ? undefined : tiersOf(project, priority)
  }

  /** Where priorities are strict, schedules are never made from the end: the parallel scheme alone obeys them. */
  direction(side: Side): Direction {
    return side === 1 && this.#tier === undefined ? this.project.backward : this.project.forward
  }

  /** One schedule of the list, and it is counted. Gives its makespan. */
  pass(side: Side, list: Int32Array, start: Int32Array, parallel = false): number {
    const direction = this.direction(side)
    if (direction === this.project.forward) this.#fixedFirst(list)
    const makespan = parallel || this.#tier !== undefined ? this.#decoder.parallel(direction, this.#ranked(direction, list), start) : this.#decoder.serial(direction, list, start)
    this.effort.count(makespan, () => this.#forward(direction, start, makespan))
    return makespan
  }

  /** One schedule by the parallel scheme, by these ranks. */
  sample(rank: Float64Array, start: Int32Array): number {
    for (const task of this.project.fixed) rank[task] = -Infinity
    if (this.#tier !== undefined) for (let task = 0; task < rank.length; task++) rank[task] = compressed(rank[task]!) + this.#tier[task]!
    const makespan = this.#decoder.parallel(this.project.forward, rank, start)
    this.effort.count(makespan, () => start)
    return makespan
  }

  /** The order in which the next pass, into the other population, takes the tasks of a schedule. */
  listOf(side: Side, start: Int32Array, makespan: number, list: Int32Array): void {
    const direction = this.direction(side === 0 ? 1 : 0)
    if (direction === this.direction(side)) this.#sorter.byStart(direction, start, makespan, list)
    else this.#sorter.byEnd(direction, start, makespan, list)
  }

  /** Forward starts; undefined if they are no plan, for what already runs must begin at once. */
  #forward(direction: Direction, start: Int32Array, makespan: number): Int32Array | undefined {
    const { project } = this
    if (direction === project.forward) return start
    if (project.fixed.length > 0) return undefined
    return start.map((from, task) => makespan - from - project.duration[task]!)
  }

  #fixedFirst(list: Int32Array): void {
    const { fixed } = this.project
    if (fixed.length === 0) return
    const rest = list.filter((task) => !fixed.includes(task))
    list.set(fixed)
    list.set(rest, fixed.length)
  }

  #ranked(direction: Direction, list: Int32Array): Float64Array {
    const rank = this.#rank
    for (let at = 0; at < list.length; at++) rank[list[at]!] = at / list.length + (this.#tier?.[list[at]!] ?? 0)
    if (direction === this.project.forward) for (const task of this.project.fixed) rank[task] = -Infinity
    return rank
  }
}

/** The highest priority has tier 0, the next 1, …; what only delays others, and what has priority by default, comes first as well. */
function tiersOf(project: Project, priority: Float64Array): Float64Array {
  const levels = [...new Set(priority)].sort((a, b) => b - a)
  const tier = new Map(levels.map((level, at) => [level, at]))
  return Float64Array.from({ length: project.count }, (_, task) => (task < project.tasks ? tier.get(priority[task]!)! : 0))
}

/** Ranks of one tier stay between it and the next. */
function compressed(rank: number): number {
  return rank === -Infinity ? rank : 0.5 + rank / (2 * (1 + Math.abs(rank)))
}
