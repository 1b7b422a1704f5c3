import type { Search } from '../list/search.ts'
import type { Random } from '../random.ts'
import { Moves, type Each } from './moves.ts'
import type { Rows } from './rows.ts'

/** Schedules that one step of a search may cost: the times for a move twice over, and those of a schedule that is taken back. */
const STEP = 8

/** What searches over rows do, counted against the budget: as many times of tasks as there are tasks count as one schedule. */
export class Effort {
  readonly random: Random
  readonly #search: Search
  readonly #moves: Moves
  readonly #count: number

  constructor(search: Search, rows: Rows) {
    this.#search = search
    this.random = search.random
    this.#moves = new Moves(rows)
    this.#count = search.graph.count
  }

  get over(): boolean {
    return this.#search.over || this.#search.left < STEP
  }

  moves(task: number, each: Each): void {
    this.#moves.computed = 0
    this.#moves.of(task, each)
    this.look(this.#moves.computed)
  }

  /** So many times of tasks were worked out; at least one, lest a search that finds nothing to move goes on for ever. */
  look(times: number): void {
    this.#search.spend(Math.max(1, times) / this.#count)
  }

  /** A forward and a backward pass were made, and if the move was taken back others. */
  pass(taken: boolean): void {
    this.#search.spend(taken ? 2 : 4)
  }

  found(rows: Rows): void {
    this.#search.found(rows)
  }
}
