/** A record of what a recorder knows at one moment, and its parts. */
import type { RunId, Time } from '../../scheduler/index.ts'
import { reductionTree, type ReductionTree } from '../reduction.ts'
import type { RunFacts } from './facts.ts'
import type { Failures } from './failures.ts'
import type { Ledger, LostAttempt, WatchedNode } from './ledger.ts'
import { whole, type LoadHistory } from './node-load.ts'
import { cut, packAttempts, packNodes, packTasks, standsAlone, tick, type TaskReferences } from './pack.ts'
import { MOST_ROWS, stateNames } from './read.ts'
import type { RunRecorder } from './recorder.ts'
import type { ExpectedEnd, RecordedDependency, RecordedError, RunRecord, StateCounts, UpstreamRun } from './types.ts'

/** What a recorder has gathered. */
export interface Kept {
  readonly facts: RunFacts
  readonly ledger: Ledger
  readonly nodes: WatchedNode[]
  /** How often a node joined or was lost. */
  clusterChanges: number
  /** Attempts that gave no result, in the order in which they ended; and how many more there were. */
  readonly lost: LostAttempt[]
  omitted: number
  readonly failures: Failures
  lastEnd: Time
  resultBytes: number
  priority: number
  policy: string | undefined
  /** Runs that skipped tasks go back to. */
  readonly roots: Set<RunId>
  /** When its last task is expected to end, on the kernel's clock; absent: not known. */
  expected: ExpectedEnd | undefined
  /** Upstream runs as last seen, in an order that stays: rows refer to it. */
  readonly upstream: Map<RunId, UpstreamRun>
  /** Of a reduction, once it was needed. */
  tree: ReductionTree | undefined
}

/** What is looked up elsewhere. */
export interface Sources {
  /** Recorders by run: upstream runs are described from them. */
  readonly recorders?: Pick<ReadonlyMap<RunId, RunRecorder>, 'get'>
  /** The scheduler's word on the tasks' states, by their numbers. */
  readonly states?: ArrayLike<number>
  /** Puts the user's own lines into stacks, as far as they are known: better whenever `count` is another. */
  readonly places?: { readonly count: number; map(stack: string): string }
}

const MOST_UPSTREAM = 100
const MOST_UPSTREAM_AND_ROOTS = 1000
const MOST_PATH = 1_000

/** @param everyAttempt lists attempts too that a task's own row describes now: that may change when it is run again */
export function snapshot(kept: Kept, now: Time, sources: Sources, everyAttempt = false): RunRecord {
  const { facts, ledger } = kept
  if (sources.states) ledger.learn(sources.states)
  learnUpstream(kept, sources)
  const { priority, policy, ...scalars } = scalarsOf(kept, now)
  const { specs, nodes } = nodesOf(kept)
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
      options: { ...facts.options, priority, ...(policy !== undefined && { policy }) },
    },
    declared: facts.date,
    ...scalars,
    tasks: packTasks(ledger, referencesOf(kept, sources)),
    attempts: packAttempts(everyAttempt ? kept.lost : kept.lost.filter((one) => standsAlone(one, ledger)), kept.omitted, facts.time),
    errors: errorsOf(kept, sources),
    logs: kept.failures.logs.slice(),
    specs,
    nodes: nodes.map((node, row) => {
      const load = kept.nodes[row]!.load?.pack()
      return load ? { ...node, load } : node
    }),
    dependencies: facts.dependencies.slice(0, 1000),
    upstream: [...kept.upstream.values()],
    criticalPath: criticalPathOf(kept),
    environment: facts.environment,
  }
}

export interface Scalars {
  readonly asOf: number
  readonly final: boolean
  readonly makespan: number
  readonly counts: StateCounts
  readonly bytes: RunRecord['bytes']
  readonly priority: number
  readonly policy: string | undefined
  /** Absent: it has ended, or nobody knows. */
  readonly expected?: ExpectedEnd
}

export function scalarsOf(kept: Kept, now: Time): Scalars {
  const { facts, ledger } = kept
  const asOf = tick(now - facts.time) / 10
  const { final } = ledger
  return {
    asOf,
    final,
    makespan: final ? tick(kept.lastEnd - facts.time) / 10 : asOf,
    counts: countsOf(ledger),
    bytes: bytesOf(kept),
    priority: kept.priority,
    policy: kept.policy === undefined ? undefined : cut(kept.policy, 200),
    ...(!final && kept.expected && { expected: expectedOf(kept.expected, facts.time) }),
  }
}

function expectedOf({ early, middle, late }: ExpectedEnd, declared: Time): ExpectedEnd {
  const since = (time: Time) => tick(time - declared) / 10
  return { early: since(early), middle: since(middle), late: since(late) }
}

export function countsOf({ counts }: Ledger): StateCounts {
  return Object.fromEntries(stateNames.map((name, state) => [name, counts[state]!])) as unknown as StateCounts
}

export function errorsOf({ failures }: Kept, { places }: Sources): RecordedError[] {
  return failures.errors.map((error) => (places ? { ...error, stack: cut(places.map(error.stack), 3900) } : error))
}

/** The cluster as far as it concerns the run, without the nodes' load. */
export function nodesOf(kept: Kept): ReturnType<typeof packNodes> {
  const { final } = kept.ledger
  // While the run goes on everything concerns it, and what was told of a node is not taken back.
  if (!final) for (const node of kept.nodes) node.joinedLate = node.lostLate = false
  return packNodes(kept.nodes, kept.facts.time, final ? kept.lastEnd : Infinity)
}

export function referencesOf(kept: Kept, { recorders }: Sources): TaskReferences {
  const numbers = new Map([...kept.upstream.keys()].map((run, row) => [run, row + 2]))
  numbers.set(kept.facts.id, 1)
  return { declared: kept.facts.time, readyOf: readyTimes(kept, recorders), rootNumber: (run) => numbers.get(run) }
}

function bytesOf({ nodes, resultBytes }: Kept): RunRecord['bytes'] {
  const sum = (of: (load: LoadHistory) => number) => whole(nodes.reduce((total, { load }) => total + (load ? of(load) : 0), 0))
  return { results: whole(resultBytes), in: sum((load) => load.bytesIn), out: sum((load) => load.bytesOut) }
}

/** When a task's inputs were there: at the declaration, or when the last of them had ended. */
function readyTimes(kept: Kept, recorders: Sources['recorders']): (index: number) => Time {
  const { facts, ledger } = kept
  let wholeRuns = facts.time
  const single: ((index: number) => Time)[] = []
  const endOf = (of: Ledger | undefined, index: number) => (of ? (of.ended[index] ?? NaN) : NaN)
  for (const dependency of facts.dependencies) {
    const of = dependency.on === undefined ? undefined : recorders?.get(dependency.on)?.kept
    if (dependency.how === 'all' && of) wholeRuns = Math.max(wholeRuns, of.lastEnd)
    else if (dependency.how === 'tasks') for (const task of dependency.tasks) wholeRuns = latest(wholeRuns, endOf(of?.ledger, task))
    else if (dependency.how === 'each') single.push((index) => endOf(of?.ledger, Math.floor(index / dependency.stride) % dependency.count))
    else if (dependency.how === 'tree') {
      const { operands } = (kept.tree ??= reductionTree(dependency.leaves))
      const operandEnd = (operand: number) => (operand >= 0 ? endOf(of?.ledger, operand) : endOf(ledger, -1 - operand))
      single.push((index) => operandEnd(operands[2 * index]!), (index) => operandEnd(operands[2 * index + 1]!))
    }
  }
  return (index) => single.reduce((time, end) => latest(time, end(index)), wholeRuns)
}

/** Looks up the runs that this one depends on, breadth first, and those its skipped tasks point at. */
export function learnUpstream({ facts, upstream, roots }: Kept, { recorders }: Sources): void {
  const seen = new Set<RunId>([facts.id])
  const queue: RunId[] = []
  const follow = (dependencies: readonly RecordedDependency[]) => {
    for (const dependency of dependencies) if (dependency.on !== undefined) queue.push(dependency.on)
  }
  const look = (run: RunId, most: number): UpstreamRun | undefined => {
    seen.add(run)
    if (!upstream.has(run) && upstream.size >= most) return undefined
    // One that has been forgotten is as it was last seen.
    const group = recorders?.get(run)?.summary() ?? upstream.get(run) ?? unknownRun(run)
    upstream.set(run, group)
    return group
  }
  follow(facts.dependencies)
  for (let run = queue.shift(); run !== undefined; run = queue.shift()) if (!seen.has(run)) follow(look(run, MOST_UPSTREAM)?.dependencies ?? [])
  for (const run of roots) if (!seen.has(run)) look(run, MOST_UPSTREAM_AND_ROOTS)
}

/** From the task that ended last, back through the input that each task of a tree waited for longest. */
export function criticalPathOf(kept: Kept): number[] {
  const { facts, ledger: { attempt, ended } } = kept
  let last = -1
  for (let i = 0; i < facts.count; i++) if (attempt[i]! > 0 && ended[i]! >= (last < 0 ? -Infinity : ended[last]!)) last = i
  if (last < 0) return []
  const tree = facts.dependencies.find((dependency) => dependency.how === 'tree')
  if (!tree || tree.leaves > MOST_ROWS) return [last]
  const { operands } = (kept.tree ??= reductionTree(tree.leaves))
  const path: number[] = []
  for (let task = last; task >= 0 && path.length < MOST_PATH; ) {
    path.push(task)
    const [a, b] = [-1 - operands[2 * task]!, -1 - operands[2 * task + 1]!]
    task = a < 0 ? b : b < 0 ? a : ended[a]! > ended[b]! ? a : b
  }
  return path.reverse()
}

function latest(time: Time, other: Time): Time {
  return other > time ? other : time
}

/** A run that was released before this one was recorded. */
function unknownRun(run: RunId): UpstreamRun {
  const counts = Object.fromEntries(stateNames.map((name) => [name, 0])) as unknown as StateCounts
  return { run, name: `run ${run}`, kind: 'each', count: 0, counts, dependencies: [] }
}
