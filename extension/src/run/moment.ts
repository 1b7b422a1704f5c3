/** The states of a run's tasks at a moment, now or replayed. */
import { BACKING_OFF, READY, RUNNING, SKIPPED, stateNames, SUCCEEDED, WAITING } from '../../../kernel/cluster/record/read.ts'
import type { RecordedState } from '../../../kernel/cluster/record/read.ts'
import { pastOf } from './past.ts'
import type { RunStore } from './store.ts'

export interface Moment {
  /** ms since the declaration. */
  readonly time: number
  /** It is the present, or the end: nothing is replayed. */
  readonly present: boolean
  /** Number of each task's state, by index, in the order of `stateNames`. */
  readonly states: ArrayLike<number>
  readonly counts: Readonly<Record<RecordedState, number>>
}

type Facts = Pick<RunStore, 'record' | 'tasks' | 'attempts'>

/** @param time ms since the declaration; undefined: the present */
export function momentOf(facts: Facts, time: number | undefined): Moment {
  const { record, tasks } = facts
  if (time === undefined) return { time: record.final ? record.makespan : record.asOf, present: true, states: tasks.state, counts: record.counts }
  const states = statesAt(facts, time)
  return { time, present: false, states, counts: countsOf(states) }
}

/** Of the tasks that a record lists: nothing more is known of the others at another time. */
function countsOf(states: Uint8Array): Record<RecordedState, number> {
  const counts = new Uint32Array(stateNames.length)
  for (let i = 0; i < states.length; i++) counts[states[i]!]!++
  return Object.fromEntries(stateNames.map((name, state) => [name, counts[state]!])) as Record<RecordedState, number>
}

/**
 * A task's own row says when it was ready, began and ended for the attempt that counts; the attempts that gave no result
 * say what it did before. What a record does not keep is not shown: what became of a task before it was run again by the
 * user, attempts that were left out, and whether a task that was tried again had its inputs before its first attempt, when
 * each task has inputs of its own in another run (it is shown as waiting then).
 */
function statesAt(facts: Facts, time: number): Uint8Array {
  const { tasks, attempts } = facts
  const past = pastOf(facts)
  const states = new Uint8Array(tasks.length)
  const { state, ready, started, ended } = tasks
  for (let i = 0; i < states.length; i++) {
    const now = state[i]!
    if (now >= SUCCEEDED) {
      // An end at an unknown time was not before the last that is known of the task.
      if (ended[i]! <= time || (Number.isNaN(ended[i]!) && !(started[i]! > time) && !(ready[i]! > time))) states[i] = now
      else if (started[i]! <= time) states[i] = RUNNING
      else if (ready[i]! <= time || (Number.isNaN(ready[i]!) && now !== SKIPPED && past.inputs <= time)) states[i] = READY
    } else if (now === WAITING) states[i] = WAITING
    else if (now === RUNNING && started[i]! <= time) states[i] = RUNNING
    else if (ready[i]! <= time) states[i] = now === BACKING_OFF && !(past.again[i]! > 0) ? BACKING_OFF : READY
  }
  for (let row = 0; row < attempts.length; row++) {
    const task = attempts.task[row]!
    // Not listed; or a later attempt, or another copy, has begun or ended by now.
    if (!(task < states.length) || states[task] === RUNNING || states[task]! >= SUCCEEDED) continue
    if (!(attempts.began[row]! <= time)) {
      if (states[task] === WAITING && past.inputsOf[row]! <= time) states[task] = READY
    } else if (!(attempts.ended[row]! <= time)) states[task] = RUNNING
    else states[task] = time < past.resumed[row]! ? BACKING_OFF : past.after[row]!
  }
  return states
}
