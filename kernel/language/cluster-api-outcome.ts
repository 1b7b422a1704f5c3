/** What `cluster.plan()` and `cluster.simulate()` give back: plain data that shows itself as text and as a picture. */
import type { Compared, Planned, Schedule, Shown } from '../travel/experiment.ts'
import type { NamedProblem } from './cluster-api-graph.ts'

/** Its answer, to be taken for what was asked. */
export interface Experiment {
  readonly outcome: unknown
  readonly shown: Shown
}

export interface PlannedTask {
  readonly name: string
  readonly node: string
  readonly start: number
  readonly end: number
}

export interface PlanResult {
  readonly policy: string
  readonly makespan: number
  readonly lowerBound: number
  /** By node and in all, 0 to 1. */
  readonly utilization: number
  readonly nodes: readonly { readonly name: string; readonly utilization: number }[]
  /** In the order of the graph. */
  readonly tasks: readonly PlannedTask[]
  /** That were looked at. */
  readonly schedules: number
}

export interface SimulationRow extends Omit<PlanResult, 'schedules'> {
  /** makespan / the shortest of all compared. */
  readonly relative: number
}

export function planOutcome({ outcome, shown }: Experiment, named: NamedProblem): PlanResult {
  const plan = outcome as Planned
  return shownAs({ ...described(plan, named), schedules: plan.schedules }, shown)
}

export function comparison({ outcome, shown }: Experiment, named: NamedProblem): SimulationRow[] {
  const { schedules } = outcome as { readonly schedules: readonly Compared[] }
  return shownAs(schedules.map((one): SimulationRow => ({ ...described(one, named), relative: one.relative })), shown)
}

/** Tasks by name in the order in which they were given, and how busy the nodes were. */
function described({ policy, node, start, end, makespan, lowerBound, utilization, utilizations }: Schedule, { problem, names, given }: NamedProblem): Omit<PlanResult, 'schedules'> {
  const tasks: PlannedTask[] = []
  given.forEach((at, i) => (tasks[at] = { name: names[i]!, node: problem.nodes[node[i]!]?.name ?? '', start: start[i]!, end: end[i]! }))
  return { policy, makespan, lowerBound, utilization, nodes: problem.nodes.map(({ name }, n) => ({ name, utilization: utilizations[n]! })), tasks }
}

/** What cells see of the value is data alone. */
function shownAs<T extends object>(value: T, { text, png }: Shown): T {
  const bundle = { ...(png && { 'image/png': Buffer.from(png).toString('base64') }), 'text/plain': text }
  return Object.defineProperty(value, Symbol.for('Jupyter.display'), { value: () => bundle })
}
