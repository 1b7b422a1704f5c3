import type { Budget } from '../problem.ts'

/** What a search has spent and may spend, and the best that it found. */
export class Effort {
  spent = 0
  best = Infinity
  /** Forward starts of the best schedule. */
  readonly start: Int32Array
  /** No schedule is shorter. */
  readonly lower: number
  readonly #budget: Budget
  readonly #limit: number
  readonly #begun: number
  #over = false

  /** `limit`: schedules, if the budget names neither schedules nor time. */
  constructor(count: number, lower: number, budget: Budget, limit: number, reserved = 0) {
    this.start = new Int32Array(count)
    this.lower = lower
    this.#budget = budget
    const timed = budget.time !== undefined && budget.clock !== undefined
    this.#limit = Math.max(1, Math.floor(budget.schedules ?? (timed ? Infinity : limit)) - reserved)
    this.#begun = timed ? budget.clock!() : 0
  }

  /** Whether to stop: proven optimal, out of schedules or time, or cancelled. The first schedule is always made. */
  get over(): boolean {
    return this.#over
  }

  /** Schedules left; if time limits them, at the pace so far: Infinity before the first. */
  get left(): number {
    const { time, clock } = this.#budget
    const left = this.#limit - this.spent
    if (time === undefined || clock === undefined) return left
    const elapsed = clock() - this.#begun
    return Math.min(left, elapsed > 0 ? (this.spent * Math.max(0, time - elapsed)) / elapsed : Infinity)
  }

  /** Counts a schedule; if it is the shortest, `starts` gives its forward starts, or undefined where it is no plan by itself. */
  count(makespan: number, starts: () => Int32Array | undefined): void {
    this.spent++
    const start = makespan < this.best ? starts() : undefined
    if (start !== undefined) {
      this.best = makespan
      this.start.set(start)
    }
    const { time, clock, cancelled } = this.#budget
    if (this.best === Infinity) return
    if (this.best <= this.lower || this.spent >= this.#limit) this.#over = true
    else if (time !== undefined && clock !== undefined && clock() - this.#begun >= time) this.#over = true
    else if (this.spent % 32 === 0 && cancelled?.() === true) this.#over = true
  }
}
