/**
 * What is left of a graph as a planning problem: unfinished tasks with their expected durations; those that run, where and for
 * how much longer; what they wait for and how many bytes that is; the living nodes. And a plan of it as an event.
 */
import type { Plan, PlanNode, Problem } from '../planning/index.ts'
import { type Event, type NodeId, type RunId, type RunView, type State, type TaskId, type Time } from '../scheduler/index.ts'
import { Graph } from './remaining-graph.ts'
import { Rows } from './remaining-rows.ts'
import { type Spread, spreadOf } from './spread.ts'

export interface Remaining {
  readonly problem: Problem
  /** Of each of the problem's tasks; -1: a joint, where many tasks wait for many; -2: a result that a node holds. Neither takes any time. */
  readonly tasks: Int32Array
  /** Row in `runs` of each. */
  readonly of: Int32Array
  readonly runs: readonly RemainingRun[]
  /** By number, as the problem and its plans call them. */
  readonly nodes: readonly NodeId[]
  /** Expected duration of tasks that run as a whole, and how long they have run, both at speed 1; 0 for others. */
  readonly whole: Float64Array
  readonly elapsed: Float64Array
  /** When it was so: the problem's 0. */
  readonly time: Time
}

export interface RemainingRun {
  readonly id: RunId
  readonly name: string
  readonly policy: string
  /** The one that places its tasks. */
  readonly placedBy: string
  readonly spread: Spread
  /** Some of its unfinished tasks are left out: no living node could run them, or what they wait for. */
  readonly stuck: boolean
}

type Spec = State['nodes'] extends ReadonlyMap<string, { readonly spec: infer S }> ? S : never

/** A transfer that takes less, ms, is not worth a row. */
const LEAST_TRANSFER = 1

/**
 * @param filter of runs; what is left out is taken to be done, and to hold nothing
 * @param now not before the latest event
 */
export function problemOf(state: State, filter: (run: RunView) => boolean = () => true, now: Time = state.time): Remaining {
  // Without any node the question is another one: what there is to do, wherever that will be.
  const specs = [...state.nodes.values()].map(({ spec }) => spec)
  const runnable = (run: RunView): boolean => specs.length === 0 || specs.some((spec) => admits(run, spec) && hasEnough(run, spec))
  const graph = new Graph(state, filter, runnable)
  const held = heldInputs(state, graph)
  const count = held.length + graph.size
  const names = [...new Set(graph.runs.flatMap((run) => Object.keys(run.spec.request)))]
  const tasks = new Int32Array(count).fill(-2)
  const of = new Int32Array(count)
  const rows = new Rows(state, now, graph.runs, names, count)
  const spreads = graph.runs.map((run) => spreadOf(state.known(run.spec.id) ? state.estimates.get(run.spec.name) : undefined))
  held.forEach(({ node, row }, i) => {
    rows.hold(i, node)
    of[i] = row
  })
  graph.order.forEach((vertex, place) => {
    const i = held.length + place
    const row = (of[i] = graph.of[vertex]!)
    const task = (tasks[i] = vertex < graph.tasks.length ? graph.tasks[vertex]! : -1)
    if (task >= 0) rows.enter(i, task, row, graph.runs[row]!, spreads[row]!)
  })
  const { duration, request, priority, release, running, whole, elapsed } = rows
  const numberOf = new Map(held.map(({ task }, i) => [task, i]))
  const problem: Problem = {
    count, duration, ...graph.edges(held.length, (input) => numberOf.get(input), (task) => state.resultBytes(task), (i) => running[i]! >= 0),
    resources: names, request, ...(priority.some((one) => one !== Infinity && one !== graph.runs[0]!.priority) && { priority: leveled(priority) }),
    ...(release.some((one) => one > 0) && { release }), ...allowedOf(graph, held.length, specs, rows.pinned), running,
    nodes: specs.map(({ id, slots, resources, speed }): PlanNode => ({ name: id, slots, speed, capacity: names.map((name) => resources[name] ?? 0) })),
    link: state.link,
  }
  const runs = graph.runs.map(({ spec: { id, name }, policy, placedBy }, row): RemainingRun => {
    return { id, name, policy, placedBy, spread: spreads[row]!, stuck: graph.stuck.has(row) }
  })
  return { problem, tasks, of, runs, nodes: specs.map(({ id }) => id), whole, elapsed, time: now }
}

/**
 * What the scheduler is told of a plan.
 * @param time that is the plan's 0
 * @param follows which of the runs it is for; those that this policy places when absent
 */
export function plannedEvent(
  { problem, tasks, of, runs, nodes }: Remaining, plan: Plan, time: Time, policy: string,
  follows: (run: RemainingRun) => boolean = (run) => run.placedBy === policy,
): Extract<Event, { type: 'Planned' }> {
  const follow = runs.map(follows)
  const rows: number[] = []
  for (let i = 0; i < problem.count; i++) if (tasks[i]! >= 0 && follow[of[i]!] && (problem.running?.[i] ?? -1) < 0) rows.push(i)
  return {
    type: 'Planned', time, policy, nodes,
    tasks: Int32Array.from(rows, (i) => tasks[i]!),
    node: Int32Array.from(rows, (i) => plan.node[i]!),
    start: Float64Array.from(rows, (i) => time + plan.start[i]!),
    duration: Float64Array.from(rows, (i) => durationOn(problem, i, plan.node[i]!)),
  }
}

/** ms that the task takes there. */
export function durationOn({ cost, duration, nodes }: Problem, task: number, node: number): number {
  return cost?.[task * nodes.length + node] ?? duration[task]! / (nodes[node]?.speed ?? 1)
}

/** Joints and held results hinder nothing: they go with what is most urgent. */
function leveled(priority: Float64Array): Float64Array {
  const most = priority.reduce((max, one) => (one !== Infinity && one > max ? one : max), -Infinity)
  return priority.map((one) => (one === Infinity ? most : one))
}

interface Held {
  readonly task: TaskId
  readonly node: NodeId
  /** Of a run that takes it. */
  readonly row: number
}

/** Results that exist, on one node only, and take a while to travel. */
function heldInputs(state: State, graph: Graph): Held[] {
  const { bandwidth, latency } = state.link
  const held: Held[] = []
  for (const [task, row] of graph.finished) {
    if (latency + state.resultBytes(task) / bandwidth < LEAST_TRANSFER) continue
    const view = state.task(task)
    if (view.state !== 'succeeded' || view.value.nodes.length !== 1 || view.value.inKernel || !state.nodes.has(view.value.nodes[0]!)) continue
    held.push({ task, node: view.value.nodes[0]!, row })
  }
  return held
}

function hasEnough({ spec: { request } }: RunView, { resources }: Spec): boolean {
  return Object.entries(request).every(([name, amount]) => (resources[name] ?? 0) >= amount)
}

function admits({ spec: { placement } }: RunView, { id, labels }: Spec): boolean {
  return (placement.node === undefined || placement.node === id) && Object.entries(placement.labels ?? {}).every(([key, value]) => labels[key] === value)
}

/** Nothing where every task may run everywhere. */
function allowedOf(graph: Graph, offset: number, specs: readonly Spec[], pinned: ReadonlyMap<number, number>): { allowed?: Uint8Array } {
  const byRun = graph.runs.map((run) => {
    const { node, labels } = run.spec.placement
    return node === undefined && !labels ? undefined : Uint8Array.from(specs, (spec) => (admits(run, spec) ? 1 : 0))
  })
  if (pinned.size === 0 && byRun.every((row) => row === undefined)) return {}
  const allowed = new Uint8Array((offset + graph.size) * specs.length).fill(1)
  graph.order.forEach((vertex, place) => {
    const row = vertex < graph.tasks.length ? byRun[graph.of[vertex]!] : undefined
    if (row) allowed.set(row, (offset + place) * specs.length)
  })
  for (const [i, node] of pinned) for (let n = 0; n < specs.length; n++) allowed[i * specs.length + n] = n === node ? 1 : 0
  return { allowed }
}
