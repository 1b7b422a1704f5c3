/** Amounts that last from one time to another, added up in columns of equal width. Adding one costs the same however long it lasts. */
export class Cover {
  readonly columns: number
  /** Inside columns, and changes of what lies between a stretch's first and last column. */
  readonly #parts: Float64Array
  readonly #changes: Float64Array

  constructor(columns: number) {
    this.columns = columns
    this.#parts = new Float64Array(columns + 1)
    this.#changes = new Float64Array(columns + 1)
  }

  clear(): void {
    this.#parts.fill(0)
    this.#changes.fill(0)
  }

  /** @param from in columns, as is `to` */
  add(from: number, to: number, amount: number): void {
    const start = Math.max(0, from)
    const end = Math.min(this.columns, to)
    // What is no stretch, or no number, is nothing.
    if (!(end > start) || !Number.isFinite(amount)) return
    const first = Math.floor(start)
    const last = Math.floor(end)
    if (first === last) {
      this.#parts[first]! += (end - start) * amount
      return
    }
    this.#parts[first]! += (first + 1 - start) * amount
    this.#parts[last]! += (end - last) * amount
    this.#changes[first + 1]! += amount
    this.#changes[last]! -= amount
  }

  /** What came together in each column: amount × columns. */
  read(into: Float64Array): void {
    let between = 0
    for (let column = 0; column < this.columns; column++) {
      between += this.#changes[column]!
      into[column] = this.#parts[column]! + between
    }
  }
}

/** Sums become means, in place; NaN where nothing is known. */
export function divide(sums: Float64Array, weights: Float64Array): void {
  for (let column = 0; column < sums.length; column++) {
    // They come of adding and subtracting many numbers: what is next to nothing is nothing.
    sums[column] = weights[column]! > 1e-9 ? Math.max(0, Math.round((sums[column]! / weights[column]!) * 1e6) / 1e6) : NaN
  }
}
