/** What the process of an experiment does about its question. */
import { durationsDiffer, plansNothing, unknownPolicy } from '../../errors.ts'
import { lowerBound, planNamed, planners, type Budget, type Plan, type Problem } from '../../planning/index.ts'
import { policyNames } from '../../scheduler/index.ts'
import { graphOf, simulate } from '../../simulator/index.ts'
import { durationOn } from '../../simulator/remaining.ts'
import type { Compared, Experimented, Planned, Schedule } from '../../travel/experiment.ts'
import type { PlanQuestion, Question, SimulationQuestion } from './messages.ts'
import { utilizationOf } from './utilization.ts'

export interface Surroundings {
  readonly clock: () => number
  /** Nobody waits for it any more. */
  readonly gone: () => boolean
}

/** @throws UserError for what no planner or policy can do; or the error of one that failed */
export function outcomeOf(question: Question, around: Surroundings): Promise<Experimented> {
  return question.kind === 'plan' ? planned(question, around) : simulated(question, around)
}

async function planned(question: PlanQuestion, around: Surroundings): Promise<Planned> {
  const { problem, policy } = question
  if (!planners.has(policy)) throw policyNames.includes(policy) ? plansNothing(policy, [...planners.keys()]) : unknownPolicy(policy, [...planners.keys()])
  const plan = await planNamed(policy, problem, budgetOf(question, around))
  return { kind: 'plan', ...scheduleOf(policy, problem, plan), schedules: plan.schedules }
}

async function simulated(question: SimulationQuestion, around: Surroundings): Promise<Experimented> {
  const { problem, names, policies, failures, seed } = question
  const unknown = policies.find((name) => !policyNames.includes(name))
  if (unknown !== undefined) throw unknownPolicy(unknown, policyNames)
  if (problem.cost) throw durationsDiffer()
  const graph = graphOf(gated(problem), ['', ...names])
  const bound = lowerBound(problem)
  const onProgress = () => {
    if (around.gone()) throw new Error('nobody waits for it any more')
  }
  const schedules: Schedule[] = []
  for (const policy of policies) {
    const { node, start, end, makespan } = await simulate(graph, { policy, seed, outages: failures, inKernel: 0, onProgress, budget: budgetOf(question, around) })
    const tasks = graph.of!.tasks.subarray(1)
    const column = (of: Int32Array | Float64Array) => Float64Array.from(tasks, (task) => of[task]!)
    const when = { node: Int32Array.from(column(node)), start: column(start), end: column(end), makespan }
    schedules.push({ policy, ...when, lowerBound: bound, ...utilizationOf(problem, when) })
  }
  const best = Math.min(...schedules.map(({ makespan }) => makespan))
  return { kind: 'simulate', schedules: schedules.map((one): Compared => ({ ...one, relative: best === 0 ? 1 : one.makespan / best })) }
}

/**
 * The same behind one task that takes no time: so the scheduler knows the whole graph before anything starts, where it would
 * else begin with whatever is declared first.
 */
function gated(problem: Problem): Problem {
  const { count, starts, inputs, bytes, request, resources, priority, release, allowed, nodes } = problem
  const edges = Array.from({ length: count }, (_, task): (readonly [input: number, size: number])[] => {
    const own = inputs.subarray(starts[task], starts[task + 1])
    return own.length === 0 ? [[0, 0]] : Array.from(own, (input, i) => [input + 1, bytes[starts[task]! + i]!])
  })
  const ends = Int32Array.from({ length: count + 2 })
  edges.forEach((own, task) => (ends[task + 2] = ends[task + 1]! + own.length))
  const before = (column: Float64Array, first: number, width = 1) => Float64Array.from([...new Array<number>(width).fill(first), ...column])
  return {
    ...problem,
    count: count + 1,
    duration: before(problem.duration, 0),
    starts: ends,
    inputs: Int32Array.from(edges.flat(), ([input]) => input),
    bytes: Float64Array.from(edges.flat(), ([, size]) => size),
    request: before(request, 0, resources.length),
    ...(priority && { priority: before(priority, 0) }),
    ...(release && { release: before(release, 0) }),
    ...(allowed && { allowed: Uint8Array.from([...nodes.map(() => 1), ...allowed]) }),
  }
}

function budgetOf({ seed, schedules, time }: Question, { clock, gone }: Surroundings): Budget {
  return { seed, clock, cancelled: gone, ...(schedules !== undefined && { schedules }), ...(time !== undefined && { time }) }
}

function scheduleOf(policy: string, problem: Problem, { node, start, makespan }: Plan): Schedule {
  const when = { node, start, end: start.map((from, task) => from + durationOn(problem, task, node[task]!)), makespan }
  return { policy, ...when, lowerBound: lowerBound(problem), ...utilizationOf(problem, when) }
}
