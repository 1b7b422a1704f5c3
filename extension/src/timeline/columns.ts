/** Segments too narrow to be drawn one by one, or of many lanes, put together by pixel column. No DOM. */
import { isTrouble, KINDS } from './segments.ts'

const LEVELS = 5
/** What took no time at all is still there. */
const LEAST = 0.02

export class Columns {
  readonly #length: number
  /** By kind: what lies within a column, and the steps of what covers whole ones. Adding costs the same however long it is. */
  readonly #parts: (Float32Array | undefined)[] = []
  readonly #steps: (Float32Array | undefined)[] = []
  readonly #used = new Uint8Array(KINDS)
  readonly #seen: Uint8Array
  readonly #cover: Float32Array
  readonly #leading: Float32Array
  #first = Infinity
  #last = -1

  constructor(length: number) {
    this.#length = length
    this.#seen = new Uint8Array(length)
    this.#cover = new Float32Array(length)
    this.#leading = new Float32Array(length)
  }

  /** @param from in columns, as is `to` */
  add(kind: number, from: number, to: number): void {
    const start = from > 0 ? from : 0
    const end = Math.min(this.#length, Math.max(to, start + LEAST))
    if (!(start < this.#length) || !(end > start)) return
    const parts = (this.#parts[kind] ??= new Float32Array(this.#length + 1))
    const steps = (this.#steps[kind] ??= new Float32Array(this.#length + 1))
    const first = Math.floor(start)
    const last = Math.floor(end)
    this.#used[kind] = 1
    if (first === last) parts[first]! += end - start
    else {
      parts[first]! += first + 1 - start
      parts[last]! += end - last
      steps[first + 1]! += 1
      steps[last]! -= 1
    }
    if (first < this.#first) this.#first = first
    if (last > this.#last) this.#last = last
  }

  /**
   * Calls `each` for every stretch of columns that look alike, and forgets them.
   * @param capacity how many lanes there are in it
   */
  flush(capacity: number, each: (kind: number, fullness: number, from: number, to: number) => void): void {
    if (this.#last < 0) return
    const end = Math.min(this.#length, this.#last + 1)
    for (let kind = 1; kind < KINDS; kind++) if (this.#used[kind] === 1) this.#look(kind, end)
    const levelAt = (column: number): number => Math.max(1, Math.min(LEVELS, Math.ceil((this.#cover[column]! / capacity) * LEVELS - 0.25)))
    for (let start = this.#first; start < end; ) {
      const kind = this.#seen[start]!
      const level = levelAt(start)
      let next = start + 1
      while (next < end && this.#seen[next] === kind && levelAt(next) === level) next++
      if (kind !== 0) each(kind, level / LEVELS, start, next)
      start = next
    }
    this.#forget()
  }

  /** Trouble is seen however short it was; of the rest what there is most of. */
  #look(kind: number, end: number): void {
    const parts = this.#parts[kind]!
    const steps = this.#steps[kind]!
    const trouble = isTrouble(kind)
    let whole = 0
    for (let column = this.#first; column < end; column++) {
      whole += steps[column]!
      const amount = parts[column]! + whole
      // Sums of fractions may leave a rest.
      if (amount < LEAST / 2) continue
      this.#cover[column]! += amount
      if (!trouble && amount <= this.#leading[column]!) continue
      this.#seen[column] = kind
      this.#leading[column] = amount
    }
  }

  #forget(): void {
    const end = this.#last + 1
    for (let kind = 1; kind < KINDS; kind++) {
      if (this.#used[kind] === 0) continue
      this.#parts[kind]!.fill(0, this.#first, end)
      this.#steps[kind]!.fill(0, this.#first, end + 1)
    }
    this.#used.fill(0)
    for (const column of [this.#seen, this.#cover, this.#leading]) column.fill(0, this.#first, Math.min(this.#length, end))
    this.#first = Infinity
    this.#last = -1
  }
}
