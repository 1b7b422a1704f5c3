import { describe, expect, test } from 'vitest'
import { RunStore } from '../../../../extension/src/run/store.ts'
import { advanceWords } from '../../../../extension/src/view/header-advance.ts'
import type { PaneContext } from '../../../../extension/src/view/pane.ts'
import { momentOf } from '../../../../extension/src/run/moment.ts'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import type { ExpectedEnd, RunRecord } from '../../../../kernel/cluster/record/types.ts'
import { timeLeft, timeLeftWords } from '../../../../kernel/cluster/view/amounts.ts'
import { summarize } from '../../../../kernel/cluster/view/summary.ts'
import { validateRecord } from '../../../../kernel/cluster/record/check.ts'
import { samples } from '../../cluster/sample-runs.ts'
import { trans } from '../live/trans.ts'

const connection = { ask: () => Promise.reject(new Error('not asked')), follow: () => undefined, behind: () => undefined }
const minutes = (early: number, middle: number, late: number): ExpectedEnd => ({ early: 2300 + early * 60_000, middle: 2300 + middle * 60_000, late: 2300 + late * 60_000 })
const running = (expected?: ExpectedEnd): RunRecord => ({ ...samples['twelve tasks in progress']!(), ...(expected && { expected }) })

function words(record: RunRecord, live: boolean, time?: number): string[] {
  const store = new RunStore(RunTables.from(record))
  if (live) store.connect(connection)
  return advanceWords({ store, trans, moment: () => ({ ...momentOf(store, time), time: time ?? 2300, present: time === undefined }) } as unknown as PaneContext)
}

describe('the expected end of a run', () => {
  test('is told in the header while the run is live, with its uncertainty', () => {
    expect(words(running(minutes(1.5, 2, 3)), true).at(-1)).toBe('about 2 min left (1.5–3)')
  })

  test('is not told of what a notebook kept, at a moment of the past, nor when the run has ended', () => {
    const expected = minutes(1.5, 2, 3)
    const told = [words(running(expected), false), words(running(expected), true, 700), words({ ...samples['a single task']!(), expected }, true)]
    expect(told.flat().filter((one) => one.includes('left'))).toEqual([])
  })

  test('takes the place of the guess by rate, which remains where the kernel expects nothing', () => {
    expect(words(running(), true).filter((one) => one.includes('left'))).toHaveLength(1)
    expect(words(running(minutes(60, 90, 120)), true).filter((one) => one.includes('left'))).toEqual(['about 90 min left (60–120)'])
  })

  test('comes with each change, and is gone when it is told no more', () => {
    const record = running()
    const store = new RunStore(RunTables.from(record))
    const { asOf, makespan, counts, bytes, run: { uid, options: { priority } } } = record
    const delta = { uid, asOf, final: false, makespan, counts, bytes, priority }
    store.apply({ ...delta, expected: minutes(1, 2, 3) })
    expect(store.record.expected).toEqual(minutes(1, 2, 3))
    store.apply(delta)
    expect(store.record).not.toHaveProperty('expected')
  })

  test('stands in the text of an unfinished record, as of then, and the record is valid', () => {
    const record = running(minutes(1.5, 2, 3))
    expect(summarize(record)).toContain('done after 2.3 s, about 2 min left (1.5–3)')
    expect(validateRecord(record)).toMatchObject({ ok: true })
  })
})

test('what is left of the time is told in one unit, coarsely, and without a range that says nothing', () => {
  const seconds = (...all: [number, number, number]): string => timeLeftWords(timeLeft(all[0] * 1000, all[1] * 1000, all[2] * 1000))
  expect([seconds(4, 5, 9), seconds(5.2, 5, 5.4), seconds(-3, 0.2, 4), seconds(80, 99, 130), seconds(60, 100, 900), seconds(3600, 7500, 20_000), seconds(86_400, 200_000, 300_000)]).toEqual([
    'about 5 s left (4–9)', 'about 5 s left', 'about <1 s left (<1–4)', 'about 99 s left (80–130)', 'about 1.5 min left (1–15)', 'about 2 h left (1–5.5)', 'about 2.5 d left (1–3.5)',
  ])
})
