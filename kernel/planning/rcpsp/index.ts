import type { Budget, Plan, Planner, Problem } from '../problem.ts'
import { lowerBound } from './bounds.ts'
import { Effort } from './effort.ts'
import { exactSchedule, MAX_EXACT } from './exact.ts'
import { Population, type Settings } from './population.ts'
import { projectOf, type Project } from './project.ts'
import { Random } from './random.ts'
import { Workshop } from './workshop.ts'

/** Schedules, when the budget says nothing. */
const ENOUGH = 5000
/** Schedules after which the pace is known, when time is what limits them. */
const FIRST = 1000

/** Plans for one node: a resource-constrained project scheduling problem, with the slots as one more resource. */
export const rcpsp: Planner = (problem: Problem, budget: Budget): Plan => {
  const project = projectOf(problem)
  if (project.tasks === 0) return { node: new Int32Array(0), start: new Float64Array(0), makespan: 0, schedules: 0 }
  const strict = problem.priority !== undefined && new Set(problem.priority).size > 1
  // Off the grid, one more schedule will be made; under strict priorities the grid's is kept, for it obeys them.
  const last = !project.exact && !strict && project.tasks <= MAX_EXACT ? 1 : 0
  const effort = new Effort(project.count, lowerBound(project), budget, ENOUGH, last)
  search(new Workshop(project, effort, new Random(budget.seed ?? 1), strict ? problem.priority : undefined))
  const plan = planOf(problem, project, effort)
  return last === 1 && effort.spent < (budget.schedules ?? Infinity) ? better(plan, exactPlan(problem, plan)) : plan
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
const MEMORY = 1 << 23

/** Up to so many tasks a search sees many schedules of each, and diversity counts for more; in the smallest even more so. */
const SMALL = 90
const TINY = 45

/** The more schedules, the larger the populations and the weaker the pressure of selection. */
function settingsFor(schedules: number, count: number): Settings {
  const size = Math.max(4, Math.min(400, Math.floor(MEMORY / (4 * count)), Math.round(count > SMALL ? 0.43 * schedules ** 0.6 : Math.sqrt(schedules))))
  if (schedules >= 20_000) return { size, tournament: 3, window: [0.4, 0.6], different: 0.2, restless: false, parallel: 0.06, noise: 0.25 }
  if (count > SMALL) return { size, tournament: 5, window: [0.4, 0.6], different: 0.2, restless: false, parallel: 0.05, noise: 0.3 }
  return { size, tournament: 8, window: [0.25, 0.75], different: 0.3, restless: count <= TINY, parallel: count <= TINY ? 0.5 : 0.3, noise: 0.5 }
}

function planOf(problem: Problem, project: Project, effort: Effort): Plan {
  const start = Float64Array.from({ length: problem.count }, (_, task) => effort.start[task]! * project.unit)
  return { node: new Int32Array(problem.count), start, makespan: makespanOf(problem, start), schedules: effort.spent }
}

function exactPlan(problem: Problem, { node, start, schedules }: Plan): Plan {
  const exact = exactSchedule(problem, start)
  return { node, start: exact, makespan: makespanOf(problem, exact), schedules: schedules + 1 }
}

function better(a: Plan, b: Plan): Plan {
  const best = a.makespan < b.makespan ? a : b
  return { ...best, schedules: Math.max(a.schedules, b.schedules) }
}

function makespanOf(problem: Problem, start: Float64Array): number {
  return start.reduce((last, from, task) => Math.max(last, from + problem.duration[task]! / problem.nodes[0]!.speed), 0)
}
