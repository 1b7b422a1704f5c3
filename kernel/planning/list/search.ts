import { lowerBound } from '../bounds.ts'
import type { Budget, Plan, Problem } from '../problem.ts'
import { Random } from '../random.ts'
import { Decoder } from './decode.ts'
import { Graph } from './graph.ts'
import { listOrder } from './order.ts'
import { optimisticCosts, upwardRank } from './rank.ts'

/** A list schedule before it is decoded: what all searches in this folder vary. */
export interface Encoding {
  /** Of two tasks that could be placed next, the one with the greater key is. */
  readonly keys: Float64Array
  /** The node of each task; -1: the one where it ends first. */
  readonly choice: Int32Array
}

/** Decodings of tasks on nodes that a search without limits may do, and how many schedules at most. */
const EFFORT = 40_000_000
const SCHEDULES = 20_000

/** What every search shares: the decoder, the budget, the seeds it begins with, and the best plan so far. */
export class Search {
  readonly graph: Graph
  readonly decoder: Decoder
  readonly random: Random
  readonly bound: number
  readonly #budget: Budget
  readonly #schedules: number
  readonly #began: number
  #best: Plan | undefined
  #bestEncoding: Encoding | undefined
  #stopped = false
  /** Work other than decoding, in schedules. */
  #spent = 0
  /** Where the present phase began and ends, as progress. */
  #since = 0
  #until = 1

  constructor(problem: Problem, budget: Budget) {
    this.graph = new Graph(problem)
    this.decoder = new Decoder(this.graph)
    this.random = new Random(budget.seed ?? 0)
    this.bound = lowerBound(problem)
    this.#budget = budget
    const affordable = Math.max(2, Math.ceil(EFFORT / Math.max(1, problem.count * problem.nodes.length)))
    this.#schedules = budget.schedules ?? (budget.time === undefined ? Math.min(SCHEDULES, affordable) : Infinity)
    this.#began = budget.clock?.() ?? 0
  }

  /** Decodes; keeps the best. Returns the makespan. */
  evaluate(encoding: Encoding): number {
    const makespan = this.decoder.decode(listOrder(this.graph, encoding.keys), encoding.choice)
    if (this.#best && makespan >= this.#best.makespan) return makespan
    this.#best = this.decoder.plan()
    this.#bestEncoding = copyOf(encoding)
    return makespan
  }

  /** Another way to schedules has found one; kept if it is the best. */
  found({ node, start, makespan }: Pick<Plan, 'node' | 'start' | 'makespan'>): void {
    if (this.#best && makespan >= this.#best.makespan) return
    this.#best = { node: node.slice(), start: start.slice(), makespan, schedules: 0 }
    this.#bestEncoding = { keys: start.map(each => -each), choice: node.slice() }
  }

  /** Another planner may spend what is left of the present phase; its plan is kept if it is the best. */
  delegate(plan: (budget: Budget) => Plan): void {
    const { time, schedules, ...budget } = this.#budget
    const share = Math.max(0, this.#until - this.progress)
    const found = plan({
      ...budget,
      ...(time !== undefined && { time: time * share }),
      ...(Number.isFinite(this.#schedules) && { schedules: Math.max(1, Math.floor(Math.min(this.left, this.#schedules * share))) }),
    })
    this.spend(found.schedules)
    this.found(found)
  }

  /** Work as of so many schedules was done without the decoder. */
  spend(schedules: number): void {
    this.#spent += schedules
  }

  get #used(): number {
    return this.decoder.schedules + this.#spent
  }

  /** Schedules that the budget still allows. */
  get left(): number {
    return this.#schedules - this.#used
  }

  /** What `work` may spend ends at this share of the budget; it asks `over` as if that were all. */
  phase(until: number, work: (search: Search) => void): void {
    this.#since = this.progress
    this.#until = until
    if (!this.over) work(this)
    this.#until = 1
  }

  /** The budget is spent, the search was cancelled, or the best plan is proven to be best. */
  get over(): boolean {
    if (this.#stopped || this.#best === undefined) return this.#stopped
    const proven = this.#best.makespan <= this.bound * (1 + 1e-12)
    const { progress } = this
    this.#stopped = proven || progress >= 1 || this.left < 1 || this.#budget.cancelled?.() === true
    return this.#stopped || progress >= this.#until
  }

  /** How much of the budget is spent, 0 to 1. */
  get progress(): number {
    const { time, clock } = this.#budget
    const byTime = time !== undefined && clock ? (clock() - this.#began) / time : 0
    return Math.max(byTime, this.#used / this.#schedules)
  }

  /** How much of the present phase is over, 0 to 1. */
  get phaseProgress(): number {
    return Math.min(1, (this.progress - this.#since) / Math.max(1e-9, this.#until - this.#since))
  }

  /** Best plan, and how it is encoded. */
  get best(): { readonly plan: Plan; readonly encoding: Encoding } {
    return { plan: { ...this.#best!, schedules: Math.ceil(this.#used) }, encoding: this.#bestEncoding! }
  }

  /** HEFT's and PEFT's schedules as encodings, evaluated: no search ends with worse. */
  seeds(): Encoding[] {
    const { graph } = this
    const heft: Encoding = { keys: upwardRank(graph), choice: new Int32Array(graph.count).fill(-1) }
    this.evaluate(heft)
    if (this.over) return [heft]
    return [heft, this.#peft()]
  }

  #peft(): Encoding {
    const { graph, decoder } = this
    const table = optimisticCosts(graph)
    const keys = new Float64Array(graph.count)
    for (let i = 0; i < graph.count; i++) for (let n = 0; n < graph.nodes; n++) keys[i]! += table[i * graph.nodes + n]! / graph.nodes
    const makespan = decoder.decode(listOrder(graph, keys), undefined, table)
    const encoding: Encoding = { keys, choice: decoder.node.slice() }
    if (makespan < this.#best!.makespan) {
      this.#best = decoder.plan()
      this.#bestEncoding = copyOf(encoding)
    }
    return encoding
  }

  /** A node on which the task may run, at random; or -1 with a chance of one in three. */
  randomChoice(task: number): number {
    if (this.random.below(3) === 0) return -1
    for (let tries = 0; tries < 8; tries++) {
      const node = this.random.below(this.graph.nodes)
      if (this.graph.canRun(task, node)) return node
    }
    return -1
  }
}

export function copyOf({ keys, choice }: Encoding): Encoding {
  return { keys: keys.slice(), choice: choice.slice() }
}

/** The same lists with the tasks' places in them as keys: n for the first, 1 for the last. */
export function positions(graph: Graph, keys: Float64Array): Float64Array {
  const places = new Float64Array(graph.count)
  listOrder(graph, keys).forEach((task, at) => (places[task] = graph.count - at))
  return places
}
