/** The plan that is followed at present, as far as it concerns what is left. */
import type { State } from '../scheduler/index.ts'
import type { Remaining } from './remaining.ts'

/** Plain data, so that it can be sent to another process. By number of the problem's tasks. */
export interface Followed {
  /** Number of the planned node; -1: any, or it is gone. */
  readonly node: Int32Array
  /** When it was to start, by whatever clock: the order counts. NaN: no plan has it. */
  readonly start: Float64Array
}

/** Nothing where nothing is planned, or where priorities decide: who comes first by these may have changed. */
export function followedOf(state: State, { problem, tasks, nodes }: Remaining): Followed | undefined {
  if (problem.priority) return undefined
  const numbers = new Map(nodes.map((id, number) => [id, number]))
  const node = new Int32Array(problem.count).fill(-1)
  const start = new Float64Array(problem.count).fill(NaN)
  let any = false
  for (let i = 0; i < problem.count; i++) {
    if (tasks[i]! < 0 || problem.running![i]! >= 0) continue
    const planned = state.planned(tasks[i]!)
    if (!planned) continue
    any = true
    node[i] = (planned.node && numbers.get(planned.node.spec.id)) ?? -1
    start[i] = planned.start
  }
  return any ? { node, start } : undefined
}
