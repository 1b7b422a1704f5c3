/** The states of a run's tasks at a moment, now or replayed. */
import { stateNames } from '../../../kernel/cluster/record/read.ts'
import type { RecordedState } from '../../../kernel/cluster/record/read.ts'
import type { RunStore } from './store.ts'

export const WAITING = 0
export const READY = 1
export const RUNNING = 2
export const BACKING_OFF = 3
export const SUCCEEDED = 4
export const FAILED = 5
export const CANCELLED = 6
export const SKIPPED = 7

export interface Moment {
  /** ms since the declaration. */
  readonly time: number
  /** It is the present, or the end: nothing is replayed. */
  readonly present: boolean
  /** Number of each task's state, by index, in the order of `stateNames`. */
  readonly states: ArrayLike<number>
  readonly counts: Readonly<Record<RecordedState, number>>
}

/** @param time ms since the declaration; undefined: the present */
export function momentOf(store: RunStore, time: number | undefined): Moment {
  const { record, tasks } = store
  if (time === undefined) return { time: record.final ? record.makespan : record.asOf, present: true, states: tasks.state, counts: record.counts }
  const states = statesAt(store, time)
  const counts = new Float64Array(stateNames.length)
  for (let i = 0; i < states.length; i++) counts[states[i]!]!++
  // Tasks beyond those that a record lists are counted as they are now: nothing more is known of them.
  const counted = Object.fromEntries(stateNames.map((name, state) => [name, counts[state]!])) as Record<RecordedState, number>
  return { time, present: false, states, counts: counted }
}

/**
 * A task is ready from `ready`, running from `started`, in its final state from `ended`; before that the attempts that gave
 * no result say when it was running.
 */
function statesAt({ tasks, attempts }: RunStore, time: number): Uint8Array {
  const states = new Uint8Array(tasks.length)
  for (let i = 0; i < states.length; i++) {
    const final = tasks.state[i]!
    if (final >= SUCCEEDED && tasks.ended[i]! <= time) states[i] = final
    else if (tasks.started[i]! <= time) states[i] = RUNNING
    else if (tasks.ready[i]! <= time) states[i] = READY
  }
  for (let row = 0; row < attempts.length; row++) {
    const task = attempts.task[row]!
    if (attempts.began[row]! > time || states[task]! > READY) continue
    states[task] = attempts.ended[row]! > time ? RUNNING : READY
  }
  return states
}
