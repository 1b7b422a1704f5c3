import type { Run } from './run.ts'
import type { Shape } from './shape.ts'
import type { NodeSpec, Resources, RunId, TaskId, Time } from './task.ts'
import type { NodeStatus } from './view.ts'
import { Waitlist } from './waitlist.ts'

/** A node, alive or lost. Numbers of nodes are dense and never reused, so one that joins again is a new one. */
export class Node implements NodeStatus {
  readonly number: number
  readonly spec: NodeSpec
  readonly slots: readonly Slot[]
  alive = true
  /** By resource number; see `ResourceNames`. */
  readonly total: readonly number[]
  readonly free: number[]
  readonly #resources: ResourceNames
  /** Slots without a lease. */
  readonly idle: Slot[]
  /** Tasks whose result was left here; may list some that are gone. */
  results: TaskId[] = []
  latestRun?: RunId
  /** When it was given something last, counted in starts. */
  turn = 0
  /** Tasks held for it, what these weigh, and how many of them any node may take. */
  readonly queue = new Waitlist()
  awaited = 0
  stealable = 0
  /** It is being drained for tasks of this shape; see reserve.ts. */
  reservedFor: Shape | undefined = undefined
  /** Slots with tasks queued behind the one that executes. */
  backlogged = 0

  constructor(number: number, spec: NodeSpec, firstSlot: number, resources: ResourceNames) {
    this.number = number
    this.spec = spec
    this.#resources = resources
    this.total = resources.amounts(spec.resources)
    this.free = [...this.total]
    this.slots = Array.from({ length: spec.slots }, (_, index) => new Slot(firstSlot + index, this, index))
    this.idle = [...this.slots].reverse()
  }

  get idleSlots(): number {
    return this.idle.length
  }

  get load(): number {
    return this.slots.length === 0 ? 1 : 1 - this.idle.length / this.slots.length
  }

  busyUntil(): Time {
    let until = Infinity
    for (const slot of this.slots) until = Math.min(until, slot.run ? slot.until : -Infinity)
    return until
  }

  get held(): Resources {
    return Object.fromEntries(this.total.map((total, number) => [this.#resources.names[number]!, total - this.free[number]!]))
  }

  get queues(): readonly (readonly TaskId[])[] {
    return this.slots.map(slot => Array.from({ length: slot.length }, (_, at) => slot.task(at)))
  }
}

/**
 * One slot and its queue: the head executes, the rest follow in order. While it has tasks (all of one run) it holds
 * what one of them requests: its lease. Entries whose attempt was cancelled stay until the slot has answered for them.
 */
export class Slot {
  readonly number: number
  readonly node: Node
  readonly index: number
  /** The run whose lease it holds. */
  run: Run | undefined = undefined
  /** Entries from `#head` on are the queue. */
  #tasks: number[] = []
  #attempts: number[] = []
  #head = 0
  /** When the head became the head. */
  headSince: Time = 0
  /** When its queue is expected to end. */
  until: Time = 0
  /** How many at the end of the queue have been recalled. */
  recalled = 0
  /** Recalls that the slot has not answered. */
  unanswered = 0
  /** Whether it is among its run's backlogged slots. */
  tracked = false
  /** It kept what was recalled, and has been given nothing since: do not ask again. */
  refused = false

  constructor(number: number, node: Node, index: number) {
    this.number = number
    this.node = node
    this.index = index
  }

  get length(): number {
    return this.#tasks.length - this.#head
  }

  /** Entries behind the head that have not been recalled. */
  get backlog(): number {
    return Math.max(0, this.length - 1 - this.recalled)
  }

  task(at: number): TaskId {
    return this.#tasks[this.#head + at]!
  }

  attempt(at: number): number {
    return this.#attempts[this.#head + at]!
  }

  push(task: TaskId, attempt: number): void {
    this.#tasks.push(task)
    this.#attempts.push(attempt)
  }

  shift(): void {
    this.#head++
    if (this.#head === this.#tasks.length) this.clear()
    else if (this.#head >= 1024) this.#compact()
    else if (this.recalled > this.length) this.recalled = this.length
  }

  /** Where this attempt stands in the queue, or -1. */
  find(task: TaskId, attempt: number): number {
    for (let at = this.#head; at < this.#tasks.length; at++) {
      if (this.#tasks[at] === task && this.#attempts[at] === attempt) return at - this.#head
    }
    return -1
  }

  remove(at: number): void {
    if (at === 0) return this.shift()
    if (at >= this.length - this.recalled) this.recalled--
    this.#tasks.splice(this.#head + at, 1)
    this.#attempts.splice(this.#head + at, 1)
  }

  clear(): void {
    this.#tasks.length = this.#attempts.length = this.#head = 0
    this.recalled = 0
  }

  #compact(): void {
    this.#tasks.splice(0, this.#head)
    this.#attempts.splice(0, this.#head)
    this.#head = 0
    this.recalled = Math.min(this.recalled, this.length)
  }
}

/** Resources by number, so that nodes and requests are arrays. */
export class ResourceNames {
  readonly names: string[] = []
  readonly #numbers = new Map<string, number>()

  number(name: string): number {
    let number = this.#numbers.get(name)
    if (number === undefined) {
      number = this.names.push(name) - 1
      this.#numbers.set(name, number)
    }
    return number
  }

  /** What a node has, by number. */
  amounts(resources: Resources): number[] {
    const amounts: number[] = []
    for (const [name, amount] of Object.entries(resources)) {
      const number = this.number(name)
      while (amounts.length <= number) amounts.push(0)
      amounts[number] = quantized(amount)
    }
    return amounts
  }

  /** What is asked, as pairs; zeros left out. */
  request(resources: Resources): { readonly resource: number; readonly amount: number }[] {
    return Object.entries(resources)
      .map(([name, amount]) => ({ resource: this.number(name), amount: quantized(amount) }))
      .filter(({ amount }) => amount > 0)
  }
}

/**
 * Amounts are multiples of 2⁻²⁰, large ones integers: then sums and differences are exact, and ten leases of 0.1
 * leave nothing behind. Rounded down, so that ten of 0.1 fit into 1.
 */
function quantized(amount: number): number {
  return amount >= 2 ** 32 ? Math.floor(amount) : Math.floor(amount * 2 ** 20) / 2 ** 20
}
