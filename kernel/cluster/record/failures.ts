import { cut } from './pack.ts'
import type { RecordedError, RecordedLog } from './types.ts'

/** Why a task has no result, as it is to be shown. */
export interface RecordedFailure {
  readonly kind: string
  readonly name: string
  readonly message: string
  readonly stack: string
  /** The end of what its last attempt wrote. */
  readonly log?: string
}

const MOST_ERRORS = 50
const MOST_LOGS = 20
const LOG_TAIL = 2_000

/** The different errors of a run, in order of appearance, and what the first failed tasks wrote. Of bounded size. */
export class Failures {
  readonly errors: RecordedError[] = []
  readonly logs: RecordedLog[] = []
  readonly #rowByText = new Map<string, number>()

  /** Row + 1 of the failure in `errors`; the last row stands for all that were too many. */
  add(failure: RecordedFailure, task: number, attempt: number): number {
    this.#addLog(failure.log ?? '', task, attempt)
    const key = `${failure.kind}\0${failure.name}\0${failure.message.slice(0, 1000)}\0${failure.stack.slice(0, 500)}`
    const known = this.#rowByText.get(key)
    if (known !== undefined) return known
    if (this.errors.length > MOST_ERRORS) return this.errors.length
    const kept = this.errors.length < MOST_ERRORS
    const row = this.errors.push({
      kind: cut(failure.kind, 100),
      name: kept ? cut(failure.name, 200) : 'Error',
      message: kept ? cut(failure.message, 1000) : `not kept: this run has more than ${MOST_ERRORS} different errors`,
      stack: kept ? cut(failure.stack, 2000) : '',
      task,
    })
    if (kept) this.#rowByText.set(key, row)
    return row
  }

  #addLog(log: string, task: number, attempt: number): void {
    if (log === '' || this.logs.length >= MOST_LOGS) return
    this.logs.push({ task, attempt, text: log.length > LOG_TAIL ? `…${log.slice(-LOG_TAIL)}` : log })
  }
}
