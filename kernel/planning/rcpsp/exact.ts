import type { Problem } from '../problem.ts'

/**
 * The serial scheme in the problem's own amounts and durations, for schedules that were searched for on a grid: every task, in the order of
 * `start`, as early as it fits. What is free changes at `times`.
 */
export function exactSchedule(problem: Problem, start: Float64Array): Float64Array {
  const { slots, capacity, speed } = problem.nodes[0]!
  const width = problem.resources.length
  const times: number[] = [0]
  const free: number[][] = [[slots, ...capacity]]
  const result = new Float64Array(problem.count)
  const needOf = (task: number): number[] => [1, ...problem.request.subarray(task * width, (task + 1) * width)]
  /** Index of the interval that begins at `time`, split off if need be. */
  const split = (time: number): number => {
    let at = times.length
    while (times[at - 1]! > time) at--
    if (times[at - 1] === time) return at - 1
    times.splice(at, 0, time)
    free.splice(at, 0, [...free[at - 1]!])
    return at
  }
  for (const task of orderOf(problem, start)) {
    const length = problem.duration[task]! / speed
    const running = (problem.running?.[task] ?? -1) >= 0
    let from = running ? 0 : (problem.release?.[task] ?? 0)
    if (!running) for (let k = problem.starts[task]!; k < problem.starts[task + 1]!; k++) from = Math.max(from, result[problem.inputs[k]!]! + problem.duration[problem.inputs[k]!]! / speed)
    if (length > 0) {
      const need = needOf(task)
      for (let at = indexAt(times, from); at < times.length && times[at]! < from + length; at++) {
        if (need.some((amount, r) => amount > free[at]![r]! + 1e-9 * Math.abs(amount))) from = times[at + 1]!
      }
      const first = split(from)
      const last = split(from + length)
      for (let at = first; at < last; at++) for (const [r, amount] of need.entries()) free[at]![r]! -= amount
    }
    result[task] = from
  }
  return result
}

function indexAt(times: readonly number[], time: number): number {
  let at = times.length - 1
  while (times[at]! > time) at--
  return at
}

/** What already runs first, then by start, then topologically. */
function orderOf(problem: Problem, start: Float64Array): number[] {
  const late = (task: number): number => ((problem.running?.[task] ?? -1) >= 0 ? -1 : start[task]!)
  return [...start.keys()].sort((a, b) => late(a) - late(b) || a - b)
}
