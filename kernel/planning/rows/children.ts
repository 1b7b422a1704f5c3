import type { Graph } from '../list/graph.ts'
import type { Encoding, Search } from '../list/search.ts'
import type { Random } from '../random.ts'
import type { Placed } from './rows.ts'

export interface Timed extends Placed {
  readonly makespan: number
}

/** Of a ruin: tasks that are placed anew at once, at most, and as a share of all. */
const MOST = 60
const SHARE = 0.3
/** Chance that they all go to one node, and that they also change their places in the list. */
const TOGETHER = 0.2
const REORDERED = 0.3
/** How far they do, as a share of the makespan. */
const SHIFT = 0.2
/** Of a child of two: chance that the nodes of some tasks are left open, and that these may be any share of all, not FEW. */
const OPEN = 0.5
const MANY = 0.3
const FEW = 0.1
/** Of a variant: how far ranks differ, and the share of the tasks that go to any node, at most. */
const NOISE = 0.25
const ANYWHERE = 0.3

/**
 * Tasks near each other in the graph are taken out, to be placed anew where they end first, or together on one node, which no sequence of
 * single moves finds when much would travel between them (ruin and recreate: G. Schrimpf et al., J. Computational Physics 2000).
 */
export function ruined(search: Search, { node, start, makespan }: Timed): Encoding {
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

/** Nodes, and moments as shares of the makespan: of the second for tasks near each other, from a moment on, or for any; else of the first. */
export function joined({ graph, random }: Search, first: Timed, second: Timed): Encoding {
  const { count } = graph
  const keys = first.start.map(each => -each / first.makespan)
  const choice = first.node.slice()
  const take = (task: number, place = true, moment = true): void => {
    if (place) choice[task] = second.node[task]!
    if (moment) keys[task] = -second.start[task]! / second.makespan
  }
  const share = random.unit()
  switch (random.below(3)) {
    case 0:
      for (const task of neighbourhood(graph, random, Math.ceil(count * (0.1 + share / 2)))) take(task)
      break
    case 1:
      for (let i = 0; i < count; i++) if (-keys[i]! >= share) take(i)
      break
    case 2:
      for (let i = 0; i < count; i++) take(i, random.unit() < share, random.unit() < share)
  }
  const open = random.unit() >= OPEN ? 0 : random.unit() * (random.unit() < MANY ? 1 : FEW)
  for (let i = 0; i < count; i++) if (random.unit() < open) choice[i] = -1
  return { keys, choice }
}

/** About as these ranks have them, each where it ends first but for some. */
export function varied(search: Search, ranks: Float64Array): Encoding {
  const { random } = search
  const noise = NOISE * random.unit()
  const share = ANYWHERE * random.unit()
  const keys = ranks.map(each => each * (1 + noise * (2 * random.unit() - 1)))
  return { keys, choice: Int32Array.from(ranks, (_, task) => (random.unit() < share ? search.randomChoice(task) : -1)) }
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
