/** What is to be drawn of a run, worked out again only where the run has changed. No DOM. */
import type { RunStore } from '../run/store.ts'
import { lanesOf } from './lanes.ts'
import type { Lanes } from './lanes.ts'
import { Segments } from './segments.ts'
import { failuresOver, receivedOver, waitingOver } from './series.ts'
import type { Series } from './series.ts'
import type { Span } from './window.ts'

type Facts = Pick<RunStore, 'record' | 'tasks' | 'attempts' | 'loads' | 'version'>

/** What is shown above the rows, by pixel column. */
export interface OverTime {
  readonly waiting: Series
  readonly received: Series | undefined
  readonly failures: Uint8Array
}

export class Model {
  readonly segments = new Segments()
  lanes: Lanes = { nodes: 0, count: 0, first: new Int32Array(1) }
  /** ms from the declaration to the end of the axis. */
  end = 1
  /** Any node has received anything. */
  receives = false
  readonly #facts: Facts
  #version = -1
  #nodes: unknown
  #series: { readonly key: string; readonly over: OverTime } | undefined

  constructor(facts: Facts) {
    this.#facts = facts
  }

  update(): void {
    const { record, loads, version } = this.#facts
    if (version === this.#version) return
    this.#version = version
    if (record.nodes !== this.#nodes) {
      this.#nodes = record.nodes
      this.lanes = lanesOf(record)
    }
    this.segments.update(this.#facts, this.lanes)
    const end = record.final ? record.makespan : Math.max(record.asOf, record.makespan)
    this.end = end > 0.5 && end < Number.MAX_SAFE_INTEGER ? end : 0.5
    this.receives = loads.some((load) => load !== undefined && load.bytesIn.length > 1 && load.bytesIn.at(-1)! > load.bytesIn[0]!)
  }

  series(span: Span, columns: number): OverTime {
    const key = `${this.#version}/${span.from}/${span.to}/${columns}`
    if (this.#series?.key === key) return this.#series.over
    const { tasks, attempts, loads } = this.#facts
    const over = {
      waiting: waitingOver(tasks, attempts, this.end, span, columns),
      received: this.receives ? receivedOver(loads, span, columns) : undefined,
      failures: failuresOver(tasks, span, columns),
    }
    this.#series = { key, over }
    return over
  }
}
