import { drainingOf } from './drain.ts'
import type { Estimate } from './estimate.ts'
import { expected, inputBytes, sizeOf, transfer } from './expect.ts'
import { mayHold } from './hold.ts'
import { jobOf } from './job.ts'
import type { Node } from './node.ts'
import { plannedOn } from './plan.ts'
import type { ClusterView, JobView, PlannedTask, Policy } from './policies/policy.ts'
import type { Run } from './run.ts'
import type { StoryEntry } from './story.ts'
import { Tables } from './tables.ts'
import type { Link, RunId, RunSpec, StateName, StoredValue, TaskId, TaskState, Time } from './task.ts'
import { BACKING_OFF, CANCELLED, FAILED, FIRST_FINAL, READY, RUNNING, SKIPPED, stateNames, SUCCEEDED, WAITING } from './task-table.ts'
import type { EndedAttempt, RunView, State, TaskView } from './view.ts'

export type { Copy } from './tables.ts'

const NONE = new Int32Array(0)

/** The state itself. Everything in this folder works on it; nothing outside sees more than `State`. */
export class Machine extends Tables implements State, ClusterView {
  #random: number

  constructor(policy: Policy, seed: number, estimates?: ReadonlyMap<string, Estimate>, link?: Link) {
    super(policy, estimates, link)
    this.#random = seed | 0
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
    const duration = plan.duration[task]!
    return { position: plan.position[task]!, start: plan.start[task]!, late: plan.slip, ...(duration >= 0 && { duration }), ...(node?.alive && { node }) }
  }

  plannedOn(task: TaskId, node: Node, limit: number, before: Time): { readonly count: number; readonly start: Time } {
    const plan = this.plans.get(this.runOf(task).policy.name)
    return plan ? plannedOn(this, plan, task, node.number, limit, before) : { count: 0, start: Infinity }
  }

  roomAt(task: TaskId, node: Node): Time {
    return drainingOf(this, this.runOf(task).shape, node).drained
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

  #valueOf(task: TaskId): StoredValue {
    return {
      size: this.tasks.bytes[task]!,
      nodes: this.holders(task).filter(node => node.alive).map(node => node.spec.id),
      inKernel: this.inKernel(task),
    }
  }
}
