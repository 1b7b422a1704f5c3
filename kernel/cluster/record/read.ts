/** Reads run records. Only the language's own library is used here, so that a browser can do it too. */
import type { AttemptColumns, NodeLoad, RunRecord, TaskColumns } from './types.ts'

/** Task states in the order of their numbers in a record. */
export const stateNames = ['waiting', 'ready', 'running', 'backing-off', 'succeeded', 'failed', 'cancelled', 'skipped'] as const
export type RecordedState = (typeof stateNames)[number]
export const WAITING = 0
export const READY = 1
export const RUNNING = 2
export const BACKING_OFF = 3
/** From here on states are final. */
export const SUCCEEDED = 4
export const FAILED = 5
export const CANCELLED = 6
export const SKIPPED = 7

/** How attempts end that gave no result, in the order of their numbers in a record. */
export const endings = ['threw', 'timed-out', 'node-lost', 'slot-reset', 'cancelled', 'overtaken'] as const
export type Ending = (typeof endings)[number]

/** Most rows of a table that a record keeps. */
export const MOST_ROWS = 1_000_000

/** One task, times in ms since the run's declaration. */
export interface TaskRow {
  readonly index: number
  readonly state: RecordedState
  readonly attempts: number
  /** Of the attempt that the following fields describe: the one that counts, else the last. */
  readonly attempt?: number
  readonly node?: string
  readonly slot?: number
  readonly ready?: number
  readonly started?: number
  readonly ended?: number
  /** Index into `record.errors`. */
  readonly error?: number
  /** Which failed task a skipped one goes back to. */
  readonly root?: { readonly run: number; readonly name: string; readonly index: number }
}

/** An attempt that gave no result. */
export interface AttemptRow {
  readonly task: number
  readonly attempt: number
  readonly node?: string
  readonly slot: number
  readonly began: number
  readonly ended: number
  readonly ending: Ending
}

/** A node's load: element i of each covers `[times[i], times[i] + step)`. */
export interface LoadSeries {
  readonly step: number
  readonly times: Float64Array
  /** Cores in use. */
  readonly cpu: Float64Array
  /** Bytes. */
  readonly memory: Float64Array
  /** Slots in use. */
  readonly busy: Float64Array
  /** Bytes since the declaration. */
  readonly bytesIn: Float64Array
  readonly bytesOut: Float64Array
}

/** The tasks of a record by column; times in ms, NaN where there is none. Node, error and root are indices, -1 where there is none. */
export interface TaskTable {
  readonly length: number
  readonly state: Float64Array
  readonly attempts: Float64Array
  readonly attempt: Float64Array
  readonly node: Float64Array
  readonly slot: Float64Array
  readonly ready: Float64Array
  readonly started: Float64Array
  readonly ended: Float64Array
  readonly error: Float64Array
  /** 0: this run, k: `upstream[k - 1]`, -1: none. */
  readonly rootRun: Float64Array
  readonly root: Float64Array
}

export interface AttemptTable {
  readonly length: number
  readonly task: Float64Array
  readonly attempt: Float64Array
  readonly node: Float64Array
  readonly slot: Float64Array
  readonly began: Float64Array
  readonly ended: Float64Array
  readonly ending: Float64Array
}

/** A record whose columns do not say what they should; the message names the column. */
export class BadRecord extends Error {
  override name = 'BadRecord'
}

/**
 * Unpacks a column of `length` numbers, none above `most`.
 * @throws BadRecord
 */
export function decodeColumn(column: string, length: number, most: number, name = 'column'): Float64Array {
  const bytes = fromBase64(column.slice(2), name)
  // Nothing is allocated that the text does not pay for: at least a byte a row, or a bounded number of rows.
  if (!(length >= 0 && length <= MOST_ROWS) || !Number.isInteger(length)) throw new BadRecord(`${name}: too short for ${length} rows`)
  if (column.startsWith('d:') && bytes.length < length) throw new BadRecord(`${name}: too short for ${length} rows`)
  const values = new Float64Array(length)
  const end = column.startsWith('r:') ? decodeRuns(bytes, values, name) : decodeDifferences(bytes, values, name)
  if (end !== bytes.length) throw new BadRecord(`${name}: longer than its ${length} rows`)
  for (let i = 0; i < length; i++) {
    const value = values[i]!
    if (!(value >= 0 && value <= most)) throw new BadRecord(`${name}: ${value} in row ${i} is not from 0 to ${most}`)
  }
  return values
}

let position = 0

function decodeRuns(bytes: Uint8Array, values: Float64Array, name: string): number {
  position = 0
  for (let at = 0; at < values.length; ) {
    const value = readVarint(bytes, name)
    const count = readVarint(bytes, name)
    if (count === 0 || at + count > values.length) throw new BadRecord(`${name}: its runs do not add up to ${values.length} rows`)
    values.fill(value, at, at + count)
    at += count
  }
  return position
}

function decodeDifferences(bytes: Uint8Array, values: Float64Array, name: string): number {
  position = 0
  let value = 0
  for (let i = 0; i < values.length; i++) {
    const zigzag = readVarint(bytes, name)
    value += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
    values[i] = value
  }
  return position
}

function readVarint(bytes: Uint8Array, name: string): number {
  let value = 0
  let unit = 1
  for (let n = 0; n < 8; n++) {
    const byte = bytes[position++]
    if (byte === undefined) throw new BadRecord(`${name}: ends within a number`)
    value += (byte & 127) * unit
    if (byte < 128) return value
    unit *= 128
  }
  throw new BadRecord(`${name}: a number is too large`)
}

function fromBase64(text: string, name: string): Uint8Array {
  let binary: string
  try {
    binary = atob(text)
  } catch {
    throw new BadRecord(`${name}: not base64`)
  }
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

const LARGEST = Number.MAX_SAFE_INTEGER

/** How many rows the tables have that columns point into. */
export interface Targets {
  readonly nodes: number
  readonly errors: number
  readonly upstream: number
}

/** @throws BadRecord */
export function readTasks(record: RunRecord): TaskTable {
  return readTaskColumns(record.tasks, { nodes: record.nodes.length, errors: record.errors.length, upstream: record.upstream.length })
}

/** @throws BadRecord */
export function readTaskColumns(tasks: TaskColumns, { nodes, errors, upstream }: Targets): TaskTable {
  const { length } = tasks
  const column = (name: Exclude<keyof typeof tasks, 'length'>, most: number) => decodeColumn(tasks[name], length, most, `tasks.${name}`)
  const ready = column('ready', LARGEST)
  const started = column('wait', LARGEST)
  const ended = column('duration', LARGEST)
  toTimes(ready, started, ended)
  return {
    length,
    state: column('state', stateNames.length - 1),
    attempts: column('attempts', LARGEST),
    attempt: column('attempt', LARGEST),
    node: fromOne(column('node', nodes)),
    slot: column('slot', LARGEST),
    ready,
    started,
    ended,
    error: fromOne(column('error', errors)),
    rootRun: fromOne(column('rootRun', upstream + 1)),
    root: fromOne(column('root', LARGEST)),
  }
}

/** Columns of ticks + 1, each relative to the one before it, become times in ms, in place. */
function toTimes(...columns: Float64Array[]): void {
  const length = columns[0]!.length
  for (let i = 0; i < length; i++) {
    let base = 0
    for (const column of columns) {
      const value = column[i]!
      if (value > 0) base += value - 1
      column[i] = value > 0 ? base / 10 : NaN
    }
  }
}

function fromOne(column: Float64Array): Float64Array {
  for (let i = 0; i < column.length; i++) column[i]!--
  return column
}

/** @throws BadRecord */
export function readAttempts(record: RunRecord): AttemptTable {
  return readAttemptColumns(record.attempts, record.run.count, record.nodes.length)
}

/** @throws BadRecord */
export function readAttemptColumns(attempts: AttemptColumns, count: number, nodes: number): AttemptTable {
  const { length } = attempts
  const column = (name: Exclude<keyof typeof attempts, 'length' | 'omitted'>, most: number) =>
    decodeColumn(attempts[name], length, most, `attempts.${name}`)
  const began = column('began', LARGEST)
  const ended = column('duration', LARGEST)
  for (let i = 0; i < length; i++) {
    ended[i] = (began[i]! + ended[i]!) / 10
    began[i]! /= 10
  }
  return {
    length,
    task: column('task', Math.max(0, count - 1)),
    attempt: column('attempt', LARGEST),
    node: fromOne(column('node', nodes)),
    slot: column('slot', LARGEST),
    began,
    ended,
    ending: column('ending', endings.length - 1),
  }
}

/** @throws BadRecord */
export function readLoad(load: NodeLoad): LoadSeries {
  const column = (name: Exclude<keyof NodeLoad, 'length' | 'step'>, unit: number) =>
    decodeColumn(load[name], load.length, LARGEST, `load.${name}`).map((value) => value * unit)
  return {
    step: load.step,
    times: column('period', load.step),
    cpu: column('cpu', 1 / 1000),
    memory: column('memory', 1024),
    busy: column('busy', 1 / 100),
    bytesIn: column('in', 1024),
    bytesOut: column('out', 1024),
  }
}

/**
 * Every task and every further attempt of a record as an object of its own.
 * @throws BadRecord
 */
export function expandRecord(record: RunRecord): { tasks: TaskRow[]; attempts: AttemptRow[] } {
  const tasks = readTasks(record)
  const attempts = readAttempts(record)
  return {
    tasks: Array.from({ length: tasks.length }, (_, index) => taskRow(record, tasks, index)),
    attempts: Array.from({ length: attempts.length }, (_, row) => attemptRow(record, attempts, row)),
  }
}

/** The task `index` of a record whose columns have been read. */
export function taskRow(record: RunRecord, tasks: TaskTable, index: number): TaskRow {
  const node = record.nodes[tasks.node[index]!]
  const rootRun = tasks.rootRun[index]!
  const group = rootRun === 0 ? { run: record.run.id, name: record.run.name } : record.upstream[rootRun - 1]
  return {
    index,
    state: stateNames[tasks.state[index]!]!,
    attempts: tasks.attempts[index]!,
    ...(tasks.attempt[index]! > 0 && { attempt: tasks.attempt[index]! }),
    ...(node && { node: node.name, slot: tasks.slot[index]! }),
    ...(tasks.ready[index]! >= 0 && { ready: tasks.ready[index]! }),
    ...(tasks.started[index]! >= 0 && { started: tasks.started[index]! }),
    ...(tasks.ended[index]! >= 0 && { ended: tasks.ended[index]! }),
    ...(tasks.error[index]! >= 0 && { error: tasks.error[index]! }),
    ...(group && rootRun >= 0 && { root: { run: group.run, name: group.name, index: tasks.root[index]! } }),
  }
}

function attemptRow(record: RunRecord, attempts: AttemptTable, row: number): AttemptRow {
  const node = record.nodes[attempts.node[row]!]
  return {
    task: attempts.task[row]!,
    attempt: attempts.attempt[row]!,
    ...(node && { node: node.name }),
    slot: attempts.slot[row]!,
    began: attempts.began[row]!,
    ended: attempts.ended[row]!,
    ending: endings[attempts.ending[row]!]!,
  }
}
