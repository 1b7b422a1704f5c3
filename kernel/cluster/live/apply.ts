/**
 * A run as a view holds it: what a record's columns say, kept up to date by the kernel's deltas. Only the language's own
 * library is used here, so that a browser can do it.
 */
import { BadRecord, decodeColumn, FAILED, MOST_ROWS, readAttemptColumns, readAttempts, readLoad, readTaskColumns, readTasks } from '../record/read.ts'
import type { AttemptTable, LoadSeries, TaskTable } from '../record/read.ts'
import { writeAttempts, writeLoad, writeTasks } from '../record/write.ts'
import type { RecordedError, RecordedNode, RunRecord } from '../record/types.ts'
import type { ChangedRows, LoadRow, RunDelta } from './types.ts'

const MOST_ERRORS = 64
const MOST_NODES = 100_000
const taskColumns = ['state', 'attempts', 'attempt', 'node', 'slot', 'ready', 'started', 'ended', 'error', 'rootRun', 'root'] as const
const attemptColumns = ['task', 'attempt', 'node', 'slot', 'began', 'ended', 'ending'] as const
const loadColumns = ['times', 'cpu', 'memory', 'busy', 'bytesIn', 'bytesOut'] as const

export class RunTables {
  /** Changed in place. */
  readonly tasks: TaskTable
  /** As told, with rows that a failed or cancelled task's own row describes too. */
  #told: AttemptTable
  #omitted: number
  #shown: AttemptTable | undefined
  #loads: readonly (LoadSeries | undefined)[]
  #record: RunRecord

  private constructor(record: RunRecord) {
    this.tasks = readTasks(record)
    this.#told = readAttempts(record)
    this.#omitted = record.attempts.omitted
    this.#loads = record.nodes.map(({ load }) => load && readLoad(load))
    this.#record = { ...record, nodes: record.nodes.map(withoutLoad) }
  }

  /** @throws BadRecord */
  static from(record: RunRecord): RunTables {
    return new RunTables(record)
  }

  /** Up to date but for its columns: `tasks` and `attempts` in it are those of the beginning, and its nodes have no `load`. Another object after each delta. */
  get record(): RunRecord {
    return this.#record
  }

  /** One for each node; another array after each delta that changes any. */
  get loads(): readonly (LoadSeries | undefined)[] {
    return this.#loads
  }

  /** Those that no task's own row describes; another table after each delta that changes any. */
  get attempts(): AttemptTable {
    return (this.#shown ??= besides(this.#told, this.tasks))
  }

  /**
   * Takes in what has changed, or nothing of it.
   * @throws BadRecord when it is not about this run as it was told so far
   */
  apply(delta: RunDelta): void {
    const before = this.#record
    if (delta.uid !== before.run.uid) throw new BadRecord(`a change of run ${delta.uid} is not one of run ${before.run.uid}`)
    // Everything is read and checked first.
    const errors = withStacks(extended(before.errors, delta.errors, MOST_ERRORS, 'errors'), delta.stacks ?? [])
    const logs = extended(before.logs, delta.logs, MOST_ERRORS, 'logs')
    const specs = extended(before.specs, delta.specs, MOST_NODES, 'specs')
    const nodes = this.#nodesAfter(delta, specs.length)
    const upstream = delta.upstream ?? before.upstream
    if (upstream.length < before.upstream.length) throw new BadRecord('upstream: runs are missing that it had')
    const criticalPath = delta.criticalPath ?? before.criticalPath
    for (const task of criticalPath) if (!(task < before.run.count)) throw new BadRecord(`criticalPath: there is no task ${task}`)
    const targets = { nodes: nodes.length, errors: errors.length, upstream: upstream.length }
    const changed = delta.tasks && { at: readIndex(delta.tasks, this.tasks.length), rows: readTaskColumns(delta.tasks.rows, targets) }
    const further = delta.attempts && readAttemptColumns(delta.attempts, before.run.count, nodes.length)
    if (further && this.#told.length + further.length > MOST_ROWS) throw new BadRecord('attempts: too many')
    const loads = delta.loads || nodes.length > this.#loads.length ? loadsAfter(this.#loads, delta.loads ?? [], nodes.length) : this.#loads

    if (changed) for (const name of taskColumns) overwrite(this.tasks[name], changed.at, changed.rows[name])
    if (further && further.length > 0) this.#told = appended(this.#told, further)
    if (delta.attempts) this.#omitted = delta.attempts.omitted
    if (changed || further) this.#shown = undefined
    this.#loads = loads
    const { asOf, final, makespan, counts, bytes, priority, policy, expected } = delta
    const options = { ...before.run.options, priority, ...(policy !== undefined && { policy }) }
    const { expected: _, ...rest } = before
    this.#record = { ...rest, ...(expected && { expected }), run: { ...before.run, options }, asOf, final, makespan, counts, bytes, errors, logs, specs, nodes, upstream, criticalPath }
  }

  /** The record of this moment, with its columns: what a notebook would keep. */
  toRecord(): RunRecord {
    const nodes = this.#record.nodes.map((node, row) => {
      const load = this.#loads[row]
      return load ? { ...node, load: writeLoad(load) } : node
    })
    return { ...this.#record, nodes, tasks: writeTasks(this.tasks), attempts: writeAttempts(this.attempts, this.#omitted) }
  }

  #nodesAfter(delta: RunDelta, specs: number): RecordedNode[] {
    if (!delta.nodes) return this.#record.nodes
    const nodes = this.#record.nodes.slice()
    for (const { row, node } of delta.nodes) {
      if (!Number.isInteger(row) || row < 0 || row > nodes.length || row >= MOST_NODES) throw new BadRecord(`nodes: row ${row} does not follow ${nodes.length} rows`)
      if (!(node.spec < specs)) throw new BadRecord(`nodes: row ${row} has no kind`)
      nodes[row] = withoutLoad(node)
    }
    return nodes
  }
}

function withoutLoad({ load: _, ...node }: RecordedNode): RecordedNode {
  return node
}

function extended<T>(rows: T[], further: T[] | undefined, most: number, name: string): T[] {
  if (!further || further.length === 0) return rows
  if (rows.length + further.length > most) throw new BadRecord(`${name}: more than ${most} rows`)
  return [...rows, ...further]
}

function withStacks(errors: RecordedError[], stacks: NonNullable<RunDelta['stacks']>): RecordedError[] {
  if (stacks.length === 0) return errors
  const copies = errors.slice()
  for (const { row, stack } of stacks) {
    const error = copies[row]
    if (!error) throw new BadRecord(`stacks: there is no error ${row}`)
    copies[row] = { ...error, stack }
  }
  return copies
}

function readIndex({ index, rows }: ChangedRows, length: number): Float64Array {
  const at = decodeColumn(index, rows.length, length - 1, 'tasks.index')
  for (let i = 1; i < at.length; i++) if (at[i]! <= at[i - 1]!) throw new BadRecord(`tasks.index: not ascending in row ${i}`)
  return at
}

function overwrite(column: Float64Array, at: Float64Array, values: Float64Array): void {
  for (let i = 0; i < at.length; i++) column[at[i]!] = values[i]!
}

/** The columns have room to grow: a run that loses attempts all the time does not copy all of them each time. */
function appended(table: AttemptTable, further: AttemptTable): AttemptTable {
  const length = table.length + further.length
  const columns = attemptColumns.map((name) => {
    const { buffer } = table[name]
    const fits = buffer.byteLength >= length * 8
    const column = fits ? new Float64Array(buffer, 0, length) : new Float64Array(new ArrayBuffer(length * 16), 0, length)
    if (!fits) column.set(table[name])
    column.set(further[name], table.length)
    return [name, column] as const
  })
  return { length, ...(Object.fromEntries(columns) as Record<(typeof attemptColumns)[number], Float64Array>) }
}

/** Attempts but for those after which a task failed or was cancelled: they stand in the task's own row. */
function besides(told: AttemptTable, tasks: TaskTable): AttemptTable {
  const kept: number[] = []
  for (let row = 0; row < told.length; row++) {
    const task = told.task[row]!
    if (!(tasks.state[task]! >= FAILED && tasks.attempt[task] === told.attempt[row])) kept.push(row)
  }
  const columns = attemptColumns.map((name) => [name, Float64Array.from(kept, (row) => told[name][row]!)] as const)
  return { length: kept.length, ...(Object.fromEntries(columns) as Record<(typeof attemptColumns)[number], Float64Array>) }
}

function loadsAfter(loads: readonly (LoadSeries | undefined)[], rows: readonly LoadRow[], nodes: number): (LoadSeries | undefined)[] {
  const after = Array.from({ length: nodes }, (_, row) => loads[row])
  for (const { row, from, load } of rows) {
    if (!Number.isInteger(row) || row < 0 || row >= nodes) throw new BadRecord(`loads: there is no node ${row}`)
    after[row] = joined(after[row], from, readLoad(load))
  }
  return after
}

/** @param from the first period that is not kept */
function joined(before: LoadSeries | undefined, from: number, further: LoadSeries): LoadSeries {
  if (!before || before.step !== further.step) {
    if (from > 0) throw new BadRecord('load: periods are of another length than before')
    return further
  }
  let kept = before.times.length
  while (kept > 0 && before.times[kept - 1]! >= from * before.step) kept--
  const columns = loadColumns.map((name) => {
    const column = new Float64Array(kept + further[name].length)
    column.set(before[name].subarray(0, kept))
    column.set(further[name], kept)
    return [name, column] as const
  })
  return { step: before.step, ...(Object.fromEntries(columns) as Record<(typeof loadColumns)[number], Float64Array>) }
}
