/**
 * When to plan anew. Told of every event, it says for which policies a plan is due: their runs were declared, nodes came or
 * went, the plan is used up, durations became known, and, for those that adapt, reality has departed from the plan. A pure
 * state machine: the kernel uses it in real time, the simulator on its own clock.
 */
import type { Plan } from '../planning/index.ts'
import type { Event, RunId, State, TaskId, Time } from '../scheduler/index.ts'
import { Departure, Scatter } from './departure.ts'
import type { Remaining } from './remaining.ts'

export interface PlanRequest {
  readonly policy: string
  /** Why, in a clause. */
  readonly reason: string
}

export interface ReplannerOptions {
  /** Whether the policy follows plans (or, like `learned`, choices) that are to be asked for. */
  readonly plans: (policy: string) => boolean
  /** Whether it is planned anew when reality departs from the estimates. */
  readonly adapts: (policy: string) => boolean
}

/** What is declared together is planned together: so long after the first, ms. */
const TOGETHER = 10
/** Between two plans of a policy there are so many times the time that the last one took, and at least so many ms … */
const SHARE = 4
const LEAST_PAUSE = 20
/** … and more if it is only for reality's sake: at least such a part of the plan, and twice as much after each time that it was in vain, up to half of it. */
const ADAPTING_SHARE = 10
const ADAPTING_PAUSE = 500
const ADAPTING_PART = 1 / 64
const MOST_IN_VAIN = 5
/** After a failure nothing is planned for so long; twice as long after each further one. */
const AFTER_FAILURE = 1000
const LONGEST_PAUSE = 60_000

interface Following {
  /** Runs of it that may be unfinished. */
  readonly runs: Set<RunId>
  /** Why a plan is wanted; since and from when on. */
  wanted: { readonly reason: string; at: Time } | undefined
  /** It has been asked for, and not answered. */
  asked: boolean
  notBefore: Time
  adaptNotBefore: Time
  failures: number
  /** Runs in its plan of whose durations nothing was known. */
  unknown: Set<RunId>
  /** Tasks of its plan that have not ended. */
  left: Set<TaskId> | undefined
  departure: Departure | undefined
  readonly scatter: Scatter
  /** How often, lately, going on with the old plan was best. */
  vain: number
}

export class Replanner {
  readonly #options: ReplannerOptions
  readonly #following = new Map<string, Following>()
  /** Policies of each run that may be unfinished, of those that plan: its own, and the one to which that leaves it. */
  readonly #policiesOf = new Map<RunId, readonly string[]>()
  /** Unfinished runs of other policies: the cluster's policy may become one that plans. */
  readonly #others = new Set<RunId>()

  constructor(options: ReplannerOptions) {
    this.#options = options
  }

  /** After `transition(state, event)`. */
  told(state: State, event: Event): void {
    switch (event.type) {
      case 'RunsDeclared':
        for (const { run } of event.runs) if (run.count > 0) this.#enter(state, run.id, 'its runs were declared')
        return
      case 'RunDeclared':
        if (event.run.count > 0) this.#enter(state, event.run.id, 'its runs were declared')
        return
      case 'TasksFinished':
        return this.#finished(state, event)
      case 'NodeJoined':
        return this.#wantAll(state, 'a node joined')
      case 'NodeLost':
        return this.#wantAll(state, 'a node was lost')
      case 'PriorityChanged':
        for (const policy of this.#policiesOf.get(event.run) ?? []) this.#want(policy, state.time, 'a priority was changed')
        return
      case 'PolicyChanged':
        return this.#policyChanged(state, [...this.#policiesOf.keys(), ...this.#others])
      case 'PolicyChosen':
        return this.#policyChanged(state, event.runs)
      case 'TasksRerun':
      case 'ResultsWanted':
      case 'ValueLost':
        return this.#startedOver(state, event.type === 'ValueLost' ? [event.task] : event.tasks)
      default:
    }
  }

  /** When `due` may have something to say, if nothing is told before; Infinity: never. */
  get nextTime(): Time {
    let next = Infinity
    for (const [, one] of this.#following) {
      if (one.wanted) next = Math.min(next, Math.max(one.wanted.at, one.notBefore))
      else if (one.departure && !one.asked) next = Math.min(next, Math.max(one.departure.nextLook, one.adaptNotBefore))
    }
    return next
  }

  /** The policies for which a plan is to be made now, of everything that is left of their runs. */
  due(state: State, now: Time): PlanRequest[] {
    const requests: PlanRequest[] = []
    for (const [policy, one] of this.#following) {
      if (!one.wanted && one.departure && !one.asked && now >= Math.max(one.departure.nextLook, one.adaptNotBefore)) this.#look(state, one, now)
      if (!one.wanted || now < one.wanted.at || now < one.notBefore) continue
      const { reason } = one.wanted
      one.wanted = undefined
      this.#forgetFinished(state, policy, one)
      if (one.runs.size === 0) continue
      one.asked = true
      requests.push({ policy, reason })
    }
    return requests
  }

  /**
   * A plan (or choice) has come, and the scheduler has been told.
   * @param time of the plan's beginning
   * @param took ms that it took to make
   * @param kept it is the one before, timed anew
   */
  planned(policy: string, remaining: Remaining, plan: Plan | undefined, time: Time, now: Time, took: number, kept = false): void {
    const one = this.#following.get(policy)
    if (!one) return
    // Of several answers to one question, one that is new is enough.
    if (!kept) one.vain = 0
    else if (one.asked) one.vain = Math.min(one.vain + 1, MOST_IN_VAIN)
    this.#answered(one, now, took, plan?.makespan)
    one.failures = 0
    one.unknown = new Set(remaining.runs.filter((run) => !run.spread.known).map((run) => run.id))
    one.left = new Set(remaining.tasks.filter((task) => task >= 0))
    one.departure = plan && this.#options.adapts(policy) ? new Departure(remaining, plan, time, one.scatter) : undefined
  }

  /** There will be no plan. @param final not for what is left now, however often it is asked for */
  failed(policy: string, now: Time, final = false): void {
    const one = this.#following.get(policy)
    if (!one) return
    this.#answered(one, now, 0)
    one.departure = one.left = undefined
    if (final) return
    one.failures++
    one.notBefore = now + Math.min(LONGEST_PAUSE, AFTER_FAILURE * 2 ** (one.failures - 1))
    one.wanted ??= { reason: 'the last attempt failed', at: one.notBefore }
  }

  #answered(one: Following, now: Time, took: number, makespan = 0): void {
    one.asked = false
    one.notBefore = Math.max(one.notBefore, now + Math.max(LEAST_PAUSE, SHARE * took))
    one.adaptNotBefore = now + Math.max(ADAPTING_PAUSE, ADAPTING_SHARE * took, ADAPTING_PART * makespan * 2 ** one.vain)
  }

  // ── whose runs they are ──────────────────────────────────────────────────────────────────────────────────

  #enter(state: State, run: RunId, reason: string): void {
    const { policy, placedBy } = state.run(run)
    const mine = [...new Set([policy, placedBy])].filter((one) => this.#options.plans(one))
    if (mine.length === 0) {
      this.#others.add(run)
      if (this.#others.size > 4096) for (const other of this.#others) if (state.unfinished(other) === 0) this.#others.delete(other)
      return
    }
    const before = this.#policiesOf.get(run) ?? []
    this.#policiesOf.set(run, mine)
    for (const one of mine) {
      this.#followingOf(one).runs.add(run)
      if (!before.includes(one)) this.#want(one, state.time, reason)
    }
  }

  #followingOf(policy: string): Following {
    let one = this.#following.get(policy)
    if (!one) {
      one = {
        runs: new Set(), wanted: undefined, asked: false, notBefore: -Infinity, adaptNotBefore: -Infinity,
        failures: 0, unknown: new Set(), left: undefined, departure: undefined, scatter: new Scatter(), vain: 0,
      }
      this.#following.set(policy, one)
    }
    return one
  }

  #policyChanged(state: State, runs: readonly RunId[]): void {
    for (const run of runs) {
      const before = this.#policiesOf.get(run) ?? []
      const { policy, placedBy } = state.run(run)
      for (const one of before) if (one !== policy && one !== placedBy) this.#following.get(one)?.runs.delete(run)
      if (before.every((one) => one !== policy && one !== placedBy)) this.#policiesOf.delete(run)
      this.#others.delete(run)
      if (state.unfinished(run) > 0) this.#enter(state, run, 'the policy was changed')
    }
  }

  #forgetFinished(state: State, policy: string, one: Following): void {
    for (const run of one.runs) {
      if (state.unfinished(run) > 0) continue
      one.runs.delete(run)
      this.#policiesOf.delete(run)
    }
    if (one.runs.size === 0) this.#following.delete(policy)
  }

  #want(policy: string | undefined, now: Time, reason: string): void {
    const one = policy === undefined ? undefined : this.#following.get(policy)
    if (one) one.wanted ??= { reason, at: now + TOGETHER }
  }

  #wantAll(state: State, reason: string): void {
    for (const policy of this.#following.keys()) this.#want(policy, state.time, reason)
  }

  // ── what happens to the plan ─────────────────────────────────────────────────────────────────────────────

  #finished(state: State, { outcomes, node }: Extract<Event, { type: 'TasksFinished' }>): void {
    if (this.#following.size === 0) return
    const speed = state.nodes.get(node)?.spec.speed ?? 1
    for (const [policy, one] of this.#following) {
      if (!one.left) continue
      for (const { task, began, ended, ok } of outcomes) {
        if (!one.left.has(task)) continue
        if (!ok) {
          // If it is to be tried again, the plan knows nothing of that.
          if (state.stateName(task) !== 'failed') this.#want(policy, state.time, 'a task is tried again')
          continue
        }
        one.left.delete(task)
        one.departure?.ended(task, began, ended, speed)
        if (one.unknown.size > 0 && one.unknown.has(state.task(task).run)) {
          one.unknown.clear()
          this.#want(policy, state.time, 'durations became known')
        }
      }
    }
  }

  /** Tasks that had ended, and are now in no plan. Often told of all tasks of a run, none of which had: so it asks little of each. */
  #startedOver(state: State, tasks: readonly TaskId[]): void {
    let [first, end] = [0, 0]
    /** Those of the run at hand that follow a plan, of which none is known yet to lack a task. */
    let plans: Following[] = []
    for (const task of tasks) {
      const known = task >= first && task < end
      if ((known && plans.length === 0) || isOver(state, task)) continue
      if (!known) {
        const { spec } = state.run(state.task(task).run)
        ;[first, end] = [spec.first, spec.first + spec.count]
        const policies = this.#policiesOf.get(spec.id)
        if (policies === undefined) this.#enter(state, spec.id, 'tasks start over')
        plans = (policies ?? []).flatMap((policy) => this.#following.get(policy) ?? []).filter(({ left }) => left !== undefined)
      }
      if (plans.every(({ left }) => left!.has(task))) continue
      for (const one of plans) if (!one.left!.has(task)) one.wanted ??= { reason: 'tasks start over', at: state.time + TOGETHER }
      plans = []
    }
  }

  /** Reality may have departed from the plan. */
  #look(state: State, one: Following, now: Time): void {
    const departed = one.departure!.look(state, now)
    if (departed !== undefined) one.wanted = { reason: departed, at: now }
  }
}

function isOver(state: State, task: TaskId): boolean {
  const name = state.stateName(task)
  return name === 'succeeded' || name === 'failed' || name === 'cancelled' || name === 'skipped'
}
