/** `cluster` in cells: placement policies of the user's own, and plans and simulations of graphs that a cell describes. */
import { badGraph, badOption, badPolicyName, builtInPolicy, plural, policyTakesResults, policyWithoutFunction, unknownOption, unknownPolicy, UserError } from '../errors.ts'
import type { Body } from '../travel/capture.ts'
import type { KnownPolicy } from '../travel/declaration.ts'
import { parseDuration } from '../travel/options.ts'
import { namedProblem, type NamedProblem } from './cluster-api-graph.ts'
import { comparison, planOutcome, type Experiment, type PlanResult, type SimulationRow } from './cluster-api-outcome.ts'
import { Interrupted, type Execution } from './context.ts'
import type { FromSession, ToSession } from './messages.ts'

interface Surroundings {
  send(message: FromSession): void
  /** The calling execution; throws when it was interrupted. */
  alive(): Execution | undefined
  /** @throws UserError when the function cannot travel */
  capture(body: unknown, what: string): Body
  /** Those that the kernel knows as this session begins. */
  readonly policies: readonly KnownPolicy[]
}

interface Waiting {
  readonly execution: Execution | undefined
  resolve(experiment: Experiment): void
  reject(error: Error): void
}

type Fields = Readonly<Record<string, unknown>>

const longestAnswer = 60_000
const policyOptions = ['about', 'timeout', 'seed']
const planOptions = ['policy', 'nodes', 'link', 'seed', 'schedules', 'seconds']
const simulateOptions = ['policies', 'nodes', 'link', 'seed', 'failures', 'schedules', 'seconds']

export class ClusterApi {
  readonly #around: Surroundings
  readonly #known: Map<string, KnownPolicy>
  readonly #waiting = new Map<number, Waiting>()
  #asked = 0

  constructor(around: Surroundings) {
    this.#around = around
    this.#known = new Map(around.policies.map((one) => [one.name, one]))
  }

  /** What cells see. */
  readonly api = Object.freeze({
    policy: (...given: unknown[]): object => this.#policy(given),
    plan: (graph: unknown, options?: unknown): Promise<PlanResult> => this.#plan(graph, options),
    simulate: (graph: unknown, options?: unknown): Promise<SimulationRow[]> => this.#simulate(graph, options),
  })

  receive({ id, outcome, shown, error }: Extract<ToSession, { type: 'experimented' }>): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error) waiting?.reject(new UserError(error.code, error.message))
    else waiting?.resolve({ outcome, shown: shown! })
  }

  /** What an interrupted cell asked for is not made to its end. */
  abandoned(execution: Execution | undefined): void {
    const dropped = [...this.#waiting].filter(([, waiting]) => waiting.execution === execution)
    for (const [id, waiting] of dropped) {
      this.#waiting.delete(id)
      waiting.reject(new Interrupted())
    }
    if (dropped.length > 0) this.#around.send({ type: 'experiments-dropped', ids: dropped.map(([id]) => id) })
  }

  // ── policies ─────────────────────────────────────────────────────────────────────────────────────────────

  #policy([name, policy, given]: readonly unknown[]): object {
    const execution = this.#around.alive()
    if (typeof name !== 'string' || !/^[\p{L}_][\p{L}\p{N}_-]{0,59}$/u.test(name)) throw badPolicyName(shown(name))
    const known = this.#known.get(name)
    if (policy === undefined && given === undefined) {
      if (!known) throw unknownPolicy(name, [...this.#known.keys()])
      return this.#described(known)
    }
    if (known && !known.own) throw builtInPolicy(name)
    if (typeof policy !== 'function') throw policyWithoutFunction(name, shown(policy))
    const { about = '', timeout, seed } = optionsOf(given, policyOptions, 'cluster.policy')
    if (typeof about !== 'string') throw badOption('about', shown(about), 'a line of text')
    const limit = timeout === undefined ? undefined : timeoutOf(timeout)
    const { bundle, digest, handles } = this.#around.capture(policy, `the policy ${name}`)
    if (handles.length > 0) throw policyTakesResults(name)
    this.#around.send({
      type: 'policy',
      policy: {
        name, bundle, digest, cell: execution?.id ?? '',
        ...(about !== '' && { about: about.slice(0, 200) }),
        ...(limit !== undefined && { timeout: limit }),
        ...(seed !== undefined && { seed: whole(seed, 'seed', 0) }),
      },
    })
    const own: KnownPolicy = { name, about, own: true }
    this.#known.set(name, own)
    return this.#described(own)
  }

  #described({ name, about, own }: KnownPolicy): object {
    const text = own
      ? `policy ${name}${about === '' ? '' : `: ${about}`}\n%policy ${name} chooses it for runs to come, --policy ${name} for one.`
      : `policy ${name}: ${about}`
    const described = { name, about, own }
    if (own) Object.defineProperty(described, 'remove', { value: () => this.#remove(name) })
    Object.defineProperty(described, Symbol.for('Jupyter.display'), { value: () => ({ 'text/plain': text }) })
    return Object.freeze(described)
  }

  #remove(name: string): void {
    if (this.#known.get(name)?.own !== true) return
    this.#known.delete(name)
    this.#around.send({ type: 'policy-removed', name })
  }

  // ── plans and simulations ────────────────────────────────────────────────────────────────────────────────

  async #plan(graph: unknown, given: unknown): Promise<PlanResult> {
    const options = optionsOf(given, planOptions, 'cluster.plan')
    const { policy = 'genetic' } = options
    if (typeof policy !== 'string') throw badOption('policy', shown(policy), 'the name of a policy that plans')
    const named = namedProblem(graph, options['nodes'], options['link'])
    return planOutcome(await this.#ask({ kind: 'plan', problem: named.problem, names: named.names, policy, ...budgetOf(options) }), named)
  }

  async #simulate(graph: unknown, given: unknown): Promise<SimulationRow[]> {
    const options = optionsOf(given, simulateOptions, 'cluster.simulate')
    const { policies = ['critical-path'] } = options
    const list = typeof policies === 'string' ? policies.split(',').map((one) => one.trim()) : policies
    if (!Array.isArray(list) || list.length === 0 || list.length > 50 || !list.every((one) => typeof one === 'string')) {
      throw badOption('policies', shown(policies), "names of policies, such as ['fifo', 'heft']")
    }
    const own = list.find((name) => this.#known.get(name)?.own)
    if (own !== undefined) throw badOption('policies', own, 'policies of Sluice; those of cells place live tasks only')
    const named = namedProblem(graph, options['nodes'], options['link'])
    const failures = failuresOf(options['failures'], named)
    return comparison(await this.#ask({ kind: 'simulate', problem: named.problem, names: named.names, policies: list, failures, ...budgetOf(options) }), named)
  }

  #ask(question: unknown): Promise<Experiment> {
    const execution = this.#around.alive()
    const id = ++this.#asked
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { execution, resolve, reject })
      this.#around.send({ type: 'experiment', id, question })
    })
  }
}

/** What a planner may spend. */
function budgetOf({ seed, schedules, seconds }: Fields): { seed: number; schedules?: number; time?: number } {
  if (seconds !== undefined && !(typeof seconds === 'number' && seconds > 0 && seconds <= 3600)) throw badOption('seconds', shown(seconds), 'a number above 0, at most 3600')
  return {
    seed: seed === undefined ? 0 : whole(seed, 'seed', 0),
    ...(schedules !== undefined && { schedules: whole(schedules, 'schedules', 1) }),
    ...(typeof seconds === 'number' && { time: seconds * 1000 }),
  }
}

/** Nodes that are lost, and when, ms. */
function failuresOf(given: unknown, { problem }: NamedProblem): { node: number; at: number; back?: number }[] {
  if (given === undefined) return []
  if (!Array.isArray(given) || given.length > 10_000) throw badOption('failures', shown(given), 'an array such as [{ node, at, back }]')
  return given.map((one: unknown, i) => {
    const where = `failures[${i}]`
    if (typeof one !== 'object' || one === null) throw badGraph(`${where} is ${shown(one)}; it takes { node, at, back }: a node's name, and ms`)
    const { node, at, back } = one as Fields
    const number = problem.nodes.findIndex(({ name }) => name === node)
    if (number < 0) throw badGraph(`${where}: node is ${shown(node)}, which is none of the ${plural(problem.nodes.length, 'node')}`)
    if (!(typeof at === 'number' && at >= 0 && at < Infinity)) throw badGraph(`${where}: at is ${shown(at)}; it takes ms, 0 or more`)
    if (back !== undefined && !(typeof back === 'number' && back > at && back < Infinity)) throw badGraph(`${where}: back is ${shown(back)}; it takes ms, more than at`)
    return { node: number, at, ...(typeof back === 'number' && { back }) }
  })
}

function optionsOf(given: unknown, known: readonly string[], caller: string): Fields {
  if (given === undefined) return {}
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw badOption('options', shown(given), `an object, e.g. { ${known[0]!}: … }`)
  for (const key of Object.keys(given)) if (!known.includes(key)) throw unknownOption(key, caller, known)
  return given as Fields
}

function timeoutOf(given: unknown): number {
  if (typeof given !== 'string' && typeof given !== 'number') throw badOption('timeout', shown(given), 'a duration such as 500ms')
  const limit = parseDuration(given, 'timeout')
  if (!(limit >= 1 && limit <= longestAnswer)) throw badOption('timeout', shown(given), 'a duration from 1ms to 60s')
  return limit
}

function whole(value: unknown, option: string, least: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) throw badOption(option, shown(value), `a whole number, ${least} or more`)
  return value
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' && value !== null ? (Array.isArray(value) ? 'an array' : 'an object') : String(value)
}
