import type { Graph } from './graph.ts'

/**
 * Upward rank: the longest way from a task's beginning to the end of everything that depends on it, with mean costs and
 * mean transfer times (H. Topcuoglu, S. Hariri, M.-Y. Wu, IEEE TPDS 2002). A transfer is counted with the chance that two
 * nodes drawn at random differ.
 */
export function upwardRank(graph: Graph): Float64Array {
  const { count, nodes, outStarts, outputs, outEdges, transfer } = graph
  const apart = (nodes - 1) / nodes
  const rank = new Float64Array(count)
  for (let i = count - 1; i >= 0; i--) {
    let behind = 0
    for (let at = outStarts[i]!; at < outStarts[i + 1]!; at++) behind = Math.max(behind, rank[outputs[at]!]! + transfer[outEdges[at]!]! * apart)
    rank[i] = graph.meanCost(i) + behind
  }
  return rank
}

/**
 * Optimistic cost table: the least time from the end of task i on node n to the end of everything behind it, as if nothing
 * else ran: `table[i * nodes + n]` (H. Arabnejad, J. G. Barbosa, IEEE TPDS 2014). O(edges × nodes).
 */
export function optimisticCosts(graph: Graph): Float64Array {
  const { count, nodes, outStarts, outputs, outEdges, transfer } = graph
  const table = new Float64Array(count * nodes)
  for (let i = count - 1; i >= 0; i--) {
    for (let at = outStarts[i]!; at < outStarts[i + 1]!; at++) {
      const output = outputs[at]!
      const apart = leastApart(graph, table, output) + transfer[outEdges[at]!]!
      for (let n = 0; n < nodes; n++) {
        const here = graph.canRun(output, n) ? table[output * nodes + n]! + graph.cost(output, n) : Infinity
        table[i * nodes + n] = Math.max(table[i * nodes + n]!, Math.min(here, apart))
      }
    }
  }
  return table
}

function leastApart(graph: Graph, table: Float64Array, task: number): number {
  let least = Infinity
  for (let n = 0; n < graph.nodes; n++) if (graph.canRun(task, n)) least = Math.min(least, table[task * graph.nodes + n]! + graph.cost(task, n))
  return least
}
