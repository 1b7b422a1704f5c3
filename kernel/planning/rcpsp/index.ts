import { heft } from '../heft.ts'
import type { Budget, Plan, Problem } from '../problem.ts'
import { Random } from '../random.ts'
import { lowerBound } from './bounds.ts'
import { Effort } from './effort.ts'
import { exactSchedule } from './exact.ts'
import { Population, type Settings } from './population.ts'
import { projectOf, type Project } from './project.ts'
import { singleOf, type Single } from './single.ts'
import { Workshop } from './workshop.ts'

/** Beyond this, a schedule in the problem's own durations takes too long, and the grid is too coarse. */
const MAX_TASKS = 5000
/** Schedules, when the budget says nothing. */
const ENOUGH = 5000
/** Schedules after which the pace is known, when time is what limits them. */
const FIRST = 1000

/** Where one node takes all tasks, they are a resource-constrained project, with the slots as one more resource; else undefined. */
export function onOneNode(problem: Problem): OneNode | undefined {
  const single = problem.count <= MAX_TASKS ? singleOf(problem) : undefined
  return single && { ...single, project: projectOf(single.problem) }
}

export interface OneNode extends Single {
  readonly project: Project
}

/** What is found on the project's grid of time must end before HEFT's plan, which is made first. */
export function planOnOneNode({ node, problem, project }: OneNode, budget: Budget): Plan {
  const strict = problem.priority !== undefined && new Set(problem.priority).size > 1
  // Off the grid, one more schedule will be made; under strict priorities the grid's is kept, for it obeys them.
  const apart = project.exact || strict ? 1 : 2
  const effort = new Effort(project.count, lowerBound(project), budget, ENOUGH, apart)
  const first = heft(problem)
  const proven = project.exact && first.makespan <= effort.lower * project.unit * (1 + 1e-12)
  if (proven || apart >= (budget.schedules ?? Infinity)) return on(node, problem, first.start, 1)
  search(new Workshop(project, effort, new Random(budget.seed ?? 1), strict ? problem.priority : undefined))
  const found = Float64Array.from(first.start, (_, task) => effort.start[task]! * project.unit)
  const starts = apart > 1 ? [first.start, found, exactSchedule(problem, found)] : [first.start, found]
  const plans = starts.map(start => on(node, problem, start, effort.spent + apart))
  return plans.reduce((best, plan) => (plan.makespan < best.makespan ? plan : best))
}

function on(node: number, problem: Problem, start: Float64Array, schedules: number): Plan {
  const makespan = start.reduce((last, from, task) => Math.max(last, from + problem.duration[task]! / problem.nodes[0]!.speed), 0)
  return { node: new Int32Array(start.length).fill(node), start, makespan, schedules }
}

/** Populations one after another, each as large as what is left of the budget allows, until one has stopped improving. */
function search(shop: Workshop): void {
  const { effort, project } = shop
  while (!effort.over) {
    const budget = Number.isFinite(effort.left) ? effort.left : FIRST
    const population = new Population(shop, settingsFor(budget, project.count))
    const first = budget === FIRST && effort.spent === 0 && effort.left !== FIRST
    population.found()
    for (let from: 0 | 1 = 0; !effort.over && !(first && effort.spent >= FIRST); from = from === 0 ? 1 : 0) {
      population.generation(from)
      if (population.stale > Math.max(FIRST, STALE * budget)) break
    }
  }
}

/** A population that has not improved in this share of the budget that it was made for will not. */
const STALE = 0.3
/** Numbers that the populations may hold. */
const MEMORY = 8_388_608

/** Up to so many tasks a search sees many schedules of each, and diversity counts for more; in the smallest even more so. */
const SMALL = 90
const TINY = 45
/** So many schedules are enough for weak pressure of selection. */
const MANY = 20_000

/** The more schedules, the larger the populations. */
function settingsFor(schedules: number, count: number): Settings {
  const wanted = count > SMALL ? 0.43 * schedules ** 0.6 : (count > TINY ? 1 : 1.6) * Math.sqrt(schedules)
  const size = Math.max(4, Math.min(400, Math.floor(MEMORY / (4 * count)), Math.round(wanted)))
  if (schedules >= MANY) return { size, tournament: 3, parallel: 0.06, noise: 0.25 }
  return { size, tournament: 8, ...(count > SMALL ? { parallel: 0.1, noise: 0.3 } : { parallel: 0.3, noise: 0.8 }) }
}
