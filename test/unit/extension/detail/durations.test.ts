import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationsOf, nodeShares, position, slowest } from '../../../../extension/src/detail/durations.ts'
import { readTasks } from '../../../../kernel/cluster/record/read.ts'
import type { TaskTable } from '../../../../kernel/cluster/record/read.ts'
import { samples } from '../../cluster/sample-runs.ts'

/** Tasks that succeeded after so many ms; NaN: one that has not begun. */
function tasksThatTook(durations: readonly number[], node: readonly number[] = [], state: readonly number[] = []): TaskTable {
  const column = (value: (i: number) => number): Float64Array => Float64Array.from({ length: durations.length }, (_, i) => value(i))
  const none = column(() => -1)
  return {
    length: durations.length, state: column((i) => state[i] ?? (durations[i]! >= 0 ? 4 : 0)), attempts: none, attempt: none, node: column((i) => node[i] ?? 0), slot: none,
    ready: column(() => 0), started: column((i) => (durations[i]! >= 0 ? 5 : NaN)), ended: column((i) => 5 + durations[i]!), error: none, rootRun: none, root: none,
  }
}

test('quantiles are those of the tasks that executed', () => {
  const found = durationsOf(tasksThatTook([...Array.from({ length: 100 }, (_, i) => i + 1), NaN]))
  expect(found).toMatchObject({ count: 100, least: 1, median: 51, p95: 96, most: 100, logarithmic: true })
  expect(durationsOf(tasksThatTook([NaN, NaN]))).toBeUndefined()
  expect(durationsOf(tasksThatTook([]))).toBeUndefined()
})

test('every task is in one class, whatever the durations are', () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 200 }), (durations) => {
    const found = durationsOf(tasksThatTook(durations))!
    expect(found.classes.reduce((sum, n) => sum + n, 0)).toBe(durations.length)
    expect(found.least <= found.median && found.median <= found.p95 && found.p95 <= found.most).toBe(true)
    for (const ms of [found.least, found.median, found.p95, found.most]) expect(position(ms, found.least, found.most, found.logarithmic)).toSatisfy((at: number) => at >= 0 && at <= 1)
  }))
})

test('equal durations fill one class', () => {
  expect(durationsOf(tasksThatTook([7, 7, 7]))).toMatchObject({ least: 7, most: 7, logarithmic: false })
  expect(durationsOf(tasksThatTook([7, 7, 7]))!.classes[0]).toBe(3)
})

test('the slowest come first, and equals in order of index', () => {
  expect(slowest(tasksThatTook([3, 9, NaN, 9, 1, 20, 4]), 4)).toEqual([{ task: 5, took: 15 + 5 }, { task: 1, took: 9 }, { task: 3, took: 9 }, { task: 6, took: 4 }])
  fc.assert(fc.property(fc.array(fc.nat(50)), (durations) => {
    const sorted = durations.toSorted((a, b) => b - a).slice(0, 5)
    expect(slowest(tasksThatTook(durations), 5).map(({ took }) => took)).toEqual(sorted)
  }))
})

test('nodes are told with what they did, the busiest first; rows that point nowhere count for none', () => {
  expect(nodeShares(tasksThatTook([1, 2, 3, 4, 5], [2, 0, 2, 9, -1], [4, 4, 5, 4, 4]), 3)).toEqual([
    { node: 2, succeeded: 1, failed: 1, busy: 4 }, { node: 0, succeeded: 1, failed: 0, busy: 2 },
  ])
})

test('a hundred thousand tasks are summed up, and the slowest of them found', () => {
  const tasks = readTasks(samples['a hundred thousand tasks']!())
  expect(durationsOf(tasks)!.count).toBe(100_000)
  expect(slowest(tasks, 5)).toHaveLength(5)
  expect(nodeShares(tasks, 8).length).toBeGreaterThan(0)
})
