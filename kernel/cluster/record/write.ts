/** Packs what read.ts unpacked. Like it, this uses only the language's own library, so that a browser can do it too. */
import { encodeColumn } from './column.ts'
import type { AttemptTable, LoadSeries, TaskTable } from './read.ts'
import type { AttemptColumns, NodeLoad, TaskColumns } from './types.ts'

export function writeTasks(tasks: TaskTable): TaskColumns {
  const { length } = tasks
  const ready = new Float64Array(length)
  const wait = new Float64Array(length)
  const duration = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    let base = 0
    // Each time is told from the one before it, as in `packTasks`.
    for (const [times, column] of [[tasks.ready, ready], [tasks.started, wait], [tasks.ended, duration]] as const) {
      const time = ticks(times[i]!)
      if (Number.isNaN(time)) continue
      column[i] = time - base + 1
      base = time
    }
  }
  return {
    length,
    state: encodeColumn(tasks.state),
    attempts: encodeColumn(tasks.attempts),
    attempt: encodeColumn(tasks.attempt),
    node: encodeColumn(toOne(tasks.node)),
    slot: encodeColumn(tasks.slot),
    ready: encodeColumn(ready),
    wait: encodeColumn(wait),
    duration: encodeColumn(duration),
    error: encodeColumn(toOne(tasks.error)),
    rootRun: encodeColumn(toOne(tasks.rootRun)),
    root: encodeColumn(toOne(tasks.root)),
  }
}

export function writeAttempts(attempts: AttemptTable, omitted: number): AttemptColumns {
  const began = attempts.began.map(ticks)
  return {
    length: attempts.length,
    omitted,
    task: encodeColumn(attempts.task),
    attempt: encodeColumn(attempts.attempt),
    node: encodeColumn(toOne(attempts.node)),
    slot: encodeColumn(attempts.slot),
    began: encodeColumn(began),
    duration: encodeColumn(attempts.ended.map((ended, i) => ticks(ended) - began[i]!)),
    ending: encodeColumn(attempts.ending),
  }
}

export function writeLoad(load: LoadSeries): NodeLoad {
  const column = (values: Float64Array, unit: number) => encodeColumn(values.map((value) => Math.round(value * unit)))
  return {
    step: load.step,
    length: load.times.length,
    period: column(load.times, 1 / load.step),
    cpu: column(load.cpu, 1000),
    memory: column(load.memory, 1 / 1024),
    busy: column(load.busy, 100),
    in: column(load.bytesIn, 1 / 1024),
    out: column(load.bytesOut, 1 / 1024),
  }
}

/** Tenths of a millisecond; NaN stays NaN. */
function ticks(ms: number): number {
  return Math.round(ms * 10)
}

function toOne(column: Float64Array): Float64Array {
  return column.map((value) => value + 1)
}
