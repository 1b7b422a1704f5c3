/** The plans of a simulation: made as the kernel does, but that planning takes none of the virtual time; all of a policy's within its budget. */
import type { Budget, Plan, Problem } from '../planning/index.ts'
import type { Link, NodeSpec } from '../scheduler/index.ts'
import { followedOf } from './followed.ts'
import { goingOn, isWorth } from './going-on.ts'
import type { TaskGraph } from './graph.ts'
import { problemOfGraph } from './graph-problem.ts'
import { planFor } from './planner.ts'
import { durationOn, plannedEvent, problemOf, type Remaining } from './remaining.ts'
import type { Simulation } from './simulation.ts'
import { expectedLeft, type Spread } from './spread.ts'

export type NamedPlanner = (name: string, problem: Problem, budget: Budget) => Plan | Promise<Plan>

export interface PlansOptions {
  readonly nodes: readonly NodeSpec[]
  readonly link: Link
  /** Planners are told what tasks of this graph really take, before noise. */
  readonly exact: boolean
  /** What the plans of a policy may cost together. */
  readonly budget?: Budget
  readonly seed?: number
  readonly plan?: NamedPlanner
}

/** Durations that are what they are. */
const certain: Spread = { known: true, factors: [1], doubt: 0 }

export class Plans {
  readonly #simulation: Simulation
  readonly #graph: TaskGraph
  readonly #options: PlansOptions
  /** By policy, what is left of its budget. */
  readonly #left = new Map<string, { schedules: number; time: number }>()

  constructor(simulation: Simulation, graph: TaskGraph, options: PlansOptions) {
    this.#simulation = simulation
    this.#graph = graph
    this.#options = options
  }

  /** One plan of the whole graph, before its first task starts. Runs that are declared later are in it, too. */
  async once(policy: string): Promise<void> {
    const { of: own } = this.#graph
    const { nodes, link } = this.#options
    const same = own && nodes.length === own.problem.nodes.length && nodes.every(({ id }, n) => id === own.problem.nodes[n]!.name) && link === own.problem.link
    const { problem, tasks } = same ? own : problemOfGraph(this.#graph, nodes, link)
    const plan = await this.#make(policy, problem, 1)
    const rows = Array.from(tasks, (_, i) => i).filter((i) => tasks[i]! >= 0)
    this.#simulation.plan({
      type: 'Planned', time: this.#simulation.time, policy, nodes: problem.nodes.map(({ name }) => name),
      tasks: Int32Array.from(rows, (i) => tasks[i]!), node: Int32Array.from(rows, (i) => plan.node[i]!), start: Float64Array.from(rows, (i) => plan.start[i]!),
      duration: Float64Array.from(rows, (i) => durationOn(problem, i, plan.node[i]!)),
    })
  }

  /** A plan of what is left, unless it is better to go on with the one that is followed. */
  async anew(policy: string): Promise<void> {
    const { state, time, replanner } = this.#simulation
    const left = problemOf(state, undefined, time)
    if (left.problem.count === 0) return replanner.failed(policy, time, true)
    const remaining = this.#options.exact ? exactly(left, this.#graph) : left
    // Half of what is left of the budget, so that there is always more for what nobody can foresee.
    const plan = await this.#make(policy, remaining.problem, 0.5)
    const followed = followedOf(state, remaining)
    const going = followed && goingOn(remaining.problem, followed)
    const kept = going !== undefined && !isWorth(plan, going)
    const better = kept ? going : plan
    this.#simulation.plan(plannedEvent(remaining, better, time, policy))
    replanner.planned(policy, remaining, better, time, time, 0, kept)
  }

  async #make(policy: string, problem: Problem, share: number): Promise<Plan> {
    const { budget = {}, seed = 0, plan: planned = planFor } = this.#options
    const left = this.#left.get(policy) ?? { schedules: budget.schedules ?? Infinity, time: budget.time ?? Infinity }
    this.#left.set(policy, left)
    const began = budget.clock?.() ?? 0
    const plan = await planned(policy, problem, {
      seed, ...budget,
      ...(budget.schedules !== undefined && { schedules: Math.max(1, Math.floor(share * left.schedules)) }), ...(budget.time !== undefined && { time: share * left.time }),
    })
    left.schedules = Math.max(0, left.schedules - plan.schedules)
    left.time = Math.max(0, left.time - ((budget.clock?.() ?? 0) - began))
    return plan
  }
}

/** With the durations and sizes that the tasks of the graph really have. */
function exactly(remaining: Remaining, { runs }: TaskGraph): Remaining {
  const { tasks, problem } = remaining
  const rows = new Map(runs.map((run) => [run.spec.id, run]))
  const own = remaining.runs.map(({ id }) => rows.get(id)!)
  const value = (i: number, column: 'durations' | 'sizes'): number => own[remaining.of[i]!]![column][tasks[i]! - own[remaining.of[i]!]!.spec.first]!
  const whole = remaining.whole.map((before, i) => (before > 0 && tasks[i]! >= 0 ? value(i, 'durations') : before))
  const duration = problem.duration.map((before, i) => {
    if (tasks[i]! < 0) return before
    return problem.running![i]! >= 0 ? expectedLeft(certain, whole[i]!, remaining.elapsed[i]!) : value(i, 'durations')
  })
  const bytes = problem.bytes.map((before, at) => (before > 0 && tasks[problem.inputs[at]!]! >= 0 ? value(problem.inputs[at]!, 'sizes') : before))
  return { ...remaining, whole, problem: { ...problem, duration, bytes }, runs: remaining.runs.map((run) => ({ ...run, spread: certain })) }
}
