import type { TaskId, Time } from '../task.ts'
import { criticalPath } from './critical-path.ts'
import { earliestFinish, finishOn, freeAt } from './earliest.ts'
import type { Choice, ClusterView, FittingNodes, Hold, NodeView, PlannedTask, Policy } from './policy.ts'

/** How long a ready task waits for a plan that has it, ms. */
export const PLAN_WAIT = 250
/** What a plan may be late by before something else is done: this part of the task's duration, and this many ms. */
const TOLERATED = 0.1
const TOLERATED_MS = 5

/** What a planning policy is; how it plans is the planner's, of the same name. */
export interface Planning {
  readonly name: string
  readonly source: string
  readonly meaning: string
  readonly needsDurations?: boolean
}

/**
 * Follows the latest plan of its name. The order of ready tasks is that of their planned starts; each goes to its planned node, and
 * waits for that while the plan is kept or waiting still pays, and behind what the plan puts before it there. What
 * no plan has is placed as by critical-path.
 */
export function planned(planning: Planning): Policy {
  return { ...planning, plans: true, holds: true, rankTask: plannedRank, rankRun: (view, _run, next) => plannedRank(view, next), place: placeAsPlanned }
}

/** What is in no plan stands where it would if the plan had foreseen it. */
function plannedRank(view: ClusterView, task: TaskId): number {
  return -(view.planned(task)?.start ?? view.readySince(task))
}

function placeAsPlanned(view: ClusterView, task: TaskId, fitting: FittingNodes): Choice | Hold {
  const plan = view.planned(task)
  if (!plan) return placeUnplanned(view, task, fitting)
  if (!plan.node) return { node: earliestFinish(view, task, fitting).node, reason: 'the plan names no node that is there; expected to end first here' }
  return fitting.has(plan.node) ? startInOrder(view, task, plan.node, plan) : waitOrDivert(view, task, fitting, plan.node, plan)
}

function placeUnplanned(view: ClusterView, task: TaskId, fitting: FittingNodes): Choice | Hold {
  const until = view.readySince(task) + PLAN_WAIT
  if (view.time < until && view.mayHold(task)) return { hold: until, reason: 'waits for a plan that has it' }
  return criticalPath.place(view, task, fitting)
}

/** Its node has room. It goes, unless that would delay what the plan puts before it there and is not overdue. */
function startInOrder(view: ClusterView, task: TaskId, node: NodeView, plan: PlannedTask): Choice | Hold {
  const before = view.plannedOn(task, node, node.idleSlots, plan.start + plan.late)
  if (before.count < node.idleSlots) return { node, reason: 'as planned' }
  const overdue = before.start + slack(view, task)
  if (overdue <= view.time) return { node, reason: 'as planned, though what was to come before it is late' }
  const finish = plan.duration === undefined ? finishOn(view, task, node, view.time) : view.time + view.transfer(task, node) + plan.duration
  if (finish <= before.start) return { node, reason: 'as planned, and it ends before the next of the plan' }
  if (!view.mayHold(task)) return { node, reason: 'as planned, and it may wait no longer' }
  return { hold: overdue, for: node, reason: 'the plan puts another task before it on its node' }
}

/** Its node is busy. It waits while the plan is kept, or while it would end no later than elsewhere. */
function waitOrDivert(view: ClusterView, task: TaskId, fitting: FittingNodes, node: NodeView, plan: PlannedTask): Choice | Hold {
  const here = earliestFinish(view, task, fitting)
  const choice = { node: here.node, reason: 'its planned node is busy for longer than it pays to wait; expected to end first here' }
  if (!view.mayHold(task)) return choice
  const tolerated = slack(view, task)
  const free = freeAt(view, task, node)
  const takes = finishOn(view, task, node, 0)
  const hold = (until: Time): Hold => ({ hold: Math.max(until, view.time + TOLERATED_MS), for: node, reason: 'waits for its planned node' })
  // What ends at that very time may be told of later.
  if (view.time < plan.start + plan.late + tolerated) return hold(plan.start + plan.late + tolerated)
  if (free + takes <= here.finish + tolerated) return hold(here.finish + tolerated - takes)
  // Elsewhere it would delay what the plan puts there.
  if (view.plannedOn(task, here.node, here.node.idleSlots, here.finish).count >= here.node.idleSlots) return hold(free + tolerated)
  return choice
}

function slack(view: ClusterView, task: TaskId): number {
  return TOLERATED_MS + TOLERATED * view.expected(task)
}
