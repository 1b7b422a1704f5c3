/** Which nodes hold which results. */
import type { TaskId, Time } from '../scheduler/index.ts'

const NOWHERE = -1
const KERNEL = -2

export class Values {
  /** By task: the node that made it, or another that holds it. */
  #holder = new Int32Array(0)
  #taken = new Float64Array(0)
  /** Nodes besides. */
  readonly #copies = new Map<TaskId, Set<number>>()
  /** By node, as far as they are not the kernel's: may list some that are gone. */
  readonly #held: TaskId[][]
  /** Lists of which the node has, or had, everything. */
  readonly #whole: (Set<ArrayLike<TaskId>> | undefined)[]

  constructor(nodes: number) {
    this.#held = Array.from({ length: nodes }, () => [])
    this.#whole = new Array<undefined>(nodes).fill(undefined)
  }

  exists(task: TaskId): boolean {
    return task < this.#holder.length && this.#holder[task] !== NOWHERE
  }

  /** What the kernel holds is everywhere. */
  isOn(task: TaskId, node: number): boolean {
    if (task >= this.#holder.length) return false
    const holder = this.#holder[task]!
    return holder === node || holder === KERNEL || (this.#copies.size > 0 && this.#copies.get(task)?.has(node) === true)
  }

  /** A result was made, for the first time or again. */
  made(task: TaskId, node: number, inKernel: boolean): void {
    this.#extend(task)
    if (this.#holder[task] !== NOWHERE && this.#holder[task] !== node && !inKernel) return this.put(task, node)
    this.#holder[task] = inKernel ? KERNEL : node
    if (!inKernel) this.#held[node]!.push(task)
  }

  /** A copy of one that exists. */
  put(task: TaskId, node: number): void {
    const copies = this.#copies.get(task)
    if (copies) copies.add(node)
    else this.#copies.set(task, new Set([node]))
    this.#held[node]!.push(task)
  }

  drop(task: TaskId): void {
    if (task < this.#holder.length) this.#holder[task] = NOWHERE
    this.#copies.delete(task)
  }

  /** The node is gone with all that it held. */
  leave(node: number): void {
    for (const task of this.#held[node]!) {
      const copies = this.#copies.get(task)
      copies?.delete(node)
      if (this.#holder[task] === node) {
        const [other = NOWHERE] = copies ?? []
        this.#holder[task] = other
        copies?.delete(other)
      }
      if (copies?.size === 0) this.#copies.delete(task)
    }
    this.#held[node] = []
    this.#whole[node] = undefined
  }

  hasAll(node: number, list: ArrayLike<TaskId>): boolean {
    return this.#whole[node]?.has(list) === true
  }

  noteAll(node: number, list: ArrayLike<TaskId>): void {
    ;(this.#whole[node] ??= new Set()).add(list)
  }

  take(task: TaskId, time: Time): void {
    this.#extend(task)
    this.#taken[task] = time
  }

  takenAt(task: TaskId): Time {
    return this.#taken[task] ?? NaN
  }

  #extend(task: TaskId): void {
    const size = this.#holder.length
    if (task < size) return
    const holder = new Int32Array(Math.max(task + 1, size * 2, 64)).fill(NOWHERE, size)
    const taken = new Float64Array(holder.length).fill(NaN, size)
    holder.set(this.#holder)
    taken.set(this.#taken)
    this.#holder = holder
    this.#taken = taken
  }
}
