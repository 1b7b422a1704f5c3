/** Several policies on the same graph and the same nodes, with the same chance: what became of each. */
import { lowerBound, type Problem } from '../planning/index.ts'
import type { Link, NodeSpec } from '../scheduler/index.ts'
import type { TaskGraph } from './graph.ts'
import { nodesOf, problemOfGraph } from './graph-problem.ts'
import { simulate, usualLink, type SimulationOptions, type SimulationResult } from './simulate.ts'

export interface ComparedPolicy {
  readonly policy: string
  /** Absent: it came to nothing, for this reason. */
  readonly result?: SimulationResult
  readonly error?: string
  /** Of the slots' time the part that was used; where slots have no limit, of the resources. */
  readonly utilization: number
}

export interface Comparison {
  readonly nodes: readonly NodeSpec[]
  /** ms that no schedule without noise and failures can beat. */
  readonly lowerBound: number
  /** In the order in which they were asked for. */
  readonly policies: readonly ComparedPolicy[]
}

export interface CompareOptions extends Omit<SimulationOptions, 'policy' | 'policies' | 'onProgress' | 'nodes' | 'link'> {
  readonly policies: readonly string[]
  readonly nodes?: readonly NodeSpec[]
  readonly link?: Link
  /** Called now and then; what it throws ends the comparison. */
  readonly onProgress?: (policy: string, number: number, ended: number, count: number) => void | Promise<void>
  /** An error that only this policy has: what is said of it. Nothing: the comparison ends with it. */
  readonly explain?: (error: unknown) => string | undefined
}

/** Those that are compared when nobody says which: one of each kind. */
export const usualPolicies: readonly string[] = ['critical-path', 'heft', 'least-loaded', 'sjf', 'min-min', 'locality', 'fifo', 'random']

export async function compare(graph: TaskGraph, { policies, explain, onProgress, ...options }: CompareOptions): Promise<Comparison> {
  const nodes = options.nodes ?? (graph.of ? nodesOf(graph.of.problem) : [])
  const link = options.link ?? graph.of?.problem.link ?? usualLink
  const compared: ComparedPolicy[] = []
  for (const [number, policy] of policies.entries()) {
    try {
      const result = await simulate(graph, { ...options, policy, ...(onProgress && { onProgress: (ended, count) => onProgress(policy, number, ended, count) }) })
      compared.push({ policy, result, utilization: utilizationOf(result, options.nodes ? undefined : graph.of?.problem) })
    } catch (error) {
      const said = explain?.(error)
      if (said === undefined) throw error
      compared.push({ policy, error: said, utilization: 0 })
    }
  }
  return { nodes, lowerBound: lowerBound(options.nodes || !graph.of ? problemOfGraph(graph, nodes, link).problem : graph.of.problem), policies: compared }
}

/** A pool of resources is used as far as these are, on average: its slots say nothing. */
function utilizationOf({ utilization, makespan }: SimulationResult, problem: Problem | undefined): number {
  if (!problem || problem.resources.length === 0 || problem.nodes.some(({ slots }) => slots < Infinity)) return utilization
  const { resources, request, duration, nodes } = problem
  const shares = resources.map((_, r) => {
    let held = 0
    for (let i = 0; i < problem.count; i++) held += duration[i]! * request[i * resources.length + r]!
    return held / (makespan * nodes.reduce((sum, { capacity }) => sum + capacity[r]!, 0))
  })
  return makespan > 0 ? shares.reduce((sum, share) => sum + share, 0) / shares.length : 0
}

/** The shortest makespan, of those that left the fewest tasks undone. */
export function bestOf({ policies }: Comparison): number {
  const results = policies.flatMap(({ result }) => (result ? [result] : []))
  const undone = ({ failed, skipped }: SimulationResult) => failed + skipped
  const fewest = Math.min(...results.map(undone))
  return Math.min(...results.filter((result) => undone(result) === fewest).map(({ makespan }) => makespan))
}

/**
 * As rows of text, the first of them the heading.
 * @param time how a time is written
 */
export function rowsOf(comparison: Comparison, time: (ms: number) => string): string[][] {
  const best = bestOf(comparison)
  const trouble = comparison.policies.some(({ result, error }) => error !== undefined || (result && (result.failed > 0 || result.skipped > 0 || result.losses > 0)))
  const ratio = (of: number, to: number) => (to > 0 ? (of / to).toFixed(3) : '–')
  const rows = comparison.policies.map(({ policy, result, error, utilization }) => {
    if (!result) return [policy, '–', '–', '–', '–', '–', ...(trouble ? [error ?? ''] : [])]
    const { makespan, transfers, failed, skipped, losses } = result
    const words = [failed > 0 ? `${failed} failed` : '', skipped > 0 ? `${skipped} skipped` : '', losses > 0 ? `${losses} node losses` : ''].filter((word) => word !== '')
    return [policy, time(makespan), ratio(makespan, best), ratio(makespan, comparison.lowerBound), `${(100 * utilization).toFixed(1)} %`, String(transfers), ...(trouble ? [words.join(', ')] : [])]
  })
  return [['policy', 'makespan', '× best', '× lower bound', 'utilization', 'transfers', ...(trouble ? [''] : [])], ...rows]
}
