/** What each slot did when: the attempts of a record as bars, and lanes full of them as density. */
import type { AttemptTable, TaskTable } from '../record/read.ts'
import { stateNames } from '../record/read.ts'

const kinds = ['succeeded', 'running', 'cancelled', 'failed', 'lost'] as const
export type BarKind = (typeof kinds)[number]

/** Calls `each` for every attempt that executed. */
export function forEachBar(tasks: TaskTable, attempts: AttemptTable, asOf: number, each: (kind: BarKind, node: number, slot: number, from: number, to: number) => void): void {
  const freeFrom = new Map<number, number>()
  const open = new Map<number, number>()
  const key = (node: number, slot: number) => node * 1e6 + slot
  for (let i = 0; i < tasks.length; i++) {
    const node = tasks.node[i]!
    const from = tasks.started[i]!
    if (node < 0 || !(from >= 0)) continue
    const state = stateNames[tasks.state[i]!]!
    const slot = tasks.slot[i]!
    if (state === 'running') {
      // What a slot was handed waits behind what it executes: only the first of it is running.
      const first = open.get(key(node, slot))
      if (first === undefined || from < tasks.started[first]!) open.set(key(node, slot), i)
      continue
    }
    const to = tasks.ended[i]!
    if (!(to >= 0) || (state !== 'succeeded' && state !== 'failed' && state !== 'cancelled')) continue
    each(state, node, slot, from, to)
    if (to > (freeFrom.get(key(node, slot)) ?? 0)) freeFrom.set(key(node, slot), to)
  }
  for (let i = 0; i < attempts.length; i++) if (attempts.node[i]! >= 0) each('lost', attempts.node[i]!, attempts.slot[i]!, attempts.began[i]!, attempts.ended[i]!)
  for (const [slot, i] of open) each('running', tasks.node[i]!, tasks.slot[i]!, Math.max(tasks.started[i]!, freeFrom.get(slot) ?? 0), asOf)
}

/** How full each cell of a lane is, by kind. Adding a bar costs the same however long it is. */
export class Density {
  readonly cells: number
  /** Inside cells, and steps of what lies between a bar's first and last cell. */
  readonly #parts: Float32Array[]
  readonly #steps: Float32Array[]

  constructor(cells: number) {
    this.cells = cells
    this.#parts = kinds.map(() => new Float32Array(cells + 1))
    this.#steps = kinds.map(() => new Float32Array(cells + 1))
  }

  /** @param from in cells, as is `to` */
  add(kind: BarKind, from: number, to: number): void {
    const number = kinds.indexOf(kind)
    const parts = this.#parts[number]!
    const start = Math.max(0, Math.min(this.cells, from))
    const end = Math.max(start, Math.min(this.cells, to))
    const first = Math.floor(start)
    const last = Math.floor(end)
    if (first === last) {
      parts[first]! += end - start
      return
    }
    parts[first]! += first + 1 - start
    parts[last]! += end - last
    this.#steps[number]![first + 1]! += 1
    this.#steps[number]![last]! -= 1
  }

  /** For each cell, how many slots were busy in it on average, and what is to be seen of it: trouble before the ordinary. */
  read(): { readonly busy: Float32Array; readonly kind: (BarKind | undefined)[] } {
    const busy = new Float32Array(this.cells)
    const kind = new Array<BarKind | undefined>(this.cells)
    kinds.forEach((name, number) => {
      let between = 0
      for (let cell = 0; cell < this.cells; cell++) {
        between += this.#steps[number]![cell]!
        const amount = this.#parts[number]![cell]! + between
        if (amount < 0.004) continue
        // A cell is of the later kind if that is a fair part of it.
        if (kind[cell] === undefined || amount > 0.25 * busy[cell]!) kind[cell] = name
        busy[cell]! += amount
      }
    })
    return { busy, kind }
  }
}
