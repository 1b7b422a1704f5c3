/**
 * What is free on one node over time: a step function. Its first dimension is slots, the others the problem's
 * resources. Step k lasts from `time[k]` to `time[k + 1]`; the last one for ever.
 */
export class Timeline {
  readonly #capacity: readonly number[]
  readonly #time: number[] = [0]
  /** `#free[k * dimensions + r]`. */
  readonly #free: number[] = []
  readonly #dimensions: number

  constructor(capacity: readonly number[]) {
    this.#capacity = capacity
    this.#dimensions = capacity.length
    this.clear()
  }

  clear(): void {
    this.#time.length = 1
    this.#free.length = this.#dimensions
    for (let r = 0; r < this.#dimensions; r++) this.#free[r] = this.#capacity[r]!
  }

  /** The earliest time from `ready` on at which `demand` is free for as long as `duration`, gaps included. */
  earliest(ready: number, duration: number, demand: readonly number[]): number {
    const time = this.#time
    if (duration === 0) return ready
    const last = time.length - 1
    let start = ready
    let step = this.#stepAt(ready)
    for (;;) {
      if (!this.#fits(step, demand)) {
        if (step === last) return Infinity
        start = time[++step]!
        continue
      }
      // As far as it needs, step by step, until one does not fit.
      let next = step + 1
      while (next <= last && time[next]! < start + duration && this.#fits(next, demand)) next++
      if (next > last || time[next]! >= start + duration) return start
      step = next
    }
  }

  take(start: number, duration: number, demand: readonly number[]): void {
    if (duration === 0) return
    const from = this.#split(start)
    const to = this.#split(start + duration)
    const dimensions = this.#dimensions
    for (let step = from; step < to; step++) {
      for (let r = 0; r < dimensions; r++) this.#free[step * dimensions + r]! -= demand[r]!
    }
  }

  #fits(step: number, demand: readonly number[]): boolean {
    const dimensions = this.#dimensions
    const at = step * dimensions
    for (let r = 0; r < dimensions; r++) if (this.#free[at + r]! < demand[r]!) return false
    return true
  }

  /** The last step that begins at `moment` or before. */
  #stepAt(moment: number): number {
    const time = this.#time
    let low = 0
    let high = time.length - 1
    // Most tasks come late: look at the end first.
    if (time[high]! <= moment) return high
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (time[middle]! <= moment) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Makes a step begin at `moment`; returns its number. */
  #split(moment: number): number {
    const step = this.#stepAt(moment)
    if (this.#time[step] === moment) return step
    const dimensions = this.#dimensions
    this.#time.splice(step + 1, 0, moment)
    const at = step * dimensions
    if (dimensions === 1) this.#free.splice(at + 1, 0, this.#free[at]!)
    else this.#free.splice(at + dimensions, 0, ...this.#free.slice(at, at + dimensions))
    return step + 1
  }
}
