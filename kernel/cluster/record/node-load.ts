import { encodeColumn } from './column.ts'
import type { NodeLoad } from './types.ts'

/** What a node reported of itself at one time, ms since the run's declaration. */
export interface LoadSample {
  readonly time: number
  /** Cores in use. */
  readonly cpu: number
  /** Bytes resident. */
  readonly memory: number
  /** Slots in use, by whatever run. */
  readonly busy: number
  /** Totals since the node started. */
  readonly bytesIn: number
  readonly bytesOut: number
}

/** Shortest period, ms: nodes report a few times a second. */
const FIRST_STEP = 100
const fields = ['period', 'samples', 'cpu', 'memory', 'busy', 'bytesIn', 'bytesOut'] as const

/**
 * A node's load over a run's life, in at most `most` periods of equal length: when there would be more, neighbours
 * are merged and the period doubles. Means of cpu and slots, the most of memory, the last of the totals.
 */
export class LoadHistory {
  readonly #most: number
  #step = FIRST_STEP
  #rows: Record<(typeof fields)[number], number>[] = []
  #samples = 0
  /** The node's totals when the run began to watch it. */
  #base: { in: number; out: number } | undefined

  constructor(most: number) {
    this.#most = Math.max(2, most)
  }

  get bytesIn(): number {
    return this.#rows.at(-1)?.bytesIn ?? 0
  }

  get bytesOut(): number {
    return this.#rows.at(-1)?.bytesOut ?? 0
  }

  /** How many samples it was told: another number, another history. */
  get samples(): number {
    return this.#samples
  }

  /** Length of a period, ms, and which is the last. */
  get step(): number {
    return this.#step
  }

  get lastPeriod(): number {
    return this.#rows.at(-1)?.period ?? 0
  }

  add(sample: LoadSample): void {
    this.#samples++
    this.#base ??= { in: sample.bytesIn, out: sample.bytesOut }
    const row = {
      period: Math.max(0, Math.floor(sample.time / this.#step)),
      samples: 1,
      cpu: sample.cpu,
      memory: sample.memory,
      busy: sample.busy,
      bytesIn: Math.max(0, sample.bytesIn - this.#base.in),
      bytesOut: Math.max(0, sample.bytesOut - this.#base.out),
    }
    const last = this.#rows.at(-1)
    // A sample that comes late counts for the period that is open.
    if (last && row.period <= last.period) merge(last, row)
    else this.#rows.push(row)
    while (this.#rows.length > this.#most) this.#thin()
  }

  #thin(): void {
    this.#step *= 2
    const rows = this.#rows
    this.#rows = []
    for (const row of rows) {
      row.period = Math.floor(row.period / 2)
      const last = this.#rows.at(-1)
      if (last?.period === row.period) merge(last, row)
      else this.#rows.push(row)
    }
  }

  /**
   * Nothing when there was no sample.
   * @param from the first period that is told
   */
  pack(from = 0): NodeLoad | undefined {
    if (this.#rows.length === 0) return undefined
    const rows = from === 0 ? this.#rows : this.#rows.filter((row) => row.period >= from)
    const column = (field: (typeof fields)[number], unit: number) => encodeColumn(rows.map((row) => whole(row[field] * unit)))
    return {
      step: this.#step,
      length: rows.length,
      period: column('period', 1),
      cpu: column('cpu', 1000),
      memory: column('memory', 1 / 1024),
      busy: column('busy', 100),
      in: column('bytesIn', 1 / 1024),
      out: column('bytesOut', 1 / 1024),
    }
  }
}

function merge(into: Record<(typeof fields)[number], number>, row: Record<(typeof fields)[number], number>): void {
  const samples = into.samples + row.samples
  into.cpu = (into.cpu * into.samples + row.cpu * row.samples) / samples
  into.busy = (into.busy * into.samples + row.busy * row.samples) / samples
  into.memory = Math.max(into.memory, row.memory)
  into.bytesIn = row.bytesIn
  into.bytesOut = row.bytesOut
  into.samples = samples
}

/** A number that a column can hold; what a node reports is not to be trusted. */
export function whole(value: number): number {
  return value >= 0 && value < Number.MAX_SAFE_INTEGER ? Math.round(value) : 0
}
