/** The lanes of a timeline: one for each slot of each node, numbered in the order in which they stand. No DOM. */
import type { RunRecord } from '../../../kernel/cluster/record/types.ts'

/** Lanes that are kept at most: nodes with more slots share their last one, whatever a record claims. */
const MOST_LANES = 100_000

export interface Lanes {
  readonly nodes: number
  readonly count: number
  /** Of each node its first lane, and after the last node the number of lanes. */
  readonly first: Int32Array
}

export function lanesOf({ nodes, specs }: Pick<RunRecord, 'nodes' | 'specs'>): Lanes {
  const most = Math.max(1, Math.floor(MOST_LANES / Math.max(1, nodes.length)))
  const first = new Int32Array(nodes.length + 1)
  nodes.forEach(({ spec }, node) => {
    first[node + 1] = first[node]! + Math.min(most, Math.max(1, Math.floor(specs[spec]?.slots ?? 1)))
  })
  return { nodes: nodes.length, count: first[nodes.length]!, first }
}

/** The lane of a slot; -1 where there is no such node. */
export function laneOf({ nodes, first }: Lanes, node: number, slot: number): number {
  if (!(node >= 0 && node < nodes)) return -1
  const last = first[node + 1]! - 1
  const lane = first[node]! + slot
  return lane < last ? lane : last
}

export function nodeOf({ nodes, first }: Lanes, lane: number): number {
  let [low, high] = [0, nodes - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (first[middle]! <= lane) low = middle
    else high = middle - 1
  }
  return low
}

/** Lanes keep their numbers when nodes join at the end. */
export function isContinued(before: Lanes, after: Lanes): boolean {
  if (after.nodes < before.nodes) return false
  for (let node = 0; node <= before.nodes; node++) if (before.first[node] !== after.first[node]) return false
  return true
}

/** Where lanes stand: as rows of their own, or a row for each node when there are too many. */
export interface Rows {
  readonly level: 'slots' | 'nodes'
  /** Number of rows. */
  readonly count: number
  /** px of a row. */
  readonly height: number
  /** px between nodes. */
  readonly gap: number
  /** px of all. */
  readonly total: number
}

const TALLEST = 20
const LEAST = 3
/** Of rows that have to be scrolled: high enough for a name each. */
const SCROLLED = 13

/** @param room px that all rows should take at most; they are scrolled beyond it */
export function rowsOf({ nodes, count }: Lanes, room: number): Rows {
  const between = Math.max(0, nodes - 1)
  for (const gap of [6, 2]) {
    const height = Math.min(TALLEST, Math.floor((room - between * gap) / Math.max(1, count)))
    if (height >= (gap === 6 ? 6 : LEAST)) return { level: 'slots', count, height, gap, total: count * height + between * gap }
  }
  const fitting = Math.floor(room / Math.max(1, nodes))
  const height = fitting >= LEAST ? Math.min(TALLEST, fitting) : SCROLLED
  return { level: 'nodes', count: nodes, height, gap: 0, total: nodes * height }
}

/** px from the top of all rows to one of a lane, or to that of its node. */
export function topOf(rows: Rows, lanes: Lanes, lane: number): number {
  return rows.level === 'nodes' ? nodeOf(lanes, lane) * rows.height : lane * rows.height + nodeOf(lanes, lane) * rows.gap
}

/** px from the top of all rows to the first one of a node. */
export function topOfNode(rows: Rows, lanes: Lanes, node: number): number {
  return rows.level === 'nodes' ? node * rows.height : lanes.first[node]! * rows.height + node * rows.gap
}

/** The node whose rows, or whose gap below them, are at `y`; clamped to those there are. */
export function nodeAt(rows: Rows, lanes: Lanes, y: number): number {
  let [low, high] = [0, Math.max(0, lanes.nodes - 1)]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (topOfNode(rows, lanes, middle) <= y) low = middle
    else high = middle - 1
  }
  return low
}

/** The lanes whose row is at `y`; none between nodes or outside. */
export function lanesAt(rows: Rows, lanes: Lanes, y: number): { readonly from: number; readonly to: number } | undefined {
  if (!(y >= 0 && y < rows.total)) return undefined
  const node = nodeAt(rows, lanes, y)
  if (rows.level === 'nodes') return { from: lanes.first[node]!, to: lanes.first[node + 1]! }
  const lane = lanes.first[node]! + Math.floor((y - topOfNode(rows, lanes, node)) / rows.height)
  return lane < lanes.first[node + 1]! ? { from: lane, to: lane + 1 } : undefined
}
