import { Decoder } from './list/decode.ts'
import { Graph } from './list/graph.ts'
import { listOrder } from './list/order.ts'
import { upwardRank } from './list/rank.ts'
import type { Plan, Problem } from './problem.ts'

/** Variables of all programs, at most; tasks beyond go where they end first. */
const VARIABLES = 4000
/** Levels with fewer tasks for each slot leave nothing to share out: they go where they end first. */
const LEAST = 2

/** Its types are those of its CommonJS form; what is loaded is the other, whose default export is the loader itself. */
type Load = (typeof import('highs'))['default']
type Solver = Awaited<ReturnType<Load>>
let solver: Promise<Solver> | undefined

/**
 * Level by level of the graph, a linear program shares the level's tasks out among the nodes so that the busiest is done
 * first; tasks that it splits go to one of their nodes, that where they end first (J. K. Lenstra, D. B. Shmoys, É. Tardos,
 * Approximation algorithms for scheduling unrelated parallel machines, Math. Programming 1990). Then list scheduling by
 * upward rank on these nodes. Tasks that cost the same are one variable. Solved by HiGHS.
 */
export async function lp(problem: Problem): Promise<Plan> {
  const graph = new Graph(problem)
  solver ??= import('highs').then(({ default: load }) => (load as unknown as Load)())
  const choice = choicesOf(graph, await solver)
  const decoder = new Decoder(graph)
  const order = listOrder(graph, upwardRank(graph))
  decoder.decode(order, choice)
  return decoder.plan()
}

/** Tasks of one level that cost the same on every node. */
interface Kind {
  readonly tasks: number[]
  readonly nodes: readonly number[]
}

function choicesOf(graph: Graph, highs: Solver): Int32Array {
  const choice = new Int32Array(graph.count).fill(-1)
  let variables = 0
  const slots = graph.problem.nodes.reduce((sum, node) => sum + node.slots, 0)
  for (const level of levelsOf(graph)) {
    if (level.length < LEAST * slots && graph.problem.inputs.length > 0) continue
    const kinds = kindsOf(graph, level)
    variables += kinds.reduce((sum, { nodes }) => sum + nodes.length, 0)
    if (variables > VARIABLES) break
    for (const { tasks, shares } of solve(graph, kinds, highs)) shareOut(tasks, shares, choice)
  }
  return choice
}

/** Tasks by the length of the longest chain before them. */
function levelsOf({ count, problem: { starts, inputs } }: Graph): number[][] {
  const level = new Int32Array(count)
  const levels: number[][] = []
  for (let i = 0; i < count; i++) {
    for (let at = starts[i]!; at < starts[i + 1]!; at++) level[i] = Math.max(level[i]!, level[inputs[at]!]! + 1)
    ;(levels[level[i]!] ??= []).push(i)
  }
  return levels
}

function kindsOf(graph: Graph, tasks: readonly number[]): Kind[] {
  const kinds = new Map<string, Kind>()
  for (const task of tasks) {
    const nodes = Array.from({ length: graph.nodes }, (_, node) => node).filter(node => graph.canRun(task, node))
    const key = nodes.map(node => `${node}:${graph.cost(task, node)}`).join()
    const kind = kinds.get(key)
    if (kind) kind.tasks.push(task)
    else kinds.set(key, { tasks: [task], nodes })
  }
  return [...kinds.values()]
}

interface Shared {
  readonly tasks: readonly number[]
  /** How many of the tasks each node gets; may be broken. */
  readonly shares: readonly { readonly node: number; readonly amount: number }[]
}

function solve(graph: Graph, kinds: readonly Kind[], highs: Solver): Shared[] {
  const solution = highs.solve(programOf(graph, kinds), { output_flag: false })
  if (solution.Status !== 'Optimal') return []
  const amount = (k: number, node: number) => (solution.Columns[`x_${k}_${node}`] as { readonly Primal: number }).Primal
  return kinds.map(({ tasks, nodes }, k) => ({ tasks, shares: nodes.map(node => ({ node, amount: amount(k, node) })) }))
}

/** In CPLEX' LP format. `x_k_n`: how many tasks of kind k node n gets; `z`: when the busiest node is done. */
function programOf(graph: Graph, kinds: readonly Kind[]): string {
  const rows: string[] = kinds.map(({ tasks, nodes }, k) => ` ${nodes.map(node => `x_${k}_${node}`).join(' + ')} = ${tasks.length}`)
  for (let node = 0; node < graph.nodes; node++) {
    const slots = Math.min(graph.problem.nodes[node]!.slots, graph.count)
    const terms = kinds.flatMap(({ tasks, nodes }, k) => (nodes.includes(node) ? [`${graph.cost(tasks[0]!, node) / slots} x_${k}_${node}`] : []))
    if (terms.length > 0) rows.push(` ${terms.join(' + ')} - z <= 0`)
  }
  return ['Minimize', ' z', 'Subject To', ...rows, 'End'].join('\n')
}

/** Whole tasks as the program says; what it split stays open. */
function shareOut(tasks: readonly number[], shares: Shared['shares'], choice: Int32Array): void {
  let next = 0
  for (const { node, amount } of shares) {
    for (let whole = Math.floor(amount + 1e-6); whole > 0 && next < tasks.length; whole--) choice[tasks[next++]!] = node
  }
}
