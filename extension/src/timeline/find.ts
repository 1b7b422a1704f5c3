/** Which segment is at a place, and which one is beside another. No DOM. */
import type { Lanes } from './lanes.ts'
import { firstFrom, lastBefore } from './lane.ts'
import type { Lane } from './lane.ts'
import { isTrouble } from './segments.ts'
import type { Segments } from './segments.ts'

/** A segment, by the lane it is in and its position there. */
export interface Place {
  readonly lane: number
  readonly at: number
}

/** @param slop ms around `time` in which a segment is still meant */
export function segmentAt(segments: Segments, lanes: { readonly from: number; readonly to: number }, time: number, slop: number): Place | undefined {
  let found: Place | undefined
  let best = Infinity
  for (let number = lanes.from; number < lanes.to; number++) {
    const lane = segments.lane(number)
    if (!lane) continue
    for (let at = firstFrom(lane, time - slop); at < lane.length && lane.starts[at]! <= time + slop; at++) {
      if (lane.ends[at]! < time - slop) continue
      // Trouble is drawn over the rest, and found before it; else the nearest.
      const distance = Math.max(0, lane.starts[at]! - time, time - lane.ends[at]!) - (isTrouble(lane.kinds[at]!) ? 2 * slop : 0)
      if (distance < best) [found, best] = [{ lane: number, at }, distance]
    }
    if (best <= -2 * slop) break
  }
  return found
}

/** Where a task's own row, or its last attempt, is. */
export function placeOf(segments: Segments, task: number, attempts: { readonly length: number; readonly task: ArrayLike<number> }): Place | undefined {
  const own = placeIn(segments, task, segments.laneOfTask(task))
  if (own) return own
  for (let row = attempts.length - 1; row >= 0; row--) {
    if (attempts.task[row] === task) return placeIn(segments, -1 - row, segments.laneOfId(-1 - row))
  }
  return undefined
}

function placeIn(segments: Segments, id: number, number: number): Place | undefined {
  const lane = number >= 0 ? segments.lane(number) : undefined
  if (!lane) return undefined
  const at = lane.ids.subarray(0, lane.length).indexOf(id)
  return at < 0 ? undefined : { lane: number, at }
}

export type Direction = 'left' | 'right' | 'up' | 'down' | 'first' | 'last'

/** The neighbour of a segment; the first there is when none is given. */
export function neighbour(segments: Segments, lanes: Lanes, from: Place | undefined, direction: Direction): Place | undefined {
  const lane = from && segments.lane(from.lane)
  if (!from || !lane || lane.length === 0) {
    const number = nextLane(segments, lanes, -1, 1)
    return number === undefined ? undefined : { lane: number, at: direction === 'last' ? segments.lane(number)!.length - 1 : 0 }
  }
  switch (direction) {
    case 'left':
      return { lane: from.lane, at: Math.max(0, from.at - 1) }
    case 'right':
      return { lane: from.lane, at: Math.min(lane.length - 1, from.at + 1) }
    case 'first':
      return { lane: from.lane, at: 0 }
    case 'last':
      return { lane: from.lane, at: lane.length - 1 }
    case 'up':
    case 'down': {
      const number = nextLane(segments, lanes, from.lane, direction === 'up' ? -1 : 1)
      return number === undefined ? from : { lane: number, at: nearest(segments.lane(number)!, lane, Math.min(from.at, lane.length - 1)) }
    }
  }
}

function nextLane(segments: Segments, lanes: Lanes, from: number, step: 1 | -1): number | undefined {
  for (let number = from + step; number >= 0 && number < lanes.count; number += step) if ((segments.lane(number)?.length ?? 0) > 0) return number
  return undefined
}

/** What the other slot did at the same time. */
function nearest(lane: Lane, from: Lane, at: number): number {
  const end = from.ends[at]!
  const middle = end < Infinity ? (from.starts[at]! + end) / 2 : from.starts[at]!
  const before = Math.max(0, lastBefore(lane, middle))
  const after = Math.min(lane.length - 1, before + 1)
  return lane.starts[after]! - middle < middle - lane.ends[before]! ? after : before
}
