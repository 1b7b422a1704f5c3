import type { Held } from './hold.ts'

/**
 * What is held for one node: by priority, then in order. A binary heap in which those that are held no longer stay until they
 * come to the top, or are most of it.
 */
export class Waitlist {
  /** How many are held. */
  size = 0
  #heap: Held[] = []

  /** `back`: it was popped, and counted all the time. */
  push(held: Held, back = false): void {
    if (!back) this.size++
    const heap = this.#heap
    let at = heap.push(held) - 1
    for (; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!before(held, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = held
  }

  /** One is held no longer. */
  left(): void {
    this.size--
    if (this.#heap.length < 64 || this.#heap.length < 4 * this.size) return
    const heap = this.#heap
    this.#heap = []
    for (const held of heap) if (held.number >= 0) this.push(held, true)
  }

  get top(): Held | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.number < 0) this.#shift()
    return this.#heap[0]
  }

  /** Takes the first out; it is to be pushed back, or released. */
  pop(): Held | undefined {
    const held = this.top
    if (held) this.#shift()
    return held
  }

  #shift(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

function before(a: Held, b: Held): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority
  return a.order !== b.order ? a.order < b.order : a.task < b.task
}

/** Everything held, by small numbers that are used again. */
export class HeldNumbers {
  readonly all: (Held | undefined)[] = []
  readonly #free: number[] = []

  add(held: Held): number {
    const number = this.#free.pop() ?? this.all.length
    this.all[number] = held
    return number
  }

  remove(number: number): void {
    this.all[number] = undefined
    this.#free.push(number)
  }
}
