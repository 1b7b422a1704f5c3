import type { NodeSpec, RunId, Time } from '../../scheduler/index.ts'
import { encodeColumn } from './column.ts'
import type { LoadHistory } from './node-load.ts'
import { MOST_ROWS } from './read.ts'
import type { AttemptColumns, RecordedNode, RecordedNodeSpec, TaskColumns, UpstreamRun } from './types.ts'

/** Numbers of the states, as in a record. */
export const WAITING = 0
export const READY = 1
export const RUNNING = 2
export const BACKING_OFF = 3
export const SUCCEEDED = 4
export const FAILED = 5

/** What is known of each task of a run, by index. Times on the kernel's clock, NaN where there is none. */
export interface Ledger {
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
}

export function emptyLedger(count: number): Ledger {
  return {
    state: new Uint8Array(count),
    attempts: new Uint16Array(count),
    attempt: new Uint16Array(count),
    node: new Uint32Array(count),
    slot: new Uint16Array(count),
    ready: new Float64Array(count).fill(NaN),
    started: new Float64Array(count).fill(NaN),
    ended: new Float64Array(count).fill(NaN),
    error: undefined,
    root: undefined,
    rootRun: undefined,
  }
}

/** Tenths of a millisecond since the declaration; a node's clock may put a time a little before it. */
export function tick(ms: number): number {
  return Math.max(0, Math.round(ms * 10))
}

/**
 * @param declared when the run was declared
 * @param ready when each task's inputs were there, for tasks of which the ledger does not know it
 */
export function packTasks(ledger: Ledger, run: RunId, declared: Time, ready: (index: number) => Time, upstream: readonly UpstreamRun[]): TaskColumns {
  const length = Math.min(ledger.state.length, MOST_ROWS)
  return {
    length,
    state: encodeColumn(ledger.state, length),
    attempts: encodeColumn(ledger.attempts, length),
    attempt: encodeColumn(ledger.attempt, length),
    node: encodeColumn(ledger.node, length),
    slot: encodeColumn(ledger.slot, length),
    ...packTimes(ledger, length, declared, ready),
    error: encodeColumn(ledger.error ?? new Uint8Array(length), length),
    ...packRoots(ledger, length, run, upstream),
  }
}

/** Each time relative to the one before it, in ticks + 1; 0 where there is none. */
function packTimes(ledger: Ledger, length: number, declared: Time, readyOf: (index: number) => Time): Pick<TaskColumns, 'ready' | 'wait' | 'duration'> {
  const ready = new Float64Array(length)
  const wait = new Float64Array(length)
  const duration = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    let base = 0
    let time = ledger.ready[i]!
    // A comparison of a number with itself is the quickest test for NaN.
    if (time !== time && (ledger.attempt[i]! > 0 || ledger.state[i] === READY)) {
      time = readyOf(i)
      // What is found out by other nodes' clocks does not move what was told.
      if (time > ledger.started[i]!) time = ledger.started[i]!
    }
    if (time === time) {
      base = tick(time - declared)
      ready[i] = base + 1
    }
    time = ledger.started[i]!
    if (time === time) {
      const after = Math.max(0, tick(time - declared) - base)
      wait[i] = after + 1
      base += after
    }
    time = ledger.ended[i]!
    if (time === time) duration[i] = Math.max(0, tick(time - declared) - base) + 1
  }
  return { ready: encodeColumn(ready), wait: encodeColumn(wait), duration: encodeColumn(duration) }
}

function packRoots(ledger: Ledger, length: number, run: RunId, upstream: readonly UpstreamRun[]): Pick<TaskColumns, 'rootRun' | 'root'> {
  const rootRun = new Float64Array(length)
  const root = new Float64Array(length)
  const numbers = new Map(upstream.map((group, row) => [group.run, row + 2]))
  numbers.set(run, 1)
  for (let i = 0; ledger.rootRun && i < length; i++) {
    const number = numbers.get(ledger.rootRun[i]!)
    if (number === undefined) continue
    rootRun[i] = number
    root[i] = ledger.root![i]! + 1
  }
  return { rootRun: encodeColumn(rootRun), root: encodeColumn(root) }
}

export function packAttempts(lost: readonly LostAttempt[], omitted: number, ledger: Ledger, declared: Time): AttemptColumns {
  // The attempt after which a task failed or was cancelled stands in the task's own row already.
  const rows = lost.filter(({ task, attempt }) => ledger.state[task]! < FAILED || ledger.attempt[task] !== attempt)
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
 * Nodes, and the few kinds that most of them are of.
 * @param until when the run ended: what became of the cluster later does not concern it
 */
export function packNodes(watched: readonly WatchedNode[], declared: Time, until: Time): { specs: RecordedNodeSpec[]; nodes: RecordedNode[] } {
  const specs: RecordedNodeSpec[] = []
  const specByText = new Map<string, number>()
  // Those that came later are the last, so that rows keep their numbers.
  const concerned = watched.filter(({ joined }) => joined === undefined || joined <= until)
  const nodes = concerned.map(({ spec: { id, slots, resources, labels, speed }, joined, lost, reason, load }): RecordedNode => {
    const text = JSON.stringify([slots, resources, labels, speed])
    let spec = specByText.get(text)
    if (spec === undefined) {
      spec = specs.push({ slots, resources: { ...resources }, labels: { ...labels }, speed }) - 1
      specByText.set(text, spec)
    }
    const packed = load?.pack()
    return {
      name: cut(id, 200),
      spec,
      ...(joined !== undefined && { joined: tick(joined - declared) / 10 }),
      ...(lost !== undefined && lost <= until && { lost: tick(lost - declared) / 10, reason: cut(reason ?? '', 200) }),
      ...(packed && { load: packed }),
    }
  })
  return { specs, nodes }
}

export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}
