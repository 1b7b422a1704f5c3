import { Decoder } from './list/decode.ts'
import { Graph } from './list/graph.ts'
import { listOrder } from './list/order.ts'
import { upwardRank } from './list/rank.ts'
import type { Plan, Problem } from './problem.ts'

/**
 * Heterogeneous earliest finish time: tasks by upward rank, each on the node where it ends first, in gaps, too
 * (H. Topcuoglu, S. Hariri, M.-Y. Wu, Performance-effective and low-complexity task scheduling for heterogeneous
 * computing, IEEE TPDS 2002).
 */
export function heft(problem: Problem): Plan {
  const graph = new Graph(problem)
  const decoder = new Decoder(graph)
  decoder.decode(listOrder(graph, upwardRank(graph)))
  return decoder.plan()
}
