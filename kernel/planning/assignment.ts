import { Decoder } from './list/decode.ts'
import { Graph } from './list/graph.ts'
import { upwardRank } from './list/rank.ts'
import { ReadyTasks } from './list/ready.ts'
import type { Plan, Problem } from './problem.ts'

/** Tasks of one round, and places for them, at most: a round costs the square of the one times the other. */
const TASKS = 48
const PLACES = 192

type Solve = (typeof import('linear-sum-assignment'))['linearSumAssignment']

/** A place in the row of a slot's tasks; number 1 is its last. */
interface Place {
  readonly node: number
  readonly fromLast: number
}

/**
 * In rounds: the ready tasks with the longest way behind them are assigned to places in the rows of the slots so that the sum of their ends
 * is least: a task that is k-th from the last delays k tasks by its own duration (W. A. Horn, Operations Research 1973; J. Bruno, E. G.
 * Coffman, R. Sethi, CACM 1974). The first of each row is placed, then comes the next round. Solved by the method of R. Jonker and
 * A. Volgenant (Computing 1987) as D. F. Crouse gives it (IEEE TAES 2016).
 */
export async function assignment(problem: Problem): Promise<Plan> {
  // Loading it takes longer than most plans: who asks for none of these does not wait for it.
  const { linearSumAssignment } = await import('linear-sum-assignment')
  const graph = new Graph(problem)
  const decoder = new Decoder(graph)
  const rank = upwardRank(graph)
  decoder.begin()
  const ready = new ReadyTasks(decoder)
  const slots = slotsOf(graph)
  while (ready.left > 0) {
    const tasks = ready.offered().sort((a, b) => rank[b]! - rank[a]! || a - b).slice(0, TASKS)
    for (const [task, node] of assign(decoder, tasks, slots, linearSumAssignment)) {
      decoder.gather(task)
      decoder.place(task, node, decoder.startOn(task, node))
      ready.placed(task)
    }
  }
  return decoder.plan()
}

/** The number of its node for each slot; nodes take turns, so that a limit leaves something of each. */
function slotsOf({ problem, nodes }: Graph): number[] {
  const slots: number[] = []
  for (let slot = 0; slots.length < TASKS && problem.nodes.some(node => slot < node.slots); slot++) {
    for (let node = 0; node < nodes && slots.length < TASKS; node++) if (slot < problem.nodes[node]!.slots) slots.push(node)
  }
  return slots
}

/** The tasks that go first in their rows, with their nodes. */
function assign(decoder: Decoder, tasks: readonly number[], slots: readonly number[], linearSumAssignment: Solve): [number, number][] {
  const { graph } = decoder
  const places = placesOf(slots, tasks.length)
  const costs = tasks.map(task => costsOf(decoder, task, places))
  const dear = dearerThan(costs)
  const { rowAssignments } = linearSumAssignment(costs.map(row => row.map(cost => Math.min(cost, dear))), { maximaze: false })
  const firsts = new Map<string, { readonly task: number; readonly place: Place }>()
  tasks.forEach((task, row) => {
    const at = rowAssignments[row]!
    const place = places[at]
    if (!place || !graph.canRun(task, place.node)) return
    const key = `${place.node} ${at % slots.length}`
    const first = firsts.get(key)
    if (!first || place.fromLast > first.place.fromLast) firsts.set(key, { task, place })
  })
  if (firsts.size > 0) return [...firsts.values()].map(({ task, place }) => [task, place.node])
  decoder.gather(tasks[0]!)
  return [[tasks[0]!, decoder.bestNode(tasks[0]!)]]
}

/** Row after row, each with all slots: a place's slot is its number modulo theirs. */
function placesOf(slots: readonly number[], tasks: number): Place[] {
  const rows = Math.max(1, Math.min(tasks, Math.floor(PLACES / slots.length)), Math.ceil(tasks / slots.length))
  return Array.from({ length: rows * slots.length }, (_, at) => ({ node: slots[at % slots.length]!, fromLast: Math.floor(at / slots.length) + 1 }))
}

function costsOf(decoder: Decoder, task: number, places: readonly Place[]): number[] {
  const { graph } = decoder
  decoder.gather(task)
  const starts = Array.from({ length: graph.nodes }, (_, node) => (graph.canRun(task, node) ? decoder.startOn(task, node) : Infinity))
  return places.map(({ node, fromLast }) => starts[node]! + fromLast * graph.cost(task, node))
}

/** What cannot be is only dear to the solver. */
function dearerThan(costs: readonly (readonly number[])[]): number {
  let most = 0
  for (const row of costs) for (const cost of row) if (cost < Infinity) most = Math.max(most, cost)
  return 1 + most * costs.length
}
