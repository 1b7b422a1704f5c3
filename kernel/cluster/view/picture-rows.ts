/** Which nodes share which row of a picture's timeline, and which slots which lane of it. */
import type { RunRecord } from '../record/types.ts'

const MOST_ROWS = 12
const MARGIN = 6

/** One row: a node, or many of them together. */
export interface Row {
  /** Rows of `record.nodes`. */
  readonly nodes: readonly number[]
  readonly slots: number
  readonly lanes: number
  readonly laneHeight: number
  readonly height: number
}

export interface RowLayout {
  readonly rows: readonly Row[]
  /** For each node, its row and the number of slots before its own in that row. */
  readonly rowOf: Int32Array
  readonly firstSlot: Int32Array
  readonly height: number
}

/**
 * A row for each of up to twelve nodes; of more, those that were lost and the first have their own, and the rest share one.
 * @param room height that there is for all, in px; many nodes may take some more
 */
export function layoutRows(record: RunRecord, room: number): RowLayout {
  const slotsOf = (node: number) => record.specs[record.nodes[node]!.spec]!.slots
  const alone = ownRows(record)
  const together = record.nodes.length > alone.size ? record.nodes.flatMap((_, node) => (alone.has(node) ? [] : [node])) : []
  const shared = together.length > 0 ? Math.round(room * 0.36) : 0
  const most = Math.max(18, Math.min(64, (room - shared) / Math.max(1, alone.size)))
  const rows = [...alone].sort((a, b) => a - b).map((node) => rowFor([node], slotsOf(node), most))
  if (together.length > 0) rows.push(rowFor(together, together.reduce((sum, node) => sum + slotsOf(node), 0), shared))
  const rowOf = new Int32Array(record.nodes.length)
  const firstSlot = new Int32Array(record.nodes.length)
  rows.forEach((row, number) => {
    let slots = 0
    for (const node of row.nodes) {
      rowOf[node] = number
      firstSlot[node] = slots
      slots += slotsOf(node)
    }
  })
  return { rows, rowOf, firstSlot, height: rows.reduce((sum, { height }) => sum + height, 0) }
}

function ownRows(record: RunRecord): Set<number> {
  const all = record.nodes.map((_, node) => node)
  if (all.length <= MOST_ROWS) return new Set(all)
  const few = 7
  const lost = all.filter((node) => record.nodes[node]!.lost !== undefined).slice(0, few - 2)
  return new Set([...lost, ...all.slice(0, few - lost.length)])
}

/** A lane per slot while they are at least 3 px high, else lanes that several slots share. */
function rowFor(nodes: number[], slots: number, most: number): Row {
  const room = nodes.length > 1 ? most : Math.min(most, Math.max(22, slots * 15 + MARGIN))
  const lanes = Math.max(1, Math.min(slots, Math.floor((room - MARGIN) / (nodes.length > 1 ? 1.5 : 3))))
  const laneHeight = Math.floor(((room - MARGIN) / lanes) * 2) / 2
  return { nodes, slots, lanes, laneHeight, height: laneHeight * lanes + MARGIN }
}

/** The lane of its node's row that a slot is drawn in. A record may name slots that the node has not: they count as its last. */
export function laneOf(layout: RowLayout, record: RunRecord, node: number, slot: number): number {
  const { lanes, slots } = layout.rows[layout.rowOf[node]!]!
  const own = Math.min(slot, Math.max(0, record.specs[record.nodes[node]!.spec]!.slots - 1))
  return Math.min(lanes - 1, Math.floor(((layout.firstSlot[node]! + own) * lanes) / Math.max(1, slots)))
}
