/** What the process of an experiment does about its question. */
import { planNamed, type Plan } from '../../planning/index.ts'
import type { AskedProblem, Outcome, PlanQuestion, Question, Schedule } from './messages.ts'
import { durationOn, lowerBound } from './bound.ts'

export async function outcomeOf(question: Question, clock: () => number): Promise<Outcome> {
  return planned(question as PlanQuestion, clock)
}

async function planned({ problem, policy, seed, schedules, time }: PlanQuestion, clock: () => number): Promise<Outcome> {
  const plan = await planNamed(policy, problem, { seed, clock, ...(schedules !== undefined && { schedules }), ...(time !== undefined && { time }) })
  return { ...scheduleOf(problem, plan), schedules: plan.schedules }
}

function scheduleOf(problem: AskedProblem, { node, start, makespan }: Plan): Schedule {
  const end = start.map((from, task) => from + durationOn(problem, task, node[task]!))
  return { node, start, end, makespan, lowerBound: lowerBound(problem) }
}
