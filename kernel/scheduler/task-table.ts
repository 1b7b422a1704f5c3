import type { StateName, TaskId } from './task.ts'

/** States as stored, in the order of `stateNames`. */
export const WAITING = 0
export const READY = 1
export const RUNNING = 2
export const BACKING_OFF = 3
export const SUCCEEDED = 4
export const FAILED = 5
export const CANCELLED = 6
export const SKIPPED = 7
export type Status = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7

export const stateNames: readonly StateName[] = ['waiting', 'ready', 'running', 'backing-off', 'succeeded', 'failed', 'cancelled', 'skipped']

/** From here on a state is final. */
export const FIRST_FINAL = SUCCEEDED

/** Flags. The kernel holds the result. */
export const IN_KERNEL = 1
/** Someone asked for the result after its run was released: keep it. */
export const WANTED = 2
/** Its remaining path grew and its inputs have not been told yet. */
export const PATH_GREW = 4
/** Its policy may hold it back no more. */
export const NO_HOLD = 8

/**
 * Every task, one column per field: about 95 bytes each, and 12 more per dependency. What few tasks have (failures,
 * several copies, a past) stands in maps of the state.
 */
export class TaskTable {
  size = 0
  status = new Uint8Array(0)
  flags = new Uint8Array(0)
  /** Why it was placed where it is: index into the state's reasons. */
  why = new Uint16Array(0)
  /** How many nodes fitted when it was placed. */
  fitted = new Uint16Array(0)
  /** Number of its run (dense; not the RunId). */
  run = new Int32Array(0)
  /** Inputs that are not there. Exact while waiting, ready or backing off. */
  missing = new Int32Array(0)
  /** Placements so far. */
  attempts = new Int32Array(0)
  /** Failed attempts that cost a retry. */
  failures = new Int32Array(0)
  /** Running: number of the slot (of its latest copy). Skipped: the root. Succeeded, failed: the slot it last ran on. */
  at = new Int32Array(0)
  /** Unfinished tasks that take its result as a single input. */
  needed = new Int32Array(0)
  /** Number of the first node that holds its result; -1: none. */
  holder = new Int32Array(0)
  /** Its first entry in the list of dependents; -1: none. */
  firstEdge = new Int32Array(0)
  /** Ready: since when. Running: when it was handed over. Backing off: until when. Final: when it settled. */
  since = new Float64Array(0)
  began = new Float64Array(0)
  ended = new Float64Array(0)
  /** Bytes of its result. */
  bytes = new Float64Array(0)
  /** Longest path, in expected ms, from its end to the end of what single-task dependents follow it. */
  tail = new Float64Array(0)

  /** Edges, one list per input: the dependent, and the next edge of the same input. */
  #edges = 0
  edgeTask = new Int32Array(0)
  edgeNext = new Int32Array(0)

  /** Makes room for tasks below `size`; new ones are waiting and belong to no run. */
  extend(size: number): void {
    if (size > this.status.length) this.#grow(Math.max(size, Math.min(this.status.length * 2, this.status.length + 4_000_000), 64))
    this.size = Math.max(this.size, size)
  }

  /** Notes that `dependent` takes the result of `input`. */
  link(input: TaskId, dependent: TaskId): void {
    if (this.#edges === this.edgeTask.length) {
      const length = Math.max(64, this.#edges * 2)
      this.edgeTask = enlarged(this.edgeTask, new Int32Array(length))
      this.edgeNext = enlarged(this.edgeNext, new Int32Array(length))
    }
    this.edgeTask[this.#edges] = dependent
    this.edgeNext[this.#edges] = this.firstEdge[input]!
    this.firstEdge[input] = this.#edges++
  }

  #grow(length: number): void {
    const from = this.status.length
    this.status = enlarged(this.status, new Uint8Array(length))
    this.flags = enlarged(this.flags, new Uint8Array(length))
    this.why = enlarged(this.why, new Uint16Array(length))
    this.fitted = enlarged(this.fitted, new Uint16Array(length))
    this.run = enlarged(this.run, new Int32Array(length)).fill(-1, from)
    this.missing = enlarged(this.missing, new Int32Array(length))
    this.attempts = enlarged(this.attempts, new Int32Array(length))
    this.failures = enlarged(this.failures, new Int32Array(length))
    this.at = enlarged(this.at, new Int32Array(length)).fill(-1, from)
    this.needed = enlarged(this.needed, new Int32Array(length))
    this.holder = enlarged(this.holder, new Int32Array(length)).fill(-1, from)
    this.firstEdge = enlarged(this.firstEdge, new Int32Array(length)).fill(-1, from)
    this.since = enlarged(this.since, new Float64Array(length))
    this.began = enlarged(this.began, new Float64Array(length))
    this.ended = enlarged(this.ended, new Float64Array(length))
    this.bytes = enlarged(this.bytes, new Float64Array(length))
    this.tail = enlarged(this.tail, new Float64Array(length))
  }
}

function enlarged<T extends Uint8Array | Uint16Array | Int32Array | Float64Array>(old: T, fresh: T): T {
  fresh.set(old)
  return fresh
}
