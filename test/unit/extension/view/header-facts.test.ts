import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advanceOf, coarse, failuresOf, standingOf, taskName } from '../../../../extension/src/view/header-facts.ts'
import { momentOf } from '../../../../extension/src/run/moment.ts'
import { RunStore } from '../../../../extension/src/run/store.ts'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import type { RunRecord, StateCounts } from '../../../../kernel/cluster/record/types.ts'
import { play, runFacts, samples } from '../../cluster/sample-runs.ts'

const storeOf = (record: RunRecord): RunStore => new RunStore(RunTables.from(record))
const counts = (some: Partial<StateCounts>): StateCounts => ({ waiting: 0, ready: 0, running: 0, 'backing-off': 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0, ...some })
const connection = { ask: () => Promise.reject(new Error('not asked')), follow: () => undefined, behind: () => undefined }

describe('where a view gets its state from', () => {
  test('is told: the kernel, the notebook, a kernel that is gone, a moment of the past', () => {
    const running = storeOf(samples['twelve tasks in progress']!())
    expect(standingOf(running, undefined)).toEqual({ kind: 'unfinished', time: 2300 })
    running.connect(connection)
    expect(standingOf(running, undefined)).toEqual({ kind: 'live' })
    expect(standingOf(running, 700)).toEqual({ kind: 'replay', time: 700 })
    running.disconnect()
    expect(standingOf(running, undefined)).toEqual({ kind: 'gone', time: 2300 })
    const ended = storeOf(samples['a single task']!())
    expect(standingOf(ended, undefined)).toEqual({ kind: 'saved' })
    ended.connect(connection)
    expect(standingOf(ended, undefined)).toEqual({ kind: 'connected' })
    ended.disconnect()
    expect(standingOf(ended, undefined)).toEqual({ kind: 'saved' })
  })
})

describe('how far a run is', () => {
  test('follows from its counts: rate of what executed, and the time that the rest takes at that rate', () => {
    expect(advanceOf(counts({ succeeded: 90, failed: 10, skipped: 20, running: 30, waiting: 50 }), 10_000)).toEqual({ ended: 120, total: 200, elapsed: 10_000, perSecond: 10, remaining: 8000 })
  })

  test('is not guessed at before anything has been executed, nor when all has ended', () => {
    expect(advanceOf(counts({ running: 4, waiting: 96 }), 3000)).toMatchObject({ perSecond: undefined, remaining: undefined })
    expect(advanceOf(counts({ succeeded: 50, waiting: 50 }), 400).remaining).toBeUndefined()
    expect(advanceOf(counts({ succeeded: 100 }), 1000).remaining).toBeUndefined()
    expect(advanceOf(counts({ succeeded: 100, waiting: 1 }), 0)).toMatchObject({ perSecond: undefined, remaining: undefined })
  })

  test('is told in coarse steps, never as nothing', () => {
    expect([1, 900, 3400, 14_400, 43_000, 130_000, 4_000_000, 20_000_000].map(coarse)).toEqual([1000, 1000, 3000, 14_000, 45_000, 120_000, 4_020_000, 19_800_000])
    fc.assert(fc.property(fc.double({ min: 2000, max: 1e9, noNaN: true }), (ms) => Math.abs(coarse(ms) - ms) <= 0.26 * ms))
  })
})

describe('what failed', () => {
  test('is told by the first root failure, with those that it kept from running', () => {
    const store = storeOf(samples['a failed run with skipped followers']!())
    const found = failuresOf(store, momentOf(store, undefined))
    expect(found).toMatchObject({ failed: 1, first: 4, error: { name: 'TypeError' }, behind: store.record.counts.skipped, fromOutside: 0, outside: undefined })
    expect(found.behind).toBeGreaterThan(2)
  })

  test('is the earliest, not the one with the lowest index', () => {
    const store = storeOf(play({ facts: runFacts({ count: 4, options: { ...runFacts().options, retries: 0 } }), duration: (index) => 1000 - 200 * index, throws: () => true }).record(4000))
    expect(failuresOf(store, momentOf(store, undefined))).toMatchObject({ failed: 4, first: 3 })
  })

  test('is not told at a moment before it', () => {
    const store = storeOf(samples['a failed run with skipped followers']!())
    expect(failuresOf(store, momentOf(store, 10))).toMatchObject({ failed: 0, first: undefined, error: undefined, behind: 0 })
  })

  test('may have happened in another run', () => {
    const store = storeOf({ ...samples['a failed run with skipped followers']!() })
    store.tasks.state.fill(7)
    store.tasks.rootRun.fill(1)
    store.tasks.root.fill(9)
    const moment = { ...momentOf(store, undefined), counts: counts({ skipped: 23 }) }
    expect(failuresOf(store, moment)).toMatchObject({ failed: 0, first: undefined, fromOutside: 23, outside: { run: 'shards', task: 9, count: 24 } })
    store.tasks.rootRun.fill(5000)
    expect(failuresOf(store, moment).outside).toBeUndefined()
  })
})

test('a task is called by its run and index, and by its run alone where it is the only one', () => {
  expect(taskName({ name: 'delays', count: 12 }, 7)).toBe('delays[7]')
  expect(taskName({ name: 'model', count: 1 }, 0)).toBe('model')
  expect(taskName({ name: `\u202Ex\n${'y'.repeat(500)}`, count: 2 }, 1)).toMatch(/^x y{57}…\[1\]$/)
})
