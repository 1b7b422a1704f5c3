/** Which nodes share a row, and which time a column. */
import type { AttemptTable, LoadSeries, TaskTable } from '../../../kernel/cluster/record/read.ts'
import type { RunRecord } from '../../../kernel/cluster/record/types.ts'

/** Most columns of time, and rows. */
export const COLUMNS = 300
export const ROWS = 64

/** Shortest column, ms: nodes do not report more often. */
const SHORTEST = 100

export interface GridRow {
  /** Row of `record.nodes` of the first of its nodes. */
  readonly first: number
  /** So many that follow each other. */
  readonly nodes: number
}

/** What a grid is made of: a RunStore. */
export interface Source {
  readonly record: RunRecord
  readonly tasks: TaskTable
  readonly attempts: AttemptTable
  readonly loads: readonly (LoadSeries | undefined)[]
}

/** Where the time axis ends, ms since the declaration. */
export function endOf({ makespan, asOf, final }: RunRecord): number {
  const end = Math.max(makespan, final ? 0 : asOf)
  return end > 0 && Number.isFinite(end) ? end : 0
}

/** Nodes beyond ROWS share rows with their neighbours. */
export function rowsOf(nodes: number): GridRow[] {
  const each = Math.max(1, Math.ceil(nodes / ROWS))
  return Array.from({ length: Math.ceil(nodes / each) }, (_, row) => ({ first: row * each, nodes: Math.min(each, nodes - row * each) }))
}

/** A column's width doubles when they would become too many, so that what was added up stays right most of the time. */
export function columnWidth(end: number): number {
  let width = SHORTEST
  while (end / width > COLUMNS) width *= 2
  return width
}
