import type { Graph } from '../list/graph.ts'
import { listOrder } from '../list/order.ts'
import type { Search } from '../list/search.ts'
import type { Random } from '../random.ts'
import { Effort } from './effort.ts'
import { Rows, type Placed } from './rows.ts'
import { tabu } from './tabu.ts'

/** Tasks that are placed anew at once, at most, and as a share of all. */
const MOST = 60
const SHARE = 0.3
/** Chance that they all go to one node, and that they also change their places in the list. */
const TOGETHER = 0.2
const REORDERED = 0.3
/** How far they do, as a share of the makespan. */
const SHIFT = 0.2
/** How much longer than the present schedule one is that takes its place with a chance of 1/e, at the beginning: a share of the best makespan. */
const LONGER = 5e-4

/**
 * Iterated local search (H. R. Lourenço, O. C. Martin, T. Stützle, Handbook of Metaheuristics 2003): tasks near each other in the graph are
 * taken out and placed anew where they end first, or together on one node, which no sequence of single moves finds when much
 * would travel between them (ruin and recreate: G. Schrimpf et al., J. Computational Physics 2000); then tabu search.
 */
export function iterate(search: Search): void {
  const { graph, random, decoder } = search
  const rows = new Rows(graph)
  const effort = new Effort(search, rows)
  let current: Placed & { readonly makespan: number } = search.best.plan
  rows.load(current)
  while (!effort.over && rows.pass()) {
    effort.pass(true)
    search.found(rows)
    const found = tabu(rows, effort)
    const temperature = search.best.plan.makespan * LONGER * (1 - search.progress)
    if (found.makespan <= current.makespan || random.unit() < Math.exp((current.makespan - found.makespan) / temperature)) current = found
    if (effort.over) return
    const { keys, choice } = ruined(search, current)
    decoder.decode(listOrder(graph, keys), choice)
    rows.load(decoder)
  }
}

function ruined(search: Search, { node, start, makespan }: Placed & { readonly makespan: number }): { keys: Float64Array; choice: Int32Array } {
  const { graph, random } = search
  const choice = node.slice()
  const keys = start.map(each => -each)
  const tasks = neighbourhood(graph, random, 1 + random.below(Math.max(2, Math.min(MOST, graph.count * SHARE))))
  const together = random.unit() < TOGETHER ? search.randomChoice(tasks[0]!) : -1
  const reordered = random.unit() < REORDERED
  for (const task of tasks) {
    choice[task] = together >= 0 && graph.canRun(task, together) ? together : -1
    if (reordered) keys[task]! += (random.unit() - 0.5) * makespan * SHIFT
  }
  return { keys, choice }
}

/** So many tasks, each an input or an output of another; where there are none, any. */
function neighbourhood({ count, outStarts, outputs, problem: { starts, inputs } }: Graph, random: Random, size: number): number[] {
  const tasks = [random.below(count)]
  const seen = new Set(tasks)
  for (let tries = 4 * size; tasks.length < size && tries > 0; tries--) {
    const task = tasks[random.below(tasks.length)]!
    const before = starts[task + 1]! - starts[task]!
    const after = outStarts[task + 1]! - outStarts[task]!
    // Inputs and outputs alike, though there may be far more of one kind.
    const backward = before > 0 && (after === 0 || random.below(2) === 0)
    const other = before + after === 0 ? random.below(count) : backward ? inputs[starts[task]! + random.below(before)]! : outputs[outStarts[task]! + random.below(after)]!
    if (seen.has(other)) continue
    seen.add(other)
    tasks.push(other)
  }
  return tasks
}
