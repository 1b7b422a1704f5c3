import { nullTranslator } from '@jupyterlab/translation'
import { expect, test } from 'vitest'
import { amounts, clockTime, dateTime, dependencyLines, known, optionFacts } from '../../../../extension/src/detail/facts.ts'
import { runFacts, samples } from '../../cluster/sample-runs.ts'

const trans = nullTranslator.load('sluice')

test('times that are none are shown as such, and do not throw', () => {
  expect([NaN, -1, Infinity, 1234].map(known)).toEqual(['–', '–', '–', '1.2 s'])
  for (const ms of [NaN, Infinity, 9e15]) expect([clockTime(ms), dateTime(ms)]).toEqual(['', ''])
  expect(clockTime(1_790_000_000_123)).toMatch(/^\d\d:\d\d:\d\d\.123$/)
})

test('options are told in words, and only those that somebody asked for', () => {
  expect(optionFacts(trans, { ...runFacts().options, priority: 10, retries: 0 })).toEqual([['priority', 'high (10)'], ['each asks for', 'cpu 1'], ['retries', 'none']])
  expect(optionFacts(trans, { ...runFacts().options, priority: 3.5, timeout: 30_000, replicas: 2, mode: 'sync', node: 'big', labels: { zone: 'a' }, policy: 'locality' })).toEqual([
    ['priority', '3.5'], ['each asks for', 'cpu 1'], ['only on', 'big, zone=a'], ['retries', '2, the first after 100 ms'], ['timeout', '30 s'],
    ['replicas', '2'], ['mode', 'all start together'], ['policy', 'locality'],
  ])
  expect(amounts({ cpu: 2, memory: 2 * 2 ** 30, license: 1 })).toBe('cpu 2, memory 2 GiB, license 1')
})

test('dependencies are told by the names of runs; a run that is unknown by its number', () => {
  const record = samples['a thousand tasks that lose a node']!()
  expect(dependencyLines(trans, record, record.dependencies, 10)).toEqual(['its own task of flights', 'all of airports'])
  expect(dependencyLines(trans, record, [{ how: 'tasks', on: 2, tasks: [1, 2] }, { how: 'tree', leaves: 1024 }, { how: 'all', on: 77 }, { how: 'each', on: 3, stride: 4, count: 9 }], 10)).toEqual([
    '2 tasks of flights', 'a tree over 1,024 items', 'all of run 77', 'a task of airports, 4 share each',
  ])
  expect(dependencyLines(trans, record, Array.from({ length: 1000 }, () => ({ how: 'all' as const, on: 2 })), 20)).toHaveLength(20)
})
