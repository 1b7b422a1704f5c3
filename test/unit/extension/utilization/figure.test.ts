import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heatScale } from '../../../../extension/src/utilization/colours.ts'
import { figureOf, forEachStretch, isHeat, MOST_LINES, placesIn } from '../../../../extension/src/utilization/figure.ts'
import { GridBuilder } from '../../../../extension/src/utilization/grid.ts'
import { COLUMNS, rowsOf } from '../../../../extension/src/utilization/rows.ts'
import { boxIn, heightFor, sceneOf } from '../../../../extension/src/utilization/scene.ts'
import { load, source } from './source.ts'

const light = { text: [20, 20, 20], quiet: [90, 90, 90], grid: [230, 230, 230], background: [255, 255, 255], busy: [0, 114, 178], lost: [213, 94, 0] } as const
const dark = { ...light, text: [255, 255, 255], background: [17, 17, 17], busy: [59, 164, 230] } as const

function figure(count: number, node: { lost?: number } = {}) {
  const told = Array.from({ length: count }, (_, i) => ({ ...(i === 0 && { node }), load: load([0, 100, 200, 800], 100, { busy: [4, 4, 2, 1] }) }))
  const of = source(1000, told)
  const grid = new GridBuilder().build(of, 'slots')
  return { grid, figure: figureOf(sceneOf(grid, of.record.nodes, light, 'sans-serif', boxIn(480, heightFor(count), grid))) }
}

describe('a figure', () => {
  it('has lines for few nodes and a heat map of many', () => {
    expect(figure(MOST_LINES).figure.data.map(({ type }) => type)).toEqual(['scatter', 'scatter'])
    expect(figure(MOST_LINES + 1).figure.data.map(({ type }) => type)).toEqual(['heatmap'])
  })

  it('marks the loss of a node where it happened', () => {
    for (const count of [1, 2, 30]) {
      const { grid, figure: { data } } = figure(count, { lost: 250 })
      const marks = data.at(-1) as unknown as { x: number[]; y: number[]; mode: string }
      expect(marks.mode).toBe('markers')
      expect(marks.x).toEqual([250])
      expect(Math.floor(marks.y[0]!)).toBe(grid.rows.length - 1)
    }
  })

  it('breaks lines where nothing was reported', () => {
    const { grid } = figure(1)
    const stretches: unknown[] = []
    forEachStretch(grid, 0, { from: 0, to: 1000 }, (steps) => stretches.push(steps))
    expect(stretches).toEqual([[[0, 1], [200, 1], [200, 0.5], [500, 0.5]], [[800, 0.25], [1000, 0.25]]])
  })

  it('marks its time axis as the timeline does', () => {
    const { layout } = figure(3).figure
    expect(layout['xaxis']).toMatchObject({ range: [0, 1000], ticktext: ['0', '500 ms', '1000 ms'] })
  })

  it('gives plotly no text but times', () => {
    const of = source(1000, [{ node: { name: '<b>$x$</b>' }, load: load([0, 100], 100, {}) }])
    const grid = new GridBuilder().build(of, 'slots')
    expect(JSON.stringify(figureOf(sceneOf(grid, of.record.nodes, light, 'sans-serif', boxIn(480, 200, grid))))).not.toContain('<b>')
  })

  it('lets every row have its place, however many there are', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 100, max: 900 }), (rows, room) => {
      const box = boxIn(400, Math.max(room, heightFor(rows)), { rows: rowsOf(rows), unit: 'fraction' })
      const { pitch, height } = placesIn(box, rows)
      expect(height).toBeGreaterThan(4)
      expect(box.top + (rows - 1) * pitch + height).toBeCloseTo(box.height - box.bottom)
    }))
  })

  it('has a scale that goes from the background to what stands out, in lightness alone', () => {
    for (const palette of [light, dark]) {
      const lightness = heatScale(palette).map(([, colour]) => colour.match(/\d+/g)!.map(Number)).map(([r, g, b]) => 0.2126 * r! + 0.7152 * g! + 0.0722 * b!)
      const falling = palette === light
      for (let i = 1; i < lightness.length; i++) expect(lightness[i]! < lightness[i - 1]!).toBe(falling)
    }
  })

  it('is a heat map of the columns that there are', () => {
    const { grid, figure: { data } } = figure(20)
    expect(isHeat(grid)).toBe(true)
    const { z, dx } = data[0] as unknown as { z: Float64Array[]; dx: number }
    expect(z.map((row) => row.length)).toEqual(new Array<number>(20).fill(10))
    expect(dx).toBe(100)
    expect(grid.values.length).toBe(20 * COLUMNS)
  })
})
