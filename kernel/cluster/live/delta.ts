/** What has changed in a run since somebody was told of it last. */
import type { Time } from '../../scheduler/index.ts'
import { MOST_ROWS } from '../record/read.ts'
import { packAttempts, packTasks } from '../record/pack.ts'
import { encodeColumn } from '../record/column.ts'
import type { RunRecorder } from '../record/recorder.ts'
import { criticalPathOf, errorsOf, learnUpstream, nodesOf, referencesOf, scalarsOf, type Kept, type Scalars, type Sources } from '../record/snapshot.ts'
import type { RecordedNode, RunRecord } from '../record/types.ts'
import type { LoadRow, NodeRow, RunDelta } from './types.ts'

/** How often what changes all the time (load) or takes a while to find out (paths) is told, ms. */
const SLOWLY = 1000

/** How far one watcher has been told of one run. It holds no copy of the run's tasks: the ledger knows what is newer. */
export class Cursor {
  readonly #recorder: RunRecorder
  /** Rows of this edition and later ones are new. */
  #edition = 0
  #scalars: Scalars | undefined
  #attempts = 0
  #omitted = 0
  #stacks: string[] = []
  #places = 0
  #logs = 0
  #specs = 0
  #clusterChanges = 0
  /** Whether each node was told to be lost. */
  #nodes: boolean[] = []
  #loads: { samples: number; step: number; last: number }[] = []
  #upstream = ''
  #upstreamRows = 0
  #criticalPath: readonly number[] = []
  #slowAt: Time = -Infinity

  constructor(recorder: RunRecorder) {
    this.#recorder = recorder
  }

  /** Everything; deltas go on from here. */
  snapshot(now: Time, sources: Sources): RunRecord {
    const { kept } = this.#recorder
    const record = this.#recorder.snapshot(now, sources, true)
    this.#edition = kept.ledger.nextEdition()
    this.#scalars = scalarsOf(kept, now)
    this.#attempts = kept.lost.length
    this.#omitted = kept.omitted
    this.#stacks = record.errors.map(({ stack }) => stack)
    this.#places = sources.places?.count ?? 0
    this.#logs = record.logs.length
    this.#specs = record.specs.length
    this.#clusterChanges = kept.clusterChanges
    this.#nodes = record.nodes.map(({ lost }) => lost !== undefined)
    this.#loads = record.nodes.map((_, row) => toldOf(kept, row))
    this.#upstream = JSON.stringify(record.upstream)
    this.#upstreamRows = record.upstream.length
    this.#criticalPath = record.criticalPath
    this.#slowAt = now
    return record
  }

  /**
   * What is new since the snapshot or delta before; undefined when nothing but the time is.
   * @param thorough tells too what is told once a second only, and tells the time
   */
  delta(now: Time, sources: Sources, thorough = false): RunDelta | undefined {
    const { kept } = this.#recorder
    const { facts, ledger } = kept
    if (sources.states) ledger.learn(sources.states)
    const before = this.#scalars
    const scalars = scalarsOf(kept, now)
    // It has ended, perhaps once more, or goes on.
    const ended = scalars.final !== before?.final || (scalars.final && scalars.makespan !== before.makespan)
    const slow = thorough || ended || now - this.#slowAt >= SLOWLY
    const parts: Partial<RunDelta> = {}
    this.#addErrors(parts, kept, sources)
    this.#addNodes(parts, kept, slow)
    // Rows may refer to upstream runs, so these come first.
    this.#addUpstream(parts, kept, sources, slow)
    this.#addTasks(parts, kept, sources)
    this.#addAttempts(parts, kept)
    if (slow) {
      this.#addCriticalPath(parts, kept)
      this.#slowAt = now
    }
    const same = before && before.priority === scalars.priority && before.policy === scalars.policy && sameEnd(before.expected, scalars.expected) && !ended
    if (same && !thorough && Object.keys(parts).length === 0) return undefined
    this.#scalars = scalars
    const { asOf, final, makespan, counts, bytes, priority, policy, expected } = scalars
    return { uid: facts.uid, asOf, final, makespan, counts, bytes, priority, ...(policy !== undefined && { policy }), ...(expected && { expected }), ...parts }
  }

  #addTasks(parts: Partial<RunDelta>, kept: Kept, sources: Sources): void {
    const rows = kept.ledger.writtenSince(this.#edition, MOST_ROWS)
    this.#edition = kept.ledger.nextEdition()
    if (rows.length > 0) parts.tasks = { index: encodeColumn(rows), rows: packTasks(kept.ledger, referencesOf(kept, sources), rows) }
  }

  #addAttempts(parts: Partial<RunDelta>, { lost, omitted, facts }: Kept): void {
    if (lost.length === this.#attempts && omitted === this.#omitted) return
    parts.attempts = packAttempts(lost.slice(this.#attempts), omitted, facts.time)
    this.#attempts = lost.length
    this.#omitted = omitted
  }

  #addErrors(parts: Partial<RunDelta>, kept: Kept, sources: Sources): void {
    const { logs } = kept.failures
    if (logs.length > this.#logs) parts.logs = logs.slice(this.#logs)
    this.#logs = logs.length
    const told = this.#stacks.length
    const places = sources.places?.count ?? 0
    if (kept.failures.errors.length === told && places === this.#places) return
    this.#places = places
    const errors = errorsOf(kept, sources)
    if (errors.length > told) parts.errors = errors.slice(told)
    const stacks = errors.map(({ stack }) => stack)
    const better = this.#stacks.flatMap((stack, row) => (stack === stacks[row] ? [] : [{ row, stack: stacks[row]! }]))
    if (better.length > 0) parts.stacks = better
    this.#stacks = stacks
  }

  #addNodes(parts: Partial<RunDelta>, kept: Kept, slow: boolean): void {
    if (!slow && kept.clusterChanges === this.#clusterChanges) return
    this.#clusterChanges = kept.clusterChanges
    const { specs, nodes } = nodesOf(kept)
    if (specs.length > this.#specs) parts.specs = specs.slice(this.#specs)
    this.#specs = Math.max(this.#specs, specs.length)
    const rows: NodeRow[] = []
    const loads: LoadRow[] = []
    nodes.forEach((node, row) => {
      if (this.#isNew(node, row)) rows.push({ row, node })
      const load = slow ? this.#newLoad(kept, row) : undefined
      if (load) loads.push(load)
    })
    if (rows.length > 0) parts.nodes = rows
    if (loads.length > 0) parts.loads = loads
  }

  #isNew({ lost }: RecordedNode, row: number): boolean {
    const told = this.#nodes[row]
    this.#nodes[row] = lost !== undefined
    return told !== (lost !== undefined)
  }

  #newLoad(kept: Kept, row: number): LoadRow | undefined {
    const before = this.#loads[row]
    const now = toldOf(kept, row)
    if (now.samples === (before?.samples ?? 0)) return undefined
    // The last period told may have had further samples.
    const from = before && before.samples > 0 && before.step === now.step ? before.last : 0
    this.#loads[row] = now
    return { row, from, load: kept.nodes[row]!.load!.pack(from)! }
  }

  #addUpstream(parts: Partial<RunDelta>, kept: Kept, sources: Sources, slow: boolean): void {
    const unknown = [...kept.roots].some((root) => !kept.upstream.has(root))
    if (!slow && !unknown && kept.upstream.size === this.#upstreamRows) return
    learnUpstream(kept, sources)
    const upstream = [...kept.upstream.values()]
    const text = JSON.stringify(upstream)
    if (text !== this.#upstream) parts.upstream = upstream
    this.#upstream = text
    this.#upstreamRows = upstream.length
  }

  #addCriticalPath(parts: Partial<RunDelta>, kept: Kept): void {
    const path = criticalPathOf(kept)
    const before = this.#criticalPath
    if (path.length !== before.length || path.some((task, i) => task !== before[i])) parts.criticalPath = path
    this.#criticalPath = path
  }
}

function sameEnd(a: Scalars['expected'], b: Scalars['expected']): boolean {
  return a?.early === b?.early && a?.middle === b?.middle && a?.late === b?.late
}

function toldOf({ nodes }: Kept, row: number): { samples: number; step: number; last: number } {
  const load = nodes[row]?.load
  return { samples: load?.samples ?? 0, step: load?.step ?? 0, last: load?.lastPeriod ?? 0 }
}
