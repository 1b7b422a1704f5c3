/**
 * Whether reality has departed so far from a plan that another one is worth making.
 *
 * Durations: a two-sided cumulative sum of how far each lies from what was expected, in standard deviations of its own
 * distribution (E. S. Page, Continuous Inspection Schemes, Biometrika 1954; with the usual slack of a half and limit of five it
 * is a false alarm once in about 470 tasks, D. C. Montgomery, Introduction to Statistical Quality Control). Times: a task
 * that ends, or has not ended, far from when the plan says. Mostly small deviations need no new plan: the scheduler keeps the plan's order
 * and nodes, and its times give way (the partial-order schedules of N. Policella et al., ICAPS 2004).
 */
import type { Plan } from '../planning/index.ts'
import type { State, TaskId, Time } from '../scheduler/index.ts'
import type { Remaining } from './remaining.ts'
import { deviationOfLogarithm } from './spread.ts'

const SLACK = 0.5
const LIMIT = 5
/** One duration alone counts no more than so many standard deviations. */
const MOST = 4
/** A deviation smaller than so much of a duration is no news, however regular it was so far. */
const LEAST_DEVIATION = 0.1
/** From so few durations their scatter is not known. */
const FEW = 4
/** What is late or early by such a share of the plan's remaining time … */
const SHARE = 0.1
/** … and at least so many ms. */
const LEAST = 100
/** How often what runs is looked at, ms; or so many times in a plan, if it is long. */
const LOOK = 1000
const LOOKS = 50

interface Promised {
  readonly end: Time
  /** Expected duration at speed 1, and how far such durations lie apart. */
  readonly duration: number
  readonly deviation: number
}

/** How far durations lie from what was expected, as seen so far: the noise in which a departure must stand out. By B. P. Welford, Technometrics 1962. */
export class Scatter {
  #count = 0
  #mean = 0
  #squares = 0

  add(off: number): void {
    const before = off - this.#mean
    this.#mean += before / ++this.#count
    this.#squares += before * (off - this.#mean)
  }

  /** Of the logarithm; 0 while little was seen. */
  get deviation(): number {
    return this.#count < FEW ? 0 : Math.sqrt(this.#squares / (this.#count - 1))
  }
}

export class Departure {
  readonly #promised = new Map<TaskId, Promised>()
  readonly #end: Time
  readonly #every: number
  #nextLook: Time
  #above = 0
  #below = 0
  /** Of the tasks that have ended, the latest. */
  #late = 0
  /** There is nothing left to decide: what is tried again is in another plan. */
  #over = false

  readonly #scatter: Scatter

  /** @param time at which the plan begins. @param scatter of all durations since the first plan; it grows */
  constructor(remaining: Remaining, plan: Plan, time: Time, scatter = new Scatter()) {
    this.#scatter = scatter
    const noise = Math.max(LEAST_DEVIATION, scatter.deviation)
    const { problem, tasks, of, runs } = remaining
    const deviations = runs.map(({ spread }) => Math.max(noise, deviationOfLogarithm(spread.factors)))
    for (let i = 0; i < problem.count; i++) {
      if (tasks[i]! < 0 || (problem.running?.[i] ?? -1) >= 0 || !runs[of[i]!]!.spread.known) continue
      const speed = problem.nodes[plan.node[i]!]?.speed ?? 1
      const duration = problem.duration[i]!
      this.#promised.set(tasks[i]!, { end: time + plan.start[i]! + duration / speed, duration, deviation: deviations[of[i]!]! })
    }
    this.#end = time + plan.makespan
    this.#every = Math.max(LOOK, plan.makespan / LOOKS)
    this.#nextLook = time + this.#every
  }

  /** When to look next; -Infinity: at once; Infinity: not any more. */
  get nextLook(): Time {
    return this.#over ? Infinity : Math.max(this.#above, this.#below) > LIMIT ? -Infinity : this.#nextLook
  }

  /** @param speed of its node */
  ended(task: TaskId, began: Time, ended: Time, speed: number): void {
    const promised = this.#promised.get(task)
    if (!promised) return
    this.#promised.delete(task)
    // Who only started early had room for that in the plan: that is no news.
    const late = Math.max(ended - promised.end, Math.min(0, ended - began - promised.duration / speed))
    if (Math.abs(late) > Math.abs(this.#late)) this.#late = late
    const lasted = (ended - began) * speed
    if (!(lasted >= 0) || !(promised.duration > 0)) return
    const off = Math.log(Math.max(lasted, 0.01) / Math.max(promised.duration, 0.01))
    this.#scatter.add(off)
    const counted = Math.max(-MOST, Math.min(MOST, off / promised.deviation))
    this.#above = Math.max(0, this.#above + counted - SLACK)
    this.#below = Math.max(0, this.#below - counted - SLACK)
  }

  /** Why another plan is worth making; nothing: none is. */
  look(state: State, now: Time): string | undefined {
    this.#nextLook = now + this.#every
    // With everything running there is nothing left to decide.
    const left = [...this.#promised.keys()].some((task) => isBefore(state, task))
    if (!left) {
      this.#over = true
      return undefined
    }
    if (this.#above > LIMIT) return 'tasks take longer than expected'
    if (this.#below > LIMIT) return 'tasks take less time than expected'
    const limit = Math.max(LEAST, SHARE * (this.#end - now))
    const late = this.#late
    this.#late = 0
    if (late > limit) return 'tasks end later than planned'
    if (-late > limit) return 'tasks end earlier than planned'
    for (const [task, { end }] of this.#promised) if (now - end > limit && !isBefore(state, task)) return 'a task is overdue'
    return undefined
  }
}

/** Whether the task has not started. */
function isBefore(state: State, task: TaskId): boolean {
  const name = state.stateName(task)
  return name === 'waiting' || name === 'ready' || name === 'backing-off'
}
