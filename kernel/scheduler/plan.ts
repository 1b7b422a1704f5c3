/** Plans, as planners answered them: for each planning policy when and where each task is to start. */
import type { Event } from './event.ts'
import { release } from './hold.ts'
import { enlist, pending, refreshRank } from './ready.ts'
import type { Run } from './run.ts'
import type { Machine } from './state.ts'
import type { TaskId, Time } from './task.ts'
import { READY } from './task-table.ts'

type Planned = Extract<Event, { readonly type: 'Planned' }>

interface Agenda {
  readonly tasks: Int32Array
  next: number
}

export class Plan {
  /** By task; -1: it is in no plan. */
  position = new Int32Array(0)
  /** Number of its node; -1: any. */
  node = new Int32Array(0)
  start = new Float64Array(0)
  /** ms on its node; NaN: as long as it is expected to take. */
  duration = new Float64Array(0)
  /** How late tasks start lately, ms: what is to come is expected to be as late. */
  slip = 0
  /** What each node (by number) is to start, in order of time; and how many of these have been passed. */
  readonly agendas = new Map<number, Agenda>()

  has(task: TaskId): boolean {
    return task < this.position.length && this.position[task]! >= 0
  }

  extend(size: number): void {
    if (size <= this.position.length) return
    const from = this.position.length
    const position = new Int32Array(Math.max(size, from * 2)).fill(-1, from)
    const node = new Int32Array(position.length)
    const start = new Float64Array(position.length)
    const duration = new Float64Array(position.length)
    position.set(this.position)
    node.set(this.node)
    start.set(this.start)
    duration.set(this.duration)
    Object.assign(this, { position, node, start, duration })
  }
}

/** Takes the plan in for all that has not started, and puts what is ready in its order. */
export function takePlan(m: Machine, event: Planned): void {
  const plan = planNamed(m, event.policy)
  plan.extend(m.tasks.size)
  plan.slip = 0
  const numbers = event.nodes.map(id => m.nodes.get(id)?.number ?? -1)
  const lists = new Map<number, TaskId[]>()
  const runs = new Set<Run>()
  for (let i = 0; i < event.tasks.length; i++) {
    const task = event.tasks[i]!
    const start = event.start[i]!
    if (!(task < m.tasks.size) || m.tasks.run[task]! < 0 || !pending(m.tasks.status[task]!) || !Number.isFinite(start)) continue
    const node = numbers[event.node[i]!] ?? -1
    plan.position[task] = i
    plan.node[task] = node
    plan.start[task] = start
    plan.duration[task] = event.duration?.[i] ?? NaN
    runs.add(m.runOf(task))
    const list = lists.get(node)
    if (list) list.push(task)
    else if (node >= 0) lists.set(node, [task])
  }
  for (const [node, tasks] of lists) {
    const sorted = Int32Array.from(tasks.sort((a, b) => plan.start[a]! - plan.start[b]! || a - b))
    plan.agendas.set(node, { tasks: sorted, next: 0 })
  }
  if (m.holdOrder.size > 0) releasePlanned(m, event)
  for (const run of runs) {
    if (run.policy.name !== event.policy) continue
    refreshRank(m, run)
    enlist(m, run)
  }
}

/** What the event says nothing of is held on: each task may be held only so often. */
function releasePlanned(m: Machine, { tasks, policy }: Planned): void {
  for (let i = 0; i < tasks.length; i++) {
    const held = m.holds.get(tasks[i]!)
    if (held && held.number >= 0 && held.run.policy.name === policy) release(m, held)
  }
}

/** Tasks of an agenda that are looked at for one decision. */
const LOOKED_AT = 64
/** A task that is later than that, ms, and not ready, is waited for no longer. */
const OVERDUE = 5
/** Weight of the newest lateness. */
const NEWEST = 0.2

/** When the task is to start by the plan that its run follows; undefined: that has nothing of it. */
export function plannedStart(m: Machine, run: Run, task: TaskId): Time | undefined {
  const plan = m.plans.get(run.policy.name)
  return plan?.has(task) ? plan.start[task]! : undefined
}

/** A task starts: the plan is as late as that. */
export function noteStart(m: Machine, run: Run, task: TaskId): void {
  const plan = m.plans.get(run.policy.name)
  if (!plan?.has(task)) return
  plan.slip = Math.max(0, plan.slip + NEWEST * (m.time - plan.start[task]! - plan.slip))
}

function planNamed(m: Machine, name: string): Plan {
  let plan = m.plans.get(name)
  if (!plan) m.plans.set(name, (plan = new Plan()))
  return plan
}

/**
 * What stands on the node's agenda before that time and has not started, but for `task` and what is overdue and not ready: how many, and
 * when the first is to.
 */
export function plannedOn(m: Machine, plan: Plan, task: TaskId, node: number, limit: number, until: Time): { count: number; start: Time } {
  const agenda = plan.agendas.get(node)
  const before = { count: 0, start: Infinity }
  if (!agenda) return before
  const { tasks } = agenda
  while (agenda.next < tasks.length && !isDue(m, plan, tasks[agenda.next]!, node)) agenda.next++
  const room = new Room(m, task, node)
  let [at, seen, gone] = [agenda.next, 0, 0]
  for (; at < tasks.length && seen < LOOKED_AT && before.count < limit; at++) {
    const one = tasks[at]!
    const start = plan.start[one]! + plan.slip
    if (start >= until) break
    if (!isDue(m, plan, one, node)) {
      gone++
      continue
    }
    seen++
    if (one === task || isVain(m, one, start)) continue
    if (before.count++ === 0) before.start = start
    // What does not fit beside it, it keeps from starting as surely as if it took the last slot.
    if (!room.take(one)) before.count = limit
  }
  if (gone > LOOKED_AT) close(m, plan, node, agenda, at)
  return before
}

/** Whether it is still to start there. */
function isDue(m: Machine, plan: Plan, task: TaskId, node: number): boolean {
  return pending(m.tasks.status[task]!) && plan.node[task] === node
}

/** What is overdue and not ready: nobody knows when it will be, and no slot stays idle for it. */
function isVain(m: Machine, task: TaskId, start: Time): boolean {
  return m.tasks.status[task] !== READY && start + OVERDUE < m.time
}

/** Closes the gaps that tasks have left which started before others: what is still due moves up to the end of what was looked at. */
function close(m: Machine, plan: Plan, node: number, agenda: Agenda, end: number): void {
  const { tasks } = agenda
  let to = end
  for (let at = end - 1; at >= agenda.next; at--) if (isDue(m, plan, tasks[at]!, node)) tasks[--to] = tasks[at]!
  agenda.next = to
}

/** What a node would have left beside a task, and beside others that are to start before it. */
class Room {
  readonly #m: Machine
  readonly #free: readonly number[]
  readonly #taken = new Map<number, number>()

  constructor(m: Machine, task: TaskId, node: number) {
    this.#m = m
    this.#free = m.allNodes[node]!.free
    this.take(task)
  }

  /** Whether it fits, too. */
  take(task: TaskId): boolean {
    let fits = true
    for (const { resource, amount } of this.#m.runOf(task).shape.request) {
      const taken = (this.#taken.get(resource) ?? 0) + amount
      this.#taken.set(resource, taken)
      fits &&= taken <= (this.#free[resource] ?? 0)
    }
    return fits
  }
}
