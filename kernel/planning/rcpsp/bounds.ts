import type { Amounts } from './capacity.ts'
import type { Project } from './project.ts'

/** Length of the longest chain: no schedule is shorter. */
export function criticalPath(project: Project): number {
  return project.forward.tail.reduce((longest, tail) => Math.max(longest, tail), 0)
}

/** Above this, intervals are too many to look at. */
const MAX_TASKS = 70

/** The greatest of the bounds that are cheap here. */
export function lowerBound(project: Project): number {
  let bound = criticalPath(project)
  for (const amounts of project.resources.amounts) bound = Math.max(bound, workBound(project, amounts))
  if (project.count > MAX_TASKS) return bound
  for (const amounts of project.resources.amounts) bound = intervalBound(project, amounts, bound)
  return bound
}

function workBound(project: Project, { capacity, request }: Amounts): number {
  let work = 0
  for (let task = 0; task < project.count; task++) work += request[task]! * project.duration[task]!
  return Math.ceil(work / capacity)
}

/**
 * The shortest makespan in which, for every interval, the work that must lie in it fits (Fernandez and Bussell, "Bounds on the number of
 * processors and time for multiprocessor optimal schedules", IEEE Transactions on Computers, 1973).
 */
function intervalBound(project: Project, amounts: Amounts, least: number): number {
  let makespan = least
  while (overloaded(project, amounts, makespan)) makespan++
  return makespan
}

/** Whether some interval must hold more work than fits, wherever each task is put between its head and its tail. */
function overloaded(project: Project, { capacity, request }: Amounts, makespan: number): boolean {
  const { duration, forward } = project
  const needing: number[] = []
  for (let task = 0; task < project.count; task++) if (request[task]! > 0) needing.push(task)
  const latest = (task: number): number => makespan - forward.tail[task]!
  const begins = new Set(needing.flatMap((task) => [forward.head[task]!, latest(task)]))
  const ends = new Set(needing.flatMap((task) => [latest(task) + duration[task]!, forward.head[task]! + duration[task]!]))
  for (const begin of begins) {
    for (const end of ends) {
      if (end <= begin) continue
      let work = 0
      for (const task of needing) {
        const inside = Math.min(duration[task]!, forward.head[task]! + duration[task]! - begin, end - latest(task), end - begin)
        if (inside > 0) work += inside * request[task]!
      }
      if (work > capacity * (end - begin)) return true
    }
  }
  return false
}
