import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isContinued, laneOf, lanesAt, lanesOf, nodeOf, rowsOf, topOf } from '../../../../extension/src/timeline/lanes.ts'
import type { Lanes } from '../../../../extension/src/timeline/lanes.ts'

function lanesWith(...slots: number[]): Lanes {
  return lanesOf({
    nodes: slots.map((_, i) => ({ name: `n${i}`, spec: i })),
    specs: slots.map((count) => ({ slots: count, resources: {}, labels: {}, speed: 1 })),
  })
}

describe('lanes', () => {
  test('are numbered node by node, and slots beyond those that a node has share its last', () => {
    const lanes = lanesWith(2, 3)
    expect([[0, 0], [0, 1], [1, 0], [1, 2], [1, 9], [0, 1e15], [2, 0], [-1, 0], [NaN, 0]].map(([node, slot]) => laneOf(lanes, node!, slot!))).toEqual([0, 1, 2, 4, 4, 1, -1, -1, -1])
    expect([0, 1, 2, 3, 4].map((lane) => nodeOf(lanes, lane))).toEqual([0, 0, 1, 1, 1])
  })

  test('keep their numbers when nodes join', () => {
    expect(isContinued(lanesWith(2, 3), lanesWith(2, 3, 4))).toBe(true)
    expect(isContinued(lanesWith(2, 3), lanesWith(2, 4))).toBe(false)
    expect(isContinued(lanesWith(2, 3), lanesWith(2))).toBe(false)
  })
})

describe('rows', () => {
  test('are found again where they stand', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 80 }), fc.integer({ min: 60, max: 400 }), fc.nat(), (slots, room, any) => {
      const lanes = lanesWith(...slots)
      const rows = rowsOf(lanes, room)
      const lane = any % lanes.count
      const top = topOf(rows, lanes, lane)
      for (const y of [top, top + rows.height - 0.01]) {
        const found = lanesAt(rows, lanes, y)!
        expect(lane >= found.from && lane < found.to).toBe(true)
        expect(rows.level === 'slots' ? found.to - found.from : nodeOf(lanes, found.from)).toBe(rows.level === 'slots' ? 1 : nodeOf(lanes, lane))
      }
      expect(top + rows.height).toBeLessThanOrEqual(rows.total)
      expect(lanesAt(rows, lanes, rows.total)).toBeUndefined()
      expect(lanesAt(rows, lanes, -1)).toBeUndefined()
    }))
  })

  test('shrink while there is room, then stand for nodes, and then are scrolled', () => {
    expect(rowsOf(lanesWith(2, 2), 170)).toMatchObject({ level: 'slots', height: 20 })
    expect(rowsOf(lanesWith(...new Array<number>(8).fill(4)), 170)).toMatchObject({ level: 'slots', height: 4 })
    expect(rowsOf(lanesWith(...new Array<number>(8).fill(32)), 170)).toMatchObject({ level: 'nodes', height: 20 })
    const many = rowsOf(lanesWith(...new Array<number>(1000).fill(4)), 170)
    expect(many.level).toBe('nodes')
    expect(many.total).toBeGreaterThan(170)
  })
})
