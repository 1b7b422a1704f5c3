import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import { GridBuilder, latestValue, statisticsOf, valueAt } from '../../../../extension/src/utilization/grid.ts'
import type { Grid } from '../../../../extension/src/utilization/grid.ts'
import type { Measure } from '../../../../extension/src/utilization/measure.ts'
import { COLUMNS, columnWidth, ROWS, rowsOf } from '../../../../extension/src/utilization/rows.ts'
import { samples } from '../../cluster/sample-runs.ts'
import { load, source } from './source.ts'
import { fastest } from '../../fastest.ts'

const row = (grid: Grid, number = 0): number[] => [...grid.values.subarray(number * COLUMNS, number * COLUMNS + grid.columns)]
const build = (of: Parameters<GridBuilder['build']>[0], measure: Measure = 'slots'): Grid => new GridBuilder().build(of, measure)

describe('a grid of loads', () => {
  it('holds a report until the next one', () => {
    const grid = build(source(600, [{ load: load([0, 200, 500], 100, { busy: [4, 2, 1] }) }]))
    expect(row(grid)).toEqual([1, 1, 0.5, 0.5, 0.5, 0.25])
  })

  it('leaves a gap where reports are missing', () => {
    const grid = build(source(1200, [{ load: load([0, 100, 200, 800, 900, 1000], 100, { busy: [4, 4, 4, 4, 4, 4] }) }]))
    // The report of 200 ms holds two and a half times as long as reports are apart.
    expect(row(grid)).toEqual([1, 1, 1, 1, 1, NaN, NaN, NaN, 1, 1, 1, 1])
  })

  it('ends with a node that is lost and begins with one that joins', () => {
    const reports = load([0, 100, 200, 300], 100, { busy: [4, 4, 4, 4] })
    const grid = build(source(400, [{ node: { lost: 200 }, load: reports }, { node: { joined: 200 }, load: reports }]))
    expect(row(grid)).toEqual([1, 1, NaN, NaN])
    expect(row(grid, 1)).toEqual([NaN, NaN, 1, 1])
  })

  it('makes rates of totals, and none of totals that fall', () => {
    const grid = build(source(400, [{ load: load([0, 100, 200, 300], 100, { bytesIn: [0, 100, 400, 0], bytesOut: [50, 50, 50, 0] }) }]), 'transfers')
    expect(row(grid)).toEqual([500, 1000, 3000, 0])
  })

  it('shows CPU in cores as soon as a node does not say how many it has', () => {
    const reports = load([0, 100], 100, { cpu: [1, 2] })
    expect(row(build(source(200, [{ load: reports }]), 'cpu'))).toEqual([0.5, 1])
    const without = source(200, [{ load: reports }], { specs: [{ slots: 1, resources: {}, labels: {}, speed: 1 }] })
    expect(build(without, 'cpu').unit).toBe('cores')
    expect(row(build(without, 'cpu'))).toEqual([1, 2])
  })

  it('takes many nodes together, each as much as it has', () => {
    const nodes = Array.from({ length: 3 * ROWS }, (_, i) => ({ load: load([0, 100], 100, { busy: i % 3 === 0 ? [4, 4] : [1, 1] }) }))
    const grid = build(source(200, nodes))
    expect(grid.rows).toHaveLength(ROWS)
    expect(row(grid)).toEqual([0.5, 0.5])
  })

  it('works out anew only the rows whose nodes have changed', () => {
    const builder = new GridBuilder()
    const nodes = Array.from({ length: 20 }, () => ({ load: load([0, 100], 100, { busy: [1, 1] }) }))
    const before = source(200, nodes)
    builder.build(before, 'slots')
    expect(builder.renewed).toBe(20)
    const loads = before.loads.slice()
    loads[7] = load([0, 100, 200], 100, { busy: [1, 1, 4] })
    const grid = builder.build({ ...before, loads, record: { ...before.record, makespan: 300 } }, 'slots')
    expect(builder.renewed).toBe(1)
    expect(row(grid, 7)).toEqual([0.25, 0.25, 1])
    expect(latestValue(grid, 7)).toBe(1)
    expect(latestValue(grid, 6)).toBe(0.25)
  })

  it('is the same whether it grew or was made at once', () => {
    const reports = fc.array(fc.record({ pause: fc.integer({ min: 1, max: 20 }), busy: fc.integer({ min: 0, max: 4 }) }), { minLength: 2, maxLength: 60 })
    fc.assert(fc.property(fc.array(reports, { minLength: 1, maxLength: 8 }), fc.integer({ min: 100, max: 70_000 }), (all, end) => {
      const series = all.map((one) => {
        let period = 0
        return load(one.map(({ pause }) => (period += pause) * 100), 100, { busy: one.map(({ busy }) => busy) })
      })
      const whole = source(end, series.map((one) => ({ load: one })))
      const part = { ...whole, loads: series.map((one, i) => (i % 2 === 0 ? one : undefined)), record: { ...whole.record, makespan: end / 3, asOf: end / 3 } }
      const builder = new GridBuilder()
      builder.build(part, 'slots')
      const grid = builder.build(whole, 'slots')
      expect(Buffer.compare(Buffer.from(grid.values.buffer), Buffer.from(build(whole).values.buffer))).toBe(0)
      expect(grid.values.every((value) => Number.isNaN(value) || (value >= 0 && value <= 1))).toBe(true)
    }), { numRuns: 60 })
  })

  it('takes nonsense without throwing, and in no time', () => {
    const nonsense = [
      load([500, 100, 500, 100, 0, 900], 0, { busy: [1, 1, 1, 1, 1, 1] }),
      load([0, 1e300, Number.MAX_SAFE_INTEGER], 1e300, { busy: [9e15, NaN, Infinity] }),
      load([NaN, NaN], NaN, { busy: [1, 1] }),
    ]
    for (const end of [0, NaN, Infinity, 1e300, 0.1, 1000]) {
      const grid = build(source(end, nonsense.map((one) => ({ load: one, node: { spec: 77, lost: -5, joined: 1e300 } }))))
      expect(grid.columns).toBeLessThanOrEqual(COLUMNS)
      build(source(end, nonsense.map((one) => ({ load: one }))), 'transfers')
    }
    const alternating = load(Array.from({ length: 200_000 }, (_, i) => (i % 2) * 1e9), 1, {})
    expect(fastest(() => build(source(1e9, [{ load: alternating }])))).toBeLessThan(500)
  })

  it('reads all sample runs', () => {
    for (const name of Object.keys(samples)) {
      const tables = RunTables.from(samples[name]!())
      for (const measure of ['slots', 'cpu', 'memory', 'transfers', 'gpu'] as const) {
        const grid = build(tables, measure)
        expect(grid.values.length).toBe(rowsOf(tables.record.nodes.length).length * COLUMNS)
      }
    }
  })
})

it('nodes beyond the most rows share them, and none is left out', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 20_000 }), (nodes) => {
    const rows = rowsOf(nodes)
    expect(rows.length).toBeLessThanOrEqual(ROWS)
    let next = 0
    for (const { first, nodes: count } of rows) {
      expect(first).toBe(next)
      expect(count).toBeGreaterThan(0)
      next += count
    }
    expect(next).toBe(nodes)
  }))
})

it('a column is as wide as needed', () => {
  expect(columnWidth(1000)).toBe(100)
  expect(columnWidth(30_000)).toBe(100)
  expect(columnWidth(30_001)).toBe(200)
  expect(columnWidth(Number.MAX_VALUE)).toBeLessThan(Infinity)
})

it('statistics leave out what is not known', () => {
  const grid = build(source(1000, [{ load: load([0, 100, 900], 100, { busy: [4, 2, 0] }) }, {}]))
  expect(statisticsOf(grid, 0).most).toBe(1)
  expect(statisticsOf(grid, 1)).toEqual({ mean: NaN, most: NaN })
  expect(valueAt(grid, 0, 150)).toBe(0.5)
  expect(valueAt(grid, 0, 1e9)).toBe(0)
  expect(valueAt(grid, 0, -1)).toBeNaN()
})
