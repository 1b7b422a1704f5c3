import type { NodeId, NodeSpec, RunId, Time } from '../scheduler/index.ts'
import { encodeColumn } from './column.ts'
import { LoadHistory, whole } from './node-load.ts'
import type { LoadSample } from './node-load.ts'
import { endings, MOST_ROWS, reductionInputs, stateNames } from './record-read.ts'
import type { Ending } from './record-read.ts'
import type {
  AttemptColumns, RecordedDependency, RecordedEnvironment, RecordedError, RecordedLog, RecordedNode, RecordedNodeSpec, RecordedOptions,
  RunKind, RunRecord, StateCounts, TaskColumns, UpstreamRun,
} from './record-types.ts'

/** What is known of a run when it is declared. */
export interface RunFacts {
  readonly id: RunId
  readonly name: string
  readonly kind: RunKind
  readonly count: number
  readonly seed: number
  readonly options: RecordedOptions
  /** Jupyter's id of the declaring cell, and its execution count. */
  readonly cell?: string
  readonly execution?: number
  readonly dependencies: readonly RecordedDependency[]
  readonly environment: RecordedEnvironment
  /** The declaration, on the kernel's clock like all times below, and as ms since 1970. */
  readonly time: Time
  readonly date: number
  /** The nodes there are. */
  readonly nodes: readonly NodeSpec[]
}

/** Why a task failed, as it is to be shown. */
export interface RecordedFailure {
  readonly kind: string
  readonly name: string
  readonly message: string
  readonly stack: string
}

const WAITING = 0
const READY = 1
const RUNNING = 2
const BACKING_OFF = 3
const SUCCEEDED = 4
const FAILED = 5
const CANCELLED = 6
const SKIPPED = 7

const MOST_ATTEMPTS = 100_000
const MOST_ERRORS = 50
const MOST_LOGS = 20
const LOG_TAIL = 2_000
/** Points of load kept for all nodes together, and for one. */
const LOAD_POINTS = 6_000
const NODE_LOAD_POINTS = 300
const MOST_UPSTREAM = 100
const MOST_PATH = 1_000

/**
 * Gathers what happens to one run and makes its record. Methods take plain facts: a task's index within the run, times
 * on the kernel's clock, nodes by the number that `node` gives. They only write to columns, as they are called for every
 * step of every task.
 */
export class RunRecorder {
  readonly facts: RunFacts
  readonly #state: Uint8Array
  readonly #attempts: Uint16Array
  readonly #attempt: Uint16Array
  /** Row of #nodes + 1; 0: none. */
  readonly #node: Uint32Array
  readonly #slot: Uint16Array
  readonly #ready: Float64Array
  readonly #started: Float64Array
  readonly #ended: Float64Array
  /** Made when the first task fails, or is skipped. */
  #error: Uint8Array | undefined
  #root: Float64Array | undefined
  #rootRun: Float64Array | undefined

  readonly #counts = new Float64Array(stateNames.length)
  #lastEnd: Time
  #resultBytes = 0

  readonly #nodes: { spec: NodeSpec; joined?: Time; lost?: Time; reason?: string; load?: LoadHistory }[] = []
  readonly #nodeByName = new Map<NodeId, number>()
  readonly #lost = { omitted: 0, task: [] as number[], attempt: [] as number[], node: [] as number[], slot: [] as number[], began: [] as number[], ended: [] as number[], ending: [] as number[] }
  readonly #errors: RecordedError[] = []
  readonly #errorByText = new Map<string, number>()
  readonly #logs = new Map<number, { attempt: number; text: string }>()
  readonly #failedLogs: RecordedLog[] = []
  #priority: number
  #policy: string | undefined

  constructor(facts: RunFacts) {
    this.facts = facts
    const { count } = facts
    this.#state = new Uint8Array(count)
    this.#attempts = new Uint16Array(count)
    this.#attempt = new Uint16Array(count)
    this.#node = new Uint32Array(count)
    this.#slot = new Uint16Array(count)
    this.#ready = new Float64Array(count).fill(NaN)
    this.#started = new Float64Array(count).fill(NaN)
    this.#ended = new Float64Array(count).fill(NaN)
    this.#counts[WAITING] = count
    this.#lastEnd = facts.time
    this.#priority = facts.options.priority
    this.#policy = facts.options.policy ?? facts.environment.policy
    for (const node of facts.nodes) this.#addNode(node)
  }

  /** How many tasks are in each state. */
  get counts(): StateCounts {
    return Object.fromEntries(stateNames.map((name, state) => [name, this.#counts[state]!])) as unknown as StateCounts
  }

  /** Every task has ended. */
  get final(): boolean {
    return this.#counts[WAITING]! + this.#counts[READY]! + this.#counts[RUNNING]! + this.#counts[BACKING_OFF]! === 0
  }

  /** The number by which the methods below know a node: look it up once for a whole batch. 0 when there is no such node. */
  node(name: NodeId): number {
    return this.#nodeByName.get(name) ?? 0
  }

  /** Inputs are lost or a rerun was asked for: the task starts over. */
  waiting(index: number): void {
    this.#clear(index)
    this.#enter(index, WAITING)
  }

  /** Tasks `index … index + count - 1` can start. */
  ready(index: number, time: Time, count = 1): void {
    for (let i = index; i < index + count; i++) {
      this.#clear(i)
      this.#ready[i] = time
      this.#enter(i, READY)
    }
  }

  backingOff(index: number): void {
    this.#clear(index)
    this.#enter(index, BACKING_OFF)
  }

  /** Attempt `attempt` was handed to a slot (of several copies, the last one is shown until one of them ends). */
  started(index: number, attempt: number, node: number, slot: number, time: Time): void {
    this.#enter(index, RUNNING)
    if (attempt > this.#attempts[index]!) this.#attempts[index] = attempt
    this.#attempt[index] = attempt
    this.#node[index] = node
    this.#slot[index] = slot
    this.#started[index] = time
    this.#ended[index] = NaN
  }

  /** An attempt gave the task's result, of `size` bytes. */
  succeeded(index: number, attempt: number, node: number, slot: number, began: Time, ended: Time, size: number): void {
    this.#enter(index, SUCCEEDED)
    if (attempt > this.#attempts[index]!) this.#attempts[index] = attempt
    this.#attempt[index] = attempt
    this.#node[index] = node
    this.#slot[index] = slot
    this.#started[index] = began
    this.#ended[index] = ended
    if (ended > this.#lastEnd) this.#lastEnd = ended
    this.#resultBytes += size
    if (this.#logs.size > 0) this.#logs.delete(index)
  }

  /** An attempt ended without a result. Its task stays as it is until it is said to be ready, backing off or failed. */
  attemptEnded(index: number, attempt: number, node: number, slot: number, began: Time, ended: Time, ending: Ending): void {
    const lost = this.#lost
    if (attempt === this.#attempt[index] && this.#state[index] !== SUCCEEDED) {
      this.#started[index] = began
      this.#ended[index] = ended
    }
    if (lost.task.length >= MOST_ATTEMPTS) {
      lost.omitted++
      return
    }
    lost.task.push(index)
    lost.attempt.push(attempt)
    lost.node.push(node)
    lost.slot.push(slot)
    lost.began.push(began)
    lost.ended.push(ended)
    lost.ending.push(endings.indexOf(ending))
  }

  failed(index: number, time: Time, failure: RecordedFailure): void {
    this.#error ??= new Uint8Array(this.facts.count)
    this.#error[index] = this.#errorNumber(failure, index)
    this.#end(index, time, FAILED)
    const log = this.#logs.get(index)
    if (log && this.#failedLogs.length < MOST_LOGS) this.#failedLogs.push({ task: index, attempt: log.attempt, text: log.text })
    this.#logs.delete(index)
  }

  cancelled(index: number, time: Time): void {
    this.#end(index, time, CANCELLED)
  }

  /** Skipped because task `root` of run `rootRun` (this one or another) failed or was cancelled. */
  skipped(index: number, time: Time, rootRun: RunId, root: number): void {
    this.#rootRun ??= new Float64Array(this.facts.count).fill(NaN)
    this.#root ??= new Float64Array(this.facts.count)
    this.#rootRun[index] = rootRun
    this.#root[index] = root
    this.#end(index, time, SKIPPED)
  }

  nodeJoined(spec: NodeSpec, time: Time): void {
    this.#addNode(spec, time)
  }

  /** What the node was executing is lost; those tasks are ready again unless said otherwise. */
  nodeLost(name: NodeId, time: Time, reason: string): void {
    const number = this.node(name)
    const node = this.#nodes[number - 1]
    if (!node) return
    node.lost = time
    node.reason = cut(reason, 300)
    this.#nodeByName.delete(name)
    this.#lose(number, undefined, time, 'node-lost')
  }

  /** A slot was replaced with all that it had been handed; those tasks are ready again unless said otherwise. */
  slotReset(name: NodeId, slot: number, time: Time): void {
    this.#lose(this.node(name), slot, time, 'slot-reset')
  }

  sample(name: NodeId, sample: LoadSample): void {
    const node = this.#nodes[this.node(name) - 1]
    if (!node) return
    node.load ??= new LoadHistory(Math.min(NODE_LOAD_POINTS, Math.floor(LOAD_POINTS / this.#nodes.length)))
    node.load.add({ ...sample, time: sample.time - this.facts.time })
  }

  /** What an attempt wrote; its end is kept in case the task fails. */
  log(index: number, attempt: number, text: string): void {
    const before = this.#logs.get(index)
    const all = before?.attempt === attempt ? before.text + text : text
    this.#logs.set(index, { attempt, text: all.length > LOG_TAIL ? `…${all.slice(-LOG_TAIL)}` : all })
  }

  priority(priority: number): void {
    this.#priority = priority
  }

  policy(policy: string): void {
    this.#policy = policy
  }

  /** This run as those that depend on it show it. */
  summary(): UpstreamRun {
    const { id, name, kind, count, dependencies } = this.facts
    return { run: id, name: cut(name, 200), kind, count, counts: this.counts, dependencies: dependencies.slice(0, 1000) }
  }

  /** @param others recorders by run, from which the upstream runs are described */
  snapshot(now: Time, others: ReadonlyMap<RunId, RunRecorder> = new Map()): RunRecord {
    const { facts } = this
    const upstream = this.#upstream(others)
    const { final } = this
    const asOf = this.#ms(now)
    return {
      version: 1,
      run: {
        id: facts.id,
        name: cut(facts.name, 200),
        kind: facts.kind,
        count: facts.count,
        seed: facts.seed,
        ...(facts.cell !== undefined && { cell: cut(facts.cell, 200) }),
        ...(facts.execution !== undefined && { execution: facts.execution }),
        options: { ...facts.options, priority: this.#priority, ...(this.#policy !== undefined && { policy: cut(this.#policy, 200) }) },
      },
      declared: facts.date,
      asOf,
      final,
      makespan: final ? this.#ms(this.#lastEnd) : asOf,
      counts: this.counts,
      bytes: this.#bytes(),
      tasks: this.#taskColumns(upstream),
      attempts: this.#attemptColumns(),
      errors: this.#errors.slice(),
      logs: this.#failedLogs.slice(),
      ...this.#nodeTables(),
      dependencies: facts.dependencies.slice(0, 1000),
      upstream,
      criticalPath: this.#criticalPath(),
      environment: facts.environment,
    }
  }

  #enter(index: number, state: number): void {
    const before = this.#state[index]!
    this.#counts[before]!--
    this.#counts[state]!++
    this.#state[index] = state
  }

  /** Nothing of an attempt, or of an earlier end, holds any longer. */
  #clear(index: number): void {
    this.#attempt[index] = 0
    this.#node[index] = 0
    this.#slot[index] = 0
    this.#ready[index] = NaN
    this.#started[index] = NaN
    this.#ended[index] = NaN
    if (this.#error) this.#error[index] = 0
    if (this.#rootRun) this.#rootRun[index] = NaN
  }

  #end(index: number, time: Time, state: number): void {
    this.#enter(index, state)
    if (Number.isNaN(this.#ended[index]!)) this.#ended[index] = time
    if (time > this.#lastEnd) this.#lastEnd = time
  }

  #addNode(spec: NodeSpec, joined?: Time): void {
    this.#nodes.push({ spec, ...(joined !== undefined && { joined }) })
    this.#nodeByName.set(spec.id, this.#nodes.length)
  }

  #lose(node: number, slot: number | undefined, time: Time, ending: Ending): void {
    if (node === 0) return
    // Of the tasks in a slot's queue only the first was executing; the others had not begun.
    const executing = new Map<number, number>()
    const concerned: number[] = []
    for (let i = 0; i < this.#state.length; i++) {
      if (this.#state[i] !== RUNNING || this.#node[i] !== node || (slot !== undefined && this.#slot[i] !== slot)) continue
      concerned.push(i)
      const first = executing.get(this.#slot[i]!)
      if (first === undefined || this.#started[i]! < this.#started[first]!) executing.set(this.#slot[i]!, i)
    }
    for (const i of concerned) {
      const began = executing.get(this.#slot[i]!) === i
      if (began) this.attemptEnded(i, this.#attempt[i]!, node, this.#slot[i]!, this.#started[i]!, time, ending)
      this.ready(i, time)
    }
  }

  /** Row + 1 of the failure in #errors; the last row stands for all that were too many. */
  #errorNumber(failure: RecordedFailure, task: number): number {
    const key = `${failure.kind}\0${failure.name}\0${failure.message.slice(0, 1000)}\0${failure.stack.slice(0, 500)}`
    const known = this.#errorByText.get(key)
    if (known !== undefined) return known
    if (this.#errors.length > MOST_ERRORS) return this.#errors.length
    const kept = this.#errors.length < MOST_ERRORS
    this.#errors.push({
      kind: cut(failure.kind, 100),
      name: kept ? cut(failure.name, 200) : 'Error',
      message: kept ? cut(failure.message, 1000) : `not kept: this run has more than ${MOST_ERRORS} different errors`,
      stack: kept ? cut(failure.stack, 2000) : '',
      task,
    })
    if (kept) this.#errorByText.set(key, this.#errors.length)
    return this.#errors.length
  }

  /** Ms since the declaration, to a tenth. */
  #ms(time: Time): number {
    return tick(time - this.facts.time) / 10
  }

  #bytes(): RunRecord['bytes'] {
    const sum = (of: (load: LoadHistory) => number) => whole(this.#nodes.reduce((total, { load }) => total + (load ? of(load) : 0), 0))
    return { results: whole(this.#resultBytes), in: sum((load) => load.bytesIn), out: sum((load) => load.bytesOut) }
  }

  #taskColumns(upstream: readonly UpstreamRun[]): TaskColumns {
    const length = Math.min(this.facts.count, MOST_ROWS)
    const { ready, wait, duration } = this.#timeColumns(length)
    const { rootRun, root } = this.#rootColumns(length, upstream)
    return {
      length,
      state: encodeColumn(this.#state, length),
      attempts: encodeColumn(this.#attempts, length),
      attempt: encodeColumn(this.#attempt, length),
      node: encodeColumn(this.#node, length),
      slot: encodeColumn(this.#slot, length),
      ready: encodeColumn(ready),
      wait: encodeColumn(wait),
      duration: encodeColumn(duration),
      error: encodeColumn(this.#error ?? new Uint8Array(length), length),
      rootRun: encodeColumn(rootRun),
      root: encodeColumn(root),
    }
  }

  /** Each time relative to the one before it, in ticks + 1; 0 where there is none. */
  #timeColumns(length: number): { ready: Float64Array; wait: Float64Array; duration: Float64Array } {
    const ready = new Float64Array(length)
    const wait = new Float64Array(length)
    const duration = new Float64Array(length)
    const start = this.facts.time
    for (let i = 0; i < length; i++) {
      let base = 0
      let time = this.#ready[i]!
      if (time === time) {
        base = tick(time - start)
        ready[i] = base + 1
      }
      time = this.#started[i]!
      if (time === time) {
        const after = Math.max(0, tick(time - start) - base)
        wait[i] = after + 1
        base += after
      }
      time = this.#ended[i]!
      if (time === time) duration[i] = Math.max(0, tick(time - start) - base) + 1
    }
    return { ready, wait, duration }
  }

  #rootColumns(length: number, upstream: readonly UpstreamRun[]): { rootRun: Float64Array; root: Float64Array } {
    const rootRun = new Float64Array(length)
    const root = new Float64Array(length)
    if (!this.#rootRun) return { rootRun, root }
    const numbers = new Map(upstream.map((group, row) => [group.run, row + 2]))
    numbers.set(this.facts.id, 1)
    for (let i = 0; i < length; i++) {
      const number = numbers.get(this.#rootRun[i]!)
      if (number === undefined) continue
      rootRun[i] = number
      root[i] = this.#root![i]! + 1
    }
    return { rootRun, root }
  }

  #attemptColumns(): AttemptColumns {
    const lost = this.#lost
    // A failed or cancelled task's last attempt stands in its own row already.
    const rows = lost.task.flatMap((task, row) => {
      const own = this.#state[task]! >= FAILED && this.#attempt[task] === lost.attempt[row]
      return own ? [] : [row]
    })
    const began = rows.map((row) => tick(lost.began[row]! - this.facts.time))
    return {
      length: rows.length,
      omitted: lost.omitted,
      task: encodeColumn(rows.map((row) => lost.task[row]!)),
      attempt: encodeColumn(rows.map((row) => lost.attempt[row]!)),
      node: encodeColumn(rows.map((row) => lost.node[row]!)),
      slot: encodeColumn(rows.map((row) => lost.slot[row]!)),
      began: encodeColumn(began),
      duration: encodeColumn(rows.map((row, i) => Math.max(0, tick(lost.ended[row]! - this.facts.time) - began[i]!))),
      ending: encodeColumn(rows.map((row) => lost.ending[row]!)),
    }
  }

  #nodeTables(): { specs: RecordedNodeSpec[]; nodes: RecordedNode[] } {
    const specs: RecordedNodeSpec[] = []
    const specByText = new Map<string, number>()
    const nodes = this.#nodes.map(({ spec: { id, slots, resources, labels, speed }, joined, lost, reason, load }): RecordedNode => {
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
        ...(joined !== undefined && { joined: this.#ms(joined) }),
        ...(lost !== undefined && { lost: this.#ms(lost) }),
        ...(reason !== undefined && { reason }),
        ...(packed && { load: packed }),
      }
    })
    return { specs, nodes }
  }

  /** The runs this one depends on, breadth first, and those its skipped tasks point at. */
  #upstream(others: ReadonlyMap<RunId, RunRecorder>): UpstreamRun[] {
    const found = new Map<RunId, UpstreamRun>()
    const queue: RunId[] = []
    const follow = (dependencies: readonly RecordedDependency[]) => {
      for (const dependency of dependencies) if (dependency.on !== undefined) queue.push(dependency.on)
    }
    follow(this.facts.dependencies)
    for (let run = queue.shift(); run !== undefined && found.size < MOST_UPSTREAM; run = queue.shift()) {
      if (found.has(run) || run === this.facts.id) continue
      const group = others.get(run)?.summary() ?? unknownRun(run)
      found.set(run, group)
      follow(group.dependencies)
    }
    for (const run of new Set(this.#rootRun)) {
      if (Number.isNaN(run) || run === this.facts.id || found.has(run)) continue
      found.set(run, others.get(run)?.summary() ?? unknownRun(run))
    }
    return [...found.values()]
  }

  /** From the task that ended last, back through the input that each task of a tree waited for longest. */
  #criticalPath(): number[] {
    let last = -1
    for (let i = 0; i < this.facts.count; i++) if (this.#started[i]! >= 0 && (last < 0 || this.#ended[i]! > this.#ended[last]!)) last = i
    if (last < 0 || Number.isNaN(this.#ended[last]!)) return []
    const tree = this.facts.dependencies.find((dependency) => dependency.how === 'tree')
    if (!tree || tree.leaves > MOST_ROWS) return [last]
    const inputs = reductionInputs(tree.leaves)
    const path: number[] = []
    for (let task = last; task >= 0 && path.length < MOST_PATH; ) {
      path.push(task)
      const [a, b] = [-1 - inputs[2 * task]!, -1 - inputs[2 * task + 1]!]
      task = a < 0 ? b : b < 0 ? a : this.#ended[a]! > this.#ended[b]! ? a : b
    }
    return path.reverse()
  }
}

/** Tenths of a millisecond; a node's clock may put a time a little before the declaration. */
function tick(ms: number): number {
  return Math.max(0, Math.round(ms * 10))
}

/** A run that was released before this one was recorded. */
function unknownRun(run: RunId): UpstreamRun {
  const counts = Object.fromEntries(stateNames.map((name) => [name, 0])) as unknown as StateCounts
  return { run, name: `run ${run}`, kind: 'each', count: 0, counts, dependencies: [] }
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}
