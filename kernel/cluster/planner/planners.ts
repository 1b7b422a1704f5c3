/** Asks the planner's process for plans, tells the scheduler of them, and keeps what became of it. */
import { policies, type Event, type RunId, type State } from '../../scheduler/index.ts'
import type { Plan } from '../../planning/index.ts'
import { followedOf } from '../../simulator/followed.ts'
import { plannedEvent, problemOf, type Remaining } from '../../simulator/remaining.ts'
import { Choices, type ChoiceMade, type ChoicesOptions } from './choices.ts'
import type { PlanAnswer, PlannerLink } from './link.ts'
import { tooLargeForAny } from './limits.ts'

/** What is told of a question: of each plan (without one, of a choice), whether it is the one that was followed before, and when there is none. */
export interface Outcome {
  readonly planned: (remaining: Remaining, plan: Plan | undefined, took: number, kept?: boolean) => void
  /** @param final not for what is left now, however often it is asked */
  readonly failed: (final: boolean) => void
}

/** What became of the latest question about a policy. */
export type PlanReport = { /** When, on the clock. */ readonly at: number; /** Why it was asked, in a clause. */ readonly reason: string } & (
  | { readonly asked: true }
  | { readonly none: string }
  | ChoiceMade
  /** The planner that made the plan; tasks and ms that it covers; ms that it took; whether no better one will come. */
  | { readonly by: string; readonly tasks: number; readonly makespan: number; readonly took: number; readonly last: boolean }
)

type WithoutContext<R> = R extends unknown ? Omit<R, 'at' | 'reason'> : never

export interface PlannersOptions extends Pick<ChoicesOptions, 'memory'> {
  readonly state: State
  readonly clock: () => number
  /** Tells the scheduler. */
  readonly apply: (event: Event) => void
  readonly link: PlannerLink
}

export class Planners {
  readonly #options: PlannersOptions
  readonly #reports = new Map<string, PlanReport>()
  readonly #choices: Choices
  #questions = 0

  constructor(options: PlannersOptions) {
    this.#options = options
    this.#choices = new Choices(options)
  }

  /** Whether the policy follows plans, or choices, of the planner's process. */
  has(policy: string): boolean {
    return policies.some((one) => one.name === policy && (one.plans === true || one.delegates === true))
  }

  adapts(policy: string): boolean {
    return policy === 'adaptive'
  }

  report(policy: string): PlanReport | undefined {
    return this.#reports.get(policy)
  }

  ask(policy: string, reason: string, { planned, failed }: Outcome): void {
    const { state, clock, apply, link } = this.#options
    const tell = (what: WithoutContext<PlanReport>): void => {
      this.#reports.set(policy, { at: clock(), reason, ...what })
    }
    const remaining = this.#remaining(policy)
    if (typeof remaining === 'string') {
      link.drop(policy)
      tell({ none: remaining })
      return failed(true)
    }
    const known = this.#reports.get(policy)
    if (!known || 'none' in known) tell({ asked: true })
    if (policies.some((one) => one.name === policy && one.delegates === true)) {
      return this.#choices.ask(policy, remaining, ++this.#questions, (answer) => {
        tell(answer)
        if ('none' in answer && answer.died) return failed(false)
        planned(remaining, undefined, 'took' in answer ? answer.took : 0)
      })
    }
    link.plan(policy, policy, remaining.problem, ++this.#questions, (answer: PlanAnswer) => {
      if ('none' in answer) {
        tell({ none: answer.none })
        return failed(!answer.died)
      }
      const { plan, by, took, last, kept } = answer
      apply({ ...plannedEvent(remaining, plan, remaining.time, policy), time: clock() })
      tell({ by, tasks: remaining.problem.count, makespan: plan.makespan, took, last })
      planned(remaining, plan, took, kept)
      // Nobody waits for a better one.
      if (!remaining.runs.some((run) => run.placedBy === policy && state.unfinished(run.id) > 0)) link.drop(policy)
    }, followedOf(state, remaining))
  }

  /**
   * All that is left, as other runs want their share of the nodes, too; with too much of it, what is left of this policy's
   * runs. Or why none of it can be planned.
   */
  #remaining(policy: string): Remaining | string {
    const { state, clock } = this.#options
    if (state.nodes.size === 0) return 'there is no node'
    const runs = state.unfinishedRuns()
    const tasks = (of: readonly RunId[]): number => of.reduce((sum, run) => sum + state.unfinished(run), 0)
    if (tooLargeForAny(tasks(runs), state.nodes.size) === undefined) return problemOf(state, undefined, clock())
    const own = (run: { readonly policy: string; readonly placedBy: string }): boolean => run.policy === policy || run.placedBy === policy
    return tooLargeForAny(tasks(runs.filter((run) => own(state.run(run)))), state.nodes.size) ?? problemOf(state, own, clock())
  }
}
