import type { NodeSpec, Time } from '../../scheduler/index.ts'
import type { LoadHistory } from './node-load.ts'
import { WAITING, READY, RUNNING, BACKING_OFF, stateNames } from './read.ts'

/**
 * What is known of each task of a run, by index. Times on the kernel's clock, NaN where there is none. Whoever writes to
 * a row says which state it is in then (`enter`, `restart`), whether that changes or not: so it is known which rows are new
 * to whom, without any copies.
 */
export class Ledger {
  readonly state: Uint8Array
  readonly attempts: Uint16Array
  /** The attempt that the next five describe; 0: none. */
  readonly attempt: Uint16Array
  /** Row of the nodes + 1; 0: none. */
  readonly node: Uint32Array
  readonly slot: Uint16Array
  readonly ready: Float64Array
  readonly started: Float64Array
  readonly ended: Float64Array
  /** Row of the errors + 1; 0: none. Made when the first task fails, as the roots are when the first is skipped. */
  error: Uint8Array | undefined
  root: Float64Array | undefined
  rootRun: Float64Array | undefined
  /** Tasks by state. */
  readonly counts = new Float64Array(stateNames.length)
  /** The edition in which each row was last written to. */
  readonly #written: Uint32Array
  #edition = 1

  constructor(count: number) {
    this.state = new Uint8Array(count)
    this.attempts = new Uint16Array(count)
    this.attempt = new Uint16Array(count)
    this.node = new Uint32Array(count)
    this.slot = new Uint16Array(count)
    this.ready = new Float64Array(count).fill(NaN)
    this.started = new Float64Array(count).fill(NaN)
    this.ended = new Float64Array(count).fill(NaN)
    this.#written = new Uint32Array(count)
    this.counts[WAITING] = count
  }

  /** No task is in any but a final state. */
  get final(): boolean {
    const { counts } = this
    return counts[WAITING]! + counts[READY]! + counts[RUNNING]! + counts[BACKING_OFF]! === 0
  }

  enter(index: number, state: number): void {
    this.counts[this.state[index]!]!--
    this.counts[state]!++
    this.state[index] = state
    this.#written[index] = this.#edition
  }

  /**
   * Nothing of an attempt, or of an earlier end, holds any longer.
   * @param ready when it was ready for the next attempt; NaN: as the dependencies say
   */
  restart(index: number, state: number, ready = NaN): void {
    this.enter(index, state)
    this.attempt[index] = 0
    this.node[index] = 0
    this.slot[index] = 0
    this.ready[index] = ready
    this.started[index] = NaN
    this.ended[index] = NaN
    if (this.error) this.error[index] = 0
    if (this.rootRun) this.rootRun[index] = NaN
  }

  /** Takes the scheduler's word for the states: that a task waits, is ready or backs off is told to nobody as it happens. */
  learn(states: ArrayLike<number>): void {
    const { state } = this
    for (let i = 0; i < state.length; i++) {
      const number = states[i]!
      if (number === state[i]) continue
      const before = state[i]!
      // Lost and to be tried again, or run again after it had ended, or to wait for an input once more. One that has been ready
      // since its last attempt ended is so though it pauses now: else it would depend on who looks when.
      if (number === WAITING || ((number === READY || number === BACKING_OFF) && before >= RUNNING && before !== BACKING_OFF)) this.restart(i, number)
      else this.enter(i, number)
    }
  }

  /** From here on what is written belongs to the edition that is returned. */
  nextEdition(): number {
    return ++this.#edition
  }

  /** The first `most` rows, as far as they were written to in this edition or a later one. */
  writtenSince(edition: number, most: number): Uint32Array {
    const written = this.#written
    const length = Math.min(written.length, most)
    let count = 0
    for (let i = 0; i < length; i++) if (written[i]! >= edition) count++
    const rows = new Uint32Array(count)
    for (let i = 0, at = 0; at < count; i++) if (written[i]! >= edition) rows[at++] = i
    return rows
  }
}

/** An attempt that gave no result. */
export interface LostAttempt {
  readonly task: number
  /** When the task was ready for this attempt; absent or NaN: as the dependencies say. Not recorded. */
  readonly ready?: Time
  readonly attempt: number
  readonly node: number
  readonly slot: number
  readonly began: Time
  readonly ended: Time
  /** Row of `endings`. */
  readonly ending: number
}

export interface WatchedNode {
  readonly spec: NodeSpec
  joined?: Time
  lost?: Time
  reason?: string
  load?: LoadHistory
  /** It joined, or was lost, when the run had ended: that concerns the run only if it goes on. */
  joinedLate?: boolean
  lostLate?: boolean
}
