/** What a recorder keeps, as the columns and rows of a record. */
import type { Time } from '../../scheduler/index.ts'
import { encodeColumn } from './column.ts'
import type { Ledger, LostAttempt, WatchedNode } from './ledger.ts'
import { FAILED, READY, MOST_ROWS } from './read.ts'
import type { AttemptColumns, RecordedNode, RecordedNodeSpec, TaskColumns } from './types.ts'

/** Tenths of a millisecond since the declaration; a node's clock may put a time a little before it. */
export function tick(ms: number): number {
  return Math.max(0, Math.round(ms * 10))
}

export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}

/** What the columns of tasks refer to. */
export interface TaskReferences {
  /** When the run was declared. */
  readonly declared: Time
  /** When a task's inputs were there, for tasks of which the ledger does not know it. */
  readonly readyOf: (index: number) => Time
  /** A run's number in `rootRun`, 1 for the run itself; undefined for one that is not described. */
  readonly rootNumber: (run: number) => number | undefined
}

/** @param rows which tasks; absent: all, or as many as a record holds */
export function packTasks(ledger: Ledger, references: TaskReferences, rows?: Uint32Array): TaskColumns {
  const length = rows?.length ?? Math.min(ledger.state.length, MOST_ROWS)
  const pack = (column: Uint8Array | Uint16Array | Uint32Array) => encodeColumn(rows ? rows.map((row) => column[row]!) : column, length)
  return {
    length,
    state: pack(ledger.state),
    attempts: pack(ledger.attempts),
    attempt: pack(ledger.attempt),
    node: pack(ledger.node),
    slot: pack(ledger.slot),
    ...packTimes(ledger, references, length, rows),
    error: ledger.error ? pack(ledger.error) : encodeColumn(new Uint8Array(length)),
    ...packRoots(ledger, references, length, rows),
  }
}

/** Each time relative to the one before it, in ticks + 1; 0 where there is none. */
function packTimes(ledger: Ledger, { declared, readyOf }: TaskReferences, length: number, rows: Uint32Array | undefined): Pick<TaskColumns, 'ready' | 'wait' | 'duration'> {
  const ready = new Float64Array(length)
  const wait = new Float64Array(length)
  const duration = new Float64Array(length)
  for (let at = 0; at < length; at++) {
    const i = rows ? rows[at]! : at
    let base = 0
    let time = ledger.ready[i]!
    // A comparison of a number with itself is the quickest test for NaN. What was found out once is kept: should an input be
    // computed again, this task was ready all the same.
    if (time !== time && (ledger.attempt[i]! > 0 || ledger.state[i] === READY)) time = ledger.ready[i] = readyOf(i)
    // What is found out by other nodes' clocks does not move what was told.
    if (time > ledger.started[i]!) time = ledger.started[i]!
    if (time === time) {
      base = tick(time - declared)
      ready[at] = base + 1
    }
    time = ledger.started[i]!
    if (time === time) {
      const after = Math.max(0, tick(time - declared) - base)
      wait[at] = after + 1
      base += after
    }
    time = ledger.ended[i]!
    if (time === time) duration[at] = Math.max(0, tick(time - declared) - base) + 1
  }
  return { ready: encodeColumn(ready), wait: encodeColumn(wait), duration: encodeColumn(duration) }
}

function packRoots({ rootRun: runs, root: roots }: Ledger, { rootNumber }: TaskReferences, length: number, rows: Uint32Array | undefined): Pick<TaskColumns, 'rootRun' | 'root'> {
  const rootRun = new Float64Array(length)
  const root = new Float64Array(length)
  for (let at = 0; runs && at < length; at++) {
    const i = rows ? rows[at]! : at
    const number = Number.isNaN(runs[i]!) ? undefined : rootNumber(runs[i]!)
    if (number === undefined) continue
    rootRun[at] = number
    root[at] = roots![i]! + 1
  }
  return { rootRun: encodeColumn(rootRun), root: encodeColumn(root) }
}

/** Whether no task's own row describes the attempt: that of a task that failed or was cancelled does. */
export function standsAlone({ task, attempt }: LostAttempt, ledger: Ledger): boolean {
  return ledger.state[task]! < FAILED || ledger.attempt[task] !== attempt || task >= MOST_ROWS
}

export function packAttempts(rows: readonly LostAttempt[], omitted: number, declared: Time): AttemptColumns {
  const began = rows.map((row) => tick(row.began - declared))
  const column = (name: 'task' | 'attempt' | 'node' | 'slot' | 'ending') => encodeColumn(rows.map((row) => row[name]))
  return {
    length: rows.length,
    omitted,
    task: column('task'),
    attempt: column('attempt'),
    node: column('node'),
    slot: column('slot'),
    began: encodeColumn(began),
    duration: encodeColumn(rows.map((row, i) => Math.max(0, tick(row.ended - declared) - began[i]!))),
    ending: column('ending'),
  }
}

/**
 * Nodes without their load, and the few kinds that most of them are of.
 * @param until when the run ended: what became of the cluster later does not concern it; Infinity while it goes on
 */
export function packNodes(watched: readonly WatchedNode[], declared: Time, until: Time): { specs: RecordedNodeSpec[]; nodes: RecordedNode[] } {
  const specs: RecordedNodeSpec[] = []
  const specByText = new Map<string, number>()
  // Those that came later are the last, so that rows keep their numbers.
  const concerned = watched.slice(0, watched.findLastIndex(({ joined, joinedLate }) => !(joinedLate && joined! > until)) + 1)
  const nodes = concerned.map(({ spec: { id, slots, resources, labels, speed }, joined, lost, reason, lostLate }): RecordedNode => {
    const text = JSON.stringify([slots, resources, labels, speed])
    let spec = specByText.get(text)
    if (spec === undefined) {
      spec = specs.push({ slots, resources: { ...resources }, labels: { ...labels }, speed }) - 1
      specByText.set(text, spec)
    }
    return {
      name: cut(id, 200),
      spec,
      ...(joined !== undefined && { joined: tick(joined - declared) / 10 }),
      ...(lost !== undefined && !(lostLate && lost > until) && { lost: tick(lost - declared) / 10, reason: cut(reason ?? '', 200) }),
    }
  })
  return { specs, nodes }
}
