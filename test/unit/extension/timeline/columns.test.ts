import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Columns } from '../../../../extension/src/timeline/columns.ts'
import { FAILED, LOST, RUNNING, SUCCEEDED } from '../../../../extension/src/timeline/segments.ts'

type Stretch = [kind: number, fullness: number, from: number, to: number]

function flushed(columns: Columns, capacity = 1): Stretch[] {
  const stretches: Stretch[] = []
  columns.flush(capacity, (...stretch) => stretches.push(stretch))
  return stretches
}

test('a failure is seen in its column however short it was, and whatever else was there', () => {
  fc.assert(fc.property(fc.double({ min: 0, max: 99.9, noNaN: true }), fc.array(fc.tuple(fc.double({ min: -20, max: 120, noNaN: true }), fc.double({ min: 0, max: 60, noNaN: true })), { maxLength: 40 }), (at, others) => {
    const columns = new Columns(100)
    for (const [from, length] of others) columns.add(SUCCEEDED, from, from + length)
    columns.add(FAILED, at, at)
    for (const [from, length] of others) columns.add(LOST, from, from + length)
    const column = Math.floor(at)
    expect(flushed(columns, 50).some(([kind, , from, to]) => kind === FAILED && from <= column && column < to)).toBe(true)
  }))
})

test('of ordinary segments a column shows what there was most of, and how full it was', () => {
  const columns = new Columns(4)
  columns.add(SUCCEEDED, 0, 1.3)
  columns.add(RUNNING, 1.3, 2)
  columns.add(RUNNING, 2, 2.2)
  expect(flushed(columns)).toEqual([[SUCCEEDED, 1, 0, 1], [RUNNING, 1, 1, 2], [RUNNING, 0.2, 2, 3]])
})

test('several lanes fill a row in parts', () => {
  const columns = new Columns(10)
  for (let lane = 0; lane < 5; lane++) columns.add(SUCCEEDED, 0, 2 * (lane + 1))
  expect(flushed(columns, 5).map(([, fullness]) => fullness)).toEqual([1, 0.8, 0.6, 0.4, 0.2])
})

test('nothing is left of what was flushed, and nothing is drawn outside', () => {
  const columns = new Columns(10)
  columns.add(SUCCEEDED, -5, 50)
  columns.add(FAILED, 20, 30)
  columns.add(FAILED, -9, -3)
  columns.add(FAILED, NaN, NaN)
  for (const [, , from, to] of flushed(columns)) expect(from >= 0 && to <= 10).toBe(true)
  expect(flushed(columns)).toEqual([])
})
