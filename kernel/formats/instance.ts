import { badInstance } from '../errors.ts'
import type { PlanNode, Problem } from '../planning/index.ts'

/** What a file of a published instance holds: a problem, and what its tasks are called there. */
export interface Instance {
  readonly problem: Problem
  readonly names: readonly string[]
}

/** A task as a file describes it: its inputs by their position in the file, before tasks are numbered topologically. */
export interface Row {
  readonly name: string
  readonly duration: number
  readonly request: readonly number[]
  readonly inputs: readonly number[]
}

/** Files are untrusted: what is longer than this is refused before it is parsed. */
export const MAX_CHARACTERS = 64 * 2 ** 20
export const MAX_TASKS = 1_000_000
/** Sums of durations stay exact integers. */
const MAX_DURATION = 2 ** 32

/** Lines of a file as lists of words, read one after another; says where it is when something else was expected. */
export class Lines {
  readonly path: string
  readonly #lines: readonly string[]
  #next = 0

  constructor(path: string, text: string) {
    this.path = path
    if (text.length > MAX_CHARACTERS) throw badInstance(path, 0, `at most ${MAX_CHARACTERS} characters`, `${text.length}`)
    this.#lines = text.split(/\r?\n/)
  }

  /** Words of the next line that is neither empty nor skipped; undefined at the end. */
  next(skipped?: RegExp): string[] | undefined {
    while (this.#next < this.#lines.length) {
      const line = this.#lines[this.#next++]!.trim()
      if (line !== '' && skipped?.test(line) !== true) return line.split(/[\s:]+/).filter((word) => word !== '')
    }
    return undefined
  }

  /** Goes behind the next line that matches. */
  skipTo(pattern: RegExp, expected: string): string {
    while (this.#next < this.#lines.length) {
      const line = this.#lines[this.#next++]!
      if (pattern.test(line)) return line
    }
    throw badInstance(this.path, this.#lines.length, expected, '')
  }

  /** The words as whole numbers: at least `least` of them. */
  numbers(words: readonly string[] | undefined, least: number, expected: string): number[] {
    const numbers = (words ?? []).map((word) => (/^\d{1,15}$/.test(word) ? Number(word) : NaN))
    if (numbers.length < least || numbers.some((number) => Number.isNaN(number))) this.fail(expected, (words ?? []).join(' '))
    return numbers
  }

  fail(expected: string, found?: string): never {
    throw badInstance(this.path, this.#next, expected, found)
  }
}

/** Numbers the tasks topologically (Kahn, CACM 1962) and leaves out `dropped` ones, whose dependencies must not connect others. */
export function instanceOf(path: string, rows: readonly Row[], resources: readonly string[], node: PlanNode, dropped: (row: Row) => boolean): Instance {
  const order = topological(path, rows).filter((at) => !dropped(rows[at]!))
  const number = new Int32Array(rows.length).fill(-1)
  for (const [task, at] of order.entries()) number[at] = task
  const inputs = order.map((at) => [...new Set(rows[at]!.inputs)].map((input) => number[input]!).filter((input) => input >= 0))
  const starts = new Int32Array(order.length + 1)
  for (const [task, list] of inputs.entries()) starts[task + 1] = starts[task]! + list.length
  const problem: Problem = {
    count: order.length,
    duration: Float64Array.from(order, (at) => rows[at]!.duration),
    starts,
    inputs: Int32Array.from(inputs.flat()),
    bytes: new Float64Array(starts[order.length]!),
    resources,
    request: Float64Array.from(order.flatMap((at) => rows[at]!.request)),
    nodes: [node],
    link: { bandwidth: Infinity, latency: 0 },
  }
  return { problem, names: order.map((at) => rows[at]!.name) }
}

export function topological(path: string, rows: readonly Pick<Row, 'name' | 'inputs'>[]): number[] {
  const waiting = rows.map((row) => row.inputs.length)
  const outputs: number[][] = rows.map(() => [])
  for (const [at, row] of rows.entries()) for (const input of row.inputs) outputs[input]!.push(at)
  const order = [...rows.keys()].filter((at) => waiting[at] === 0)
  for (let k = 0; k < order.length; k++) {
    for (const at of outputs[order[k]!]!) if (--waiting[at]! === 0) order.push(at)
  }
  if (order.length < rows.length) {
    const stuck = rows[waiting.findIndex((count) => count > 0)]!
    throw badInstance(path, 0, 'a graph without cycles', `task ${stuck.name} waits for itself`)
  }
  return order
}

export function checkDuration(lines: Lines, duration: number): number {
  return duration <= MAX_DURATION ? duration : lines.fail(`a duration of at most ${MAX_DURATION}`, String(duration))
}
