/**
 * Which policy does best by what is left: the graph is rolled forward in the simulator under each of several, with durations as
 * uncertain as they are and the same chance for all, and the one that ends soonest is taken (rollout: D. P. Bertsekas,
 * J. N. Tsitsiklis, C. Wu, Rollout algorithms for combinatorial optimization, Journal of Heuristics 1997; common random numbers:
 * A. M. Law, Simulation Modeling and Analysis, 2015, chapter 11).
 */
import type { Problem } from '../planning/index.ts'
import type { ForecastProblem } from './forecast.ts'
import { graphOf } from './graph-problem.ts'
import { simulate } from './simulate.ts'
import { deviationOfLogarithm } from './spread.ts'

/** What is left, with the name of each row's run. */
export interface ChoiceProblem extends ForecastProblem {
  readonly names: readonly string[]
}

export interface Chosen {
  readonly policy: string
  /** ms that what is left is expected to take, by policy, the best first; those that there was time for. */
  readonly makespans: readonly (readonly [policy: string, makespan: number])[]
}

/** One of each kind; the first wins where nothing is better. */
export const candidates: readonly string[] = ['critical-path', 'heft', 'max-min', 'work-stealing', 'locality', 'min-min', 'sjf', 'peft', 'least-loaded']

/** Plays of each policy: more where a play is quick. */
const PLAYS = 3
const QUICK = 300
/** Another policy must promise to end so much sooner: every change costs something. */
const WORTHWHILE = 0.99

export interface ChooseOptions {
  readonly seed: number
  /** ms by `clock` after which no further policy is tried. */
  readonly time: number
  readonly clock: () => number
  /** The policy that won before on graphs of this shape: tried first. */
  readonly favourite?: string
}

export async function choose(input: ChoiceProblem, { seed, time, clock, favourite }: ChooseOptions): Promise<Chosen> {
  const began = clock()
  const { problem, of, names, spreads } = input
  const graph = graphOf(pinned(problem), Array.from(of, (row) => names[row]!))
  const spread = spreads.reduce((sum, one) => sum + Math.min(1, deviationOfLogarithm(one.factors)), 0) / Math.max(1, spreads.length)
  const plays = problem.count <= QUICK ? PLAYS : 1
  const order = [...new Set([candidates[0]!, ...(favourite === undefined || !candidates.includes(favourite) ? [] : [favourite]), ...candidates])]
  const makespans: [string, number][] = []
  for (const policy of order) {
    if (makespans.length > 0 && clock() - began > time) break
    let sum = 0
    for (let play = 0; play < plays; play++) sum += (await simulate(graph, { policy, seed: seed + play, noise: { spread } })).makespan
    makespans.push([policy, sum / plays])
  }
  const [first] = makespans
  const best = makespans.reduce((least, one) => (one[1] < least[1] * (least === first ? WORTHWHILE : 1) ? one : least), first!)
  return { policy: best[0], makespans: [best, ...makespans.filter((one) => one !== best).sort((a, b) => a[1] - b[1])] }
}

/** What runs goes on where it is, before anything else: as tasks that may run nowhere else, of the highest priority. */
function pinned(problem: Problem): Problem {
  const { count, nodes, running } = problem
  if (!running?.some((node) => node >= 0)) return problem
  const allowed = problem.allowed?.slice() ?? new Uint8Array(count * nodes.length).fill(1)
  const priority = problem.priority?.slice() ?? new Float64Array(count)
  const most = priority.reduce((max, one) => Math.max(max, one), -Infinity) + 1
  for (let i = 0; i < count; i++) {
    if (running[i]! < 0) continue
    for (let node = 0; node < nodes.length; node++) allowed[i * nodes.length + node] = node === running[i] ? 1 : 0
    priority[i] = most
  }
  return { ...problem, allowed, priority }
}

/** Graphs of one shape are alike in size, depth, how unlike their durations are, how much travels, and in their cluster: in powers of two or four. */
export function shapeOf({ count, starts, inputs, duration, running, bytes, nodes, link }: Problem): string {
  const depth = new Int32Array(count)
  let [deepest, fresh, total, squares] = [1, 0, 0, 0]
  for (let i = 0; i < count; i++) {
    depth[i] = 1
    for (let at = starts[i]!; at < starts[i + 1]!; at++) depth[i] = Math.max(depth[i]!, depth[inputs[at]!]! + 1)
    deepest = Math.max(deepest, depth[i]!)
    // What is left of tasks that run says little of what they are.
    if ((running?.[i] ?? -1) >= 0) continue
    fresh++
    total += duration[i]!
    squares += duration[i]! ** 2
  }
  const variation = total > 0 ? Math.sqrt(Math.max(0, (squares * fresh) / total ** 2 - 1)) : 0
  const travel = bytes.reduce((sum, one) => sum + one, 0) / link.bandwidth
  const speeds = nodes.map(({ speed }) => speed)
  const power = (value: number, base = 2): number => Math.round(Math.log(Math.max(value, 1e-3)) / Math.log(base))
  const slots = nodes.reduce((sum, node) => sum + Math.min(node.slots, count), 0)
  return [power(count, 4), power(deepest, 4), power(variation), power(travel / Math.max(total, 1e-9), 4), power(count / Math.max(1, slots), 4), power(Math.max(...speeds, 1e-3) / Math.min(...speeds, 1e3))].join(' ')
}
