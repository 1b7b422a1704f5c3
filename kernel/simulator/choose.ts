/**
 * Which policy does best by what is left: the graph is rolled forward in the simulator under each of several, with durations as
 * uncertain as they are and the same chance for all, and the one under which all ends soonest is taken, or of several jobs each on average (rollout: D. P. Bertsekas,
 * J. N. Tsitsiklis, C. Wu, Rollout algorithms for combinatorial optimization, Journal of Heuristics 1997; common random numbers:
 * A. M. Law, Simulation Modeling and Analysis, 2015, chapter 11).
 */
import type { Problem } from '../planning/index.ts'
import type { ForecastProblem } from './forecast.ts'
import { graphOf } from './graph-problem.ts'
import { jobsOf, meanJobTime } from './objective.ts'
import { simulate } from './simulate.ts'
import { deviationOfLogarithm } from './spread.ts'

/** What is left, with the name of each row's run. */
export interface ChoiceProblem extends ForecastProblem {
  readonly names: readonly string[]
}

export interface Chosen {
  readonly policy: string
  /** Jobs that do not wait for each other. */
  readonly jobs: number
  /** ms that what is left is expected to take, of several jobs each on average, by policy, the best first; those that there was time for. */
  readonly makespans: readonly (readonly [policy: string, makespan: number])[]
}

/** One of each kind; the first wins where nothing is better. */
export const candidates: readonly string[] = ['critical-path', 'heft', 'max-min', 'work-stealing', 'locality', 'min-min', 'sjf', 'peft', 'least-loaded', 'fair']

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
  const jobs = jobsOf(input)
  // Runs of one name would become one run, even of several jobs.
  const graph = graphOf(pinned(problem), Array.from(of, (row, i) => (jobs.count > 1 ? `${names[row]!} ${jobs.of[i]!}` : names[row]!)))
  const spread = spreads.reduce((sum, one) => sum + Math.min(1, deviationOfLogarithm(one.factors)), 0) / Math.max(1, spreads.length)
  const plays = problem.count <= QUICK ? PLAYS : 1
  const order = [...new Set([candidates[0]!, ...(favourite === undefined || !candidates.includes(favourite) ? [] : [favourite]), ...candidates])]
  const makespans: [string, number][] = []
  for (const policy of order) {
    if (makespans.length > 0 && clock() - began > time) break
    let sum = 0
    for (let play = 0; play < plays; play++) {
      const { makespan, end } = await simulate(graph, { policy, seed: seed + play, noise: { spread } })
      sum += jobs.count > 1 ? meanJobTime(jobs, (task) => end[graph.of!.tasks[task]!]!) : makespan
    }
    makespans.push([policy, sum / plays])
  }
  const [first] = makespans
  const best = makespans.reduce((least, one) => (one[1] < least[1] * (least === first ? WORTHWHILE : 1) ? one : least), first!)
  return { policy: best[0], jobs: jobs.count, makespans: [best, ...makespans.filter((one) => one !== best).sort((a, b) => a[1] - b[1])] }
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
