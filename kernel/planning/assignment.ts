import { linearSumAssignment } from 'linear-sum-assignment'
import { Decoder } from './list/decode.ts'
import { Graph } from './list/graph.ts'
import { upwardRank } from './list/rank.ts'
import { ReadyTasks } from './list/ready.ts'
import type { Plan, Problem } from './problem.ts'

/** Tasks and slots of one round, at most: a round is cubic in them. */
const ROUND = 128

/**
 * In rounds: as many ready tasks as there are slots, those with the longest way behind them first, are assigned to slots so
 * that the sum of their ends is least (H. W. Kuhn's assignment problem, 1955, by the method of R. Jonker and A. Volgenant,
 * Computing 1987, as D. F. Crouse gives it, IEEE TAES 2016).
 */
export function assignment(problem: Problem): Plan {
  const graph = new Graph(problem)
  const decoder = new Decoder(graph)
  const rank = upwardRank(graph)
  decoder.begin()
  const ready = new ReadyTasks(decoder)
  const slots = slotsOf(graph)
  while (ready.left > 0) {
    const tasks = ready.offered().sort((a, b) => rank[b]! - rank[a]! || a - b).slice(0, slots.length)
    for (const [task, node] of assign(decoder, tasks, slots)) {
      decoder.gather(task)
      decoder.place(task, node, decoder.startOn(task, node))
      ready.placed(task)
    }
  }
  return decoder.plan()
}

/** One entry, the number of its node, for each slot; nodes take turns, so that a limit leaves something of each. */
function slotsOf({ problem, nodes }: Graph): number[] {
  const slots: number[] = []
  for (let slot = 0; slots.length < ROUND && problem.nodes.some(node => slot < node.slots); slot++) {
    for (let node = 0; node < nodes && slots.length < ROUND; node++) if (slot < problem.nodes[node]!.slots) slots.push(node)
  }
  return slots
}

/** Tasks with their nodes, in order of rank. */
function assign(decoder: Decoder, tasks: readonly number[], slots: readonly number[]): [number, number][] {
  const { graph } = decoder
  const ends = tasks.map(task => {
    decoder.gather(task)
    return Array.from({ length: graph.nodes }, (_, node) => (graph.canRun(task, node) ? decoder.startOn(task, node) + graph.cost(task, node) : Infinity))
  })
  // What cannot be is only dear to the solver, and is mended below.
  const dear = 1 + 2 * slots.length * ends.flat().reduce((most, end) => (end < Infinity ? Math.max(most, end) : most), 0)
  const costs = ends.map(row => slots.map(node => Math.min(row[node]!, dear)))
  const { rowAssignments } = linearSumAssignment(costs, { maximaze: false })
  return tasks.map((task, row) => {
    const node = slots[rowAssignments[row]!]
    return [task, node !== undefined && graph.canRun(task, node) ? node : ends[row]!.indexOf(Math.min(...ends[row]!))]
  })
}
