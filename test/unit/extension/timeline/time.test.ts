import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advanced, failuresPath, progressOf, progressPath, speedsFor } from '../../../../extension/src/timeline/progress.ts'
import { failuresOver, receivedOver, waitingOver } from '../../../../extension/src/timeline/series.ts'
import { niceStep, tickLabel, ticksOf } from '../../../../extension/src/timeline/ticks.ts'
import { clamped, followed, panned, showing, zoomed } from '../../../../extension/src/timeline/window.ts'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import { samples } from '../../cluster/sample-runs.ts'

const spans = fc.tuple(fc.double({ min: 0, max: 0.9, noNaN: true }), fc.double({ min: 1e-6, max: 1, noNaN: true }), fc.double({ min: 1, max: 1e9, noNaN: true })).map(([from, length, end]) => ({ span: clamped({ from: from * end, to: (from + length) * end }, end), end }))

describe('the window', () => {
  test('stays within the run whatever is asked', () => {
    fc.assert(fc.property(spans, fc.double(), fc.double({ min: 0 }), ({ span, end }, about, factor) => {
      for (const next of [zoomed(span, about, factor, end), panned(span, about, end), showing(span, about, about + factor, end), clamped({ from: about, to: factor }, end)]) {
        expect(next.from >= 0 && next.to <= end * (1 + 1e-9) && next.to > next.from).toBe(true)
      }
    }))
  })

  test('zooms about what is pointed at', () => {
    const next = zoomed({ from: 0, to: 1000 }, 250, 4, 1000)
    expect(next).toEqual({ from: 187.5, to: 437.5 })
  })

  test('goes on showing the end of a run that goes on, and stays where it is otherwise', () => {
    expect(followed({ from: 500, to: 1000 }, 1000, 1200)).toEqual({ from: 700, to: 1200 })
    expect(followed({ from: 200, to: 400 }, 1000, 1200)).toEqual({ from: 200, to: 400 })
  })

  test('moves only as far as it takes to show something', () => {
    const span = { from: 100, to: 200 }
    expect(showing(span, 120, 140, 1000)).toBe(span)
    expect(showing(span, 250, 260, 1000)).toEqual({ from: 170, to: 270 })
  })
})

describe('ticks', () => {
  test('are few, within the span, and told apart by their labels', () => {
    fc.assert(fc.property(spans, fc.integer({ min: 1, max: 12 }), ({ span, end }, most) => {
      const { step, times } = ticksOf(span, most)
      expect(times.length).toBeLessThanOrEqual(most + 2)
      for (const time of times) expect(time >= span.from - step * 1e-6 && time <= span.to * (1 + 1e-8)).toBe(true)
      if (step >= 1) expect(new Set(times.map((time) => tickLabel(time, step, end))).size).toBe(times.length)
    }))
  })

  test('stand at times that people count in', () => {
    expect([0.3, 3, 30, 300, 3000, 12_000, 40_000, 400_000, 4e6, 9e7].map(niceStep)).toEqual([0.5, 5, 50, 500, 5000, 15_000, 60_000, 600_000, 7_200_000, 172_800_000])
  })

  test('are labelled as exactly as they need', () => {
    expect([tickLabel(0, 1, 10), tickLabel(250, 50, 900), tickLabel(1500, 500, 9000), tickLabel(45_000, 5000, 60_000), tickLabel(150_000, 30_000, 400_000), tickLabel(600_000, 60_000, 3_600_000), tickLabel(9_300_000, 300_000, 2e7), tickLabel(1.728e8, 8.64e7, 1e9)]).toEqual(['0', '250 ms', '1.5 s', '45 s', '2:30 min', '10 min', '2:35 h', '2 d'])
  })
})

describe('series', () => {
  const tables = RunTables.from(samples['a thousand tasks that lose a node']!())

  test('count the tasks that were ready and had not begun', () => {
    const { tasks, attempts, record } = tables
    const columns = 100
    const { values, most } = waitingOver(tasks, attempts, record.makespan, { from: 0, to: record.makespan }, columns)
    const again = new Set(attempts.task)
    for (let column = 0; column < columns; column++) {
      // Between the end of a column and the next; tasks tried again may have waited before, which the record does not tell.
      const time = ((column + 1) * record.makespan) / columns
      const waits = (task: number) => tasks.ready[task]! < time && tasks.started[task]! >= time
      const counted = Array.from({ length: tasks.length }, (_, task) => task).filter(waits).length
      expect(Math.abs(values[column]! - counted)).toBeLessThanOrEqual(again.size > 0 ? 2 : 0)
    }
    expect(most).toBe(Math.max(...values))
  })

  test('know what was received: the sum over time is what the record tells', () => {
    const { loads, record } = tables
    const end = record.makespan * 1.2
    const { values } = receivedOver(loads, { from: 0, to: end }, 4000)
    const bytes = values.reduce((sum, value) => sum + (value * end) / 4000 / 1000, 0)
    const told = loads.reduce((sum, load) => sum + (load ? load.bytesIn.at(-1)! - load.bytesIn[0]! : 0), 0)
    expect(bytes / told).toBeCloseTo(1, 1)
  })

  test('point at failures that are in sight', () => {
    const { tasks } = RunTables.from(samples['a failed run with skipped followers']!())
    const failed = tasks.ended[4]!
    expect(failuresOver(tasks, { from: 0, to: 2 * failed }, 10).indexOf(1)).toBe(5)
    expect(failuresOver(tasks, { from: 0, to: failed / 2 }, 10).indexOf(1)).toBe(-1)
  })
})

describe('a replay', () => {
  test('knows how far the run was, and where it failed', () => {
    const { tasks, record } = RunTables.from(samples['a failed run with skipped followers']!())
    const progress = progressOf(tasks, record.makespan, 50)
    expect(progress.ended.at(-1)).toBeCloseTo(1)
    for (let part = 1; part < 50; part++) expect(progress.ended[part]!).toBeGreaterThanOrEqual(progress.ended[part - 1]!)
    expect(progressPath(progress)).toMatch(/^M0 100(L[\d.]+ [\d.]+)+Z$/)
    expect(failuresPath(progress)).toMatch(/^(M[\d.]+ 0V100)+$/)
  })

  test('offers speeds at which it is neither over at once nor endless', () => {
    expect(speedsFor(5_000)).toEqual([0.1, 0.25, 0.5, 1, 2])
    expect(speedsFor(3_600_000)).toEqual([60, 600])
    expect(speedsFor(1)).toEqual([])
  })

  test('takes ten seconds, or as long as the run at the speed that was chosen, and ends', () => {
    expect(advanced(0, 100, undefined, 50_000)).toBe(500)
    expect(advanced(100, 100, 2, 50_000)).toBe(300)
    expect(advanced(49_900, 100, 2, 50_000)).toBeUndefined()
  })
})
