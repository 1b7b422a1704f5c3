/** `%simulate`: the notebook's own graph under several policies, compared. */
import type { Coordinator } from './cluster/coordinator.ts'
import { compareInThread, type Compared } from './cluster/simulated/comparing.ts'
import { ASSUMED, latestRuns, notebookGraph, type NotebookGraph } from './cluster/simulated/notebook-graph.ts'
import { count, counted, duration } from './cluster/view/amounts.ts'
import { nothingToSimulate, plural, unknownPolicy, unknownRun } from './errors.ts'
import { table } from './line-magics-table.ts'
import type { SimulationWords } from './magics/simulation.ts'
import { policyNames, type NodeSpec } from './scheduler/index.ts'
import { usualPolicies } from './simulator/index.ts'
import { simulatedNodes, surroundingsOf } from './simulated-nodes.ts'

/** A comparison that takes longer says how far it is, ms. */
const PATIENCE = 1000
/** ms for each plan of those that search: all policies together should be bearable. */
const PLANNING = 2000

export interface SimulateContext {
  readonly coordinator: Coordinator
  readonly signal: AbortSignal
  /** One output, put in place of itself whenever there is something newer. */
  readonly show: (data: Record<string, unknown>) => void
  /** Of a cluster that was never started. */
  readonly usualNodes: () => readonly NodeSpec[]
}

/** @throws UserError */
export async function simulateNotebook(words: SimulationWords, { coordinator, signal, show, usualNodes }: SimulateContext): Promise<void> {
  const policies = chosenPolicies(words.policies)
  const runs = latestRuns(coordinator, checkedRuns(coordinator, words.runs))
  if (runs.length === 0) throw nothingToSimulate()
  const nodes = nodesFor(words, coordinator, usualNodes)
  const graph = await notebookGraph(coordinator, runs)
  const began = performance.now()
  const compared = await compareInThread(
    { title: titleOf(graph, nodes), graph: graph.graph, policies, nodes, ...surroundingsOf(words), seed: words.seed ?? 0, planning: PLANNING },
    {
      signal,
      onProgress({ policy, number, ended, count: all }) {
        if (performance.now() - began > PATIENCE) show({ 'text/plain': `simulating ${policy} (${number + 1} of ${policies.length}): ${count(ended)} of ${counted(all, 'task')} ended` })
      },
    },
  )
  show(bundleOf(compared, graph, nodes))
}

function chosenPolicies(asked: SimulationWords['policies']): readonly string[] {
  if (asked === 'all') return policyNames
  const unknown = asked?.find((name) => !policyNames.includes(name))
  if (unknown !== undefined) throw unknownPolicy(unknown, [...policyNames, 'all'])
  return asked ?? usualPolicies.filter((name) => policyNames.includes(name))
}

function checkedRuns({ runs }: Coordinator, asked: readonly string[] | undefined): readonly string[] | undefined {
  const names = new Set([...runs.values()].map(({ name }) => name))
  const unknown = asked?.find((name) => !names.has(name))
  if (unknown !== undefined) throw unknownRun(unknown, [...names])
  return asked
}

/** As they are worded; else those of the cluster. */
function nodesFor(words: SimulationWords, { state }: Coordinator, usualNodes: () => readonly NodeSpec[]): readonly NodeSpec[] {
  const worded = simulatedNodes(words)
  if (worded.length > 0) return worded
  const own = [...state.nodes.values()].map(({ spec }) => spec)
  const base = own.length > 0 ? own : usualNodes()
  return words.slots === undefined ? base : base.map((node) => ({ ...node, slots: words.slots!, resources: { ...node.resources, cpu: words.slots! } }))
}

function titleOf({ graph }: NotebookGraph, nodes: readonly NodeSpec[]): string {
  const names = [...new Set(graph.runs.map(({ spec }) => spec.name))]
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''} on ${counted(nodes.length, 'node')}, simulated`
}

function bundleOf({ rows, png, lowerBound }: Compared, { graph, measured, estimated, assumed }: NotebookGraph, nodes: readonly NodeSpec[]): Record<string, unknown> {
  const sources = [
    measured > 0 ? `${count(measured)} measured` : '', estimated > 0 ? `${count(estimated)} estimated` : '',
    assumed > 0 ? `${count(assumed)} of which nothing is known, taken as ${duration(ASSUMED)}` : '',
  ].filter((one) => one !== '')
  const text = [
    `${plural(graph.count, 'task')} on ${plural(nodes.length, 'node')}; durations: ${sources.join(', ')}; no schedule is shorter than ${duration(lowerBound)}`,
    table(rows),
  ].join('\n')
  return { ...(png && { 'image/png': Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString('base64') }), 'text/plain': text }
}
