import { expect, test } from 'vitest'
import { explain } from '../../../kernel/scheduler/index.ts'
import { World } from './build.ts'

test('a waiting task says for which tasks and runs', () => {
  const world = new World()
  world.node('a')
  const x = world.run('x', { count: 30 })
  world.run('y', { inputs: [Array.from({ length: 30 }, (_, i) => i)], after: [x] })
  world.finish(0)
  const { waitsFor } = explain(world.state, 30)
  expect(waitsFor).toMatchObject({ count: 29, runs: [{ run: 1, name: 'x', unfinished: 29, count: 30 }], barrier: 0 })
  expect(waitsFor!.tasks).toHaveLength(20)
  expect(waitsFor!.tasks[0]).toEqual({ task: 1, run: 1, index: 1, state: 'running' })
})

test('a ready task says what it asked, and what each node lacks', () => {
  const world = new World()
  world.node('a', 2, { cpu: 2 })
  world.node('b', 1, { cpu: 4 }, { zone: 'x' })
  world.run('busy', { count: 3 })
  world.run('wide', { request: { cpu: 2, gpu: 1 }, placement: { labels: { zone: 'x' } } })
  expect(explain(world.state, 3).asks).toMatchObject({
    capable: 0, ahead: 0,
    shortfalls: [
      { node: 'a', refused: true, idleSlots: 0 },
      { node: 'b', refused: false, idleSlots: 0, lacks: [{ resource: 'gpu', asked: 1, free: 0, total: 0 }] },
    ],
  })
})

test('a running task says where, since when, why there, and behind what', () => {
  const world = new World()
  world.node('a')
  world.node('b')
  world.time = 7
  world.run('x')
  expect(explain(world.state, 0)).toMatchObject({
    runs: [{ node: 'a', slot: 0, attempt: 1, since: 7, ahead: 0 }],
    placed: { node: 'a', policy: 'critical-path', reason: 'the least loaded node that fits' },
  })
})

test('a failed task says how each attempt ended', () => {
  const world = new World()
  world.node('a')
  world.run('x', { retries: 1, backoff: 10 })
  world.lose('a')
  world.node('b')
  world.fail(0, 'one')
  expect(explain(world.state, 0).waitsFor).toMatchObject({ pause: 10 })
  world.wait()
  world.fail(0, 'two')
  const { history, failures, retries, state, story } = explain(world.state, 0)
  expect(history.map(({ how, node, error }) => [how, node, error])).toEqual([['node-lost', 'a', undefined], ['threw', 'b', 'one'], ['threw', 'b', 'two']])
  expect({ failures, retries, state }).toMatchObject({ failures: 2, retries: 1, state: { state: 'failed' } })
  expect(story.at(-1)).toMatchObject({ state: 'failed' })
})

test('a skipped task names its root and how that ended', () => {
  const world = new World()
  world.node('a')
  world.run('x')
  world.run('y', { inputs: [[0]] })
  world.run('z', { inputs: [[1]] })
  world.fail(0)
  expect(explain(world.state, 2).root).toMatchObject({ task: 0, run: 1, index: 0, state: { state: 'failed', failure: { error: 'oops' } } })
})

test('an unknown task is an error', () => {
  expect(() => explain(new World().state, 3)).toThrow('no task 3')
})
