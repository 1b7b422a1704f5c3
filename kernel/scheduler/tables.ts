/** Everything that the scheduler keeps, and what all of this folder asks of it. */
import type { Command } from './command.ts'
import { type Estimate, isEstimate } from './estimate.ts'
import { usualLink } from './expect.ts'
import { Heap } from './heap.ts'
import type { Held } from './hold.ts'
import type { Job } from './job.ts'
import { ResourceNames, type Node, type Slot } from './node.ts'
import type { Plan } from './plan.ts'
import { policies } from './policies/index.ts'
import type { Policy } from './policies/policy.ts'
import type { Reservation } from './reserve.ts'
import type { Run } from './run.ts'
import { NodeChanges, Shape, shapeKey } from './shape.ts'
import { Story } from './story.ts'
import type { Attempt, Failure, Link, NodeId, Placement, Resources, RunId, TaskId, Time } from './task.ts'
import { IN_KERNEL, RUNNING, TaskTable } from './task-table.ts'
import type { EndedAttempt } from './view.ts'
import { HeldNumbers } from './waitlist.ts'

/** One copy of a replicated task. */
export interface Copy {
  readonly slot: Slot
  readonly attempt: number
  readonly since: Time
}

const HISTORY = 20
/** Different reasons kept of each policy. */
const REASONS = 200

export class Tables {
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
  readonly #reasonNumbers = new Map<Policy, Map<string, number>>()

  constructor(policy: Policy, estimates: ReadonlyMap<string, Estimate> = new Map(), link: Link = usualLink) {
    this.defaultPolicy = policy
    this.estimates = new Map([...estimates].filter(([, estimate]) => isEstimate(estimate)).map(([name, estimate]) => [name, structuredClone(estimate)]))
    this.link = link
  }

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
}
