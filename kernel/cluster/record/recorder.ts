import type { NodeId, NodeSpec, RunId, StateName, Time } from '../../scheduler/index.ts'
import type { NodeSample } from '../backend.ts'
import { Failures, type RecordedFailure } from './failures.ts'
import { Ledger, type WatchedNode } from './ledger.ts'
import { LoadHistory } from './node-load.ts'
import { cut } from './pack.ts'
import { READY, RUNNING, SUCCEEDED, endings, stateNames } from './read.ts'
import type { RunFacts } from './facts.ts'
import type { LostAttempt } from './ledger.ts'
import type { Ending } from './read.ts'
import { countsOf, snapshot, type Kept, type Sources } from './snapshot.ts'
import type { ExpectedEnd, RunRecord, StateCounts, UpstreamRun } from './types.ts'

export { factsOf } from './facts.ts'
export type { RunFacts } from './facts.ts'
export type { RecordedFailure } from './failures.ts'

const MOST_ATTEMPTS = 100_000
/** Points of load kept for all nodes together, and for one. */
const LOAD_POINTS = 6_000
const NODE_LOAD_POINTS = 300

/**
 * Gathers what happens to one run and makes its record. Methods take plain facts: a task's index within the run, names of
 * nodes, times on the kernel's clock. They only write to columns, as they are called for every step of every task.
 */
export class RunRecorder {
  /** What was gathered: records and deltas are made of it. */
  readonly kept: Kept
  readonly #ledger: Ledger
  readonly #numberOf = new Map<NodeId, number>()
  /** The node last asked for: mostly it is asked for again. */
  #lastNode: NodeId | undefined
  #lastNumber = 0
  /** By task, for tasks that have not started again since. */
  readonly #lastLost = new Map<number, LostAttempt>()
  /** Attempts under way besides those that the ledger shows, by task and attempt: further copies of a task. */
  readonly #copies = new Map<string, { readonly task: number; readonly attempt: number; readonly node: number; readonly slot: number; readonly began: Time }>()

  constructor(facts: RunFacts) {
    this.#ledger = new Ledger(facts.count)
    this.kept = {
      facts,
      ledger: this.#ledger,
      nodes: [],
      clusterChanges: 0,
      lost: [],
      omitted: 0,
      failures: new Failures(),
      lastEnd: facts.time,
      resultBytes: 0,
      priority: facts.options.priority,
      policy: facts.options.policy ?? facts.environment.policy,
      expected: undefined,
      roots: new Set(),
      upstream: new Map(),
      tree: undefined,
    }
    for (const node of facts.nodes) this.#addNode({ spec: node })
  }

  get facts(): RunFacts {
    return this.kept.facts
  }

  // ── facts about tasks ──────────────────────────────────────────────────────────────────────────────────────

  /** Tasks were handed to a slot; `attempts[i]` belongs to `indices[i]`. Of several copies the last is shown until one ends. */
  started(indices: readonly number[], attempts: readonly number[], node: NodeId, slot: number, time: Time): void {
    const number = this.#number(node)
    const ledger = this.#ledger
    const on = this.kept.nodes[number - 1]
    if (on) on.joinedLate = false
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i]!
      const attempt = attempts[i]!
      // Run again: nothing of how it had ended holds any longer.
      if (ledger.state[index]! >= SUCCEEDED) ledger.restart(index, READY)
      this.#keepCopy(index)
      ledger.enter(index, RUNNING)
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
    ledger.enter(index, SUCCEEDED)
    ledger.attempt[index] = attempt
    ledger.node[index] = this.#number(node)
    ledger.slot[index] = slot
    ledger.started[index] = began
    ledger.ended[index] = ended
    if (ended > this.kept.lastEnd) this.kept.lastEnd = ended
    this.kept.resultBytes += size
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
    for (const index of indices) this.#ledger.restart(index, READY, this.#ledger.ready[index])
  }

  /** A task was ready for its next attempt. Need not be told of the first: a snapshot finds it out from when its inputs ended. */
  ready(index: number, time: Time): void {
    this.#ledger.restart(index, READY, time)
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
    // It was to be run again, and has ended without that.
    if (state !== 'succeeded' && ledger.state[index]! >= SUCCEEDED) ledger.restart(index, READY)
    ledger.enter(index, number)
    if (state === 'succeeded') return
    this.#showLastAttempt(index, state)
    if (failure && state === 'failed') this.#addFailure(index, failure)
    if (root) {
      ledger.rootRun ??= new Float64Array(this.facts.count).fill(NaN)
      ledger.root ??= new Float64Array(this.facts.count)
      ledger.rootRun[index] = root.run
      if (root.run !== this.facts.id) this.kept.roots.add(root.run)
      ledger.root[index] = root.index
    }
    if (Number.isNaN(ledger.ended[index]!)) ledger.ended[index] = time
    if (time > this.kept.lastEnd) this.kept.lastEnd = time
  }

  // ── facts about nodes and options ──────────────────────────────────────────────────────────────────────────

  nodeJoined(spec: NodeSpec, time: Time): void {
    this.#addNode({ spec, joined: time, joinedLate: this.#ledger.final })
  }

  /** What the node was executing is lost with it. */
  nodeLost(name: NodeId, time: Time, reason: string): void {
    const number = this.#number(name)
    const node = this.kept.nodes[number - 1]
    if (!node) return
    this.#lose(number, undefined, time, 'node-lost')
    node.lost = time
    node.lostLate = this.#ledger.final
    node.reason = reason
    this.kept.clusterChanges++
    this.#numberOf.delete(name)
    this.#lastNode = undefined
  }

  /** A slot was replaced, and what it was executing is lost. */
  slotReset(name: NodeId, slot: number, time: Time): void {
    this.#lose(this.#number(name), slot, time, 'slot-reset')
  }

  /** @param busy slots of the node in use, by whatever run */
  sample(sample: NodeSample, time: Time, busy: number): void {
    const node = this.kept.nodes[this.#number(sample.node) - 1]
    if (!node) return
    node.load ??= new LoadHistory(Math.min(NODE_LOAD_POINTS, Math.floor(LOAD_POINTS / this.kept.nodes.length)))
    const { cpu, memory, bytesIn, bytesOut } = sample
    node.load.add({ time: time - this.facts.time, cpu, memory, busy, bytesIn, bytesOut })
  }

  priority(priority: number): void {
    this.kept.priority = priority
  }

  policy(policy: string): void {
    this.kept.policy = policy
  }

  /** When the last task is expected to end, on the kernel's clock; nothing: nobody knows any more. */
  expect(expected: ExpectedEnd | undefined): void {
    this.kept.expected = expected
  }

  // ── what is known ──────────────────────────────────────────────────────────────────────────────────────────

  /** How many tasks are in each state, as of the last fact or snapshot. */
  get counts(): StateCounts {
    return countsOf(this.#ledger)
  }

  /** One task, with times in ms since the declaration. */
  task(index: number): { readonly index: number; readonly attempts: number; readonly node?: NodeId; readonly began?: number; readonly ended?: number } {
    const ledger = this.#ledger
    const node = this.kept.nodes[ledger.node[index]! - 1]
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

  /** The record of this moment; see `snapshot` in snapshot.ts. */
  snapshot(now: Time, sources: Sources = {}, everyAttempt = false): RunRecord {
    return snapshot(this.kept, now, sources, everyAttempt)
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

  #number(name: NodeId): number {
    if (name !== this.#lastNode) {
      this.#lastNode = name
      this.#lastNumber = this.#numberOf.get(name) ?? 0
    }
    return this.#lastNumber
  }

  #addNode(node: WatchedNode): void {
    this.#numberOf.set(node.spec.id, this.kept.nodes.push(node))
    this.kept.clusterChanges++
    this.#lastNode = undefined
  }

  #addLost(row: LostAttempt): void {
    this.#lastLost.set(row.task, row)
    if (this.kept.lost.length < MOST_ATTEMPTS) this.kept.lost.push(row)
    else this.kept.omitted++
  }

  #lose(node: number, slot: number | undefined, ended: Time, how: Ending): void {
    const ledger = this.#ledger
    if (ledger.counts[RUNNING] === 0 && this.#copies.size === 0) return
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
      ledger.restart(i, READY, lost.has(i) ? ended : ledger.ready[i])
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
    this.#ledger.error[index] = this.kept.failures.add(failure, index, this.#ledger.attempt[index]!)
  }
}

const stateNumbers = Object.fromEntries(stateNames.map((name, number) => [name, number])) as Record<StateName, number>
