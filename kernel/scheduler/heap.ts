/** Children of each entry. Four is faster than two: half the levels, and siblings share a cache line. */
const ARITY = 4

/**
 * An indexed heap of small non-negative integers (ids): the least (first, second, id) is at the top. Each id is in
 * it at most once, and can be moved or removed in O(log n) because its place is known.
 */
export class Heap {
  readonly #ids: number[] = []
  readonly #first: number[] = []
  readonly #second: number[] = []
  /** Place of each id; -1: not in the heap. */
  readonly #place: number[] = []

  get size(): number {
    return this.#ids.length
  }

  /** The least id, or -1. */
  get top(): number {
    return this.#ids.length > 0 ? this.#ids[0]! : -1
  }

  /** `first` of the least id, or Infinity. */
  get topFirst(): number {
    return this.#ids.length > 0 ? this.#first[0]! : Infinity
  }

  get topSecond(): number {
    return this.#ids.length > 0 ? this.#second[0]! : Infinity
  }

  /** Every id, in no particular order. */
  get ids(): readonly number[] {
    return this.#ids
  }

  has(id: number): boolean {
    return id < this.#place.length && this.#place[id]! >= 0
  }

  /** `first` of an id, or Infinity when it is not there. */
  firstOf(id: number): number {
    return this.has(id) ? this.#first[this.#place[id]!]! : Infinity
  }

  /** Puts 0 … n-1 into an empty heap, all with the same keys: in order they are a heap already. */
  fill(n: number, first: number, second: number): void {
    for (let id = 0; id < n; id++) {
      this.#ids.push(id)
      this.#first.push(first)
      this.#second.push(second)
      this.#place.push(id)
    }
  }

  /** Puts `id` where these keys belong, whether or not it is there already. */
  set(id: number, first: number, second: number): void {
    while (this.#place.length <= id) this.#place.push(-1)
    const at = this.#place[id]!
    if (at < 0) {
      this.#ids.push(id)
      this.#first.push(first)
      this.#second.push(second)
      this.#up(this.#ids.length - 1, id, first, second)
    } else if (this.#first[at] !== first || this.#second[at] !== second) {
      this.#settle(at, id, first, second)
    }
  }

  remove(id: number): void {
    if (!this.has(id)) return
    const at = this.#place[id]!
    this.#place[id] = -1
    const last = this.#ids.pop()!
    const first = this.#first.pop()!
    const second = this.#second.pop()!
    if (last !== id) this.#settle(at, last, first, second)
  }

  /** Takes the least id out; -1 when empty. */
  pop(): number {
    const id = this.top
    if (id >= 0) this.remove(id)
    return id
  }

  /** The least id that `accept` takes, or -1; looks at no more than ARITY × (refused + 1) entries. */
  least(accept: (id: number) => boolean): number {
    let best = -1
    const open = this.#ids.length > 0 ? [0] : []
    while (open.length > 0) {
      const at = open.pop()!
      if (best >= 0 && !this.#before(at, best)) continue
      if (accept(this.#ids[at]!)) {
        best = at
        continue
      }
      const end = Math.min(at * ARITY + ARITY, this.#ids.length - 1)
      for (let child = at * ARITY + 1; child <= end; child++) open.push(child)
    }
    return best < 0 ? -1 : this.#ids[best]!
  }

  clear(): void {
    for (const id of this.#ids) this.#place[id] = -1
    this.#ids.length = this.#first.length = this.#second.length = 0
  }

  #before(a: number, b: number): boolean {
    if (this.#first[a] !== this.#first[b]) return this.#first[a]! < this.#first[b]!
    if (this.#second[a] !== this.#second[b]) return this.#second[a]! < this.#second[b]!
    return this.#ids[a]! < this.#ids[b]!
  }

  #settle(at: number, id: number, first: number, second: number): void {
    const place = this.#up(at, id, first, second)
    if (place === at) this.#down(at, id, first, second)
  }

  #up(start: number, id: number, first: number, second: number): number {
    const ids = this.#ids
    const firsts = this.#first
    const seconds = this.#second
    let at = start
    while (at > 0) {
      const parent = (at - 1) >> 2
      const f = firsts[parent]!
      if (f < first || (f === first && (seconds[parent]! < second || (seconds[parent] === second && ids[parent]! < id)))) break
      this.#move(parent, at)
      at = parent
    }
    this.#put(at, id, first, second)
    return at
  }

  #down(start: number, id: number, first: number, second: number): void {
    const ids = this.#ids
    const firsts = this.#first
    const seconds = this.#second
    const size = ids.length
    let at = start
    for (;;) {
      let child = at * ARITY + 1
      if (child >= size) break
      const end = Math.min(child + ARITY, size)
      let f = firsts[child]!
      let s = seconds[child]!
      for (let other = child + 1; other < end; other++) {
        const g = firsts[other]!
        if (g > f) continue
        const t = seconds[other]!
        if (g === f && (t > s || (t === s && ids[other]! > ids[child]!))) continue
        child = other
        f = g
        s = t
      }
      if (first < f || (first === f && (second < s || (second === s && id < ids[child]!)))) break
      this.#move(child, at)
      at = child
    }
    this.#put(at, id, first, second)
  }

  #move(from: number, to: number): void {
    const id = this.#ids[from]!
    this.#ids[to] = id
    this.#first[to] = this.#first[from]!
    this.#second[to] = this.#second[from]!
    this.#place[id] = to
  }

  #put(at: number, id: number, first: number, second: number): void {
    this.#ids[at] = id
    this.#first[at] = first
    this.#second[at] = second
    this.#place[id] = at
  }
}
