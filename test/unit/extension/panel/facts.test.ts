import { expect, test } from 'vitest'
import type { Headline } from '../../../../kernel/cluster/live/types.ts'
import { Calm } from '../../../../extension/src/panel/calm.ts'
import { cancelAll, cancelRun, rerunAllFailed, startCluster } from '../../../../extension/src/panel/actions.ts'
import { clusterFacts, elapsed, fileName, progressOf, share, typed } from '../../../../extension/src/panel/facts.ts'
import { readSettings } from '../../../../extension/src/settings.ts'
import { FakeClock } from '../live/fake-kernel.ts'
import { trans } from '../live/trans.ts'

const none = { waiting: 0, ready: 0, running: 0, 'backing-off': 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 }
const run = (id: number, facts: Partial<Headline> = {}): Headline => ({
  uid: String(id).padStart(16, '0'), id, name: `run ${id}`, kind: 'each', count: 10, counts: { ...none, running: 4, succeeded: 6 }, declared: 1000, final: false, ...facts,
})

test('the status counts the tasks of runs that have not ended', () => {
  const runs = [run(1), run(2, { final: true }), run(3, { count: 1000, counts: { ...none, failed: 1, waiting: 999 } })]
  expect(progressOf(runs)).toEqual({ running: 4, total: 1010, ended: 7 })
})

test('how long a run took is its makespan, or the time since it was declared, whatever the clocks say', () => {
  expect(elapsed(run(1), 3500)).toBe(2500)
  expect(elapsed(run(1), 500)).toBe(0)
  expect(elapsed(run(1, { final: true, makespan: 42 }), 3500)).toBe(42)
})

test('nodes that are not listed are counted', () => {
  const nodes = [{ name: 'a', slots: 2, busy: 1, resources: {} }, { name: 'b', slots: 4, busy: 4, resources: {} }]
  expect(clusterFacts({ policy: 'locality', nodes, omitted: 3 })).toEqual({ nodes: 5, slots: 6, busy: 5 })
})

test('only whole numbers in range are taken from a field', () => {
  expect(['4', ' 4 ', '0', '65', '1.5', 'four', '', ' '].map((text) => typed(text, 1, 64))).toEqual([4, 4, undefined, undefined, undefined, undefined, undefined, undefined])
})

test('shares are shares, of nonsense too', () => {
  expect([share(1, 4), share(5, 4), share(1, 0), share(-1, 4)]).toEqual([0.25, 1, 0, 0])
})

test('a notebook is called by its file', () => {
  expect([fileName('work/delays.ipynb'), fileName('delays.ipynb'), fileName('')]).toEqual(['delays.ipynb', 'delays.ipynb', ''])
})

test('what changes all the time is told at once, then at most once a period, and the last change always', () => {
  const clock = new FakeClock()
  const told: number[] = []
  const calm = new Calm(() => told.push(clock.time), 500, clock)
  for (let i = 0; i < 20; i++) {
    calm.tell()
    clock.advance(60)
  }
  clock.advance(10_000)
  expect(told).toEqual([0, 500, 1000, 1500])
  calm.tell()
  calm.tell()
  calm.stop()
  clock.advance(10_000)
  expect(told).toHaveLength(5)
  expect(clock.timers.size).toBe(0)
})

test('what was done is said with its number', async () => {
  const asked: unknown[] = []
  const kernel = { ask: async (question: unknown) => {
    asked.push(question)
    return { what: 'tasks', count: 1200 } as const
  } }
  expect(await cancelRun(kernel, run(1), trans)).toBe('run 1: 1,200 tasks cancelled.')
  expect(await cancelAll(kernel, [run(3), run(2, { final: true }), run(1)], trans)).toBe('2,400 tasks cancelled.')
  expect(await rerunAllFailed(kernel, [run(1), run(2, { final: true, counts: { ...none, failed: 1 } })], trans)).toBe('1,200 tasks run again.')
  expect(asked.slice(1)).toEqual([{ what: 'cancel', uid: run(1).uid }, { what: 'cancel', uid: run(3).uid }, { what: 'rerun', uid: run(2).uid, failedOnly: true }])
  asked.length = 0
  expect(await startCluster(kernel, 1, undefined, trans)).toBe('A cluster of 1 node runs.')
  expect(await startCluster(kernel, 4, 2, trans)).toBe('A cluster of 4 nodes runs.')
  expect(asked).toEqual([{ what: 'cluster-start', nodes: 1 }, { what: 'cluster-start', nodes: 4, slots: 2 }])
})

test('settings that make no sense are the defaults', () => {
  expect(readSettings({ graphHeight: 'tall', expandUpTo: -1, panes: ['timeline', 'graph', 'cellar'], live: 1 })).toEqual({
    graphHeight: 320, expandUpTo: 100_000, panes: ['graph', 'timeline'], live: true, panelRuns: 30,
  })
})
