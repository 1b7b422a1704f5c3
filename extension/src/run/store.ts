/** What is known of one run, shared by all its views: a saved record, or the live state of a kernel that is connected. */
import type { AnswerData, Progress, Question, RunDelta } from '../../../kernel/cluster/live/types.ts'
import type { RunTables } from '../../../kernel/cluster/live/apply.ts'
import type { AttemptTable, LoadSeries, TaskTable } from '../../../kernel/cluster/record/read.ts'
import type { RunRecord } from '../../../kernel/cluster/record/types.ts'

/** The kernel that has a run, as views use it. */
export interface RunConnection {
  /** Rejects with an Error whose message is for the user. */
  ask(question: Question): Promise<AnswerData>
  /** Whose log `store.log` should hold. */
  follow(uid: string, task: number | undefined): void
  /** The notebook was told of a state that the kernel has not told here: should that last, it is asked again. */
  behind(store: RunStore): void
}

export class RunStore {
  readonly uid: string
  /** One more after each change. */
  version = 0
  /** The kernel that has the run, while it is connected. */
  connection: RunConnection | undefined
  /** A kernel had it and is gone, with the run unfinished. */
  lost = false
  /** The log of the task that is followed, and how far it says it is. */
  log: { readonly task: number; readonly text: string; readonly progress?: Progress } | undefined
  #tables: RunTables
  readonly #listeners = new Set<() => void>()

  constructor(tables: RunTables) {
    this.uid = tables.record.run.uid
    this.#tables = tables
  }

  /** Scalars, counts, nodes, errors and logs up to date; the columns are in `tasks` and `attempts`. */
  get record(): RunRecord {
    return this.#tables.record
  }

  get tasks(): TaskTable {
    return this.#tables.tasks
  }

  get attempts(): AttemptTable {
    return this.#tables.attempts
  }

  /** By row of `record.nodes`. */
  get loads(): readonly (LoadSeries | undefined)[] {
    return this.#tables.loads
  }

  /** Its state arrives by itself. */
  get live(): boolean {
    return this.connection !== undefined
  }

  /** The record with its columns, as a notebook would keep it. */
  toRecord(): RunRecord {
    return this.#tables.toRecord()
  }

  /** Takes a saved record, or a checkpoint of it, if it tells more than is known. */
  offer(tables: RunTables): void {
    if (tables.record.asOf <= this.record.asOf) return
    if (this.connection) {
      if (tables.record.final && !this.record.final) this.connection.behind(this)
      return
    }
    this.#tables = tables
    if (tables.record.final) this.lost = false
    this.#changed()
  }

  /** The whole state, from the kernel. */
  reset(tables: RunTables): void {
    this.#tables = tables
    this.lost = false
    this.#changed()
  }

  /** @throws BadRecord when the delta does not fit; nothing has changed then */
  apply(delta: RunDelta): void {
    this.#tables.apply(delta)
    this.#changed()
  }

  setLog(task: number, text: string, progress?: Progress): void {
    this.log = { task, text, ...(progress && { progress }) }
    this.#changed()
  }

  connect(connection: RunConnection): void {
    this.connection = connection
    this.lost = false
    this.#changed()
  }

  /** @param gone whether the kernel went away, rather than this view */
  disconnect(gone = true): void {
    if (!this.connection) return
    this.connection = undefined
    this.lost = gone && !this.record.final
    this.#changed()
  }

  /** Calls back after each change; the function it returns ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    this.version++
    for (const listener of [...this.#listeners]) listener()
  }
}
