import { Decoder } from './list/decode.ts'
import { Graph } from './list/graph.ts'
import { listOrder } from './list/order.ts'
import { optimisticCosts } from './list/rank.ts'
import type { Plan, Problem } from './problem.ts'

/**
 * Predict earliest finish time: as HEFT, but tasks are ranked by their mean optimistic cost, and nodes are compared by the
 * task's end and the optimistic cost of what follows from there (H. Arabnejad, J. G. Barbosa, List scheduling algorithm for
 * heterogeneous systems by an optimistic cost table, IEEE TPDS 2014).
 */
export function peft(problem: Problem): Plan {
  const graph = new Graph(problem)
  const decoder = new Decoder(graph)
  const table = optimisticCosts(graph)
  decoder.decode(listOrder(graph, meanOverNodes(graph, table)), undefined, table)
  return decoder.plan()
}

export function meanOverNodes({ count, nodes }: Graph, table: Float64Array): Float64Array {
  const mean = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    for (let n = 0; n < nodes; n++) mean[i]! += table[i * nodes + n]! / nodes
  }
  return mean
}
