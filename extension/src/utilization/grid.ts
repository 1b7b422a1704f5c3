/**
 * What nodes reported, in columns of time: one row for each node, or for several when there are many. What was worked out
 * for a row is kept until something of its nodes changes.
 */
import type { LoadSeries } from '../../../kernel/cluster/record/read.ts'
import type { RecordedNode, RecordedNodeSpec, RunRecord } from '../../../kernel/cluster/record/types.ts'
import { Cover, divide } from './cover.ts'
import { heldGpus } from './gpu.ts'
import { capacityOf, unitOf } from './measure.ts'
import type { Measure, Unit } from './measure.ts'
import { COLUMNS, columnWidth, endOf, rowsOf } from './rows.ts'
import type { GridRow, Source } from './rows.ts'

export interface Grid {
  readonly measure: Measure
  readonly unit: Unit
  readonly rows: readonly GridRow[]
  /** Of time: those from the declaration to `end`. */
  readonly columns: number
  /** What a column covers, ms. */
  readonly width: number
  /** Where the time axis ends, ms. */
  readonly end: number
  /** Mean of each row's nodes in each column, COLUMNS a row; NaN: nothing was reported. */
  readonly values: Float64Array
}

export function valueAt(grid: Grid, row: number, time: number): number {
  const column = Math.min(grid.columns - 1, Math.floor(time / grid.width))
  return column >= 0 ? grid.values[row * COLUMNS + column]! : NaN
}

/** The last that is known of a row. */
export function latestValue(grid: Grid, row: number): number {
  for (let column = grid.columns - 1; column >= 0; column--) {
    const value = grid.values[row * COLUMNS + column]!
    if (!Number.isNaN(value)) return value
  }
  return NaN
}

export interface Statistics {
  readonly mean: number
  readonly most: number
}

export function statisticsOf(grid: Grid, row: number): Statistics {
  let sum = 0
  let known = 0
  let most = NaN
  for (let column = 0; column < grid.columns; column++) {
    const value = grid.values[row * COLUMNS + column]!
    if (Number.isNaN(value)) continue
    sum += value
    known++
    if (!(value <= most)) most = value
  }
  return { mean: sum / known, most }
}

export class GridBuilder {
  #values = new Float64Array(0)
  /** What the rows were made of. */
  #made = ''
  #loads: (LoadSeries | undefined)[] = []
  #nodes: RecordedNode[] = []
  readonly #amounts = new Cover(COLUMNS)
  readonly #wholes = new Cover(COLUMNS)
  readonly #weights = new Float64Array(COLUMNS)

  /** How many rows were worked out anew the last time. */
  renewed = 0

  build(source: Source, measure: Measure): Grid {
    const { record, loads } = source
    const end = endOf(record)
    const width = columnWidth(end)
    const rows = rowsOf(record.nodes.length)
    const unit = unitOf(measure, record)
    const made = `${measure}/${unit}/${width}/${record.nodes.length}`
    if (made !== this.#made) {
      this.#made = made
      this.#values = new Float64Array(rows.length * COLUMNS)
      this.#loads = []
      this.#nodes = []
    }
    this.renewed = 0
    if (measure === 'gpu') heldGpus(source, rows, width, this.#values)
    else rows.forEach((row, r) => this.#changed(row, record.nodes, loads) && this.#renew(row, r, width, record, loads, measure, unit))
    this.#loads = loads.slice()
    this.#nodes = record.nodes
    return { measure, unit, rows, columns: Math.min(COLUMNS, Math.ceil(end / width)), width, end, values: this.#values }
  }

  #changed({ first, nodes }: GridRow, after: readonly RecordedNode[], loads: readonly (LoadSeries | undefined)[]): boolean {
    for (let node = first; node < first + nodes; node++) if (this.#nodes[node] !== after[node] || this.#loads[node] !== loads[node]) return true
    return false
  }

  #renew(row: GridRow, number: number, width: number, record: RunRecord, loads: readonly (LoadSeries | undefined)[], measure: Measure, unit: Unit): void {
    this.renewed++
    this.#amounts.clear()
    this.#wholes.clear()
    for (let n = row.first; n < row.first + row.nodes; n++) {
      const node = record.nodes[n]!
      const load = loads[n]
      if (load) this.#addNode(load, node, record.specs[node.spec], width, measure, unit)
    }
    const values = this.#values.subarray(number * COLUMNS, (number + 1) * COLUMNS)
    this.#amounts.read(values)
    this.#wholes.read(this.#weights)
    divide(values, this.#weights)
  }

  /** A node's reports, each from its time to the next one's, as long as that is not missing. */
  #addNode(load: LoadSeries, node: RecordedNode, spec: RecordedNodeSpec | undefined, width: number, measure: Measure, unit: Unit): void {
    const whole = unit === 'fraction' ? capacityOf(measure, spec) : 1
    if (whole === undefined) return
    const { times } = load
    const hold = holdOf(load)
    const last = node.lost ?? Infinity
    let from = node.joined ?? 0
    for (let i = 0; i < times.length; i++) {
      // Times that do not ascend are nonsense, and must not cost anything.
      from = Math.max(from, times[i]!)
      const next = times[i + 1] ?? Infinity
      const to = Math.min(next, times[i]! + hold, last)
      if (!(to > from)) continue
      const amount = amountOf(load, i, measure)
      this.#amounts.add(from / width, to / width, amount)
      this.#wholes.add(from / width, to / width, whole)
      from = to
    }
  }
}

function amountOf({ times, step, cpu, memory, busy, bytesIn, bytesOut }: LoadSeries, i: number, measure: Measure): number {
  if (measure === 'slots') return busy[i]!
  if (measure === 'cpu') return cpu[i]!
  if (measure === 'memory') return memory[i]!
  // Totals become what was moved since the report before, per second.
  const moved = bytesIn[i]! + bytesOut[i]! - (i > 0 ? bytesIn[i - 1]! + bytesOut[i - 1]! : 0)
  const elapsed = i > 0 ? times[i]! - times[i - 1]! : step
  return elapsed > 0 ? Math.max(0, (moved / elapsed) * 1000) : 0
}

const holds = new WeakMap<LoadSeries, number>()

/** For how long a report holds: a little longer than it usually takes until the next; after that there is a gap. */
function holdOf(load: LoadSeries): number {
  let hold = holds.get(load)
  if (hold === undefined) {
    const { times, step } = load
    const intervals = Float64Array.from({ length: Math.max(0, times.length - 1) }, (_, i) => times[i + 1]! - times[i]!).sort()
    hold = Math.max(step, 2.5 * (intervals[intervals.length >> 1] ?? 0))
    holds.set(load, hold)
  }
  return hold
}
