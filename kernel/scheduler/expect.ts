/** What is expected of a task: how long it takes, how large its inputs and its result are, how long it takes to bring the inputs. */
import { emptyEstimate, type Estimate, faded, learned, mean } from './estimate.ts'
import { setUnit } from './job.ts'
import type { Node } from './node.ts'
import { raiseWeight } from './path.ts'
import type { Run } from './run.ts'
import type { Machine } from './state.ts'
import type { Link, TaskId } from './task.ts'
import { SUCCEEDED } from './task-table.ts'

/** Inputs looked at for one transfer, so that its cost does not grow with their number. */
const SAMPLE = 32
/** Names of which estimates are kept: those used last. */
const NAMES = 1000
/** The past of a name counts for no more than so many runs like the present one. */
const PAST = 20
/** What a run's tasks are expected to take on average is settled anew when it has changed by such a factor. */
const DRIFT = 1.25
/** Nothing is expected to take longer, ms: some thirty years. A power law may say anything of inputs of a size never seen. */
const LONGEST = 1e12
/** Weight of the newest duration in that of the unknown task. */
const NEWEST = 0.05
/** Of a network whose speed nobody told: 125 MB/s. */
export const usualLink: Link = { bandwidth: 125_000, latency: 0 }

/** The estimate for a run of so many tasks. Its name is from now on the one used last, and what it adds counts more than the past. */
export function estimateOf(m: Machine, name: string, count: number): Estimate {
  const estimate = m.estimates.get(name) ?? emptyEstimate()
  for (let weight = estimate.weight; weight > PAST * Math.max(count, 1); weight /= 2) faded(estimate)
  m.estimates.delete(name)
  m.estimates.set(name, estimate)
  if (m.estimates.size > NAMES) m.estimates.delete(m.estimates.keys().next().value!)
  return estimate
}

/** What an average task of the run is expected to take; of an unknown run, as much as others do. */
export function usual(m: Machine, estimate: Estimate): number {
  return Math.min(estimate.weight > 0 ? mean(estimate) : Math.exp(m.typical), LONGEST)
}

export function expected(m: Machine, task: TaskId): number {
  const { estimate } = m.runOf(task)
  return Math.min(estimate.weight > 0 ? mean(estimate, inputBytes(m, task)) : Math.exp(m.typical), LONGEST)
}

/** Learns from the duration of a task on a node of speed 1. */
export function learn(m: Machine, run: Run, task: TaskId, duration: number, size: number): void {
  learned(run.estimate, inputBytes(m, task), duration, size)
  const y = Math.log(Math.max(duration, 0.001))
  m.typical = m.anyLearned ? m.typical + NEWEST * (y - m.typical) : y
  m.anyLearned = true
  const unit = usual(m, run.estimate)
  if (unit > run.unit * DRIFT || unit * DRIFT < run.unit) setUnit(m, run, unit)
  if (unit > 2 * run.weight) raiseWeight(m, run, unit)
}

/** Bytes of a result, or what such results have on average as long as it is not there. */
export function sizeOf(m: Machine, task: TaskId): number {
  return m.tasks.status[task] === SUCCEEDED ? m.tasks.bytes[task]! : m.runOf(task).estimate.size
}

/** Bytes of all that the task is given. */
export function inputBytes(m: Machine, task: TaskId): number {
  const run = m.runOf(task)
  const index = task - run.spec.first
  const own = run.spec.bytes?.[index] ?? 0
  let bytes = own > 0 && own < Infinity ? own : 0
  if (run.starts) for (let at = run.starts[index]!; at < run.starts[index + 1]!; at++) bytes += sizeOf(m, run.inputs![at]!)
  for (const input of run.shared) bytes += sizeOf(m, input)
  for (const need of run.needs) bytes += need.resultBytes + need.unfinished * need.estimate.size
  return bytes
}

/** ms until the inputs that the node lacks are there, if all travel at the same time. A sample of the inputs, when there are many. */
export function transfer(m: Machine, task: TaskId, node: Node): number {
  const run = m.runOf(task)
  if (!run.starts && run.needs.length === 0 && run.shared.length === 0) return 0
  let largest = -1
  for (const input of m.inputs(task, SAMPLE)) {
    if (m.tasks.holder[input] !== node.number && !m.holdersBesides.get(input)?.includes(node)) largest = Math.max(largest, m.tasks.bytes[input]!)
  }
  return largest < 0 ? 0 : m.link.latency + largest / m.link.bandwidth
}
