/** What a run waits for and moves over time, by pixel column. No DOM. */
import { BACKING_OFF, CANCELLED, FAILED, READY, RUNNING, SUCCEEDED } from '../../../kernel/cluster/record/read.ts'
import type { AttemptTable, LoadSeries, TaskTable } from '../../../kernel/cluster/record/read.ts'
import type { Span } from './window.ts'

export interface Series {
  /** By column. */
  readonly values: Float32Array
  readonly most: number
}

/** How many tasks were ready and waited for a slot. One pass over all tasks. */
export function waitingOver(tasks: TaskTable, attempts: AttemptTable, asOf: number, { from, to }: Span, columns: number): Series {
  const steps = new Float64Array(columns + 1)
  const scale = columns / (to - from)
  const enter = (time: number, amount: number): void => {
    const column = Math.floor((time - from) * scale)
    if (column < columns) steps[column > 0 ? column : 0]! += amount
  }
  const { length, state, ready, started, ended } = tasks
  for (let i = 0; i < length; i++) {
    const since = ready[i]!
    if (!(since <= to)) continue
    const now = state[i]!
    const until = started[i]! >= 0 ? started[i]! : now === READY ? Infinity : now === CANCELLED || now === FAILED ? ended[i]! : since
    if (!(until > since)) continue
    enter(since, 1)
    enter(until, -1)
  }
  for (let row = 0; row < attempts.length; row++) {
    // A task's ready time may be that of its first attempt: while it was executing it did not wait.
    const task = attempts.task[row]!
    if (!(task < length) || !(ready[task]! < attempts.began[row]!) || !waits(state[task]!)) continue
    enter(attempts.began[row]!, -1)
    enter(attempts.ended[row]!, 1)
  }
  return cumulated(steps, columns, Math.floor((asOf - from) * scale))
}

const waits = (state: number): boolean => state === READY || state === RUNNING || state === BACKING_OFF || state === SUCCEEDED || state === FAILED

/** @param last column of which something is known */
function cumulated(steps: Float64Array, columns: number, last: number): Series {
  const values = new Float32Array(columns)
  let sum = 0
  let most = 0
  for (let column = 0; column < columns && column <= last; column++) {
    sum += steps[column]!
    values[column] = Math.max(0, sum)
    if (sum > most) most = sum
  }
  return { values, most }
}

/** Bytes a second that all nodes received. */
export function receivedOver(loads: readonly (LoadSeries | undefined)[], { from, to }: Span, columns: number): Series {
  const steps = new Float64Array(columns + 1)
  const scale = columns / (to - from)
  const columnOf = (time: number): number => Math.max(0, Math.min(columns, Math.floor((time - from) * scale)))
  for (const load of loads) {
    if (!load || !(load.step > 0)) continue
    const { times, bytesIn, step } = load
    for (let i = 1; i < times.length; i++) {
      // A period's bytes came since the one before, which may be further back where nothing was told.
      const rate = (1000 * (bytesIn[i]! - bytesIn[i - 1]!)) / (times[i]! - times[i - 1]!)
      if (!(rate > 0 && rate < Infinity)) continue
      steps[columnOf(times[i - 1]! + step)]! += rate
      steps[columnOf(times[i]! + step)]! -= rate
    }
  }
  return cumulated(steps, columns, columns)
}

/** Columns in which tasks failed for good. */
export function failuresOver({ length, state, ended }: TaskTable, { from, to }: Span, columns: number): Uint8Array {
  const failed = new Uint8Array(columns)
  const scale = columns / (to - from)
  for (let i = 0; i < length; i++) {
    if (state[i] !== FAILED || !(ended[i]! >= from && ended[i]! <= to)) continue
    failed[Math.min(columns - 1, Math.floor((ended[i]! - from) * scale))] = 1
  }
  return failed
}
