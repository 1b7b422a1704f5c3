/** How long the tasks of a run took: a histogram, quantiles, the slowest, and what each node did. No DOM. */
import { FAILED, SUCCEEDED } from '../../../kernel/cluster/record/read.ts'
import type { TaskTable } from '../../../kernel/cluster/record/read.ts'

export interface Durations {
  /** Tasks that have a duration. */
  readonly count: number
  readonly least: number
  readonly median: number
  readonly p95: number
  readonly most: number
  /** Tasks in each of the equally wide (or equally much longer) classes from `least` to `most`. */
  readonly classes: readonly number[]
  /** The classes grow by a factor: the longest took many times as long as the shortest. */
  readonly logarithmic: boolean
}

const CLASSES = 28
/** Quantiles are those of at most so many tasks, evenly chosen: sorting more takes too long for a frame. */
const SAMPLE = 100_000

/** Of tasks that executed to their end; undefined when there is none. */
export function durationsOf(tasks: TaskTable): Durations | undefined {
  const all = new Float64Array(tasks.length)
  let count = 0
  let [least, most] = [Infinity, 0]
  for (let task = 0; task < tasks.length; task++) {
    const took = executed(tasks, task)
    if (!(took >= 0)) continue
    all[count++] = took
    if (took < least) least = took
    if (took > most) most = took
  }
  if (count === 0) return undefined
  const stride = Math.ceil(count / SAMPLE)
  const sample = Float64Array.from({ length: Math.ceil(count / stride) }, (_, i) => all[i * stride]!).sort()
  const quantile = (q: number): number => sample[Math.min(sample.length - 1, Math.floor(q * sample.length))]!
  const logarithmic = most > 30 * Math.max(least, 0.1)
  return { count, least, median: quantile(0.5), p95: quantile(0.95), most, logarithmic, classes: histogram(all.subarray(0, count), least, most, logarithmic) }
}

function executed(tasks: TaskTable, task: number): number {
  const state = tasks.state[task]
  return state === SUCCEEDED || state === FAILED ? tasks.ended[task]! - tasks.started[task]! : NaN
}

function histogram(values: Float64Array, least: number, most: number, logarithmic: boolean): number[] {
  const classes = new Array<number>(CLASSES).fill(0)
  for (const value of values) classes[Math.min(CLASSES - 1, Math.floor(position(value, least, most, logarithmic) * CLASSES))]!++
  return classes
}

/** Where a duration stands between the least and the most: 0 to 1. */
export function position(value: number, least: number, most: number, logarithmic: boolean): number {
  // A tenth of a millisecond is the least that records tell.
  const [a, b, v] = logarithmic ? [Math.log(Math.max(least, 0.1)), Math.log(most), Math.log(Math.max(value, 0.1))] : [least, most, value]
  return b > a ? Math.min(1, Math.max(0, (v - a) / (b - a))) : 0
}

/** The tasks that took longest, longest first. */
export function slowest(tasks: TaskTable, most: number): { readonly task: number; readonly took: number }[] {
  const top: { task: number; took: number }[] = []
  for (let task = 0; task < tasks.length; task++) {
    const took = executed(tasks, task)
    if (!(took >= 0) || (top.length === most && took <= top[most - 1]!.took)) continue
    const at = top.findIndex((other) => other.took < took)
    top.splice(at < 0 ? top.length : at, 0, { task, took })
    if (top.length > most) top.pop()
  }
  return top
}

export interface NodeShare {
  readonly node: number
  readonly succeeded: number
  readonly failed: number
  /** ms of slots. */
  readonly busy: number
}

/** By row of the record's nodes, busiest first: those that executed anything. */
export function nodeShares(tasks: TaskTable, nodes: number): NodeShare[] {
  const [succeeded, failed, busy] = [new Float64Array(nodes), new Float64Array(nodes), new Float64Array(nodes)]
  for (let task = 0; task < tasks.length; task++) {
    const node = tasks.node[task]!
    const took = executed(tasks, task)
    if (!(node >= 0 && node < nodes) || !(took >= 0)) continue
    busy[node]! += took
    if (tasks.state[task] === FAILED) failed[node]!++
    else succeeded[node]!++
  }
  const shares: NodeShare[] = []
  for (let node = 0; node < nodes; node++) if (succeeded[node]! + failed[node]! > 0) shares.push({ node, succeeded: succeeded[node]!, failed: failed[node]!, busy: busy[node]! })
  return shares.sort((a, b) => b.succeeded + b.failed - (a.succeeded + a.failed) || a.node - b.node)
}
