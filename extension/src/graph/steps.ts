/** Drawing as data: the same steps are painted on a canvas and written as SVG. In px of the view, from its top left corner. */
import type { RecordedState } from '../../../kernel/cluster/record/read.ts'

interface Ink {
  readonly fill?: string | undefined
  readonly stroke?: string | undefined
  readonly width?: number | undefined
  readonly alpha?: number | undefined
  readonly dash?: readonly number[] | undefined
}

/** Rectangles alike: x, y, width, height of each. */
export interface BoxStep extends Ink {
  readonly kind: 'box'
  readonly boxes: readonly number[]
  readonly radius: number
}

/** One line through points x, y. */
export interface LineStep extends Ink {
  readonly kind: 'line'
  readonly points: readonly number[]
  readonly closed?: boolean
}

/** Lines that do not hang together: x1, y1, x2, y2 of each. */
export interface SegmentsStep extends Ink {
  readonly kind: 'segments'
  readonly points: readonly number[]
}

/** Curves: x, y of the beginning and then three points each (cubic Bézier); several alike. */
export interface CurveStep extends Ink {
  readonly kind: 'curve'
  readonly curves: readonly (readonly number[])[]
}

export interface CircleStep extends Ink {
  readonly kind: 'circle'
  readonly x: number
  readonly y: number
  readonly radius: number
}

/** One line of text with its baseline at y. */
export interface TextStep extends Ink {
  readonly kind: 'text'
  readonly x: number
  readonly y: number
  readonly text: string
  readonly size: number
  readonly weight: 400 | 500 | 600
  readonly align: 'left' | 'right' | 'center'
}

/** Small cells, row by row; a colour of its own each. */
export interface CellsStep {
  readonly kind: 'cells'
  readonly x: number
  readonly y: number
  readonly columns: number
  readonly rows: number
  readonly pitch: number
  /** Between cells. */
  readonly gap: number
  /** Index into `colours`; NOTHING where there is no cell. */
  readonly codes: Uint8Array
  readonly colours: readonly { readonly fill: string; readonly alpha: number }[]
}

export const NOTHING = 255

export type InkStep = BoxStep | LineStep | SegmentsStep | CurveStep | CircleStep | TextStep
export type Step = InkStep | CellsStep

/** The width of a text in px. */
export type Measure = (text: string, size: number, weight: number) => number

/** Where nothing can measure: a little wider than most fonts are. */
export const estimate: Measure = (text, size, weight) => Array.from(text).length * size * (weight >= 500 ? 0.57 : 0.54)

/** The text, or as much of its beginning as fits, with an ellipsis. */
export function fitted(text: string, width: number, size: number, weight: number, measure: Measure): string {
  if (measure(text, size, weight) <= width) return text
  const letters = Array.from(text)
  let [least, most] = [0, letters.length]
  while (least < most) {
    const middle = Math.ceil((least + most) / 2)
    if (measure(`${letters.slice(0, middle).join('')}…`, size, weight) <= width) least = middle
    else most = middle - 1
  }
  return least === 0 ? '' : `${letters.slice(0, least).join('').trimEnd()}…`
}

/** Slanted lines across a rectangle, cut at its edges. */
export function hatching(x: number, y: number, width: number, height: number, gap: number): number[] {
  const points: number[] = []
  for (let at = gap; at < width + height; at += gap) {
    const left = Math.max(0, at - height)
    const right = Math.min(width, at)
    points.push(x + left, y + at - left, x + right, y + at - right)
  }
  return points
}

/** A state's sign in a square of `size` around (x, y); the shapes are those of the picture that is saved beside a record. */
export function signSteps(state: RecordedState, x: number, y: number, size: number, colour: string, on: string): InkStep[] {
  const unit = size / 12
  const filled = state === 'succeeded' || state === 'running' || state === 'failed' || state === 'cancelled'
  const outline = { width: 1.5 * unit, ...(filled ? { fill: colour } : { fill: on, stroke: colour }), ...(state === 'waiting' && { dash: [2 * unit, 2.1 * unit] }) }
  const shape: InkStep =
    state === 'failed'
      ? { kind: 'box', boxes: [x - 6 * unit, y - 6 * unit, 12 * unit, 12 * unit], radius: 3 * unit, ...outline }
      : { kind: 'circle', x, y, radius: (filled ? 6 : 5.25) * unit, ...outline }
  return [shape, ...markSteps(state, x, y, unit, filled ? on : colour)]
}

/** The mark within a sign. */
export function markSteps(state: RecordedState, x: number, y: number, unit: number, colour: string): InkStep[] {
  const line = (width: number, ...points: number[]): InkStep => ({ kind: 'line', points: points.map((at, i) => (i % 2 === 0 ? x : y) + at * unit), stroke: colour, width: width * unit })
  switch (state) {
    case 'succeeded':
      return [line(1.6, -2.7, 0.2, -0.8, 2.2, 2.8, -2)]
    case 'failed':
      return [line(1.6, -2.3, -2.3, 2.3, 2.3), line(1.6, 2.3, -2.3, -2.3, 2.3)]
    case 'cancelled':
      return [line(1.6, -2.8, 0, 2.8, 0)]
    case 'running':
      return [{ kind: 'line', points: [-1.7, -2.9, 3, 0, -1.7, 2.9].map((at, i) => (i % 2 === 0 ? x : y) + at * unit), closed: true, fill: colour }]
    case 'backing-off':
      return [line(1.4, 0, -2.6, 0, 0, 2, 1.2)]
    case 'skipped':
      return [line(1.3, -2.3, -2.1, -0.2, 0, -2.3, 2.1), line(1.3, 0.5, -2.1, 2.6, 0, 0.5, 2.1)]
    case 'ready':
    case 'waiting':
      return []
  }
}
