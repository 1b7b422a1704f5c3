import type { Budget, Plan, Planner, Problem } from '../problem.ts'
import { lowerBound } from './bounds.ts'
import { Decoder } from './decode.ts'
import { Effort } from './effort.ts'
import { Sorter } from './list.ts'
import { Population, type Workshop } from './population.ts'
import { projectOf, type Project } from './project.ts'
import { Random } from './random.ts'

/** Schedules, when the budget says nothing. */
const ENOUGH = 5000

/** Plans for one node: a resource-constrained project scheduling problem, with the slots as one more resource. */
export const rcpsp: Planner = (problem: Problem, budget: Budget): Plan => {
  const project = projectOf(problem)
  if (project.count === 0) return { node: new Int32Array(0), start: new Float64Array(0), makespan: 0, schedules: 0 }
  const effort = new Effort(project.count, lowerBound(project), budget, ENOUGH)
  const shop: Workshop = { project, decoder: new Decoder(project), sorter: new Sorter(project), random: new Random(budget.seed ?? 1), effort }
  run(shop)
  return planOf(problem, project, effort)
}

function run(shop: Workshop): void {
  const { project, decoder, random, effort } = shop
  const size = 40
  const population = new Population(shop, { size, tournament: 6 })
  const rank = new Float64Array(project.count)
  const start = new Int32Array(project.count)
  for (let at = 0; at < size && !effort.over; at++) {
    for (let task = 0; task < project.count; task++) rank[task] = project.duration[task]! - project.forward.tail[task]! + (at === 0 ? 0 : random.unit() * effort.lower * 0.4)
    const makespan = decoder.parallel(project.forward, rank, start)
    effort.count(makespan, start)
    population.seed(at, start, makespan)
  }
  population.evolve()
}

function planOf(problem: Problem, project: Project, effort: Effort): Plan {
  const start = new Float64Array(problem.count)
  let makespan = 0
  for (let task = 0; task < problem.count; task++) {
    start[task] = effort.start[task]! * project.unit
    makespan = Math.max(makespan, start[task]! + problem.duration[task]! / problem.nodes[0]!.speed)
  }
  return { node: new Int32Array(problem.count), start, makespan, schedules: effort.spent }
}
