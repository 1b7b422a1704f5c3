import { Graph } from './list/graph.ts'
import type { Problem } from './problem.ts'

/**
 * No schedule is shorter: the longest path with every task on the node that suits it best and transfers for nothing; the
 * work over what all slots together can do; and for each resource what is asked of it over what there is of it.
 */
export function lowerBound(problem: Problem): number {
  const graph = new Graph(problem)
  return Math.max(longestPath(graph), workBound(graph), ...problem.resources.map((_, r) => resourceBound(graph, r)))
}

export function longestPath(graph: Graph): number {
  const { count, problem: { starts, inputs, release } } = graph
  const end = new Float64Array(count)
  let longest = 0
  for (let i = 0; i < count; i++) {
    let start = release ? release[i]! : 0
    for (let at = starts[i]!; at < starts[i + 1]!; at++) start = Math.max(start, end[inputs[at]!]!)
    end[i] = start + graph.leastCost(i)
    longest = Math.max(longest, end[i]!)
  }
  return longest
}

function workBound(graph: Graph): number {
  const { count, problem: { nodes, duration, cost } } = graph
  let work = 0
  for (let i = 0; i < count; i++) work += cost ? graph.leastCost(i) : duration[i]!
  return work / nodes.reduce((sum, { slots, speed }) => sum + slots * (cost ? 1 : speed), 0)
}

function resourceBound(graph: Graph, r: number): number {
  const { count, problem: { nodes } } = graph
  let area = 0
  for (let i = 0; i < count; i++) area += graph.demand[i]![r + 1]! * graph.leastCost(i)
  const capacity = nodes.reduce((sum, node) => sum + node.capacity[r]!, 0)
  return area > 0 ? area / capacity : 0
}
