/** One simulation, step by step: the scheduler's state, the model of the cluster, and what is recorded of both. */
import { cannotEverRun, simulationStuck } from '../errors.ts'
import {
  addPolicy, checkInvariants, createState, nextDeadline, satisfiable, transition,
  type Command, type Event, type Link, type NodeSpec, type State, type TaskId, type Time,
} from '../scheduler/index.ts'
import { SimulatedCluster } from './cluster.ts'
import { bodiesOf, estimatesOf, type TaskGraph } from './graph.ts'
import { Replanner } from './replan.ts'
import type { SimulationOptions, SimulationResult } from './simulate.ts'

export interface Surroundings extends Omit<SimulationOptions, 'nodes' | 'link'> {
  readonly nodes: readonly NodeSpec[]
  readonly link: Link
  /** Whether plans for this policy are made as time goes on. */
  readonly replans: (policy: string) => boolean
}

export class Simulation {
  readonly state: State
  readonly replanner: Replanner
  readonly #graph: TaskGraph
  readonly #options: Surroundings
  readonly #cluster: SimulatedCluster
  #declared = 0
  #time: Time = 0
  #settled = 0
  readonly #isSettled: Uint8Array
  #events = 0
  #decisions = 0
  #plans = 0
  readonly #node: Int32Array
  readonly #slot: Int32Array
  readonly #start: Float64Array
  readonly #began: Float64Array
  readonly #end: Float64Array
  readonly #numbers: ReadonlyMap<string, number>
  readonly #digest = new Digest()

  constructor(graph: TaskGraph, options: Surroundings) {
    const { nodes, link, policy, seed = 0, noise = {}, failures, outages, inKernel, knowledge = 'exact' } = options
    this.#graph = graph
    this.#options = options
    this.state = createState({ ...(policy !== undefined && { policy }), seed, link, estimates: knowledge === 'exact' ? estimatesOf(graph) : knowledge })
    for (const one of options.policies ?? []) addPolicy(this.state, one)
    this.replanner = new Replanner({ plans: options.replans, adapts: (name) => name === 'adaptive' })
    this.#cluster = new SimulatedCluster({
      nodes, link, seed, bodies: bodiesOf(graph, noise, seed), ...(failures && { failures }), ...(outages && { outages }), ...(inKernel !== undefined && { inKernel }),
    })
    this.#numbers = new Map(nodes.map(({ id }, number) => [id, number]))
    this.#isSettled = new Uint8Array(graph.count)
    this.#node = new Int32Array(graph.count).fill(-1)
    this.#slot = new Int32Array(graph.count).fill(-1)
    this.#start = new Float64Array(graph.count).fill(NaN)
    this.#began = new Float64Array(graph.count).fill(NaN)
    this.#end = new Float64Array(graph.count).fill(NaN)
  }

  get time(): Time {
    return this.#time
  }

  /** Tasks that have ended once. */
  get settled(): number {
    return this.#settled
  }

  get ended(): boolean {
    return this.#settled === this.#graph.count
  }

  get events(): number {
    return this.#events
  }

  /** The policies of all runs. */
  get policies(): readonly string[] {
    return [...new Set(this.#graph.runs.map(({ spec }) => spec.policy ?? this.state.policy))]
  }

  /** Brings everything up to where the first task could start: all nodes join, then the first runs are declared. @throws UserError */
  begin(): void {
    for (let fact = this.#cluster.next(); fact; fact = this.#cluster.nextTime <= 0 ? this.#cluster.next() : undefined) this.#send(fact)
    for (const { spec } of this.#graph.runs) {
      const refused = satisfiable(this.state, spec)
      if (refused) throw cannotEverRun(spec.name, refused.reason)
    }
    this.#declareUntil(0)
  }

  /** When something happens next; Infinity: never. */
  get nextTime(): Time {
    const run = this.#graph.runs[this.#declared]
    const next = Math.min(this.#cluster.nextTime, nextDeadline(this.state) ?? Infinity, run?.at ?? Infinity, this.replanner.nextTime)
    return Math.max(next, this.#time)
  }

  /** Goes on for so many events, to this time, to the end, or until plans are due: for these policies. @throws UserError when nothing can happen any more */
  advance(events: number, until: Time): string[] {
    const most = this.#events + events
    while (this.#events < most && !this.ended) {
      const time = this.nextTime
      if (time > until && time < Infinity) return []
      if (time === Infinity) throw this.#stuck()
      this.#time = time
      if (this.#cluster.nextTime <= time) {
        const fact = this.#cluster.next()
        if (fact) this.#send(fact)
      } else if ((this.#graph.runs[this.#declared]?.at ?? Infinity) <= time) this.#declareUntil(time)
      else if ((nextDeadline(this.state) ?? Infinity) <= time) this.#send({ type: 'TimePassed', time })
      if (this.replanner.nextTime > this.#time) continue
      const due = this.replanner.due(this.state, this.#time)
      if (due.length > 0) return due.map(({ policy }) => policy)
    }
    return []
  }

  plan(event: Extract<Event, { readonly type: 'Planned' }>): void {
    this.#plans++
    this.#send(event)
  }

  /** What arrives at the same time is known together: the order of its first tasks is the policy's. */
  #declareUntil(time: Time): void {
    const { runs } = this.#graph
    const from = this.#declared
    while (this.#declared < runs.length && runs[this.#declared]!.at <= time) this.#declared++
    const due = runs.slice(from, this.#declared).map(({ spec, dependencies }) => ({ run: spec, dependencies }))
    if (due.length > 0) this.#send({ type: 'RunsDeclared', time, runs: due })
  }

  #stuck(): Error {
    const run = this.#graph.runs.find(({ spec }) => this.state.unfinished(spec.id) > 0)
    return simulationStuck(this.#graph.count - this.#settled, run?.spec.name ?? '')
  }

  #send(event: Event): void {
    this.#events++
    if (event.type === 'TasksFinished') this.#record(event)
    const commands = transition(this.state, event)
    for (const command of commands) this.#obey(command, event.time)
    if (this.#options.checked) checkInvariants(this.state)
    this.replanner.told(this.state, event)
    this.#options.onEvent?.(event, this.state)
  }

  #obey(command: Command, time: Time): void {
    if (command.type === 'StartTasks') this.#decisions += command.tasks.length
    else if (command.type === 'TasksSettled') for (const task of command.tasks) this.#settle(task, time)
    this.#cluster.obey(command, time)
  }

  #settle(task: TaskId, time: Time): void {
    if (this.#isSettled[task] === 1) return
    this.#isSettled[task] = 1
    this.#settled++
    if (this.state.stateName(task) !== 'succeeded') this.#end[task] = time
  }

  #record({ node, slot, outcomes }: Extract<Event, { readonly type: 'TasksFinished' }>): void {
    const number = this.#numbers.get(node)!
    for (const { task, attempt, began, ended, ok } of outcomes) {
      this.#digest.add(task, attempt, number, slot, began, ended, ok ? 1 : 0)
      // The first result counts; one that was lost and made again does not change when the task first ended.
      if (!ok || this.#isSettled[task] === 1) continue
      this.#node[task] = number
      this.#slot[task] = slot
      this.#start[task] = this.#cluster.takenAt(task)
      this.#began[task] = began
      this.#end[task] = ended
    }
  }

  result(): SimulationResult {
    const nodes = this.#cluster.use()
    const capacity = nodes.reduce((sum, { slots, alive }) => sum + slots * alive, 0)
    const busy = nodes.reduce((sum, { running, fetching }) => sum + running + fetching, 0)
    const { transfers, bytes, losses } = this.#cluster.moved
    const counts = this.#counts()
    const runs = this.#graph.runs.map(({ spec, at }) => ({ name: spec.name, declared: at, ended: latest(this.#end, spec.first, spec.first + spec.count, at) }))
    return {
      policy: this.state.policy, makespan: latest(this.#end, 0, this.#end.length, 0), utilization: capacity > 0 ? busy / capacity : 0, nodes,
      node: this.#node, slot: this.#slot, start: this.#start, began: this.#began, end: this.#end, runs, ...counts,
      transfers, moved: bytes, losses, decisions: this.#decisions, events: this.#events, plans: this.#plans, digest: this.#digest.text,
    }
  }

  #counts(): { succeeded: number; failed: number; skipped: number } {
    const counts = { succeeded: 0, failed: 0, skipped: 0 }
    for (let task = 0; task < this.#graph.count; task++) {
      const name = this.state.stateName(task)
      // A result that was lost after the task had ended is being made again.
      if (name === 'failed' || name === 'skipped') counts[name]++
      else counts.succeeded++
    }
    return counts
  }
}

function latest(ends: Float64Array, from: number, to: number, least: Time): Time {
  let time = least
  for (let task = from; task < to; task++) if (ends[task]! > time) time = ends[task]!
  return time
}

/** FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo, 1991), twice, over the bits of numbers. */
class Digest {
  readonly #number = new Float64Array(1)
  readonly #words = new Int32Array(this.#number.buffer)
  #a = 0x811c9dc5
  #b = 0x050c5d1f

  add(...numbers: readonly number[]): void {
    for (const number of numbers) {
      this.#number[0] = number
      for (const word of this.#words) {
        this.#a = Math.imul(this.#a ^ word, 0x01000193)
        this.#b = Math.imul(this.#b ^ (word >>> 15) ^ word, 0x85ebca6b)
      }
    }
  }

  get text(): string {
    return [this.#a, this.#b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }
}
