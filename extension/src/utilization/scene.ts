/** A grid with all that is to be seen beside its values, as places and lengths of time. */
import type { RecordedNode } from '../../../kernel/cluster/record/types.ts'
import { tickLabel, ticksOf } from '../timeline/ticks.ts'
import type { Palette } from './colours.ts'
import { isHeat } from './figure.ts'
import type { Box, Loss, Presence, Scene, Tick } from './figure.ts'
import type { Grid } from './grid.ts'
import { scaleEnd } from './measure.ts'
import { COLUMNS } from './rows.ts'
import type { GridRow, Source } from './rows.ts'

/** Height of the time axis and of the air above the rows, px. */
export const AXIS = 24
export const AIR = 4

/** What a line of text needs, px: lower rows have no value beside them, and not each of them its name. */
export const LINE = 13

/** Rows of this height have room for a second line. */
export const TWO_LINES = 30

/** Heights of a row, px: the least, what is asked for, and the most. */
function rowHeights(rows: number): { readonly asked: number; readonly most: number } {
  if (rows <= 2) return { asked: 84, most: 104 }
  if (rows <= 6) return { asked: Math.max(40, Math.floor(232 / rows)), most: 84 }
  return { asked: Math.max(5, Math.min(22, Math.floor(280 / rows))), most: rows <= 24 ? 24 : 10 }
}

/** Height that a plot of so many rows asks for. */
export function heightFor(rows: number): number {
  return Math.max(1, rows) * rowHeights(Math.max(1, rows)).asked + AXIS + AIR
}

/** Room for values such as `avg 87 %` and `avg 22.4 MiB/s`, px. */
const besideRows = { fraction: 76, cores: 92, bytes: 84, rate: 94 } as const

/** Room for half of the time at the end of the axis, px. */
const MARGIN = 14

/** Where the plot stands in the room there is. */
export function boxIn(width: number, height: number, { rows: { length: rows }, unit }: Pick<Grid, 'rows' | 'unit'>): Box {
  const most = rows * rowHeights(rows).most + AXIS + AIR
  const left = Math.round(Math.min(128, Math.max(60, width * 0.24)))
  const right = namesValues(Math.min(height, most), rows) ? besideRows[unit] : MARGIN
  return { width, height: Math.min(height, most), left, right, top: AIR, bottom: AXIS }
}

/** Rows that are high enough have their value beside them. */
function namesValues(height: number, rows: number): boolean {
  return (height - AXIS - AIR) / rows >= LINE
}

export function sceneOf(grid: Grid, nodes: readonly RecordedNode[], palette: Palette, font: string, box: Box): Scene {
  return {
    grid, palette, font, box,
    top: scaleEnd(grid.unit, mostOf(grid)),
    presence: isHeat(grid) ? [] : grid.rows.map((row) => presenceOf(nodes[row.first]!, grid.end)),
    losses: lossesOf(grid, nodes),
    ticks: ticksIn(grid.end, box),
  }
}

/** Between the middles of labels, px. */
const LABELS_APART = 56

/** As the timeline marks its axis; where it is narrow, not each mark has room for its label. */
function ticksIn(end: number, { width, left, right }: Box): Tick[] {
  const room = width - left - right
  const { step, times } = ticksOf({ from: 0, to: end }, Math.max(3, room / 72))
  const every = Math.max(1, Math.ceil(LABELS_APART / ((step / end) * room)) || 1)
  return times.filter((_, i) => i % every === 0).map((time) => ({ time, text: tickLabel(time, step, end) }))
}

function mostOf({ rows, columns, values }: Grid): number {
  let most = 0
  for (let row = 0; row < rows.length; row++) {
    for (let column = 0; column < columns; column++) if (values[row * COLUMNS + column]! > most) most = values[row * COLUMNS + column]!
  }
  return most
}

function presenceOf({ joined = 0, lost = Infinity }: RecordedNode, end: number): Presence {
  return { from: Math.min(end, Math.max(0, joined)), to: Math.max(0, Math.min(end, lost)) }
}

/** One in each place where marks would stand upon each other. */
function lossesOf(grid: Grid, nodes: readonly RecordedNode[]): Loss[] {
  const losses: Loss[] = []
  grid.rows.forEach(({ first, nodes: count }, row) => {
    const places = new Set<number>()
    for (let node = first; node < first + count; node++) {
      const time = nodes[node]!.lost
      if (time === undefined || !(time >= 0 && time <= grid.end)) continue
      const place = Math.floor((time / grid.end) * 60)
      if (!places.has(place)) losses.push({ row, time })
      places.add(place)
    }
  })
  return losses
}

/** Two reports of one node are the least that a plot can show. What tasks held is known without reports. */
export function hasReports(grid: Grid, { loads }: Source): boolean {
  return grid.measure === 'gpu' ? grid.columns > 0 : grid.columns > 0 && loads.some((load) => load !== undefined && load.times.length >= 2)
}

/** Is it one node, and which? */
export function onlyNode(row: GridRow, nodes: readonly RecordedNode[]): RecordedNode | undefined {
  return row.nodes === 1 ? nodes[row.first] : undefined
}
