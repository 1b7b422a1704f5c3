/** What the process of an experiment does about its question. */
import { durationsDiffer, plansNothing, unknownPolicy } from '../../errors.ts'
import { lowerBound, planNamed, planners, type Budget, type Plan, type Problem } from '../../planning/index.ts'
import { policyNames } from '../../scheduler/index.ts'
import { graphOf, simulate } from '../../simulator/index.ts'
import type { Outcome, PlanQuestion, Question, Schedule, SimulationQuestion } from './messages.ts'

/** @throws UserError for what no planner or policy can do; or the error of one that failed */
export function outcomeOf(question: Question, clock: () => number): Promise<Outcome> {
  return question.kind === 'plan' ? planned(question, clock) : simulated(question, clock)
}

async function planned(question: PlanQuestion, clock: () => number): Promise<Outcome> {
  const { problem, policy } = question
  if (!planners.has(policy)) throw policyNames.includes(policy) ? plansNothing(policy, [...planners.keys()]) : unknownPolicy(policy, [...planners.keys()])
  const plan = await planNamed(policy, problem, budgetOf(question, clock))
  return { ...scheduleOf(problem, plan), schedules: plan.schedules }
}

async function simulated(question: SimulationQuestion, clock: () => number): Promise<Outcome> {
  const { problem, names, policies, failures, seed } = question
  const unknown = policies.find((name) => !policyNames.includes(name))
  if (unknown !== undefined) throw unknownPolicy(unknown, policyNames)
  if (problem.cost) throw durationsDiffer()
  const graph = graphOf(problem, names)
  const bound = lowerBound(problem)
  const outcomes = []
  for (const policy of policies) {
    const { node, start, end, makespan } = await simulate(graph, { policy, seed, outages: failures, budget: budgetOf(question, clock) })
    const { tasks } = graph.of!
    const column = (of: Int32Array | Float64Array) => Float64Array.from(tasks, (task) => of[task]!)
    outcomes.push({ policy, node: Int32Array.from(column(node)), start: column(start), end: column(end), makespan, lowerBound: bound })
  }
  return outcomes
}

function budgetOf({ seed, schedules, time }: Question, clock: () => number): Budget {
  return { seed, clock, ...(schedules !== undefined && { schedules }), ...(time !== undefined && { time }) }
}

function scheduleOf(problem: Problem, { node, start, makespan }: Plan): Schedule {
  const { nodes, duration, cost } = problem
  const took = (task: number, on: number) => (cost ? cost[task * nodes.length + on]! : duration[task]! / nodes[on]!.speed)
  return { node, start, end: start.map((from, task) => from + took(task, node[task]!)), makespan, lowerBound: lowerBound(problem) }
}
