import { takeBack, takeOutcomes } from './attempt.ts'
import type { Command } from './command.ts'
import { passTime } from './deadline.ts'
import { declareRun } from './declare.ts'
import { dispatch } from './dispatch.ts'
import type { Estimate } from './estimate.ts'
import type { Event } from './event.ts'
import { releaseRun } from './hold.ts'
import { jobOf } from './job.ts'
import { joinNode, loseNode, resetSlot } from './membership.ts'
import type { Slot } from './node.ts'
import { carryPaths } from './path.ts'
import { policies } from './policies/index.ts'
import type { Policy } from './policies/policy.ts'
import { takePlan } from './plan.ts'
import { enlist, refreshRank } from './ready.ts'
import type { Run } from './run.ts'
import { Machine } from './state.ts'
import type { State } from './view.ts'
import type { Link, NodeId, RunId, Time } from './task.ts'
import { cancelTasks, releaseRuns, rerunTasks, resultsWanted, valueCopied, valueLost } from './values.ts'

export interface StateOptions {
  readonly policy?: string
  readonly seed?: number
  /** Learned earlier, by run name. They are copied; what is none is left out. */
  readonly estimates?: ReadonlyMap<string, Estimate>
  readonly link?: Link
}

/** @throws Error when the policy is unknown */
export function createState({ policy, seed = 0, estimates, link }: StateOptions = {}): State {
  const machine = new Machine(policies[0]!, seed, estimates, link)
  if (policy !== undefined) machine.defaultPolicy = machine.policyNamed(policy)
  return machine
}

/** Makes a policy known to this state by its name, for runs and PolicyChanged events that follow. */
export function addPolicy(state: State, policy: Policy): void {
  machineOf(state).policies.set(policy.name, policy)
}

/**
 * Takes in a fact; answers what the shell must do, in this order: end attempts, hear which tasks have settled, drop
 * results, hand over and recall tasks. The only writer of `state`. Facts about nodes, slots and attempts
 * that are no longer there are ignored; an event that names a run or task never declared is a bug and throws.
 */
export function transition(state: State, event: Event): Command[] {
  const m = machineOf(state)
  m.time = Math.max(m.time, event.time)
  const freed = apply(m, event)
  if (m.grown.length > 0 || m.grownRuns.length > 0) carryPaths(m, 0)
  dispatch(m, freed)
  return collect(m)
}

/** The earliest time at which TimePassed must be sent, if any; it may prove to have been too early, never too late. */
export function nextDeadline(state: State): Time | undefined {
  const { timers, backoffs, holdTimers, resumeAt, reservation } = machineOf(state)
  const next = Math.min(timers.topFirst, backoffs.topFirst, holdTimers.topFirst, resumeAt, reservation?.until ?? Infinity)
  return next < Infinity ? next : undefined
}

export function machineOf(state: State): Machine {
  if (state instanceof Machine) return state
  throw new TypeError('not a state made by createState')
}

/** Returns the slot whose queue has shrunk, if there is one. */
function apply(m: Machine, event: Event): Slot | undefined {
  switch (event.type) {
    case 'TasksFinished': {
      const slot = slotOf(m, event.node, event.slot)
      if (slot) takeOutcomes(m, slot, event.outcomes)
      return slot
    }
    case 'TasksReturned': {
      const slot = slotOf(m, event.node, event.slot)
      if (slot) takeBack(m, slot, event.tasks)
      // What was taken back is not to go behind the same head again.
      return slot?.length === 0 ? slot : undefined
    }
    case 'RunDeclared':
      return void declareRun(m, event.run, event.dependencies)
    case 'RunsDeclared':
      return void event.runs.forEach(({ run, dependencies }) => declareRun(m, run, dependencies))
    case 'NodeJoined':
      return void joinNode(m, event.node)
    case 'NodeLost':
      return void loseNode(m, event.node, event.expected !== true)
    case 'SlotReset':
      return void resetSlot(m, event.node, event.slot)
    case 'ValueCopied':
      return void valueCopied(m, event.task, event.node)
    case 'ValueLost':
      return void valueLost(m, event.task)
    case 'ResultsWanted':
      return void resultsWanted(m, event.tasks)
    case 'RunsReleased':
      return void releaseRuns(m, event.runs)
    case 'TasksCancelled':
      return void cancelTasks(m, event.tasks)
    case 'TasksRerun':
      return void rerunTasks(m, event.tasks)
    case 'PriorityChanged':
      return void changePriority(m, event.run, event.priority)
    case 'PolicyChanged':
      return void changePolicy(m, event.policy)
    case 'Planned':
      return void takePlan(m, event)
    case 'PolicyChosen':
      return void choosePolicy(m, event.runs, event.policy, event.reason)
    case 'TimePassed':
      return void passTime(m)
    default:
      return event satisfies never
  }
}

function slotOf(m: Machine, node: NodeId, slot: number): Slot | undefined {
  return m.nodes.get(node)?.slots[slot]
}

function changePriority(m: Machine, id: RunId, priority: number): void {
  const run = m.runById.get(id)
  if (!run || Number.isNaN(priority)) throw new Error(`priority ${priority} for run ${id}, which ${run ? 'is no number' : 'was never declared'}`)
  run.priority = priority
  releaseRun(m, run)
  enlist(m, run)
  for (const shape of m.active) shape.guarded = -Infinity
}

/** Runs that name no policy of their own follow; what is ready is put in the new order. */
function changePolicy(m: Machine, name: string): void {
  m.defaultPolicy = m.policyNamed(name)
  for (const run of m.runs) {
    if (run.unfinished === 0 || run.spec.policy !== undefined) continue
    run.named = m.defaultPolicy
    run.chosen = undefined
    follow(m, run, m.defaultPolicy)
  }
}

/** Runs that were declared under a policy that leaves the choice to others. */
function choosePolicy(m: Machine, ids: readonly RunId[], name: string, reason: string): void {
  const policy = m.policyNamed(name)
  for (const id of ids) {
    const run = m.runById.get(id)
    if (!run) throw new Error(`a policy is chosen for run ${id}, which was never declared`)
    if (run.named.delegates !== true) continue
    run.chosen = reason
    if (run.policy !== policy) follow(m, run, policy)
  }
}

function follow(m: Machine, run: Run, policy: Policy): void {
  releaseRun(m, run)
  jobOf(run).ranked.delete(run)
  run.policy = policy
  refreshRank(m, run)
  enlist(m, run)
}

function collect(m: Machine): Command[] {
  const commands = m.cancels
  m.cancels = []
  if (m.settled.length > 0) {
    commands.push({ type: 'TasksSettled', tasks: m.settled })
    m.settled = []
  }
  if (m.dropped.length > 0) {
    commands.push({ type: 'ReleaseValues', tasks: m.dropped })
    m.dropped = []
  }
  for (const start of m.starts) commands.push(start)
  m.starts = []
  return commands
}
