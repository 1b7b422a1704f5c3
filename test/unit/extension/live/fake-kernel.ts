/** The kernel's side of the protocol over runs whose tasks do what the test says, and a clock that the test moves. */
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import type { FromKernel, FromView, Headline, RunDelta } from '../../../../kernel/cluster/live/types.ts'
import { encodeColumn } from '../../../../kernel/cluster/record/column.ts'
import { stateNames } from '../../../../kernel/cluster/record/read.ts'
import type { TaskTable } from '../../../../kernel/cluster/record/read.ts'
import type { RunRecord, StateCounts } from '../../../../kernel/cluster/record/types.ts'
import { writeAttempts, writeTasks } from '../../../../kernel/cluster/record/write.ts'
import type { Clock } from '../../../../extension/src/live/clock.ts'
import { play, runFacts } from '../../cluster/sample-runs.ts'

export class FakeClock implements Clock {
  time = 0
  readonly timers = new Set<{ readonly due: number; readonly call: () => void }>()

  now(): number {
    return this.time
  }

  after(ms: number, call: () => void): () => void {
    const timer = { due: this.time + ms, call }
    this.timers.add(timer)
    return () => this.timers.delete(timer)
  }

  advance(ms: number): void {
    const end = this.time + ms
    for (;;) {
      const next = [...this.timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0]
      if (!next) break
      this.timers.delete(next)
      this.time = Math.max(this.time, next.due)
      next.call()
    }
    this.time = end
  }
}

/** A run that has just been declared. */
export function newRecord(uid: string, count = 20, id = 1): RunRecord {
  return play({ facts: runFacts({ id, uid, count }), duration: () => 100, until: 0 }).record(0)
}

export class FakeKernel {
  readonly runs = new Map<string, RunTables>()
  /** What views have said. */
  readonly heard: FromView[] = []
  watched = new Set<string>()
  seq = 0
  /** Hands a message to the view; tests lose, repeat and damage some. */
  deliver: (message: FromKernel) => void = () => undefined

  /** As the kernel does when a view opens the comm. */
  opened(): void {
    this.watched.clear()
    this.hello()
  }

  receive(message: FromView): void {
    this.heard.push(message)
    if (message.type === 'watch') {
      const fresh = message.uids.filter((uid) => !this.watched.has(uid))
      this.watched = new Set(message.uids)
      for (const uid of fresh) this.snapshot(uid)
    } else if (message.type === 'resync') {
      this.hello()
      for (const uid of this.watched) this.snapshot(uid)
    }
  }

  hello(): void {
    this.send({ type: 'hello', version: 1, sluice: '0.1.0', cluster: { policy: 'locality', nodes: [], omitted: 0 }, runs: [...this.runs.keys()].map((uid) => this.headline(uid)) })
  }

  /** Declares a run; views that wanted it already are told of it. */
  declare(record: RunRecord): void {
    const { uid } = record.run
    this.runs.set(uid, RunTables.from(record))
    this.send({ type: 'frame', runs: [this.headline(uid)] })
    if (this.watched.has(uid)) this.snapshot(uid)
  }

  snapshot(uid: string): void {
    const run = this.runs.get(uid)
    if (run) this.send({ type: 'snapshot', uid, record: run.toRecord() })
  }

  /** Something happens to one run, and views hear of it. */
  step(uid: string, random: () => number): void {
    const run = this.runs.get(uid)!
    const delta = randomDelta(run, random)
    run.apply(delta)
    this.frame([delta])
  }

  frame(deltas: RunDelta[] = []): void {
    this.send({ type: 'frame', ...(deltas.length > 0 && { deltas: deltas.filter(({ uid }) => this.watched.has(uid)) }) })
  }

  headline(uid: string): Headline {
    const { run, counts, declared, final, makespan } = this.runs.get(uid)!.record
    return { uid, id: run.id, name: run.name, kind: run.kind, count: run.count, counts, declared, final, makespan }
  }

  send(message: FromKernel extends infer M ? (M extends { seq: number } ? Omit<M, 'seq'> : never) : never): void {
    this.deliver({ ...message, seq: this.seq++ } as FromKernel)
  }
}

/** Tasks change their states, an attempt is lost now and then, a new error or a new node may come. */
export function randomDelta(run: RunTables, random: () => number): RunDelta {
  const { record, tasks } = run
  const asOf = record.asOf + 100
  const at = Array.from({ length: tasks.length }, (_, i) => i).filter(() => random() < 0.2)
  const error = random() < 0.2 && record.errors.length < 64
  const errors = record.errors.length + (error ? 1 : 0)
  const node = random() < 0.2 ? { row: record.nodes.length, node: { name: `node-${record.nodes.length + 1}`, spec: 0, joined: asOf } } : undefined
  const rows = rowsOf(at, asOf, errors, record.nodes.length, random)
  const counts = countsAfter(tasks, at, rows)
  const unfinished = counts.waiting + counts.ready + counts.running
  return {
    uid: record.run.uid, asOf, final: unfinished === 0, makespan: asOf, counts, bytes: record.bytes, priority: Math.floor(random() * 5),
    ...(at.length > 0 && { tasks: { index: encodeColumn(Float64Array.from(at)), rows: writeTasks(rows) } }),
    ...(error && { errors: [{ kind: 'threw', name: 'Error', message: `at ${asOf}`, stack: '', task: 0 }] }),
    ...(node && { nodes: [node] }),
    ...(random() < 0.3 && { attempts: lostAttempt(Math.floor(random() * tasks.length), asOf) }),
  }
}

function rowsOf(at: readonly number[], asOf: number, errors: number, nodes: number, random: () => number): TaskTable {
  const states = at.map(() => stateNames.indexOf((['ready', 'running', 'succeeded', 'failed'] as const)[Math.floor(random() * 4)]!))
  const column = (value: (state: number) => number): Float64Array => Float64Array.from(states, value)
  return {
    length: at.length,
    state: column((state) => state),
    attempts: column(() => 1 + Math.floor(random() * 3)),
    attempt: column(() => 1),
    node: column(() => Math.floor(random() * (nodes + 1)) - 1),
    slot: column(() => Math.floor(random() * 2)),
    ready: column(() => asOf - 50),
    started: column((state) => (state > 1 ? asOf - 20 : NaN)),
    ended: column((state) => (state > 3 ? asOf : NaN)),
    error: column((state) => (state === 5 && errors > 0 ? Math.floor(random() * errors) : -1)),
    rootRun: column(() => -1),
    root: column(() => -1),
  }
}

function countsAfter(tasks: TaskTable, at: readonly number[], rows: TaskTable): StateCounts {
  const states = Float64Array.from(tasks.state)
  at.forEach((task, row) => (states[task] = rows.state[row]!))
  return Object.fromEntries(stateNames.map((name, state) => [name, states.filter((other) => other === state).length])) as unknown as StateCounts
}

function lostAttempt(task: number, asOf: number): NonNullable<RunDelta['attempts']> {
  const one = (value: number): Float64Array => Float64Array.of(value)
  return writeAttempts({ length: 1, task: one(task), attempt: one(9), node: one(0), slot: one(0), began: one(asOf - 30), ended: one(asOf), ending: one(2) }, 0)
}
