/** What the kernel and the planner's process say to each other, over the channel on file descriptor 3. */
import type { Plan, Problem } from '../../planning/index.ts'
import type { ChoiceProblem, Chosen } from '../../simulator/choose.ts'
import type { Followed } from '../../simulator/followed.ts'
import type { Forecast, ForecastProblem } from '../../simulator/forecast.ts'

/** A later question of the same subject takes the place of an earlier one. */
export type ToPlanner =
  | {
    readonly type: 'plan'; readonly id: number; readonly subject: string; readonly planner: string; readonly problem: Problem; readonly seed: number
    /** The planner's plan before: another one must be better than to go on with it. */
    readonly followed?: Followed
  }
  | { readonly type: 'forecast'; readonly id: number; readonly subject: string; readonly input: ForecastProblem; readonly seed: number }
  | { readonly type: 'choose'; readonly id: number; readonly subject: string; readonly input: ChoiceProblem; readonly favourite: string | undefined; readonly seed: number }
  /** Whatever is asked about this is wanted no more. */
  | { readonly type: 'drop'; readonly subject: string }

export type FromPlanner =
  /** Of several the latest counts. */
  | {
    readonly type: 'plan'; readonly id: number; readonly plan: Plan; /** The planner that made it. */ readonly by: string; readonly took: number; readonly last: boolean
    /** It is the plan that was followed before, timed anew. */
    readonly kept?: boolean
  }
  | { readonly type: 'forecast'; readonly id: number; readonly forecast: Forecast; readonly took: number }
  | { readonly type: 'chosen'; readonly id: number; readonly chosen: Chosen; readonly took: number }
  /** There is no answer, or none but those already given. */
  | { readonly type: 'none'; readonly id: number; readonly reason: string }
