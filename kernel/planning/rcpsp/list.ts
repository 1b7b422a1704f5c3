import type { Direction, Project } from './project.ts'

/** Turns schedules into lists of tasks, by counting sort; everything is allocated once. */
export class Sorter {
  readonly #project: Project
  readonly #counts: Int32Array

  constructor(project: Project) {
    this.#project = project
    this.#counts = new Int32Array(project.horizon + 2)
  }

  /** Tasks by start; ties in the topological order, so that each comes behind those before it even if they take no time. */
  byStart(direction: Direction, start: Int32Array, makespan: number, list: Int32Array): void {
    const counts = this.#counts
    const { count } = this.#project
    const order = direction.order
    counts.fill(0, 0, makespan + 2)
    for (let task = 0; task < count; task++) counts[start[task]! + 1]!++
    for (let at = 1; at <= makespan; at++) counts[at]! += counts[at - 1]!
    for (let k = 0; k < count; k++) {
      const task = order[k]!
      list[counts[start[task]!]!++] = task
    }
  }

  /** The list for a pass in `direction` over a schedule that was made in the other one: what ends last comes first. */
  byEnd(direction: Direction, start: Int32Array, makespan: number, list: Int32Array): void {
    const counts = this.#counts
    const { count, duration } = this.#project
    const order = direction.order
    counts.fill(0, 0, makespan + 2)
    for (let task = 0; task < count; task++) counts[makespan - start[task]! - duration[task]! + 1]!++
    for (let at = 1; at <= makespan; at++) counts[at]! += counts[at - 1]!
    for (let k = 0; k < count; k++) {
      const task = order[k]!
      list[counts[makespan - start[task]! - duration[task]!]!++] = task
    }
  }
}
