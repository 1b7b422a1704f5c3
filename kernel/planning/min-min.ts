import { Decoder } from './list/decode.ts'
import { Graph } from './list/graph.ts'
import { ReadyTasks } from './list/ready.ts'
import type { Plan, Problem } from './problem.ts'

/** Ready tasks looked at in each step: those that were ready first, so that the cost of a step is bounded. */
const LOOKED_AT = 256

/**
 * Of the ready tasks the one that could end first goes next, where it ends first (O. H. Ibarra, C. E. Kim, Heuristic
 * algorithms for scheduling independent tasks on nonidentical processors, JACM 1977).
 */
export function minMin(problem: Problem): Plan {
  return byEarliestEnd(problem, (end, best) => end < best)
}

/** Of the ready tasks the one whose earliest end is latest goes next (same source; compared by T. D. Braun et al., JPDC 2001). */
export function maxMin(problem: Problem): Plan {
  return byEarliestEnd(problem, (end, best) => end > best)
}

interface Best {
  readonly node: number
  readonly start: number
  readonly end: number
}

function byEarliestEnd(problem: Problem, better: (end: number, best: number) => boolean): Plan {
  const graph = new Graph(problem)
  const decoder = new Decoder(graph)
  decoder.begin()
  const ready = new ReadyTasks(decoder)
  const known = new Map<number, Best>()
  while (ready.left > 0) {
    let next = -1
    for (const task of ready.offered().slice(0, LOOKED_AT)) {
      let best = known.get(task)
      if (!best) known.set(task, (best = earliest(decoder, task)))
      if (next < 0 || better(best.end, known.get(next)!.end)) next = task
    }
    const { node, start } = known.get(next)!
    decoder.place(next, node, start)
    known.delete(next)
    ready.placed(next)
    // Only that node is fuller than it was.
    for (const [task, best] of known) if (best.node === node) known.delete(task)
  }
  return decoder.plan()
}

function earliest(decoder: Decoder, task: number): Best {
  decoder.gather(task)
  const node = decoder.bestNode(task)
  const start = decoder.startOn(task, node)
  return { node, start, end: start + decoder.graph.cost(task, node) }
}
