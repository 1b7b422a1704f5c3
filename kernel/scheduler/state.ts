import type { Command } from './command.ts'
import type { Estimate } from './estimate.ts'
import { expected, inputBytes, sizeOf, transfer, usualLink } from './expect.ts'
import { Heap } from './heap.ts'
import { ResourceNames, type Node, type Slot } from './node.ts'
import { type Held, mayHold } from './hold.ts'
import { type Job, jobOf } from './job.ts'
import { type Plan, plannedOn } from './plan.ts'
import { policies } from './policies/index.ts'
import type { ClusterView, JobView, PlannedTask, Policy } from './policies/policy.ts'
import type { Reservation } from './reserve.ts'
import type { Run } from './run.ts'
import { NodeChanges, Shape, shapeKey } from './shape.ts'
import { Story, type StoryEntry } from './story.ts'
import type { Attempt, Failure, Link, NodeId, Placement, Resources, RunId, RunSpec, StateName, StoredValue, TaskId, TaskState, Time } from './task.ts'
import type { EndedAttempt, RunView, State, TaskView } from './view.ts'
import { HeldNumbers } from './waitlist.ts'
import { BACKING_OFF, CANCELLED, FAILED, FIRST_FINAL, IN_KERNEL, READY, RUNNING, SKIPPED, stateNames, SUCCEEDED, TaskTable, WAITING } from './task-table.ts'

/** One copy of a replicated task. */
export interface Copy {
  readonly slot: Slot
  readonly attempt: number
  readonly since: Time
}

const HISTORY = 20
/** Different reasons kept of each policy. */
const REASONS = 200
const NONE = new Int32Array(0)

/** The state itself. Everything in this folder works on it; nothing outside sees more than `State`. */
export class Machine implements State, ClusterView {
  time: Time = 0
  readonly tasks = new TaskTable()
  /** By number, and by id. */
  readonly runs: Run[] = []
  readonly runById = new Map<RunId, Run>()
  readonly allNodes: Node[] = []
  /** The living ones. */
  readonly nodes = new Map<NodeId, Node>()
  /** Nodes that died and have not joined again: they may, so what only they could run is not refused. */
  readonly missed = new Map<NodeId, Node>()
  readonly slots: Slot[] = []
  readonly resources = new ResourceNames()
  readonly shapes = new Map<string, Shape>()
  /** Shapes with runs or copies to start. */
  readonly active = new Set<Shape>()
  readonly changes = new NodeChanges()
  /** Living nodes by speed. */
  readonly speeds = new Map<number, number>()
  /** Runs with backlogged slots. */
  readonly backlogged = new Set<Run>()
  /** Slots to look at, by time (may be too early, never too late); tasks that back off, by time. */
  readonly timers = new Heap()
  readonly backoffs = new Heap()
  /** Every ready task that is or was held; those that are at present, by time, and by priority. */
  readonly holds = new Map<TaskId, Held>()
  readonly heldBy = new HeldNumbers()
  readonly holdTimers = new Heap()
  readonly holdOrder = new Heap()
  /** Held tasks that any node may take, by shape. Nodes by what may be stolen from them; and those that have got room for what waits for them. */
  readonly stealable = new Map<Shape, number>()
  readonly victims = new Heap()
  readonly roomy = new Set<Node>()
  /** The node that is kept for a task that asks for much. */
  reservation: Reservation | undefined = undefined
  reserveAfter: Time = 0
  /** When the search for placements, cut short by too many holds, is to go on. */
  resumeAt: Time = Infinity
  holdsLeft = 0
  /** What policies threw last. */
  readonly broken = new Map<Policy, string>()
  /** The copies of each running task whose run has replicas. */
  readonly copies = new Map<TaskId, Copy[]>()
  /** Slots whose head runs far longer than such tasks do; tasks that have a copy for that. */
  readonly stragglers = new Set<Slot>()
  readonly speculating = new Set<TaskId>()
  /** Holders of a result besides the first. */
  readonly holdersBesides = new Map<TaskId, Node[]>()
  readonly failures = new Map<TaskId, Failure>()
  readonly deaths = new Map<TaskId, NodeId[]>()
  readonly pasts = new Map<TaskId, EndedAttempt[]>()
  /** Runs that take this single result in every task, and how many of them are unfinished. */
  readonly sharedBy = new Map<TaskId, Run[]>()
  readonly sharedNeeders = new Map<TaskId, number>()
  readonly policies = new Map<string, Policy>(policies.map(policy => [policy.name, policy]))
  defaultPolicy: Policy
  /** Why tasks were placed; `tasks.why` points here. */
  readonly reasons: { readonly policy: string; readonly reason: string }[] = []
  /** Durations learned by run name, the one used last at the end; and the logarithm of what a task takes of which nothing is known. */
  readonly estimates: Map<string, Estimate>
  typical = 0
  anyLearned = false
  readonly link: Link
  /** By policy. */
  readonly plans = new Map<string, Plan>()
  /** Jobs of which more or fewer tasks run, or are left, than when their runs were put in order. */
  readonly changedJobs = new Set<Job>()
  /** Counts starts. */
  turns = 0
  /** Tasks and runs whose remaining path grew; see path.ts. */
  readonly grown: TaskId[] = []
  readonly grownRuns: { readonly run: Run; next: number }[] = []
  readonly log = new Story()
  /** Number of the present search for placements; and how far changed nodes have been looked through for recalls. */
  pass = 0
  recallsSeen = 0
  /** What the present transition answers. */
  cancels: Command[] = []
  settled: TaskId[] = []
  dropped: TaskId[] = []
  starts: Command[] = []
  #random: number
  readonly #reasonNumbers = new Map<Policy, Map<string, number>>()

  constructor(policy: Policy, seed: number, estimates: ReadonlyMap<string, Estimate> = new Map(), link: Link = usualLink) {
    this.defaultPolicy = policy
    this.#random = seed | 0
    this.estimates = new Map([...estimates].map(([name, estimate]) => [name, structuredClone(estimate)]))
    this.link = link
  }

  // ── for everybody ────────────────────────────────────────────────────────────────────────────────────────

  get policy(): string {
    return this.defaultPolicy.name
  }

  get readyLength(): number {
    let length = 0
    for (const shape of this.active) for (const number of shape.runs.ids) length += this.runs[number]!.ready.size
    return length + this.holdOrder.size
  }

  task(task: TaskId): TaskView {
    const { tasks } = this
    const run = this.runOf(task)
    const slot = tasks.status[task] === SKIPPED ? undefined : this.slots[tasks.at[task]!]
    return {
      ...this.#stateOf(task, run),
      run: run.spec.id,
      index: task - run.spec.first,
      attemptCount: tasks.attempts[task]!,
      ...(slot && { node: slot.node.spec.id }),
      ...(tasks.status[task] === SUCCEEDED && { began: tasks.began[task]!, ended: tasks.ended[task]! }),
    }
  }

  stateName(task: TaskId): StateName {
    const name = stateNames[this.tasks.status[task]!]!
    return name === 'ready' && !this.runOf(task).open ? 'waiting' : name
  }

  states(id: RunId): Readonly<Uint8Array> {
    const { spec: { first, count }, open } = this.#declared(id)
    const states = this.tasks.status.subarray(first, first + count)
    return open ? states : states.map(status => (status === READY ? WAITING : status))
  }

  #stateOf(task: TaskId, run: Run): TaskState {
    const { tasks } = this
    const status = tasks.status[task]!
    switch (status) {
      case WAITING:
        return { state: 'waiting', missing: tasks.missing[task]! + run.blockers }
      case READY:
        return run.open ? { state: 'ready', since: tasks.since[task]! } : { state: 'waiting', missing: run.blockers + run.barrier }
      case RUNNING:
        return { state: 'running', attempts: this.attemptsOf(task) }
      case BACKING_OFF:
        return { state: 'backing-off', until: tasks.since[task]! }
      case SUCCEEDED:
        return { state: 'succeeded', value: this.#valueOf(task), attempt: tasks.attempts[task]! }
      case FAILED:
        return { state: 'failed', failure: this.failures.get(task)!, attempt: tasks.attempts[task]! }
      case CANCELLED:
        return { state: 'cancelled' }
      case SKIPPED:
        return { state: 'skipped', root: tasks.at[task]! }
      default:
        throw new Error(`task ${task} has status ${status}`)
    }
  }

  unfinished(id: RunId): number {
    return this.#declared(id).unfinished
  }

  #declared(id: RunId): Run {
    const run = this.runById.get(id)
    if (!run) throw new Error(`no run ${id} was declared`)
    return run
  }

  run(id: RunId): RunView {
    const run = this.#declared(id)
    const counts = Object.fromEntries(stateNames.map((name, status) => [name, run.counts[status]!])) as Record<StateName, number>
    if (!run.open) {
      counts.waiting += counts.ready
      counts.ready = 0
    }
    return {
      spec: run.spec, priority: run.priority, policy: run.named.name, placedBy: run.policy.name, declared: run.declared, counts, unfinished: run.unfinished,
      released: run.released, ...(run.mean !== undefined && { mean: run.mean }),
    }
  }

  history(task: TaskId): readonly EndedAttempt[] {
    return this.pasts.get(task) ?? []
  }

  story(task: TaskId): readonly StoryEntry[] {
    return this.log.of(task)
  }

  unfinishedRuns(): readonly RunId[] {
    return this.runs.filter(run => run.unfinished > 0).map(run => run.spec.id)
  }

  unfinishedTasks(): Int32Array {
    const { status } = this.tasks
    const unfinished = this.runs.filter(run => run.unfinished > 0)
    const tasks = new Int32Array(unfinished.reduce((sum, run) => sum + run.unfinished, 0))
    let next = 0
    for (const { spec: { first, count } } of unfinished) for (let task = first; task < first + count; task++) if (status[task]! < FIRST_FINAL) tasks[next++] = task
    return tasks.sort()
  }

  inputsOf(task: TaskId): readonly TaskId[] {
    return this.inputs(task, Infinity)
  }

  singleInputsOf(task: TaskId): Int32Array {
    const { starts, inputs, spec } = this.runOf(task)
    return starts ? inputs!.subarray(starts[task - spec.first]!, starts[task - spec.first + 1]!) : NONE
  }

  commonInputsOf(run: RunId): { readonly runs: readonly RunId[]; readonly tasks: readonly TaskId[] } {
    const { needs, shared } = this.#declared(run)
    return { runs: needs.map(({ spec }) => spec.id), tasks: shared }
  }

  inputBytes(task: TaskId): number {
    return inputBytes(this, task)
  }

  resultBytes(task: TaskId): number {
    return sizeOf(this, task)
  }

  // ── for policies ─────────────────────────────────────────────────────────────────────────────────────────

  spec(task: TaskId): RunSpec {
    return this.runOf(task).spec
  }

  duration(run: RunId): number {
    return this.runById.get(run)!.weight
  }

  tail(task: TaskId): number {
    return this.tasks.tail[task]!
  }

  runTail(run: RunId): number {
    return this.runById.get(run)!.tail
  }

  inputs(task: TaskId, limit: number): readonly TaskId[] {
    const run = this.runOf(task)
    const inputs: TaskId[] = []
    if (run.starts) {
      const index = task - run.spec.first
      for (let at = run.starts[index]!; at < run.starts[index + 1]! && inputs.length < limit; at++) inputs.push(run.inputs![at]!)
    }
    for (const input of run.shared) if (inputs.length < limit) inputs.push(input)
    for (const { spec } of run.needs) for (let i = 0; i < spec.count && inputs.length < limit; i++) inputs.push(spec.first + i)
    return inputs
  }

  size(task: TaskId): number {
    return this.tasks.bytes[task]!
  }

  holders(task: TaskId): readonly Node[] {
    const first = this.tasks.holder[task]!
    if (first < 0) return []
    const besides = this.holdersBesides.get(task)
    return besides ? [this.allNodes[first]!, ...besides] : [this.allNodes[first]!]
  }

  get uneven(): boolean {
    return this.speeds.size > 1
  }

  expected(task: TaskId): number {
    return expected(this, task)
  }

  known(run: RunId): boolean {
    return this.#declared(run).estimate.weight > 0
  }

  transfer(task: TaskId, node: Node): number {
    return transfer(this, task, node)
  }

  readySince(task: TaskId): Time {
    return this.tasks.since[task]!
  }

  running(run: RunId): number {
    return this.#declared(run).counts[RUNNING]!
  }

  job(run: RunId): JobView {
    return jobOf(this.#declared(run))
  }

  planned(task: TaskId): PlannedTask | undefined {
    const plan = this.plans.get(this.runOf(task).policy.name)
    if (!plan?.has(task)) return undefined
    const node = this.allNodes[plan.node[task]!]
    return { position: plan.position[task]!, start: plan.start[task]!, late: plan.slip, ...(node?.alive && { node }) }
  }

  plannedOn(task: TaskId, node: Node, limit: number, before: Time): { readonly count: number; readonly start: Time } {
    const plan = this.plans.get(this.runOf(task).policy.name)
    return plan ? plannedOn(this, plan, task, node.number, limit, before) : { count: 0, start: Infinity }
  }

  capable(task: TaskId, node: Node): boolean {
    return node.alive && this.runOf(task).shape.room(node) > 0
  }

  mayHold(task: TaskId): boolean {
    return mayHold(this, task)
  }

  heldSince(task: TaskId): Time | undefined {
    return this.holds.get(task)?.first
  }

  /** mulberry32 (T. Ettinger, public domain). */
  random(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0
    let t = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  // ── for the rest of this folder ──────────────────────────────────────────────────────────────────────────

  runOf(task: TaskId): Run {
    const run = this.runs[this.tasks.run[task] ?? -1]
    if (!run) throw new Error(`no task ${task} was declared`)
    return run
  }

  shapeOf(request: Resources, placement: Placement): Shape {
    const key = shapeKey(request, placement)
    let shape = this.shapes.get(key)
    if (!shape) {
      if (this.shapes.size >= 256) for (const [old, { users }] of this.shapes) if (users === 0) this.shapes.delete(old)
      shape = new Shape(this.resources.request(request), placement, this.allNodes)
      this.shapes.set(key, shape)
    }
    return shape
  }

  policyNamed(name: string): Policy {
    const policy = this.policies.get(name)
    if (!policy) throw new Error(`no policy is named ${name}; there are ${[...this.policies.keys()].join(', ')}`)
    return policy
  }

  /** Whether the task's result exists somewhere. */
  hasCopy(task: TaskId): boolean {
    return this.tasks.holder[task]! >= 0 || this.inKernel(task)
  }

  inKernel(task: TaskId): boolean {
    return (this.tasks.flags[task]! & IN_KERNEL) !== 0
  }

  attemptsOf(task: TaskId): Attempt[] {
    const copies = this.copies.get(task) ?? [{ slot: this.slots[this.tasks.at[task]!]!, attempt: this.tasks.attempts[task]!, since: this.tasks.since[task]! }]
    return copies.map(({ slot, attempt, since }) => ({ attempt, node: slot.node.spec.id, slot: slot.index, since }))
  }

  /** Whether this entry of a slot's queue is still awaited. */
  awaits(slot: Slot, task: TaskId, attempt: number): boolean {
    if (this.tasks.status[task] !== RUNNING) return false
    const copies = this.copies.size > 0 ? this.copies.get(task) : undefined
    if (copies) return copies.some(copy => copy.slot === slot && copy.attempt === attempt)
    return this.tasks.at[task] === slot.number && this.tasks.attempts[task] === attempt
  }

  noteBroken(policy: Policy, error: unknown): void {
    this.broken.set(policy, String(error instanceof Error ? error.message : error).slice(0, 200))
  }

  remember(task: TaskId, ended: EndedAttempt): void {
    const past = this.pasts.get(task)
    if (!past) this.pasts.set(task, [ended])
    else if (past.push(ended) > HISTORY) past.shift()
  }

  reasonNumber(policy: Policy, reason: string): number {
    let numbers = this.#reasonNumbers.get(policy)
    if (!numbers) this.#reasonNumbers.set(policy, (numbers = new Map()))
    let number = numbers.get(reason)
    if (number === undefined) {
      // A policy that invents a text for each decision is not listened to for ever.
      if (numbers.size >= REASONS) reason = 'for a reason of its own'
      number = numbers.get(reason)
      if (number !== undefined) return number
      number = this.reasons.push({ policy: policy.name, reason: reason.slice(0, 300) }) - 1
      numbers.set(reason, number)
    }
    return number
  }

  #valueOf(task: TaskId): StoredValue {
    return {
      size: this.tasks.bytes[task]!,
      nodes: this.holders(task).filter(node => node.alive).map(node => node.spec.id),
      inKernel: this.inKernel(task),
    }
  }
}
