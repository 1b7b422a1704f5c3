import { Graph } from '../list/graph.ts'
import type { Problem } from '../problem.ts'

/** The only node that takes tasks, and the problem as if there were no other: nothing travels, durations are the node's. */
export interface Single {
  readonly node: number
  readonly problem: Problem
}

/**
 * Undefined where tasks are, or could be, on several nodes, or what runs already takes more than the node has.
 * @throws NoPlan when a task can never run
 */
export function singleOf(problem: Problem): Single | undefined {
  const { count, nodes, duration, cost, allowed: _, running, ...rest } = problem
  const node = onlyNode(new Graph(problem))
  if (node === undefined || !runningFits(problem, node)) return undefined
  return {
    node,
    problem: {
      ...rest, count, nodes: [cost ? { ...nodes[node]!, speed: 1 } : nodes[node]!],
      duration: cost ? Float64Array.from(duration, (_, task) => cost[task * nodes.length + node]!) : duration,
      ...(running && { running: running.map(each => (each < 0 ? -1 : 0)) }),
    },
  }
}

function onlyNode(graph: Graph): number | undefined {
  const { count, nodes, problem: { running } } = graph
  let only = nodes === 1 ? 0 : undefined
  for (let task = 0; task < count && nodes > 1; task++) {
    for (let node = 0; node < nodes; node++) {
      if (node === only || !(running && running[task]! >= 0 ? running[task] === node : graph.canRun(task, node))) continue
      if (only !== undefined) return undefined
      only = node
    }
  }
  return only
}

/** A node may have lost some of what it had when they began. */
function runningFits({ count, running, nodes, resources, request }: Problem, node: number): boolean {
  if (!running) return true
  const { slots, capacity } = nodes[node]!
  const taken = [0, ...capacity.map(() => 0)]
  for (let task = 0; task < count; task++) {
    if (running[task]! < 0) continue
    taken[0]!++
    for (let r = 0; r < resources.length; r++) taken[r + 1]! += request[task * resources.length + r]!
  }
  return [slots, ...capacity].every((amount, r) => taken[r]! <= amount)
}
