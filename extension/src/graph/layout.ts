/** Where groups, and the tasks of the one that is expanded, stand on an endless sheet. Pure, and the same for the same structure. */
import { arrange } from './arrangement.ts'
import type { Arrangement, Place } from './arrangement.ts'
import type { GroupEdge, GroupGraph } from './groups.ts'
import { layered } from './layers.ts'
import type { Size } from './layers.ts'

export interface Layout {
  readonly graph: GroupGraph
  /** Top left corners and sizes, by row of the groups. */
  readonly x: Float32Array
  readonly y: Float32Array
  readonly widths: Float32Array
  readonly heights: Float32Array
  readonly layer: Int32Array
  /** As the groups' edges: points that each passes. */
  readonly bends: readonly (readonly number[])[]
  readonly width: number
  readonly height: number
  /** Of the own group, while it is expanded. */
  readonly tasks: Arrangement | undefined
  /** Where its first corner stands. */
  readonly tasksX: number
  readonly tasksY: number
}

export const GROUP: Size = { width: 216, height: 64 }
export const FRAME = { header: 34, padding: 12, least: 232 }
const COLUMN_GAP = 76
const ROW_GAP = 18
/** Many groups: their boxes need less room between them. */
const CLOSE_ROW_GAP = 10

/** @param tasks how many rows the own run has */
export function layoutOf(graph: GroupGraph, expanded: boolean, tasks: number): Layout {
  const { groups, edges } = graph
  const own = groups[0]!
  const arrangement = expanded ? arrange(tasks, own.kind === 'reduce' && own.count === tasks) : undefined
  const sizes = groups.map((group) => (group.own && arrangement ? frameSize(arrangement) : GROUP))
  const { layer, x, y, width, height, bends } = layered(sizes, edges, COLUMN_GAP, groups.length > 24 ? CLOSE_ROW_GAP : ROW_GAP)
  const spare = arrangement ? sizes[0]!.width - 2 * FRAME.padding - arrangement.width : 0
  return {
    graph, layer, x, y, width, height, bends,
    widths: Float32Array.from(sizes, (size) => size.width),
    heights: Float32Array.from(sizes, (size) => size.height),
    tasks: arrangement,
    tasksX: x[0]! + FRAME.padding + spare / 2,
    tasksY: y[0]! + FRAME.header,
  }
}

function frameSize({ width, height }: Arrangement): Size {
  return { width: Math.max(FRAME.least, width + 2 * FRAME.padding), height: FRAME.header + height + FRAME.padding }
}

/** @returns undefined for a run that is not in the graph */
export function rowOfRun({ graph }: Layout, run: number): number | undefined {
  const row = graph.groups.findIndex((group) => group.run === run)
  return row < 0 ? undefined : row
}

/** @param place is written to, and returned */
export function groupPlace(layout: Layout, row: number, place: Place): Place {
  place.x = layout.x[row]!
  place.y = layout.y[row]!
  place.width = layout.widths[row]!
  place.height = layout.heights[row]!
  return place
}

/** The rows of groups at the other ends of a group's edges. */
export function neighbours({ graph }: Layout, row: number): { readonly before: readonly number[]; readonly after: readonly number[] } {
  const ends = (chosen: (edge: GroupEdge) => boolean, end: (edge: GroupEdge) => number): number[] => graph.edges.filter(chosen).map(end)
  return { before: ends(({ to }) => to === row, ({ from }) => from), after: ends(({ from }) => from === row, ({ to }) => to) }
}

/** No group stands there. */
export function isFree({ x, y, widths, heights }: Layout, place: Place): boolean {
  for (let row = 0; row < x.length; row++) {
    if (x[row]! < place.x + place.width && x[row]! + widths[row]! > place.x && y[row]! < place.y + place.height && y[row]! + heights[row]! > place.y) return false
  }
  return true
}

/** The least move of a part of the sheet after which a group is in it by `margin`; the part itself where one is. */
export function onto(layout: Layout, part: Place, margin: number): { readonly x: number; readonly y: number } {
  if (!isFree(layout, part)) return { x: part.x, y: part.y }
  const { x, y, widths, heights } = layout
  const toward = (start: number, size: number, from: number, view: number): number => Math.max(start - view + Math.min(size, margin), Math.min(from, start + size - Math.min(size, margin)))
  let best = { x: part.x, y: part.y }
  let least = Infinity
  for (let row = 0; row < x.length; row++) {
    const to = { x: toward(x[row]!, widths[row]!, part.x, part.width), y: toward(y[row]!, heights[row]!, part.y, part.height) }
    const far = Math.hypot(to.x - part.x, to.y - part.y)
    if (far >= least) continue
    least = far
    best = to
  }
  return best
}
