/** What `cluster.plan()` and `cluster.simulate()` give back: plain data that shows itself as text and as a drawing. */
import type { NamedProblem } from './cluster-api-graph.ts'
import { drawTimelines, time, type Timeline } from './cluster-api-timeline.ts'

/** When and where each task ran, by number in the problem, as the planner's process tells it. */
export interface Schedule {
  readonly node: Int32Array
  readonly start: Float64Array
  readonly end: Float64Array
  readonly makespan: number
  readonly lowerBound: number
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

export interface SimulationRow {
  readonly policy: string
  readonly makespan: number
  readonly lowerBound: number
  /** makespan / the shortest of all compared. */
  readonly relative: number
  readonly utilization: number
  readonly nodes: PlanResult['nodes']
  readonly tasks: readonly PlannedTask[]
}

const shownTasks = 20

export function planOutcome(outcome: unknown, named: NamedProblem, policy: string): PlanResult {
  const schedule = outcome as Schedule & { readonly schedules: number }
  const result: PlanResult = { policy, makespan: schedule.makespan, lowerBound: schedule.lowerBound, ...described(schedule, named), schedules: schedule.schedules }
  return shownAs(result, () => planText(result), () => drawTimelines([timelineOf(policy, schedule, named)]))
}

export function comparison(outcome: unknown, named: NamedProblem): SimulationRow[] {
  const all = outcome as readonly (Schedule & { readonly policy: string })[]
  const best = Math.min(...all.map((one) => one.makespan))
  const rows = all.map((one): SimulationRow => ({
    policy: one.policy, makespan: one.makespan, lowerBound: one.lowerBound, relative: best === 0 ? 1 : one.makespan / best, ...described(one, named),
  }))
  return shownAs(rows, () => comparisonText(rows), () => drawTimelines(all.map((one) => timelineOf(one.policy, one, named))))
}

/** Tasks by name in the order in which they were given, and how busy the nodes were. */
function described({ node, start, end, makespan }: Schedule, { problem, names, given }: NamedProblem): Pick<PlanResult, 'utilization' | 'nodes' | 'tasks'> {
  const tasks: PlannedTask[] = []
  given.forEach((at, i) => (tasks[at] = { name: names[i]!, node: problem.nodes[node[i]!]?.name ?? '', start: start[i]!, end: end[i]! }))
  const busy = busyOf(node, start, end, problem)
  const nodes = problem.nodes.map(({ name }, n) => ({ name, utilization: share(busy.used[n]!, busy.room[n]! * makespan) }))
  return { tasks, nodes, utilization: share(sum(busy.used), sum(busy.room) * makespan) }
}

/** Slot-milliseconds that were used; where nodes have as many slots as they like, those of the resource most asked for. */
function busyOf(node: Int32Array, start: Float64Array, end: Float64Array, { nodes, resources, request, count }: NamedProblem['problem']): { used: number[]; room: number[] } {
  const limited = nodes.every(({ slots }) => Number.isFinite(slots))
  const measures = limited
    ? [measured(nodes.map(({ slots }) => slots), () => 1)]
    : resources.map((_, r) => measured(nodes.map(({ capacity }) => capacity[r]!), (task) => request[task * resources.length + r]!))
  const empty = { used: nodes.map(() => 0), room: nodes.map(() => 0) }
  return measures.reduce((most, one) => (share(sum(one.used), sum(one.room)) > share(sum(most.used), sum(most.room)) ? one : most), measures[0] ?? empty)

  function measured(room: number[], held: (task: number) => number): { used: number[]; room: number[] } {
    const used = nodes.map(() => 0)
    for (let task = 0; task < count; task++) if (used[node[task]!] !== undefined) used[node[task]!]! += (end[task]! - start[task]!) * held(task)
    return { used, room: room.map((one) => (Number.isFinite(one) ? one : 0)) }
  }
}

function timelineOf(title: string, { node, start, end, makespan, lowerBound }: Schedule, { problem, names }: NamedProblem): Timeline {
  const note = `${time(makespan)}${makespan <= lowerBound * (1 + 1e-9) ? ', which no schedule can beat' : `; no schedule is shorter than ${time(lowerBound)}`}`
  return { title, note, lanes: problem.nodes.map(({ name }) => name), bars: names.map((name, i) => ({ name, lane: node[i]!, start: start[i]!, end: end[i]! })) }
}

function planText({ policy, makespan, lowerBound, utilization, tasks }: PlanResult): string {
  const head = `${policy}: makespan ${time(makespan)}, lower bound ${time(lowerBound)}, utilization ${percent(utilization)}`
  const rows = [...tasks].sort((a, b) => a.start - b.start).slice(0, shownTasks).map((one) => [one.name, one.node, ms(one.start), ms(one.end)])
  const rest = tasks.length > shownTasks ? `\n… and ${tasks.length - shownTasks} more` : ''
  return `${head}\n${columns([['task', 'node', 'start', 'end'], ...rows])}${rest}`
}

function comparisonText(rows: readonly SimulationRow[]): string {
  return columns([
    ['policy', 'makespan', 'of the best', 'utilization'],
    ...rows.map((one) => [one.policy, time(one.makespan), `${one.relative.toFixed(3)}×`, percent(one.utilization)]),
  ])
}

/** Text and drawing are made when it is shown. What cells see of the value is data alone. */
function shownAs<T extends object>(value: T, text: () => string, svg: () => string): T {
  const bundle = () => ({ 'text/plain': text(), 'image/svg+xml': svg() })
  return Object.defineProperty(value, Symbol.for('Jupyter.display'), { value: bundle })
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!))).join('  ').trimEnd()).join('\n')
}

function share(used: number, room: number): number {
  return room > 0 ? used / room : 0
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0)
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(0)} %`
}

function ms(at: number): string {
  return String(Math.round(at * 1000) / 1000)
}
