/**
 * What the scheduler has been told of a policy's tasks, so that it is told of each only what is new: a task may be held only
 * so often. Pure.
 */
import type { TaskId } from '../scheduler/index.ts'
import { LATER, type LEFT } from './user-policy-place.ts'

/** News for the scheduler, in the columns of a `Planned` event; a node is its name, absent for any. */
export interface News {
  readonly tasks: TaskId[]
  readonly nodes: (string | undefined)[]
  readonly start: number[]
}

/** Places in the order are numbers between these. */
const FIRST = 1e6
const LOWEST = 1

export class Told {
  /** Place in the policy's order, or LATER, or LEFT. */
  readonly #start = new Map<TaskId, number>()
  readonly #node = new Map<TaskId, string>()
  #pruneAt = 4096

  /** LATER, LEFT, a place in the order; undefined: nothing was said of it. */
  of(task: TaskId): number | undefined {
    return this.#start.get(task)
  }

  /** The tasks wait, or are left to the default policy. */
  mark(tasks: Iterable<TaskId>, start: typeof LATER | typeof LEFT): News {
    const news: News = { tasks: [], nodes: [], start: [] }
    for (const task of tasks) {
      if (this.#start.get(task) === start) continue
      this.#node.delete(task)
      this.#note(news, task, undefined, start)
    }
    return news
  }

  /** The policy's answer: tasks in order, and where each is to go. What keeps its node and its place among the others is not told again. */
  order(tasks: readonly TaskId[], nodes: readonly (string | undefined)[]): News {
    const kept = this.#kept(tasks, nodes)
    const places = placesFor(kept) ?? tasks.map((_, i) => FIRST + i)
    const news: News = { tasks: [], nodes: [], start: [] }
    tasks.forEach((task, i) => {
      if (kept[i] === places[i]) return
      const node = nodes[i]
      if (node === undefined) this.#node.delete(task)
      else this.#node.set(task, node)
      this.#note(news, task, node, places[i]!)
    })
    return news
  }

  /** Forgets tasks that have started or ended. Cheap: looks only when it has grown. */
  prune(pending: (task: TaskId) => boolean): void {
    if (this.#start.size < this.#pruneAt) return
    for (const task of this.#start.keys()) if (!pending(task)) this.forget(task)
    this.#pruneAt = Math.max(4096, this.#start.size * 2)
  }

  forget(task: TaskId): void {
    this.#start.delete(task)
    this.#node.delete(task)
  }

  #note(news: News, task: TaskId, node: string | undefined, start: number): void {
    this.#start.set(task, start)
    news.tasks.push(task)
    news.nodes.push(node)
    news.start.push(start)
  }

  /** The places of those that can stay where they are; undefined for the others. */
  #kept(tasks: readonly TaskId[], nodes: readonly (string | undefined)[]): (number | undefined)[] {
    let last = LOWEST
    return tasks.map((task, i) => {
      const start = this.#start.get(task)
      if (start === undefined || start === LATER || start <= last || this.#node.get(task) !== nodes[i]) return undefined
      return (last = start)
    })
  }
}

/** Places for all, between those that are kept; undefined when there is no room left between two of them. */
function placesFor(kept: readonly (number | undefined)[]): number[] | undefined {
  const places: number[] = []
  for (let from = 0; from < kept.length; ) {
    let to = from
    while (to < kept.length && kept[to] === undefined) to++
    const low = places.at(-1) ?? LOWEST
    const high = kept[to] ?? Math.max(FIRST, low) + (to - from) + 1
    for (let i = from; i < to; i++) places.push(low + ((high - low) * (i - from + 1)) / (to - from + 1))
    if (to < kept.length) places.push(kept[to]!)
    from = to + 1
  }
  return places.every((place, i) => place > (places[i - 1] ?? LOWEST) && place < LATER / 2) ? places : undefined
}
