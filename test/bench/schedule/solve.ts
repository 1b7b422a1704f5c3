import { performance } from 'node:perf_hooks'
import { planNamed, type Budget, type Problem } from '../../../kernel/planning/index.ts'
import { criticalPath, violation } from './validate.ts'

export interface Limits {
  readonly schedules?: number | undefined
  readonly seconds?: number | undefined
  readonly seed: number
}

export interface Solved {
  readonly makespan: number
  readonly criticalPath: number
  readonly schedules: number
  readonly ms: number
  readonly violation?: string
}

/** One problem by the planner that plans for the policy `adaptive`, checked. More schedules than allowed are a violation, too. */
export async function solved(problem: Problem, { schedules, seconds, seed }: Limits): Promise<Solved> {
  const budget: Budget = {
    seed,
    ...(schedules === undefined ? {} : { schedules }),
    ...(seconds === undefined ? {} : { time: seconds * 1000, clock: () => performance.now() }),
  }
  const begun = performance.now()
  const plan = await planNamed('portfolio', problem, budget)
  const ms = performance.now() - begun
  const spent = plan.schedules > (schedules ?? Infinity) ? `${plan.schedules} schedules were generated` : undefined
  const wrong = violation(problem, plan) ?? spent
  return { makespan: plan.makespan, criticalPath: criticalPath(problem), schedules: plan.schedules, ms, ...(wrong === undefined ? {} : { violation: wrong }) }
}
