import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bounded, fit, fitBeside, fittedHeight, revealing, toSheet, zoomed } from '../../../../extension/src/graph/camera.ts'

const length = fc.double({ min: 10, max: 20_000, noNaN: true })
const extents = fc.record({ width: length, height: length })
const views = fc.record({ width: fc.double({ min: 60, max: 2000, noNaN: true }), height: fc.double({ min: 60, max: 700, noNaN: true }) })
const anything = fc.double()

describe('The camera', () => {
  test('fits all of the sheet into the view, in the middle, and never enlarges it', () => {
    fc.assert(fc.property(extents, views, (content, view) => {
      const { x, y, scale } = fit(content, view)
      expect(scale).toBeLessThanOrEqual(1)
      expect(-x * scale).toBeGreaterThanOrEqual(13.9)
      expect(-y * scale).toBeGreaterThanOrEqual(13.9)
      expect(-x).toBeCloseTo(x + view.width / scale - content.width, 3)
    }))
  })

  test('keeps the corner with the buttons free', () => {
    const content = { width: 800, height: 300 }
    const view = { width: 830, height: 330 }
    const corner = { width: 146, height: 38 }
    const isFree = ({ x, y, height }: { x: number; y: number; height: number }) => x > content.width || y + height < 0
    const { x, y, scale } = fitBeside(content, view, corner, isFree)
    expect(-y * scale > corner.height - 0.01 || (content.width - x) * scale < view.width - corner.width + 0.01).toBe(true)
    expect(fitBeside(content, view, corner, () => true)).toEqual(fit(content, view))
  })

  test('says how high the fitted content is', () => {
    expect(fittedHeight({ width: 100, height: 50 }, 1000)).toBe(78)
    expect(fittedHeight({ width: 1944, height: 500 }, 1000)).toBe(278)
  })

  test('keeps the point under the pointer where it is while zooming', () => {
    fc.assert(fc.property(fc.double({ min: 0.2, max: 5, noNaN: true }), fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 300 }), (factor, x, y) => {
      const camera = { x: 12, y: -40, scale: 0.7 }
      const before = toSheet(camera, x, y)
      const after = toSheet(zoomed(camera, factor, x, y), x, y)
      expect(after.x).toBeCloseTo(before.x, 6)
      expect(after.y).toBeCloseTo(before.y, 6)
    }))
  })

  test('is brought back to the content from wherever it has got to', () => {
    fc.assert(fc.property(anything, anything, anything, extents, views, fc.double({ min: 0.01, max: 24, noNaN: true }), (x, y, scale, content, view, cell) => {
      const camera = bounded({ x, y, scale }, content, view, cell)
      const overlap = (corner: number, size: number, all: number) => Math.min(corner + size, all) - Math.max(corner, 0)
      const wide = view.width / camera.scale
      const high = view.height / camera.scale
      expect(overlap(camera.x, wide, content.width)).toBeGreaterThanOrEqual(Math.min(0.39 * wide, content.width * 0.999))
      expect(overlap(camera.y, high, content.height)).toBeGreaterThanOrEqual(Math.min(0.39 * high, content.height * 0.999))
      expect(bounded(camera, content, view, cell).scale).toBeCloseTo(camera.scale, 9)
    }))
  })

  test('moves no more than is needed to show a place', () => {
    const view = { width: 400, height: 200 }
    const camera = { x: 0, y: 0, scale: 1 }
    expect(revealing(camera, { x: 100, y: 60, width: 20, height: 20 }, view)).toEqual(camera)
    fc.assert(fc.property(fc.integer({ min: -3000, max: 3000 }), fc.integer({ min: -3000, max: 3000 }), (x, y) => {
      const to = revealing(camera, { x, y, width: 20, height: 20 }, view)
      expect(x >= to.x && x + 20 <= to.x + view.width).toBe(true)
      expect(y >= to.y && y + 20 <= to.y + view.height).toBe(true)
    }))
  })
})
