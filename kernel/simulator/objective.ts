/** What is to be made small when policies are compared on what is left: the time until all is done or, of several jobs, the mean time until each is. */
import type { ForecastProblem } from './forecast.ts'

/** Runs of a problem that hang together are one job. */
export interface Jobs {
  readonly count: number
  /** Number of its job, of each of the problem's tasks. */
  readonly of: Int32Array
}

export function jobsOf({ problem, of }: Pick<ForecastProblem, 'problem' | 'of'>): Jobs {
  const rows = of.reduce((most, row) => Math.max(most, row + 1), 0)
  const parent = Int32Array.from({ length: rows }, (_, row) => row)
  const root = (row: number): number => {
    while (parent[row] !== row) row = parent[row] = parent[parent[row]!]!
    return row
  }
  const { starts, inputs, running, duration } = problem
  for (let task = 0; task < problem.count; task++) {
    for (let at = starts[task]!; at < starts[task + 1]!; at++) {
      const input = inputs[at]!
      // A result that a node holds is there for all: who takes it does not wait for each other.
      if ((running?.[input] ?? -1) >= 0 && duration[input] === 0) continue
      parent[root(of[input]!)] = root(of[task]!)
    }
  }
  const numbers = new Map<number, number>()
  const jobs = Int32Array.from(of, (row) => {
    const number = numbers.get(root(row)) ?? numbers.size
    numbers.set(root(row), number)
    return number
  })
  return { count: numbers.size, of: jobs }
}

/** @param end of each of the problem's tasks, ms from now */
export function meanJobTime({ count, of }: Jobs, end: (task: number) => number): number {
  const ends = new Float64Array(count)
  of.forEach((job, task) => (ends[job] = Math.max(ends[job]!, end(task))))
  return count === 0 ? 0 : ends.reduce((sum, one) => sum + one, 0) / count
}
