import type { Problem } from '../problem.ts'
import { capacityWords, type CapacityWords } from './capacity.ts'

/**
 * A problem of one node, made for generating many schedules: integer durations, and requests packed into few integers. Tasks keep
 * their numbers; behind them come delays, tasks that need nothing and stand for the releases of others, so that a schedule read from its
 * end is a schedule of the mirrored project. Durations that are not integers are rounded up to a grid; `exact` says whether none was.
 */
export interface Project {
  readonly count: number
  /** Of them, how many are the problem's. */
  readonly tasks: number
  readonly duration: Int32Array
  /** ms of one unit of time. */
  readonly unit: number
  readonly exact: boolean
  /** No schedule of a list is longer. */
  readonly horizon: number
  readonly resources: CapacityWords
  readonly forward: Direction
  readonly backward: Direction
  /** Tasks that run already, and so come first in every list. */
  readonly fixed: Int32Array
}

/** Precedence as seen when time runs this way: backward, what was last is first. */
export interface Direction {
  /** Tasks that must end before task i begins: `before[beforeStarts[i]] … before[beforeStarts[i + 1] - 1]`. */
  readonly beforeStarts: Int32Array
  readonly before: Int32Array
  readonly afterStarts: Int32Array
  readonly after: Int32Array
  /** Earliest start by precedence alone. */
  readonly head: Int32Array
  /** Longest chain from the start of the task to the end of all. */
  readonly tail: Int32Array
  /** All tasks so that each comes behind those before it. */
  readonly order: Int32Array
}

/** Steps of the grid for each task and in all, at most: a finer one makes every schedule take longer. */
const STEPS = 256
const GRID = 65_536

/** Of a problem whose only node can take every task. */
export function projectOf(problem: Problem): Project {
  const delays = delaysOf(problem)
  const count = problem.count + delays.length
  const speed = problem.nodes[0]!.speed
  // In time of a node of speed 1, in which durations are more often integers.
  const lengths = new Float64Array(count)
  lengths.set(problem.duration)
  for (const [k, task] of delays.entries()) lengths[problem.count + k] = problem.release![task]! * speed
  const { unit, exact } = unitOf(lengths)
  const duration = Int32Array.from(lengths, (length) => Math.ceil(length / unit))
  const graph = edgesOf(problem, delays)
  const order = orderOf(problem, delays)
  const forward = directionOf(count, duration, graph.to, graph.from, order)
  const backward = directionOf(count, duration, graph.from, graph.to, Int32Array.from(order).reverse())
  const horizon = duration.reduce((sum, length) => sum + length, 1)
  const fixed: number[] = []
  for (let i = 0; i < problem.count; i++) if ((problem.running?.[i] ?? -1) >= 0) fixed.push(i)
  return { count, tasks: problem.count, duration, unit: unit / speed, exact, horizon, resources: capacityWords(problem, count), forward, backward, fixed: Int32Array.from(fixed) }
}

/** Tasks that may not start before their inputs allow anyway need no delay. */
function delaysOf(problem: Problem): number[] {
  const tasks: number[] = []
  for (let i = 0; i < problem.count; i++) if ((problem.release?.[i] ?? 0) > 0 && (problem.running?.[i] ?? -1) < 0) tasks.push(i)
  return tasks
}

/** The greatest unit of which all durations are multiples, if that makes no more steps than a grid may have; else one that makes so many. */
function unitOf(lengths: Float64Array): { unit: number, exact: boolean } {
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const steps = Math.min(GRID, STEPS * lengths.length)
  let unit = 0
  if (lengths.every((length) => Number.isInteger(length))) for (const length of lengths) unit = divisor(unit, length)
  if (unit > 0 && total / unit <= steps) return { unit, exact: true }
  return total > 0 ? { unit: total / steps, exact: false } : { unit: 1, exact: true }
}

function divisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b]
  return a
}

function edgesOf(problem: Problem, delays: readonly number[]): { from: Int32Array, to: Int32Array } {
  const from: number[] = []
  const to: number[] = []
  for (let task = 0; task < problem.count; task++) {
    // What already runs waits for nothing.
    if ((problem.running?.[task] ?? -1) >= 0) continue
    for (let k = problem.starts[task]!; k < problem.starts[task + 1]!; k++) {
      from.push(problem.inputs[k]!)
      to.push(task)
    }
  }
  for (const [k, task] of delays.entries()) {
    from.push(problem.count + k)
    to.push(task)
  }
  return { from: Int32Array.from(from), to: Int32Array.from(to) }
}

/** Delays first, for tasks wait for them. */
function orderOf(problem: Problem, delays: readonly number[]): Int32Array {
  return Int32Array.from([...delays.keys()].map((k) => problem.count + k).concat([...Array(problem.count).keys()]))
}

/** `ends[e]` waits for `others[e]`. */
function directionOf(count: number, duration: Int32Array, ends: Int32Array, others: Int32Array, order: Int32Array): Direction {
  const { starts: beforeStarts, lists: before } = listsOf(count, ends, others)
  const { starts: afterStarts, lists: after } = listsOf(count, others, ends)
  const head = new Int32Array(count)
  const tail = new Int32Array(count)
  for (const task of order) {
    for (let k = beforeStarts[task]!; k < beforeStarts[task + 1]!; k++) head[task] = Math.max(head[task]!, head[before[k]!]! + duration[before[k]!]!)
  }
  for (let at = count - 1; at >= 0; at--) {
    const task = order[at]!
    for (let k = afterStarts[task]!; k < afterStarts[task + 1]!; k++) tail[task] = Math.max(tail[task]!, tail[after[k]!]!)
    tail[task]! += duration[task]!
  }
  return { beforeStarts, before, afterStarts, after, head, tail, order }
}

function listsOf(count: number, keys: Int32Array, values: Int32Array): { starts: Int32Array, lists: Int32Array } {
  const starts = new Int32Array(count + 1)
  for (const key of keys) starts[key + 1]!++
  for (let i = 0; i < count; i++) starts[i + 1]! += starts[i]!
  const lists = new Int32Array(keys.length)
  const next = starts.slice()
  for (let e = 0; e < keys.length; e++) lists[next[keys[e]!]!++] = values[e]!
  return { starts, lists }
}
