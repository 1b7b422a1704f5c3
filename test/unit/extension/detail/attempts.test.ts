import { expect, test } from 'vitest'
import { attemptsOf } from '../../../../extension/src/detail/attempts.ts'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import { play, runFacts, samples } from '../../cluster/sample-runs.ts'

test('all that was tried for a task is told in order, the last as it stands', () => {
  const { tasks, attempts } = RunTables.from(samples['twelve tasks in progress']!())
  expect(attemptsOf(tasks, attempts, 3).map(({ attempt, how }) => [attempt, how])).toEqual([[1, 'threw'], [2, 'running']])
  expect(attemptsOf(tasks, attempts, 0).map(({ attempt, how }) => [attempt, how])).toEqual([[1, 'succeeded']])
})

test('a failed task shows each of its attempts once', () => {
  const { tasks, attempts } = RunTables.from(samples['a failed run with skipped followers']!())
  expect(attemptsOf(tasks, attempts, 4).map(({ attempt, how }) => [attempt, how])).toEqual([[1, 'threw'], [2, 'failed']])
})

test('an attempt that was lost says so, with its node', () => {
  const { tasks, attempts, record } = RunTables.from(play({ facts: runFacts({ count: 8 }), duration: () => 100, loses: { node: 'node-2', at: 50 } }).record(2000))
  const lost = Array.from({ length: 8 }, (_, task) => attemptsOf(tasks, attempts, task)).find((all) => all.length > 1)!
  expect(lost.map(({ how, node }) => [how, record.nodes[node]!.name])).toEqual([['node-lost', 'node-2'], ['succeeded', 'node-1']])
})

test('a task that was never handed out, or does not exist, has none', () => {
  const { tasks, attempts } = RunTables.from(samples['no nodes']!())
  expect(attemptsOf(tasks, attempts, 0)).toEqual([])
  expect(attemptsOf(tasks, attempts, 99)).toEqual([])
})
