/** What one slot did, in order of start, to be searched by time. No DOM. */

/** The segments of a lane, in order of start. */
export interface Lane {
  readonly length: number
  /** A task's index, or -1 - n for row n of the attempts. */
  readonly ids: Int32Array
  readonly starts: Float64Array
  /** Infinity: still running. */
  readonly ends: Float64Array
  readonly kinds: Uint8Array
  /** The latest end of all segments up to each: ascending, to be searched. */
  readonly reach: Float64Array
}

export class GrowingLane implements Lane {
  length = 0
  /** All members, with those at the end that wait behind the one that is running. */
  size = 0
  readonly number: number
  ids: Int32Array
  starts: Float64Array
  ends: Float64Array
  kinds: Uint8Array
  reach: Float64Array
  /** Behind them: members that are new, or whose start has changed, since it was last in order. */
  fresh = 0
  /** Some of its members may have gone elsewhere. */
  left = false

  /** @param room members that it is likely to have */
  constructor(number: number, room: number) {
    this.number = number
    this.ids = new Int32Array(room)
    this.starts = new Float64Array(room)
    this.ends = new Float64Array(room)
    this.kinds = new Uint8Array(room)
    this.reach = new Float64Array(room)
  }

  add(id: number): void {
    const place = this.size + this.fresh++
    if (place >= this.ids.length) this.reserve(place + 1)
    this.ids[place] = id
  }

  reserve(capacity: number): void {
    if (capacity <= this.ids.length) return
    const grown = Math.max(capacity, 2 * this.ids.length)
    for (const name of ['ids', 'starts', 'ends', 'kinds', 'reach'] as const) {
      const column = this[name]
      const larger = new (column.constructor as Float64ArrayConstructor)(grown)
      larger.set(column as Float64Array)
      this[name] = larger as never
    }
  }
}

/** Mostly they are nearly in order already, what is new being the latest. */
export function sortByStart(ids: Int32Array, length: number, startOf: (id: number) => number): void {
  let moves = 8 * length
  let before = -Infinity
  for (let i = 0; i < length; i++) {
    const id = ids[i]!
    const start = startOf(id)
    if (start >= before) {
      before = start
      continue
    }
    let at = i
    while (at > 0 && startOf(ids[at - 1]!) > start) {
      ids[at] = ids[at - 1]!
      at--
      moves--
    }
    ids[at] = id
    if (moves < 0) {
      ids.subarray(0, length).sort((a, b) => startOf(a) - startOf(b) || a - b)
      return
    }
  }
}

/** The first segment of a lane that may be seen from `time` on. */
export function firstFrom({ reach, length }: Lane, time: number): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (reach[middle]! < time) low = middle + 1
    else high = middle
  }
  return low
}

/** The position of the last segment that begins at `time` or before; -1: none does. */
export function lastBefore({ starts, length }: Lane, time: number): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (starts[middle]! <= time) low = middle + 1
    else high = middle
  }
  return low - 1
}
