import { Heap } from './heap.ts'
import type { Node, Slot } from './node.ts'
import type { FittingNodes, NodeView } from './policies/policy.ts'
import type { Run } from './run.ts'
import type { Placement, Resources, TaskId, Time } from './task.ts'

type Request = readonly { readonly resource: number; readonly amount: number }[]

/**
 * What tasks ask for: a request and a placement. Runs that ask for the same share one shape, which knows the nodes
 * that could ever take such a task (capable) and those that can now (fitting), and queues the runs that have ready
 * tasks, the next to start on top.
 */
export class Shape implements FittingNodes {
  readonly request: Request
  readonly placement: Placement
  /** Runs whose gate is open and that have ready tasks, by (priority, rank, order of declaration). */
  readonly runs = new Heap()
  /** Running tasks that still want copies on further nodes, and how many. */
  readonly copies = new Map<TaskId, { readonly run: Run; wanted: number }>()
  /** Latest pass that found nothing to place of this shape; and that found none of its copies of this priority or a higher one. */
  exhausted = 0
  copiesTried = 0
  triedPriority = Infinity
  /** When a task of this shape was handed to a slot last. */
  lastStart: Time = -Infinity
  /** Runs of this shape with unfinished tasks. */
  users = 0
  capable = 0
  /** Slots that could execute such tasks at one time if all were free. */
  capacity = 0
  /** Slots of lower priority than this have been looked through for tasks to recall; see recall.ts. */
  guarded = -Infinity
  readonly #nodes: readonly Node[]
  readonly #fitting = new Heap()
  /** The same nodes in other orders, kept from when somebody first asks for these. */
  #bySpeed: Heap | undefined
  #byTurn: Heap | undefined
  /** How much of the log of changed nodes has been taken in. */
  #seen = -1

  constructor(request: Request, placement: Placement, nodes: readonly Node[]) {
    this.request = request
    this.placement = placement
    this.#nodes = nodes
    for (const node of nodes) if (node.alive) this.join(node)
  }

  /** Highest priority of the tasks that want copies and have not been tried in this pass; -Infinity: there are none. */
  copiesPriority(pass: number): number {
    const below = this.copiesTried === pass ? this.triedPriority : Infinity
    let priority = -Infinity
    for (const { run } of this.copies.values()) if (run.priority < below) priority = Math.max(priority, run.priority)
    return priority
  }

  /** No copy of this priority finds a node. */
  copiesFail(pass: number, priority: number): void {
    this.copiesTried = pass
    this.triedPriority = priority
  }

  /** Whether the node carries the name and labels asked for. */
  admits(node: Node): boolean {
    const { node: name, labels } = this.placement
    if (name !== undefined && node.spec.id !== name) return false
    for (const label in labels) if (node.spec.labels[label] !== labels[label]) return false
    return true
  }

  /** How many such tasks the node could execute at once if it were empty. */
  room(node: Node): number {
    if (!this.admits(node)) return 0
    let room = node.slots.length
    for (const { resource, amount } of this.request) room = Math.min(room, Math.floor((node.total[resource] ?? 0) / amount))
    return room
  }

  fits(node: Node): boolean {
    return (node.reservedFor === undefined || node.reservedFor === this) && this.hasRoom(node)
  }

  /** Whether it would fit if the node were kept for nobody else. */
  hasRoom(node: Node): boolean {
    if (!node.alive || node.idle.length === 0) return false
    for (const { resource, amount } of this.request) if ((node.free[resource] ?? 0) < amount) return false
    return this.admits(node)
  }

  /** Whether it would fit on the slot's node if the slot's present lease ended. */
  fitsAfter(slot: Slot): boolean {
    const { node, run } = slot
    if (!node.alive || !this.admits(node)) return false
    const lease = run!.shape
    if (lease === this) return true
    for (const { resource, amount } of this.request) {
      const returned = lease.request.find(part => part.resource === resource)?.amount ?? 0
      if ((node.free[resource] ?? 0) + returned < amount) return false
    }
    return true
  }

  join(node: Node): void {
    const room = this.room(node)
    this.capacity += room
    if (room > 0) this.capable++
  }

  leave(node: Node): void {
    const room = this.room(node)
    this.capacity -= room
    if (room > 0) this.capable--
  }

  /** Takes in what has changed, so that what follows is true now. Amortized O(log nodes) per change. */
  sync(changes: NodeChanges): this {
    if (this.#seen < changes.first) for (const node of this.#nodes) this.#update(node)
    else for (let at = this.#seen; at < changes.next; at++) this.#update(this.#nodes[changes.at(at)]!)
    this.#seen = changes.next
    return this
  }

  #update(node: Node): void {
    const { number } = node
    if (this.fits(node)) {
      this.#fitting.set(number, node.load, -node.spec.speed)
      this.#bySpeed?.set(number, -node.spec.speed, node.load)
      this.#byTurn?.set(number, node.turn, 0)
    } else {
      this.#fitting.remove(number)
      this.#bySpeed?.remove(number)
      this.#byTurn?.remove(number)
    }
  }

  get size(): number {
    return this.#fitting.size
  }

  has(node: NodeView): boolean {
    return this.#fitting.has((node as Node).number)
  }

  leastLoaded(): Node {
    return this.#nodes[this.#fitting.top]!
  }

  fastest(): Node {
    this.#bySpeed ??= this.#sorted(node => -node.spec.speed, node => node.load)
    return this.#nodes[this.#bySpeed.top]!
  }

  leastRecent(): Node {
    this.#byTurn ??= this.#sorted(node => node.turn, () => 0)
    return this.#nodes[this.#byTurn.top]!
  }

  at(index: number): Node {
    return this.#nodes[this.#fitting.ids[index]!]!
  }

  #sorted(first: (node: Node) => number, second: (node: Node) => number): Heap {
    const heap = new Heap()
    for (const node of this) heap.set(node.number, first(node), second(node))
    return heap
  }

  /** The nodes that fit, but for those on which the task has a copy already; undefined when there are none. */
  without(excluded: readonly Node[]): FittingNodes | undefined {
    const accept = (number: number) => !excluded.includes(this.#nodes[number]!)
    const least = this.#fitting.least(accept)
    if (least < 0) return undefined
    const nodes = this.#fitting.ids.filter(accept).map(number => this.#nodes[number]!)
    const first = (before: (a: Node, b: Node) => boolean) => nodes.reduce((best, node) => (before(node, best) ? node : best))
    return {
      size: nodes.length,
      has: node => nodes.includes(node as Node),
      leastLoaded: () => this.#nodes[least]!,
      fastest: () => first((a, b) => a.spec.speed > b.spec.speed),
      leastRecent: () => first((a, b) => a.turn < b.turn),
      at: index => nodes[index]!,
      [Symbol.iterator]: () => nodes[Symbol.iterator](),
    }
  }

  *[Symbol.iterator](): Iterator<Node> {
    for (const number of this.#fitting.ids) yield this.#nodes[number]!
  }
}

/** Which nodes changed, in order, so that shapes can catch up when next they are asked. Bounded. */
export class NodeChanges {
  /** Numbers of the oldest change kept and of the next one. */
  first = 0
  #log: number[] = []

  get next(): number {
    return this.first + this.#log.length
  }

  at(change: number): number {
    return this.#log[change - this.first]!
  }

  /** Drops the older half when there are so many that to look at every node anew is no dearer. */
  add(node: Node, nodes: number): void {
    this.#log.push(node.number)
    if (this.#log.length < Math.max(1024, 4 * nodes)) return
    const dropped = this.#log.length >> 1
    this.#log.splice(0, dropped)
    this.first += dropped
  }
}

/** Shapes are equal when their keys are. */
export function shapeKey(request: Resources, placement: Placement): string {
  const sorted = (record: object | undefined) => Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([sorted(request).filter(([, amount]) => amount !== 0), placement.node ?? null, sorted(placement.labels)])
}
