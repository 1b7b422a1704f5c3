/** Colours, type and small shapes of a run's picture. */
import { plain } from './amounts.ts'
import type { RecordedState } from '../record/read.ts'

/** What is drawn with: the part of CanvasRenderingContext2D that the picture uses. */
export interface Pen {
  fillStyle: unknown
  strokeStyle: unknown
  lineWidth: number
  lineCap: string
  lineJoin: string
  font: string
  textAlign: string
  textBaseline: string
  globalAlpha: number
  beginPath(): void
  closePath(): void
  moveTo(x: number, y: number): void
  lineTo(x: number, y: number): void
  bezierCurveTo(x1: number, y1: number, x2: number, y2: number, x: number, y: number): void
  arc(x: number, y: number, radius: number, from: number, to: number): void
  rect(x: number, y: number, width: number, height: number): void
  roundRect(x: number, y: number, width: number, height: number, radius: number): void
  fill(): void
  stroke(): void
  clip(): void
  fillRect(x: number, y: number, width: number, height: number): void
  fillText(text: string, x: number, y: number): void
  measureText(text: string): { readonly width: number }
  save(): void
  restore(): void
  setLineDash(segments: number[]): void
}

/** The family under which the worker registers the shipped font. */
export const FAMILY = 'Sluice Sans'

export const ink = {
  text: '#1b2733',
  quiet: '#5b6876',
  faint: '#8a95a1',
  line: '#d8dee4',
  grid: '#e8ecf0',
  lane: '#f1f4f6',
  card: '#ffffff',
  alarm: '#fdf0e8',
}

/**
 * The palette of Okabe and Ito (Color Universal Design, 2008), which people with any kind of colour vision can tell
 * apart, with greys for what has not begun or never will.
 */
export const colours: Record<RecordedState | 'lost', string> = {
  waiting: '#d3d9df',
  ready: '#a9d8f5',
  running: '#0072b2',
  'backing-off': '#f0c659',
  succeeded: '#009e73',
  failed: '#d55e00',
  cancelled: '#cc79a7',
  skipped: '#a3acb5',
  lost: '#e69f00',
}

/** States in the order in which bars and chips show them. */
export const shownStates: readonly RecordedState[] = ['succeeded', 'running', 'ready', 'backing-off', 'waiting', 'failed', 'cancelled', 'skipped']

export const stateWords: Record<RecordedState, string> = {
  waiting: 'waiting',
  ready: 'ready',
  running: 'running',
  'backing-off': 'to be retried',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
  skipped: 'skipped',
}

export interface TextStyle {
  readonly size?: number
  readonly weight?: 400 | 500 | 700
  readonly colour?: string
  readonly align?: 'left' | 'right' | 'center'
  /** Longer text is elided. */
  readonly width?: number
}

/** Draws one line with its baseline at `y`; returns how wide it came out. */
export function write(pen: Pen, text: string, x: number, y: number, style: TextStyle = {}): number {
  setFont(pen, style)
  pen.fillStyle = style.colour ?? ink.text
  pen.textAlign = style.align ?? 'left'
  pen.textBaseline = 'alphabetic'
  const fitted = fit(pen, plain(text), style.width ?? Infinity)
  pen.fillText(fitted, x, y)
  return pen.measureText(fitted).width
}

export function textWidth(pen: Pen, text: string, style: TextStyle = {}): number {
  setFont(pen, style)
  return pen.measureText(plain(text)).width
}

function setFont(pen: Pen, { size = 12, weight = 400 }: TextStyle): void {
  pen.font = `${weight} ${size}px "${FAMILY}", sans-serif`
}

function fit(pen: Pen, text: string, width: number): string {
  if (width === Infinity || pen.measureText(text).width <= width) return text
  const letters = Array.from(text)
  let [least, most] = [0, letters.length]
  while (least < most) {
    const middle = Math.ceil((least + most) / 2)
    if (pen.measureText(`${letters.slice(0, middle).join('').trimEnd()}…`).width <= width) least = middle
    else most = middle - 1
  }
  return `${letters.slice(0, least).join('').trimEnd()}…`
}

export function box(pen: Pen, x: number, y: number, width: number, height: number, radius: number, fill?: string, stroke?: string, lineWidth = 1): void {
  pen.beginPath()
  pen.roundRect(x, y, width, height, radius)
  if (fill) {
    pen.fillStyle = fill
    pen.fill()
  }
  if (!stroke) return
  pen.strokeStyle = stroke
  pen.lineWidth = lineWidth
  pen.stroke()
}

export function stroke(pen: Pen, colour: string, width: number, ...points: (readonly [number, number])[]): void {
  pen.beginPath()
  points.forEach(([x, y], i) => (i === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)))
  pen.strokeStyle = colour
  pen.lineWidth = width
  pen.lineCap = 'round'
  pen.lineJoin = 'round'
  pen.stroke()
}

/** Slanted lines across a rectangle: what did not give a result. */
export function hatch(pen: Pen, x: number, y: number, width: number, height: number, colour: string, step = 4): void {
  pen.save()
  pen.beginPath()
  pen.rect(x, y, width, height)
  pen.clip()
  pen.beginPath()
  for (let at = x - height; at < x + width; at += step) {
    pen.moveTo(at, y + height)
    pen.lineTo(at + height, y)
  }
  pen.strokeStyle = colour
  pen.lineWidth = step / 3
  pen.stroke()
  pen.restore()
}

/** A state's sign, a shape of its own within 12 px around (x, y): colour is never all that tells states apart. */
export function sign(pen: Pen, state: RecordedState, x: number, y: number): void {
  const colour = state === 'waiting' || state === 'ready' || state === 'skipped' ? ink.quiet : colours[state]
  const filled = state === 'succeeded' || state === 'running' || state === 'failed' || state === 'cancelled'
  pen.beginPath()
  if (state === 'failed') pen.roundRect(x - 6, y - 6, 12, 12, 3)
  else pen.arc(x, y, filled ? 6 : 5.25, 0, 2 * Math.PI)
  pen.fillStyle = filled ? colour : ink.card
  pen.fill()
  if (!filled) {
    pen.strokeStyle = colour
    pen.lineWidth = 1.5
    pen.setLineDash(state === 'waiting' ? [2, 2.1] : [])
    pen.stroke()
    pen.setLineDash([])
  }
  mark(pen, state, x, y, filled ? ink.card : colour)
}

function mark(pen: Pen, state: RecordedState, x: number, y: number, colour: string): void {
  switch (state) {
    case 'succeeded':
      return stroke(pen, colour, 1.6, [x - 2.7, y + 0.2], [x - 0.8, y + 2.2], [x + 2.8, y - 2])
    case 'failed':
      stroke(pen, colour, 1.6, [x - 2.3, y - 2.3], [x + 2.3, y + 2.3])
      return stroke(pen, colour, 1.6, [x + 2.3, y - 2.3], [x - 2.3, y + 2.3])
    case 'cancelled':
      return stroke(pen, colour, 1.6, [x - 2.8, y], [x + 2.8, y])
    case 'running':
      pen.beginPath()
      pen.moveTo(x - 1.7, y - 2.9)
      pen.lineTo(x + 3, y)
      pen.lineTo(x - 1.7, y + 2.9)
      pen.closePath()
      pen.fillStyle = colour
      return pen.fill()
    case 'backing-off':
      return stroke(pen, colour, 1.4, [x, y - 2.6], [x, y], [x + 2, y + 1.2])
    case 'skipped':
      stroke(pen, colour, 1.3, [x - 2.3, y - 2.1], [x - 0.2, y], [x - 2.3, y + 2.1])
      return stroke(pen, colour, 1.3, [x + 0.5, y - 2.1], [x + 2.6, y], [x + 0.5, y + 2.1])
    case 'ready':
    case 'waiting':
  }
}

/** A bar divided by how many tasks are in each state; none that there is gets less than 2 px. */
export function stateBar(pen: Pen, counts: Readonly<Record<RecordedState, number>>, x: number, y: number, width: number, height: number): void {
  const present = shownStates.filter((state) => counts[state] > 0)
  const total = present.reduce((sum, state) => sum + counts[state], 0)
  box(pen, x, y, width, height, height / 2, ink.grid)
  if (total === 0) return
  pen.save()
  pen.beginPath()
  pen.roundRect(x, y, width, height, height / 2)
  pen.clip()
  const spare = width - 2 * present.length
  let at = x
  for (const state of present) {
    const part = 2 + (spare * counts[state]) / total
    pen.fillStyle = colours[state]
    pen.fillRect(at, y, part, height)
    if (state === 'failed' || state === 'skipped') hatch(pen, at, y, part, height, 'rgba(255,255,255,0.55)')
    at += part
    if (at < x + width - 1) {
      pen.fillStyle = ink.card
      pen.fillRect(at - 0.5, y, 1, height)
    }
  }
  pen.restore()
}
