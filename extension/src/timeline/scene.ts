/** Draws a timeline: axis, what waits, and what every slot did. */
import { bytes, count, duration, plain } from '../../../kernel/cluster/view/amounts.ts'
import type { RunStore } from '../run/store.ts'
import type { Theme } from '../view/theme.ts'
import { hatching } from './ink.ts'
import type { Ink } from './ink.ts'
import type { Lanes, Rows } from './lanes.ts'
import { drawLanes } from './scene-lanes.ts'
import type { Segments } from './segments.ts'
import type { OverTime } from './model.ts'
import type { Series } from './series.ts'
import { tickLabel, ticksOf } from './ticks.ts'
import type { Span } from './window.ts'

export const AXIS = 22
const STRIP = 22
const BOTTOM = 8

export interface Words {
  readonly waiting: string
  readonly received: string
  readonly lostAt: (time: string) => string
  readonly noNodes: string
}

/** All that is drawn, with where it stands. */
export interface Scene extends OverTime {
  readonly store: Pick<RunStore, 'record' | 'tasks' | 'attempts' | 'loads'>
  readonly segments: Segments
  readonly lanes: Lanes
  readonly rows: Rows
  readonly span: Span
  /** ms: what the axis covers when nothing is zoomed. */
  readonly end: number
  /** The time that is replayed; undefined: the present. */
  readonly time: number | undefined
  /** Which tasks the filter leaves; undefined: all. */
  readonly matches: Uint8Array | undefined
  readonly theme: Theme
  readonly words: Words
  readonly width: number
  readonly height: number
  /** px left of the times, for names. */
  readonly gutter: number
  /** px of the rows that are scrolled away at the top. */
  readonly scrolled: number
}

/** px above the rows. */
export function headOf(received: boolean): number {
  return AXIS + STRIP + (received ? STRIP : 0) + 6
}

/** px of a timeline that shows so much of its rows. */
export function heightOf(rows: number, received: boolean): number {
  return headOf(received) + rows + BOTTOM
}

export function xOf({ gutter, width, span }: Scene, time: number): number {
  return gutter + ((time - span.from) / (span.to - span.from)) * (width - gutter)
}

export function timeAt({ gutter, width, span }: Scene, x: number): number {
  return span.from + ((x - gutter) / Math.max(1, width - gutter)) * (span.to - span.from)
}

export function drawScene(ink: Ink, scene: Scene): void {
  const { width, height, gutter, theme, lanes, words } = scene
  const top = headOf(scene.received !== undefined)
  drawAxis(ink, scene)
  drawFailures(ink, scene)
  drawStrip(ink, scene, AXIS, scene.waiting, words.waiting, count, theme.states.ready)
  if (scene.received) drawStrip(ink, scene, AXIS + STRIP, scene.received, words.received, (value) => `${bytes(value)}/s`, theme.line)
  if (lanes.nodes === 0) ink.text(words.noNodes, gutter + 4, top + 14, { size: 12, colour: theme.quiet })
  ink.clipped(0, top, width, Math.max(0, height - top), () => drawLanes(ink, scene, top))
  const { time } = scene
  if (time !== undefined) {
    // What is still to come in a replay is seen from afar.
    const x = Math.max(gutter, Math.min(width, xOf(scene, time)))
    ink.rect(x, AXIS, width - x, height - AXIS, theme.background, 0.72)
  }
}

function drawAxis(ink: Ink, scene: Scene): void {
  const { theme, span, width, height, gutter, end } = scene
  const { step, times } = ticksOf(span, (width - gutter) / 90)
  for (const time of times) {
    const x = Math.round(xOf(scene, time))
    ink.rect(Math.min(x, width - 1), AXIS - 4, 1, height - AXIS - BOTTOM + 6, theme.grid)
    const label = tickLabel(time, step, end)
    const style = { size: 11, colour: theme.quiet } as const
    const half = ink.measure(label, style) / 2
    // At the edges labels stand beside their lines rather than across them.
    const centre = Math.max(gutter + half - 2, Math.min(width - half - 4, x))
    ink.text(label, centre, AXIS - 8, { ...style, align: 'center' })
  }
}

/** Where tasks failed for good, whatever rows are to be seen: pointers along the axis. */
function drawFailures(ink: Ink, { failures, gutter, width, theme }: Scene): void {
  let last = -Infinity
  for (let column = 0; column < failures.length; column++) {
    if (failures[column] === 0 || column - last < 6) continue
    last = column
    const x = Math.max(gutter + 4, Math.min(width - 4, gutter + column + 0.5))
    ink.area([x - 4, AXIS - 4, x + 4, AXIS - 4, x, AXIS + 2], theme.states.failed, 1)
  }
}

function drawStrip(ink: Ink, scene: Scene, top: number, { values, most }: Series, label: string, amount: (value: number) => string, colour: string): void {
  const { theme, gutter, width } = scene
  const bottom = top + STRIP - 3
  const style = { size: 10.5, colour: theme.quiet } as const
  if (most > 0) {
    const height = STRIP - 7
    const points = [gutter, bottom]
    const line: number[] = []
    for (let column = 0; column < values.length; column++) {
      const value = values[column]!
      // Steps: only where the value changes is there a corner.
      if (column > 0 && value === values[column - 1] && column < values.length - 1) continue
      const x = gutter + (column * (width - gutter)) / values.length
      const y = bottom - (value / most) * height
      if (column > 0) points.push(x, points.at(-1)!)
      points.push(x, y)
      if (line.length > 0) line.push(x, line.at(-1)!)
      line.push(x, y)
    }
    points.push(width, points.at(-1)!, width, bottom)
    ink.area(points, colour, theme.forced ? 0.3 : 0.45)
    ink.line(line, colour, 1)
  }
  ink.rect(gutter, bottom, width - gutter, 1, theme.grid)
  const peak = amount(most)
  const room = gutter - 20
  const wide = ink.measure(`${label}  ${peak}`, style) <= room
  if (wide) ink.text(label, 10, bottom - 2, style)
  ink.text(wide || ink.measure(peak, style) <= room ? peak : '', gutter - 8, bottom - 2, { ...style, align: 'right' })
}

/** Where a node was not: hatched, with the moment of its loss marked. */
export function drawAbsence(ink: Ink, scene: Scene, node: number, top: number, height: number): void {
  const { store, theme, gutter, width, words } = scene
  const { joined, lost } = store.record.nodes[node]!
  const hatched = (from: number, to: number): void => {
    const [left, right] = [Math.max(gutter, from), Math.min(width, to)]
    if (!(right > left)) return
    ink.rect(left, top, right - left, height, theme.background)
    ink.line(hatching(left, top, right - left, height, 7), theme.grid, 1.2)
  }
  if (joined !== undefined && joined > 0) hatched(gutter, xOf(scene, joined))
  if (lost === undefined) return
  const x = xOf(scene, lost)
  hatched(x, width)
  if (x < gutter || x > width) return
  ink.rect(x - 1, top, 2, height, theme.states.failed)
  const text = words.lostAt(duration(lost))
  const style = { size: 11, weight: 500, colour: theme.states.failed } as const
  const length = ink.measure(text, style)
  if (height < 12 || x + length + 30 > width) return
  const middle = top + height / 2
  ink.rect(x + 5, middle - 8, length + 24, 16, theme.background)
  ink.line([x + 10, middle - 3, x + 16, middle + 3, NaN, NaN, x + 16, middle - 3, x + 10, middle + 3], theme.states.failed, 1.8)
  ink.text(text, x + 22, middle + 4, style)
}

/** As much of a text from outside as there is room for. */
export function fitted(ink: Ink, text: string, room: number, style: Parameters<Ink['measure']>[1]): string {
  const safe = plain(text, 80)
  if (ink.measure(safe, style) <= room) return safe
  const letters = Array.from(safe)
  let [low, high] = [0, letters.length]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (ink.measure(`${letters.slice(0, middle).join('')}…`, style) <= room) low = middle
    else high = middle - 1
  }
  return low === 0 ? '' : `${letters.slice(0, low).join('')}…`
}
