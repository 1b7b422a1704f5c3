import type { NodeId, NodeSpec, RunId, StateName, Time } from '../../scheduler/index.ts'
import type { NodeSample } from '../backend.ts'
import { Failures } from './failures.ts'
import type { RecordedFailure } from './failures.ts'
import { BACKING_OFF, cut, emptyLedger, packAttempts, packNodes, packTasks, READY, RUNNING, SUCCEEDED, tick, WAITING } from './ledger.ts'
import type { Ledger, LostAttempt, WatchedNode } from './ledger.ts'
import { LoadHistory, whole } from './node-load.ts'
import { endings, MOST_ROWS, stateNames } from './read.ts'
import type { RunFacts } from './facts.ts'
import type { Ending } from './read.ts'
import type { RecordedDependency, RunRecord, StateCounts, UpstreamRun } from './types.ts'
import { reductionTree } from '../reduction.ts'

export { factsOf } from './facts.ts'
export type { RunFacts } from './facts.ts'
export type { RecordedFailure } from './failures.ts'

/** What a snapshot looks up elsewhere. */
export interface SnapshotSources {
  /** Recorders by run: upstream runs are described from them. */
  readonly recorders?: Pick<ReadonlyMap<RunId, RunRecorder>, 'get'>
  /** The scheduler's word on a task's state: that a task waits, is ready or backs off is told to nobody as it happens. */
  readonly stateOf?: (index: number) => StateName
}

const MOST_ATTEMPTS = 100_000
/** Points of load kept for all nodes together, and for one. */
const LOAD_POINTS = 6_000
const NODE_LOAD_POINTS = 300
const MOST_UPSTREAM = 100
const MOST_PATH = 1_000

/**
 * Gathers what happens to one run and makes its record. Methods take plain facts: a task's index within the run, names of
 * nodes, times on the kernel's clock. They only write to columns, as they are called for every step of every task.
 */
export class RunRecorder {
  readonly facts: RunFacts
  readonly #ledger: Ledger
  readonly #counts = new Float64Array(stateNames.length)
  #lastEnd: Time
  #resultBytes = 0
  readonly #nodes: WatchedNode[] = []
  readonly #numberOf = new Map<NodeId, number>()
  /** The node last asked for: mostly it is asked for again. */
  #lastNode: NodeId | undefined
  #lastNumber = 0
  readonly #lost: LostAttempt[] = []
  /** By task, for tasks that have not started again since. */
  readonly #lastLost = new Map<number, LostAttempt>()
  #omitted = 0
  /** Attempts under way besides those that the ledger shows, by task and attempt: further copies of a task. */
  readonly #copies = new Map<string, { readonly task: number; readonly attempt: number; readonly node: number; readonly slot: number; readonly began: Time }>()
  readonly #failures = new Failures()
  #priority: number
  #policy: string | undefined

  constructor(facts: RunFacts) {
    this.facts = facts
    this.#ledger = emptyLedger(facts.count)
    this.#counts[WAITING] = facts.count
    this.#lastEnd = facts.time
    this.#priority = facts.options.priority
    this.#policy = facts.options.policy ?? facts.environment.policy
    for (const node of facts.nodes) this.#addNode({ spec: node })
  }

  // ── facts about tasks ──────────────────────────────────────────────────────────────────────────────────────

  /** Tasks were handed to a slot; `attempts[i]` belongs to `indices[i]`. Of several copies the last is shown until one ends. */
  started(indices: readonly number[], attempts: readonly number[], node: NodeId, slot: number, time: Time): void {
    const number = this.#number(node)
    const ledger = this.#ledger
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i]!
      const attempt = attempts[i]!
      this.#keepCopy(index)
      this.#enter(index, RUNNING)
      if (attempt > ledger.attempts[index]!) ledger.attempts[index] = attempt
      ledger.attempt[index] = attempt
      ledger.node[index] = number
      ledger.slot[index] = slot
      ledger.started[index] = time
      ledger.ended[index] = NaN
      if (this.#lastLost.size > 0) this.#lastLost.delete(index)
    }
  }

  /**
   * An attempt ended by itself: with a result of `size` bytes, or because its body threw. What then becomes of the task
   * is `settled`. Attempts that are not under way any more (their node was lost, they timed out) are ignored.
   */
  finished(index: number, attempt: number, node: NodeId, slot: number, began: Time, ended: Time, ok: boolean, size = 0): void {
    if (!ok) return this.attemptEnded(index, attempt, node, slot, ended, 'threw', began)
    const ledger = this.#ledger
    const shown = this.#isShown(index, attempt)
    if (!shown) {
      if (!this.#copies.delete(`${index}/${attempt}`) || ledger.state[index]! >= SUCCEEDED) return
      this.#keepCopy(index)
    }
    this.#enter(index, SUCCEEDED)
    ledger.attempt[index] = attempt
    ledger.node[index] = this.#number(node)
    ledger.slot[index] = slot
    ledger.started[index] = began
    ledger.ended[index] = ended
    if (ended > this.#lastEnd) this.#lastEnd = ended
    this.#resultBytes += size
  }

  /** An attempt under way ended without a result. Unless the task is `settled` next, it will be tried again. */
  attemptEnded(index: number, attempt: number, node: NodeId, slot: number, ended: Time, ending: Ending, began?: Time): void {
    const shown = this.#isShown(index, attempt)
    const copy = shown ? undefined : this.#copies.get(`${index}/${attempt}`)
    if (!shown && !copy) return
    if (copy) this.#copies.delete(`${index}/${attempt}`)
    const start = began ?? copy?.began ?? this.#ledger.started[index]!
    const ready = shown ? { ready: this.#ledger.ready[index]! } : {}
    this.#addLost({ task: index, attempt, node: this.#number(node), slot, began: start, ended, ending: endings.indexOf(ending), ...ready })
    if (shown) this.ready(index, ended)
  }

  /** Tasks were taken back from a slot's queue before they had begun. */
  returned(indices: readonly number[]): void {
    for (const index of indices) this.#restart(index, READY)
  }

  /** A task's inputs were there. Need not be told: snapshot finds it out from when they ended. */
  ready(index: number, time: Time): void {
    this.#restart(index, READY)
    this.#ledger.ready[index] = time
  }

  /**
   * A task reached a final state.
   * @param failure why it failed
   * @param root the failed or cancelled task that a skipped one goes back to
   */
  settled(index: number, state: StateName, time: Time, failure?: RecordedFailure, root?: { readonly run: RunId; readonly index: number }): void {
    const ledger = this.#ledger
    const number = stateNumbers[state]
    if (number < SUCCEEDED) return
    this.#enter(index, number)
    if (state === 'succeeded') return
    this.#showLastAttempt(index, state)
    if (failure && state === 'failed') this.#addFailure(index, failure)
    if (root) {
      ledger.rootRun ??= new Float64Array(this.facts.count).fill(NaN)
      ledger.root ??= new Float64Array(this.facts.count)
      ledger.rootRun[index] = root.run
      ledger.root[index] = root.index
    }
    if (Number.isNaN(ledger.ended[index]!)) ledger.ended[index] = time
    if (time > this.#lastEnd) this.#lastEnd = time
  }

  // ── facts about nodes and options ──────────────────────────────────────────────────────────────────────────

  nodeJoined(spec: NodeSpec, time: Time): void {
    this.#addNode({ spec, joined: time })
  }

  /** What the node was executing is lost with it. */
  nodeLost(name: NodeId, time: Time, reason: string): void {
    const number = this.#number(name)
    const node = this.#nodes[number - 1]
    if (!node) return
    this.#lose(number, undefined, time, 'node-lost')
    node.lost = time
    node.reason = reason
    this.#numberOf.delete(name)
    this.#lastNode = undefined
  }

  /** A slot was replaced, and what it was executing is lost. */
  slotReset(name: NodeId, slot: number, time: Time): void {
    this.#lose(this.#number(name), slot, time, 'slot-reset')
  }

  /** @param busy slots of the node in use, by whatever run */
  sample(sample: NodeSample, time: Time, busy: number): void {
    const node = this.#nodes[this.#number(sample.node) - 1]
    if (!node) return
    node.load ??= new LoadHistory(Math.min(NODE_LOAD_POINTS, Math.floor(LOAD_POINTS / this.#nodes.length)))
    const { cpu, memory, bytesIn, bytesOut } = sample
    node.load.add({ time: time - this.facts.time, cpu, memory, busy, bytesIn, bytesOut })
  }

  priority(priority: number): void {
    this.#priority = priority
  }

  policy(policy: string): void {
    this.#policy = policy
  }

  // ── what is known ──────────────────────────────────────────────────────────────────────────────────────────

  /** How many tasks are in each state, as of the last fact or snapshot. */
  get counts(): StateCounts {
    return Object.fromEntries(stateNames.map((name, state) => [name, this.#counts[state]!])) as unknown as StateCounts
  }

  /** One task, with times in ms since the declaration. */
  task(index: number): { readonly index: number; readonly attempts: number; readonly node?: NodeId; readonly began?: number; readonly ended?: number } {
    const ledger = this.#ledger
    const node = this.#nodes[ledger.node[index]! - 1]
    const began = ledger.started[index]! - this.facts.time
    const ended = ledger.ended[index]! - this.facts.time
    return {
      index,
      attempts: ledger.attempts[index]!,
      ...(node && { node: node.spec.id }),
      ...(!Number.isNaN(began) && { began }),
      ...(!Number.isNaN(ended) && { ended }),
    }
  }

  /** This run as those that depend on it show it. */
  summary(): UpstreamRun {
    const { id, name, kind, count, dependencies } = this.facts
    return { run: id, name: cut(name, 200), kind, count, counts: this.counts, dependencies: dependencies.slice(0, 1000) }
  }

  snapshot(now: Time, sources: SnapshotSources = {}): RunRecord {
    const { facts } = this
    if (sources.stateOf) this.#learnStates(sources.stateOf)
    const recorders = sources.recorders ?? new Map<RunId, RunRecorder>()
    const upstream = this.#upstream(recorders)
    const asOf = tick(now - facts.time) / 10
    const final = [...this.#counts.subarray(0, SUCCEEDED)].every((count) => count === 0)
    return {
      version: 1,
      run: {
        id: facts.id,
        uid: facts.uid,
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
      makespan: final ? tick(this.#lastEnd - facts.time) / 10 : asOf,
      counts: this.counts,
      bytes: this.#bytes(),
      tasks: packTasks(this.#ledger, facts.id, facts.time, this.#readyTimes(recorders), upstream),
      attempts: packAttempts(this.#lost, this.#omitted, this.#ledger, facts.time),
      errors: this.#failures.errors.slice(),
      logs: this.#failures.logs.slice(),
      ...packNodes(this.#nodes, facts.time, final ? this.#lastEnd : Infinity),
      dependencies: facts.dependencies.slice(0, 1000),
      upstream,
      criticalPath: this.#criticalPath(),
      environment: facts.environment,
    }
  }

  #enter(index: number, state: number): void {
    const before = this.#ledger.state[index]!
    this.#counts[before]!--
    this.#counts[state]!++
    this.#ledger.state[index] = state
  }

  /** The attempt is under way, and the one of its task that the ledger shows. */
  #isShown(index: number, attempt: number): boolean {
    return this.#ledger.attempt[index] === attempt && this.#ledger.state[index] === RUNNING
  }

  /** Another attempt is going to be shown: this one, if it is under way, is remembered until its end is told. */
  #keepCopy(index: number): void {
    const { state, attempt, node, slot, started } = this.#ledger
    if (state[index] !== RUNNING || attempt[index] === 0) return
    const copy = { task: index, attempt: attempt[index]!, node: node[index]!, slot: slot[index]!, began: started[index]! }
    this.#copies.set(`${index}/${copy.attempt}`, copy)
  }

  /** Nothing of an attempt, or of an earlier end, holds any longer. */
  #restart(index: number, state: number): void {
    const ledger = this.#ledger
    this.#enter(index, state)
    ledger.attempt[index] = 0
    ledger.node[index] = 0
    ledger.slot[index] = 0
    ledger.ready[index] = NaN
    ledger.started[index] = NaN
    ledger.ended[index] = NaN
    if (ledger.error) ledger.error[index] = 0
    if (ledger.rootRun) ledger.rootRun[index] = NaN
  }

  #learnStates(stateOf: (index: number) => StateName): void {
    const { state } = this.#ledger
    for (let i = 0; i < state.length; i++) {
      const number = stateNumbers[stateOf(i)]
      // Lost and to be tried again, or run again after it had ended.
      if (number === state[i]) continue
      if (number < RUNNING || number === BACKING_OFF) this.#restart(i, number)
      else this.#enter(i, number)
    }
  }

  #number(name: NodeId): number {
    if (name !== this.#lastNode) {
      this.#lastNode = name
      this.#lastNumber = this.#numberOf.get(name) ?? 0
    }
    return this.#lastNumber
  }

  #addNode(node: WatchedNode): void {
    this.#numberOf.set(node.spec.id, this.#nodes.push(node))
    this.#lastNode = undefined
  }

  #addLost(row: LostAttempt): void {
    this.#lastLost.set(row.task, row)
    if (this.#lost.length < MOST_ATTEMPTS) this.#lost.push(row)
    else this.#omitted++
  }

  #lose(node: number, slot: number | undefined, ended: Time, how: Ending): void {
    const ledger = this.#ledger
    // Of the tasks in a slot's queue only the first was executing; the others had not begun.
    const executing = new Map<number, number>()
    const concerned: number[] = []
    for (let i = 0; node > 0 && i < ledger.state.length; i++) {
      if (ledger.state[i] !== RUNNING || ledger.node[i] !== node || (slot !== undefined && ledger.slot[i] !== slot)) continue
      concerned.push(i)
      const first = executing.get(ledger.slot[i]!)
      if (first === undefined || ledger.started[i]! < ledger.started[first]!) executing.set(ledger.slot[i]!, i)
    }
    for (const [ofSlot, task] of executing) {
      const row = { task, attempt: ledger.attempt[task]!, node, slot: ofSlot, began: ledger.started[task]!, ended, ready: ledger.ready[task]! }
      this.#addLost({ ...row, ending: endings.indexOf(how) })
    }
    for (const [key, copy] of this.#copies) {
      if (copy.node !== node || (slot !== undefined && copy.slot !== slot)) continue
      this.#copies.delete(key)
      this.#addLost({ ...copy, ended, ending: endings.indexOf(how) })
    }
    const lost = new Set(executing.values())
    for (const i of concerned) {
      this.#restart(i, READY)
      if (lost.has(i)) ledger.ready[i] = ended
    }
  }

  /** A failed task shows the attempt that it failed with, a cancelled one the attempt that was cut short. */
  #showLastAttempt(index: number, state: StateName): void {
    const last = this.#lastLost.get(index)
    if (!last || (state === 'cancelled' && endings[last.ending] !== 'cancelled') || state === 'skipped') return
    const ledger = this.#ledger
    ledger.attempt[index] = last.attempt
    ledger.node[index] = last.node
    ledger.slot[index] = last.slot
    ledger.ready[index] = last.ready ?? NaN
    ledger.started[index] = last.began
    ledger.ended[index] = last.ended
  }

  #addFailure(index: number, failure: RecordedFailure): void {
    this.#ledger.error ??= new Uint8Array(this.facts.count)
    this.#ledger.error[index] = this.#failures.add(failure, index, this.#ledger.attempt[index]!)
  }

  #bytes(): RunRecord['bytes'] {
    const sum = (of: (load: LoadHistory) => number) => whole(this.#nodes.reduce((total, { load }) => total + (load ? of(load) : 0), 0))
    return { results: whole(this.#resultBytes), in: sum((load) => load.bytesIn), out: sum((load) => load.bytesOut) }
  }

  /** When a task's inputs were there: at the declaration, or when the last of them had ended. */
  #readyTimes(recorders: NonNullable<SnapshotSources['recorders']>): (index: number) => Time {
    let wholeRuns = this.facts.time
    const single: ((index: number) => Time)[] = []
    const endOf = (recorder: RunRecorder | undefined, index: number) => (recorder ? (recorder.#ledger.ended[index] ?? NaN) : NaN)
    for (const dependency of this.facts.dependencies) {
      const of = dependency.on === undefined ? undefined : recorders.get(dependency.on)
      if (dependency.how === 'all' && of) wholeRuns = Math.max(wholeRuns, of.#lastEnd)
      else if (dependency.how === 'tasks') for (const task of dependency.tasks) wholeRuns = latest(wholeRuns, endOf(of, task))
      else if (dependency.how === 'each') single.push((index) => endOf(of, Math.floor(index / dependency.stride) % dependency.count))
      else if (dependency.how === 'tree') {
        const { operands } = reductionTree(dependency.leaves)
        const operandEnd = (operand: number) => (operand >= 0 ? endOf(of, operand) : endOf(this, -1 - operand))
        single.push((index) => operandEnd(operands[2 * index]!), (index) => operandEnd(operands[2 * index + 1]!))
      }
    }
    return (index) => single.reduce((time, end) => latest(time, end(index)), wholeRuns)
  }

  /** The runs this one depends on, breadth first, and those its skipped tasks point at. */
  #upstream(recorders: NonNullable<SnapshotSources['recorders']>): UpstreamRun[] {
    const found = new Map<RunId, UpstreamRun>()
    const queue: RunId[] = []
    const follow = (dependencies: readonly RecordedDependency[]) => {
      for (const dependency of dependencies) if (dependency.on !== undefined) queue.push(dependency.on)
    }
    follow(this.facts.dependencies)
    for (const run of new Set(this.#ledger.rootRun)) if (!Number.isNaN(run)) queue.push(run)
    for (let run = queue.shift(); run !== undefined && found.size < MOST_UPSTREAM; run = queue.shift()) {
      if (found.has(run) || run === this.facts.id) continue
      const group = recorders.get(run)?.summary() ?? unknownRun(run)
      found.set(run, group)
      follow(group.dependencies)
    }
    return [...found.values()]
  }

  /** From the task that ended last, back through the input that each task of a tree waited for longest. */
  #criticalPath(): number[] {
    const { attempt, ended } = this.#ledger
    let last = -1
    for (let i = 0; i < this.facts.count; i++) if (attempt[i]! > 0 && ended[i]! >= (last < 0 ? -Infinity : ended[last]!)) last = i
    if (last < 0) return []
    const tree = this.facts.dependencies.find((dependency) => dependency.how === 'tree')
    if (!tree || tree.leaves > MOST_ROWS) return [last]
    const { operands } = reductionTree(tree.leaves)
    const path: number[] = []
    for (let task = last; task >= 0 && path.length < MOST_PATH; ) {
      path.push(task)
      const [a, b] = [-1 - operands[2 * task]!, -1 - operands[2 * task + 1]!]
      task = a < 0 ? b : b < 0 ? a : ended[a]! > ended[b]! ? a : b
    }
    return path.reverse()
  }
}

const stateNumbers = Object.fromEntries(stateNames.map((name, number) => [name, number])) as Record<StateName, number>

function latest(time: Time, other: Time): Time {
  return other > time ? other : time
}

/** A run that was released before this one was recorded. */
function unknownRun(run: RunId): UpstreamRun {
  const counts = Object.fromEntries(stateNames.map((name) => [name, 0])) as unknown as StateCounts
  return { run, name: `run ${run}`, kind: 'each', count: 0, counts, dependencies: [] }
}
