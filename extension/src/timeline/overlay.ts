/** What lies over a timeline and changes with the pointer: hover, selection, the moment that is replayed, a range. */
import { duration } from '../../../kernel/cluster/view/amounts.ts'
import type { Place } from './find.ts'
import type { Ink } from './ink.ts'
import { topOf } from './lanes.ts'
import { AXIS, headOf, xOf } from './scene.ts'
import type { Scene } from './scene.ts'

export interface Pointed {
  readonly hover: Place | undefined
  readonly selection: Place | undefined
  /** px, of a range that is being dragged along the axis. */
  readonly range: { readonly from: number; readonly to: number } | undefined
}

export function drawOverlay(ink: Ink, scene: Scene, { hover, selection, range }: Pointed): void {
  const { width, height, gutter, theme, time, received } = scene
  const top = headOf(received !== undefined)
  ink.clipped(gutter - 3, top - 3, width - gutter + 3, height - top + 3, () => {
    if (hover) drawPlace(ink, scene, hover, theme.text, 1.5)
    if (selection) drawPlace(ink, scene, selection, theme.focus, 2)
  })
  if (range) {
    const left = Math.max(gutter, Math.min(range.from, range.to))
    const right = Math.min(width, Math.max(range.from, range.to))
    ink.rect(left, 0, right - left, height, theme.focus, 0.14)
    ink.rect(left, 0, 1, height, theme.focus)
    ink.rect(right - 1, 0, 1, height, theme.focus)
  }
  if (time !== undefined) drawCursor(ink, scene, time)
}

/** The run with a frame; before it, how long it had been ready, thin, and its other attempts' places. */
function drawPlace(ink: Ink, scene: Scene, place: Place, colour: string, lineWidth: number): void {
  const { segments, store, lanes, rows, scrolled, received, theme } = scene
  const lane = segments.lane(place.lane)
  if (!lane || place.at >= lane.length) return
  const id = lane.ids[place.at]!
  const y = headOf(received !== undefined) - scrolled + topOf(rows, lanes, place.lane)
  const height = Math.max(3, rows.height - (rows.height >= 6 ? 1 : 0))
  const end = lane.ends[place.at]! < Infinity ? lane.ends[place.at]! : store.record.asOf
  const left = xOf(scene, lane.starts[place.at]!)
  const right = Math.max(left + 3, xOf(scene, end))
  const ready = id >= 0 ? store.tasks.ready[id]! : NaN
  if (ready < lane.starts[place.at]!) {
    const from = xOf(scene, ready)
    const middle = y + height / 2
    ink.line([from, middle, left, middle], theme.background, 4)
    ink.line([from, middle, left, middle, NaN, NaN, from, middle - 4, from, middle + 4], colour, 1.5)
  }
  ink.outline(left - 1, y - 1, right - left + 2, height + 2, theme.background, lineWidth + 2)
  ink.outline(left - 1, y - 1, right - left + 2, height + 2, colour, lineWidth)
}

function drawCursor(ink: Ink, scene: Scene, time: number): void {
  const { width, height, gutter, theme } = scene
  const x = xOf(scene, time)
  if (x < gutter - 1 || x > width + 1) return
  ink.rect(Math.min(width - 1.5, x - 0.75), AXIS - 4, 1.5, height - AXIS + 4, theme.focus)
  const label = duration(time)
  const style = { size: 11, weight: 600, colour: theme.background, align: 'center' } as const
  const half = ink.measure(label, style) / 2 + 6
  const centre = Math.max(gutter + half - 6, Math.min(width - half, x))
  ink.rect(centre - half, 2, 2 * half, AXIS - 6, theme.focus)
  ink.text(label, centre, AXIS - 8, style)
}
