/**
 * What the planner's process does about questions: a little of each in turn, so that it hears in between that one is superseded.
 * A planner that takes long is preceded by a plan of HEFT's, which takes milliseconds, and is given more and more time.
 */
import type { Budget, Plan, Problem } from '../../planning/index.ts'
import { choose } from '../../simulator/choose.ts'
import { forecast } from '../../simulator/forecast.ts'
import { goingOn, isWorth } from '../../simulator/going-on.ts'
import { planFor } from '../../simulator/planner.ts'
import { isQuick, tooLarge } from './limits.ts'
import type { FromPlanner, ToPlanner } from './messages.ts'

type Question = Exclude<ToPlanner, { type: 'drop' }>
/** Ends each step with an answer, or with nothing yet. */
type Steps = AsyncGenerator<FromPlanner | undefined, void>

/** Time for each step of a search, ms. */
const SLICES = [120, 250, 500, 500, 1000, 1000]
/** All steps together take at most such a share of what they plan, or so many ms: a plan that comes when half is done helps nobody. */
const SHARE = 0.2
const LEAST = 60
/** Time for trying policies, ms. */
const CHOOSING = 1500
/** What goes first, and instead where a problem is too large for the planner asked. */
const FIRST = 'heft'

export type NamedPlanner = (name: string, problem: Problem, budget: Pick<Required<Budget>, 'time' | 'clock' | 'seed'>) => Plan | Promise<Plan>

export class Work {
  readonly #say: (message: FromPlanner) => void
  readonly #clock: () => number
  readonly #plan: NamedPlanner
  /** By subject, in the order in which their turns come. */
  readonly #steps = new Map<string, { readonly question: Question; readonly steps: Steps }>()
  #working = false

  constructor(say: (message: FromPlanner) => void, clock: () => number, plan: NamedPlanner = planFor) {
    this.#say = say
    this.#clock = clock
    this.#plan = plan
  }

  hear(message: ToPlanner): void {
    this.#steps.delete(message.subject)
    if (message.type === 'drop') return
    this.#steps.set(message.subject, { question: message, steps: this.#stepsOf(message) })
    if (!this.#working) void this.#work()
  }

  #stepsOf(question: Question): Steps {
    switch (question.type) {
      case 'plan': return this.#plans(question)
      case 'forecast': return this.#forecasts(question)
      case 'choose': return this.#choices(question)
    }
  }

  async #work(): Promise<void> {
    this.#working = true
    for (;;) {
      // What has been sent meanwhile is heard first.
      await new Promise(setImmediate)
      const [first] = this.#steps
      if (!first) break
      const [subject, one] = first
      this.#steps.delete(subject)
      const over = await this.#step(one)
      // Unless another has taken its place.
      if (!over && !this.#steps.has(subject)) this.#steps.set(subject, one)
    }
    this.#working = false
  }

  /** True when there is nothing more to do about it. */
  async #step({ question, steps }: { readonly question: Question; readonly steps: Steps }): Promise<boolean> {
    try {
      const { done, value } = await steps.next()
      if (value) this.#say(value)
      return done === true
    } catch (error) {
      this.#say({ type: 'none', id: question.id, reason: `the planner failed: ${(error as Error).message}` })
      return true
    }
  }

  async *#plans({ id, planner, problem, seed, followed }: Extract<Question, { type: 'plan' }>): Steps {
    const large = tooLarge(planner, problem)
    if (large !== undefined && tooLarge(FIRST, problem) !== undefined) return yield { type: 'none', id, reason: large }
    const made = async (by: string, time: number, round: number): Promise<{ plan: Plan; took: number }> => {
      const began = this.#clock()
      const plan = await this.#plan(by, problem, { time, clock: this.#clock, seed: seed + round })
      return { plan, took: this.#clock() - began }
    }
    const going = followed && goingOn(problem, followed)
    /** The plan, unless it is better to go on with the one before. */
    const better = ({ plan, took }: { plan: Plan; took: number }): { plan: Plan; took: number; kept?: true } => (going && !isWorth(plan, going) ? { plan: going, took, kept: true } : { plan, took })
    if (large !== undefined || isQuick(planner)) {
      const by = large === undefined ? planner : FIRST
      return yield { type: 'plan', id, by, last: true, ...better(await made(by, Infinity, 0)) }
    }
    const first = better(await made(FIRST, Infinity, 0))
    yield { type: 'plan', id, by: first.kept ? planner : FIRST, last: false, ...first }
    let best = first.kept ? first : undefined
    let left = Math.max(LEAST, SHARE * first.plan.makespan)
    for (const [round, slice] of SLICES.entries()) {
      const time = Math.min(slice, left)
      const next = await made(planner, time, round)
      left -= next.took
      // It has done all that its method calls for, or all that there is time for.
      const last = round === SLICES.length - 1 || next.took < time / 2 || left < LEAST / 2
      const shorter = best === undefined || isWorth(next.plan, best.plan)
      if (shorter) best = better(next)
      if (shorter || last) yield { type: 'plan', id, by: planner, last, ...best!, took: next.took }
      else yield undefined
      if (last) return
    }
  }

  async *#forecasts({ id, input, seed }: Extract<Question, { type: 'forecast' }>): Steps {
    const began = this.#clock()
    const made = forecast(input, seed)
    yield { type: 'forecast', id, forecast: made, took: this.#clock() - began }
  }

  async *#choices({ id, input, favourite, seed }: Extract<Question, { type: 'choose' }>): Steps {
    const began = this.#clock()
    const chosen = await choose(input, { seed, time: CHOOSING, clock: this.#clock, ...(favourite !== undefined && { favourite }) })
    yield { type: 'chosen', id, chosen, took: this.#clock() - began }
  }
}
