import { describe, expect, test } from 'vitest'
import { neighbour, placeOf, segmentAt } from '../../../../extension/src/timeline/find.ts'
import type { Place } from '../../../../extension/src/timeline/find.ts'
import { lanesOf } from '../../../../extension/src/timeline/lanes.ts'
import { Segments } from '../../../../extension/src/timeline/segments.ts'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import { samples } from '../../cluster/sample-runs.ts'

const record = samples['a thousand tasks that lose a node']!()
const tables = RunTables.from(record)
const lanes = lanesOf(record)
const segments = new Segments()
segments.update(tables, lanes)
const taskAt = (place: Place | undefined) => place && segments.taskOf(segments.lane(place.lane)!.ids[place.at]!)

describe('what is at a place', () => {
  test('is the task that ran then, in that lane', () => {
    for (let task = 0; task < 1000; task += 7) {
      const middle = (tables.tasks.started[task]! + tables.tasks.ended[task]!) / 2
      const lane = segments.laneOfTask(task)
      expect(taskAt(segmentAt(segments, { from: lane, to: lane + 1 }, middle, 0))).toBe(task)
      expect(taskAt(placeOf(segments, task, tables.attempts))).toBe(task)
    }
  })

  test('is nothing where nothing ran', () => {
    expect(segmentAt(segments, { from: 0, to: lanes.count }, record.makespan + 1000, 1)).toBeUndefined()
    expect(placeOf(segments, 5000, tables.attempts)).toBeUndefined()
  })

  test('is what went wrong, if it is near', () => {
    const row = 0
    const lane = segments.laneOfId(-1 - row)
    const place = segmentAt(segments, { from: lane, to: lane + 1 }, tables.attempts.ended[row]! + 1, 2)!
    expect(segments.lane(place.lane)!.ids[place.at]).toBe(-1 - row)
  })
})

describe('keys', () => {
  test('go through a slot from its first task to its last, and back', () => {
    let place = neighbour(segments, lanes, undefined, 'right')
    expect(place).toEqual({ lane: 0, at: 0 })
    const { length } = segments.lane(0)!
    for (let i = 1; i < length + 3; i++) place = neighbour(segments, lanes, place, 'right')
    expect(place).toEqual({ lane: 0, at: length - 1 })
    expect(neighbour(segments, lanes, place, 'first')).toEqual({ lane: 0, at: 0 })
    expect(neighbour(segments, lanes, { lane: 0, at: 0 }, 'left')).toEqual({ lane: 0, at: 0 })
  })

  test('reach every slot, at about the same time', () => {
    let place: Place | undefined = { lane: 0, at: 5 }
    const time = segments.lane(0)!.starts[5]!
    const seen = [0]
    for (let i = 1; i < lanes.count; i++) {
      place = neighbour(segments, lanes, place, 'down')!
      seen.push(place.lane)
      expect(Math.abs(segments.lane(place.lane)!.starts[place.at]! - time)).toBeLessThan(300)
    }
    expect(seen).toEqual(Array.from({ length: lanes.count }, (_, i) => i))
    expect(neighbour(segments, lanes, place, 'down')).toEqual(place)
  })

  test('do nothing where nothing has run', () => {
    expect(neighbour(new Segments(), lanes, undefined, 'down')).toBeUndefined()
  })
})
