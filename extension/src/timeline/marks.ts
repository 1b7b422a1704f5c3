/** Signs of segments, as strokes within 8 px around the middle: colour is never all that tells kinds apart. No DOM. */
import { CALLED_OFF, CANCELLED, FAILED, LOST, RUNNING, SUCCEEDED, THREW } from './segments.ts'

const cross = [-2.4, -2.4, 2.4, 2.4, NaN, NaN, 2.4, -2.4, -2.4, 2.4]

const strokes: Readonly<Record<number, readonly number[]>> = {
  [SUCCEEDED]: [-2.8, 0.2, -0.8, 2.3, 2.9, -2.1],
  [RUNNING]: [-1.6, -2.8, 2.6, 0, -1.6, 2.8, -1.6, -2.8],
  [FAILED]: cross,
  // Tried again: an arrow back to the beginning.
  [THREW]: [2.2, 2.6, 2.6, 0.4, 1.4, -1.6, -0.8, -1.9, -2.6, -0.4, NaN, NaN, -3, -2.8, -2.6, -0.4, -0.4, -0.2],
  // Gone: a bolt.
  [LOST]: [0.8, -3, -1.6, 0.4, 1.2, 0.2, -0.8, 3],
  [CANCELLED]: [-2.8, 0, 2.8, 0],
  [CALLED_OFF]: [-2.8, 0, 2.8, 0],
}

export function markAt(kind: number, x: number, y: number): number[] {
  return (strokes[kind] ?? []).map((value, i) => value + (i % 2 === 0 ? x : y))
}
