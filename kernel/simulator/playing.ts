/** Plays what is left of a graph by list scheduling, again and again with other durations. */
import type { Problem } from '../planning/index.ts'

/** Tasks that ask for the same and may run on the same nodes. */
interface Kind {
  /** Ready ones as a heap by `before`. */
  readonly ready: number[]
  readonly request: Float64Array
  readonly allowed: Uint8Array | undefined
  /** Nothing fits until a node changes. */
  stuck: boolean
}

export class Playing {
  readonly #problem: Problem
  readonly #kinds: Kind[] = []
  /** Kind of each task; its rank: the longest path through it, by expected durations. */
  readonly #kind: Int32Array
  readonly #rank: Float64Array
  /** Who takes each task's result: `#out[#outStarts[i]] …`. */
  readonly #outStarts: Int32Array
  readonly #out: Int32Array
  /** Nodes, the fastest first. */
  readonly #order: readonly number[]
  readonly #transfers: boolean
  // Of the present play.
  readonly #missing: Int32Array
  readonly #finish: Float64Array
  readonly #node: Int32Array
  readonly #slots: Float64Array
  readonly #free: Float64Array
  #events: number[] = []

  constructor(problem: Problem) {
    const { count, starts, inputs, nodes, resources } = problem
    this.#problem = problem
    this.#kind = new Int32Array(count)
    this.#missing = new Int32Array(count)
    this.#finish = new Float64Array(count)
    this.#node = new Int32Array(count)
    this.#slots = new Float64Array(nodes.length)
    this.#free = new Float64Array(nodes.length * resources.length)
    this.#order = nodes.map((_, node) => node).sort((a, b) => nodes[b]!.speed - nodes[a]!.speed)
    this.#transfers = (problem.link.bandwidth < Infinity && problem.bytes.some((bytes) => bytes > 0)) || problem.link.latency > 0
    this.#sortIntoKinds()
    this.#outStarts = new Int32Array(count + 1)
    for (const input of inputs) this.#outStarts[input + 1]!++
    for (let i = 0; i < count; i++) this.#outStarts[i + 1]! += this.#outStarts[i]!
    this.#out = new Int32Array(inputs.length)
    const next = this.#outStarts.slice()
    for (let task = 0; task < count; task++) for (let at = starts[task]!; at < starts[task + 1]!; at++) this.#out[next[inputs[at]!]!++] = task
    this.#rank = new Float64Array(count)
    for (let task = count - 1; task >= 0; task--) {
      let tail = 0
      for (let at = this.#outStarts[task]!; at < this.#outStarts[task + 1]!; at++) tail = Math.max(tail, this.#rank[this.#out[at]!]!)
      this.#rank[task] = tail + problem.duration[task]!
    }
  }

  /** When each task ends, ms from now; Infinity: it never can start. The array is the same for each play. @param durations at speed 1 */
  play(durations: Float64Array): Float64Array {
    const { count, starts, nodes, resources } = this.#problem
    this.#events = []
    for (const kind of this.#kinds) kind.ready.length = 0
    this.#finish.fill(Infinity)
    nodes.forEach((node, n) => {
      this.#slots[n] = node.slots
      for (let r = 0; r < resources.length; r++) this.#free[n * resources.length + r] = node.capacity[r]!
    })
    for (let task = 0; task < count; task++) {
      this.#missing[task] = starts[task + 1]! - starts[task]!
      const on = this.#problem.running?.[task] ?? -1
      if (on >= 0) this.#start(task, on, 0, durations)
    }
    for (let task = 0; task < count; task++) if (this.#missing[task] === 0 && this.#finish[task] === Infinity) this.#ready(task, durations)
    // What has ended already (an input that a node holds) holds nothing.
    for (let now = 0; ; now = this.#finish[this.#events[0]!]!) {
      while (this.#events.length > 0 && this.#finish[this.#events[0]!]! === now) this.#end(this.#pop(this.#events, this.#sooner), durations)
      this.#place(now, durations)
      if (this.#events.length === 0) break
    }
    return this.#finish
  }

  #sortIntoKinds(): void {
    const { count, request, resources, allowed, nodes } = this.#problem
    const known = new Map<string, number>()
    for (let task = 0; task < count; task++) {
      const asks = request.subarray(task * resources.length, (task + 1) * resources.length)
      const may = allowed?.subarray(task * nodes.length, (task + 1) * nodes.length)
      const key = `${asks.join()} ${may?.includes(0) ? may.join('') : ''}`
      let kind = known.get(key)
      if (kind === undefined) {
        kind = this.#kinds.push({ ready: [], request: asks, allowed: may, stuck: false }) - 1
        known.set(key, kind)
      }
      this.#kind[task] = kind
    }
  }

  #ready(task: number, durations: Float64Array): void {
    // What takes no time and holds nothing (a joint between runs) needs no slot.
    if (durations[task] === 0 && this.#kinds[this.#kind[task]!]!.request.every((amount) => amount === 0)) {
      this.#node[task] = -1
      this.#finish[task] = this.#latestInput(task)
      this.#push(this.#events, task, this.#sooner)
    } else this.#push(this.#kinds[this.#kind[task]!]!.ready, task, this.#before)
  }

  #latestInput(task: number): number {
    const { starts, inputs } = this.#problem
    let latest = 0
    for (let at = starts[task]!; at < starts[task + 1]!; at++) latest = Math.max(latest, this.#finish[inputs[at]!]!)
    return latest
  }

  /** Starts what can start: of all kinds' first tasks the first in order, until none fits. */
  #place(now: number, durations: Float64Array): void {
    for (const kind of this.#kinds) kind.stuck = false
    for (;;) {
      let best: Kind | undefined
      for (const kind of this.#kinds) if (!kind.stuck && kind.ready.length > 0 && (!best || this.#before(kind.ready[0]!, best.ready[0]!))) best = kind
      if (!best) return
      const node = this.#fitting(best)
      if (node < 0) best.stuck = true
      else this.#start(this.#pop(best.ready, this.#before), node, now, durations)
    }
  }

  /** The fastest node that has room; -1: none. */
  #fitting({ request, allowed }: Kind): number {
    for (const node of this.#order) {
      if (this.#slots[node]! < 1 || (allowed && allowed[node] === 0)) continue
      let fits = true
      for (let r = 0; r < request.length && fits; r++) fits = this.#free[node * request.length + r]! >= request[r]! - 1e-9
      if (fits) return node
    }
    return -1
  }

  #start(task: number, node: number, now: number, durations: Float64Array): void {
    this.#hold(task, node, 1)
    this.#node[task] = node
    this.#finish[task] = now + durations[task]! / this.#problem.nodes[node]!.speed + (this.#transfers ? this.#transfer(task, node) : 0)
    this.#push(this.#events, task, this.#sooner)
  }

  #transfer(task: number, node: number): number {
    const { starts, inputs, bytes, link } = this.#problem
    let longest = 0
    for (let at = starts[task]!; at < starts[task + 1]!; at++) {
      const from = this.#node[inputs[at]!]!
      if (from !== node && from >= 0 && bytes[at]! > 0) longest = Math.max(longest, link.latency + bytes[at]! / link.bandwidth)
    }
    return longest
  }

  #hold(task: number, node: number, sign: 1 | -1): void {
    const { request } = this.#kinds[this.#kind[task]!]!
    this.#slots[node]! -= sign
    for (let r = 0; r < request.length; r++) this.#free[node * request.length + r]! -= sign * request[r]!
  }

  #end(task: number, durations: Float64Array): void {
    if (this.#node[task]! >= 0) this.#hold(task, this.#node[task]!, -1)
    for (let at = this.#outStarts[task]!; at < this.#outStarts[task + 1]!; at++) {
      const follower = this.#out[at]!
      if (--this.#missing[follower]! === 0 && this.#finish[follower] === Infinity) this.#ready(follower, durations)
    }
  }

  // ── heaps ────────────────────────────────────────────────────────────────────────────────────────────────

  readonly #sooner = (a: number, b: number): boolean => this.#finish[a]! < this.#finish[b]! || (this.#finish[a] === this.#finish[b] && a < b)

  readonly #before = (a: number, b: number): boolean => {
    const { priority } = this.#problem
    const [of, ofOther] = [priority?.[a] ?? 0, priority?.[b] ?? 0]
    if (of !== ofOther) return of > ofOther
    return this.#rank[a]! > this.#rank[b]! || (this.#rank[a] === this.#rank[b] && a < b)
  }

  #push(heap: number[], task: number, before: (a: number, b: number) => boolean): void {
    let at = heap.push(task) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(task, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = task
  }

  #pop(heap: number[], before: (a: number, b: number) => boolean): number {
    const top = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return top
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
    return top
  }
}
