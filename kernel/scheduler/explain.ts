import type { Node } from './node.ts'
import type { Run } from './run.ts'
import type { Machine } from './state.ts'
import type { EndedAttempt, State, TaskView } from './view.ts'
import type { StoryEntry } from './story.ts'
import type { Attempt, NodeId, Placement, Resources, RunId, StateName, TaskId, Time } from './task.ts'
import { machineOf } from './transition.ts'
import { BACKING_OFF, FAILED, READY, RUNNING, stateNames, SUCCEEDED, WAITING } from './task-table.ts'

/** All that is known of why a task is where it is, for %why. Lists are cut to `LISTED`; counts are whole. */
export interface Explanation {
  readonly task: TaskId
  readonly run: RunId
  readonly index: number
  readonly state: TaskView
  readonly priority: number
  readonly policy: string
  readonly retries: number
  /** Failed attempts that cost a retry. */
  readonly failures: number
  /** While it has not started: what it waits for. */
  readonly waitsFor?: WaitsFor
  /** While it is ready: what it asks, and what each node lacks. `fits: 0` with nodes that lack something for good: it cannot run now. */
  readonly asks?: {
    readonly request: Resources
    readonly placement: Placement
    readonly replicas: number
    /** Ready tasks of the same request that go before it (other runs' tasks of at least its priority, and its own run's); an upper bound. */
    readonly ahead: number
    /** Nodes that could take it if they were empty. */
    readonly capable: number
    readonly shortfalls: readonly Shortfall[]
  }
  /** While it runs, or where it ran: each attempt, whether it executes or is queued behind `ahead` others, and why that node. */
  readonly runs?: readonly (Attempt & { readonly ahead: number })[]
  readonly placed?: { readonly node: NodeId; readonly policy: string; readonly reason: string }
  /** While its policy holds it back: until when at most, for which node, and why. */
  readonly held?: { readonly until: Time; readonly for?: NodeId; readonly reason: string; readonly policy: string }
  /** Its policy leaves the choice to others: to this one at present, and why. */
  readonly chosen?: { readonly policy: string; readonly reason: string }
  /** As it was decided when it was placed last. */
  readonly decision?: Decision
  /** Earlier attempts and how each ended. */
  readonly history: readonly EndedAttempt[]
  /** For `skipped`: the failed or cancelled task that it goes back to. */
  readonly root?: { readonly task: TaskId; readonly run: RunId; readonly index: number; readonly state: TaskView }
  readonly story: readonly StoryEntry[]
}

export interface Decision {
  /** Its run's policy, and the one to which that left the choice. */
  readonly policy: string
  readonly by?: string
  readonly reason: string
  /** How many nodes fitted. */
  readonly fitted: number
  /** What the plan said, if the policy follows one. */
  readonly planned?: { readonly node?: NodeId; readonly start: Time }
}

export interface WaitsFor {
  /** Single inputs that are not there. */
  readonly count: number
  readonly tasks: readonly { readonly task: TaskId; readonly run: RunId; readonly index: number; readonly state: StateName }[]
  /** Runs waited for as a whole. */
  readonly runs: readonly { readonly run: RunId; readonly name: string; readonly unfinished: number; readonly count: number }[]
  /** Sync mode: inputs that other tasks of its run are still waiting for. */
  readonly barrier: number
  /** Backing off: milliseconds left. */
  readonly pause?: number
}

/** Why one node cannot take the task now. */
export interface Shortfall {
  readonly node: NodeId
  /** It does not carry the name or labels asked for. */
  readonly refused: boolean
  readonly idleSlots: number
  /** It is being drained for a task that asks for more. */
  readonly kept?: true
  /** Resources of which it has too little free; `total` below `asked`: it never can. */
  readonly lacks: readonly { readonly resource: string; readonly asked: number; readonly free: number; readonly total: number }[]
}

const LISTED = 20

/** @throws Error when no such task was declared */
export function explain(state: State, task: TaskId): Explanation {
  const m = machineOf(state)
  const run = m.runOf(task)
  const { tasks } = m
  const status = tasks.status[task]!
  const view = m.task(task)
  const why = m.reasons[tasks.why[task]!]
  return {
    task, run: run.spec.id, index: task - run.spec.first, state: view, priority: run.priority, policy: run.named.name,
    retries: run.spec.retries, failures: tasks.failures[task]!, history: m.history(task), story: m.story(task),
    ...((status === WAITING || status === BACKING_OFF || (status === READY && !run.open)) && { waitsFor: waitsFor(m, task, run) }),
    ...(status === READY && run.open && { asks: asks(m, task, run) }),
    ...(run.chosen !== undefined && { chosen: { policy: run.policy.name, reason: run.chosen } }),
    ...heldOf(m, task),
    ...((status === RUNNING || status === SUCCEEDED || status === FAILED) && tasks.attempts[task]! > 0 && why && { decision: decisionOf(m, task, run, why) }),
    ...(status === RUNNING && { runs: running(m, task) }),
    ...((status === RUNNING || status === SUCCEEDED) && why && view.node !== undefined && { placed: { node: view.node, ...why } }),
    ...(view.state === 'skipped' && { root: rootOf(m, view.root) }),
  }
}

function heldOf(m: Machine, task: TaskId): Pick<Explanation, 'held'> {
  const held = m.holds.get(task)
  if (!held || held.number < 0) return {}
  return { held: { until: held.until, ...(held.node && { for: held.node.spec.id }), reason: held.reason, policy: held.run.policy.name } }
}

function decisionOf(m: Machine, task: TaskId, run: Run, { policy, reason }: { readonly policy: string; readonly reason: string }): Decision {
  const plan = m.plans.get(policy)
  const node = plan?.has(task) ? m.allNodes[plan.node[task]!] : undefined
  return {
    policy: run.named.delegates === true ? run.named.name : policy, reason, fitted: m.tasks.fitted[task]!,
    ...(run.named.delegates === true && { by: policy }),
    ...(plan?.has(task) && { planned: { start: plan.start[task]!, ...(node && { node: node.spec.id }) } }),
  }
}

function rootOf(m: Machine, task: TaskId): NonNullable<Explanation['root']> {
  const state = m.task(task)
  return { task, run: state.run, index: state.index, state }
}

function waitsFor(m: Machine, task: TaskId, run: Run): WaitsFor {
  const { tasks } = m
  const listed: { task: TaskId; run: RunId; index: number; state: StateName }[] = []
  let count = 0
  const look = (input: TaskId) => {
    if (tasks.status[input] === SUCCEEDED) return
    if (count++ >= LISTED) return
    const { spec } = m.runOf(input)
    listed.push({ task: input, run: spec.id, index: input - spec.first, state: stateNames[tasks.status[input]!]! })
  }
  if (run.starts) for (let at = run.starts[task - run.spec.first]!; at < run.starts[task - run.spec.first + 1]!; at++) look(run.inputs![at]!)
  run.shared.forEach(look)
  const runs = run.needs.filter(need => !need.complete)
    .map(({ spec, unfinished }) => ({ run: spec.id, name: spec.name, unfinished, count: spec.count }))
  const pause = tasks.status[task] === BACKING_OFF ? Math.max(0, tasks.since[task]! - m.time) : undefined
  return { count, tasks: listed, runs, barrier: run.barrier, ...(pause !== undefined && { pause }) }
}

function asks(m: Machine, task: TaskId, run: Run): NonNullable<Explanation['asks']> {
  const { spec, shape } = run
  let ahead = 0
  for (const number of shape.runs.ids) {
    const other = m.runs[number]!
    if (other !== run && other.priority >= run.priority) ahead += other.ready.size
  }
  const index = task - spec.first
  if (run.ready.top !== index) ahead += run.ready.size - 1
  const shortfalls: Shortfall[] = []
  for (const node of m.nodes.values()) {
    if (shortfalls.length === LISTED) break
    shortfalls.push(shortfall(m, run, node))
  }
  return { request: spec.request, placement: spec.placement, replicas: spec.replicas, ahead, capable: shape.capable, shortfalls }
}

function shortfall(m: Machine, { shape }: Run, node: Node): Shortfall {
  const lacks = shape.request.filter(({ resource, amount }) => (node.free[resource] ?? 0) < amount).map(({ resource, amount }) => ({
    resource: m.resources.names[resource]!, asked: amount, free: node.free[resource] ?? 0, total: node.total[resource] ?? 0,
  }))
  return { node: node.spec.id, refused: !shape.admits(node), idleSlots: node.idle.length, ...(node.reservedFor && node.reservedFor !== shape && { kept: true as const }), lacks }
}

function running(m: Machine, task: TaskId): (Attempt & { ahead: number })[] {
  return m.attemptsOf(task).map(attempt => {
    const slot = m.nodes.get(attempt.node)!.slots[attempt.slot]!
    return { ...attempt, ahead: slot.find(task, attempt.attempt) }
  })
}
