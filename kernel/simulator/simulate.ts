/**
 * A graph from its first task to its last on a virtual clock: the scheduler itself, event by event, around a model of the
 * cluster. The same graph, options and seed give the same events.
 */
import { simulationTooLong } from '../errors.ts'
import type { Budget } from '../planning/index.ts'
import { policies, type Estimate, type Event, type Link, type NodeSpec, type Policy, type State, type Time } from '../scheduler/index.ts'
import { candidates } from './choose.ts'
import type { Noise } from './cluster-chance.ts'
import type { Failures, NodeUse, Outage } from './cluster.ts'
import type { TaskGraph } from './graph.ts'
import { nodesOf } from './graph-problem.ts'
import { Plans, type NamedPlanner } from './plans.ts'
import { Simulation } from './simulation.ts'

export interface SimulationOptions {
  /** Absent: those of the problem that the graph was made of. */
  readonly nodes?: readonly NodeSpec[]
  readonly link?: Link
  /** Of runs that name none; absent: the scheduler's own. */
  readonly policy?: string
  /** Further policies, by name. */
  readonly policies?: readonly Policy[]
  readonly seed?: number
  readonly noise?: Noise
  readonly failures?: Failures
  /** Nodes that are lost at known times. */
  readonly outages?: readonly Outage[]
  /** Results of at most so many bytes are in the kernel, and so everywhere, at once; absent: none are. */
  readonly inKernel?: number
  /**
   * What is known of durations beforehand. `exact`: planners are told those of this graph, before noise, and plan once; estimates
   * rest on them, too. Else estimates from earlier runs, by name, from which plans are made as the kernel does. Absent: `exact`.
   */
  readonly knowledge?: 'exact' | ReadonlyMap<string, Estimate>
  /** What the plans of a policy may cost, all of them together. */
  readonly budget?: Budget
  readonly plan?: NamedPlanner
  /** It is given up after so much virtual time, ms, and so many events. */
  readonly limits?: { readonly time?: Time; readonly events?: number }
  /** After every event all invariants of the scheduler are checked: for tests. */
  readonly checked?: boolean
  /** Every event, in order, after the scheduler was told. */
  readonly onEvent?: (event: Event, state: State) => void
  /** Called now and then; may be waited for, and throw. */
  readonly onProgress?: (ended: number, count: number) => void | Promise<void>
}

export interface SimulationResult {
  readonly policy: string
  /** When the last task ended, ms. */
  readonly makespan: Time
  /** Busy share of the slots' time while these were there. */
  readonly utilization: number
  readonly nodes: readonly NodeUse[]
  /** By task: number of the node that made its result, -1 for none, and the slot there; NaN where it did not start. */
  readonly node: Int32Array
  readonly slot: Int32Array
  /** When its slot took it up, when its inputs were there and the body began, when that ended. */
  readonly start: Float64Array
  readonly began: Float64Array
  readonly end: Float64Array
  /** When each run of the graph was declared, and when its last task had ended. */
  readonly runs: readonly { readonly name: string; readonly declared: Time; readonly ended: Time }[]
  readonly succeeded: number
  readonly failed: number
  readonly skipped: number
  readonly transfers: number
  /** Bytes fetched. */
  readonly moved: number
  /** How often a node was lost. */
  readonly losses: number
  /** How often a task was handed to a slot, and events in all. */
  readonly decisions: number
  readonly events: number
  /** Plans that were followed, if any were. */
  readonly plans: number
  /** Of all that happened to all tasks: equal for equal simulations. */
  readonly digest: string
}

/** Of a network whose speed nobody told: 125 MB/s. */
export const usualLink: Link = { bandwidth: 125_000, latency: 0 }
const YEAR = 365.25 * 86_400_000
const LONGEST = 100 * YEAR
/** Events between two calls of `onProgress`. */
const STRETCH = 20_000
/** Events that a task may take on average, and that any graph may. */
const EVENTS_A_TASK = 1000
const EVENTS = 1_000_000

/** @throws UserError when the graph cannot be carried out on these nodes, or not within the limits */
export async function simulate(graph: TaskGraph, options: SimulationOptions = {}): Promise<SimulationResult> {
  const nodes = options.nodes ?? (graph.of ? nodesOf(graph.of.problem) : [])
  const link = options.link ?? graph.of?.problem.link ?? usualLink
  const exact = (options.knowledge ?? 'exact') === 'exact'
  // Who leaves the choice to others has these tried.
  const delegates = policies.some((one) => one.name === options.policy && one.delegates === true)
  if (exact && delegates) return { ...(await simulate(graph, { ...options, policy: await rolledForward(graph, { ...options, nodes, link }) })), policy: options.policy! }
  const simulation = new Simulation(graph, { ...options, nodes, link, replans: (policy) => isPlanner(policy) && (!exact || policy === 'adaptive') })
  simulation.begin()
  const plans = new Plans(simulation, graph, { ...options, nodes, link, exact })
  if (exact) {
    for (const policy of simulation.policies) if (isPlanner(policy) && policy !== 'adaptive') await plans.once(policy)
    // All that is there from the beginning is known from the beginning.
    for (const { policy } of simulation.replanner.due(simulation.state, Infinity)) await plans.anew(policy)
  }
  const most = options.limits?.events ?? Math.max(EVENTS, graph.count * EVENTS_A_TASK)
  const longest = options.limits?.time ?? LONGEST
  while (!simulation.ended) {
    const due = simulation.advance(STRETCH, longest)
    for (const policy of due) await plans.anew(policy)
    if (simulation.events > most) throw simulationTooLong(`${most.toLocaleString('en')} events`, simulation.settled, graph.count)
    if (simulation.nextTime > longest && !simulation.ended) throw simulationTooLong(`${longest >= YEAR ? `${Math.round(longest / YEAR)} years` : `${longest} ms`} of virtual time`, simulation.settled, graph.count)
    await options.onProgress?.(simulation.settled, graph.count)
  }
  return simulation.result()
}

function isPlanner(policy: string): boolean {
  return policies.some(({ name, plans }) => name === policy && plans === true)
}

type Settled = SimulationOptions & { readonly nodes: readonly NodeSpec[]; readonly link: Link }

/** The policy that does best where nothing unforeseen happens (rollout: see choose.ts). */
async function rolledForward(graph: TaskGraph, { nodes, link, seed, budget, plan }: Settled): Promise<string> {
  let [best, least] = ['', Infinity]
  for (const policy of candidates) {
    const { makespan } = await simulate(graph, { policy, nodes, link, ...(seed !== undefined && { seed }), ...(budget && { budget }), ...(plan && { plan }) })
    if (makespan < least) [best, least] = [policy, makespan]
  }
  return best
}
