/**
 * A cluster that executes no bodies: tasks take as long as such tasks were seen to take, on a virtual clock which is the
 * kernel's while this cluster is there. Results are `undefined`, and stay on simulated nodes, so that none outlives these: on another
 * cluster they are computed when somebody awaits them. Virtual time leaps from fact to fact, and stands while nothing is to do.
 */
import { performance } from 'node:perf_hooks'
import { sample, type Estimate, type Link, type NodeId, type NodeSpec, type RunId, type TaskId, type Time } from '../../scheduler/index.ts'
import { noiseOf, SimulatedCluster, uniform, type Bodies, type Fact, type Failures } from '../../simulator/index.ts'
import type { Wire } from '../../travel/declaration.ts'
import type { Assignment, Backend, BackendEvent, Capabilities, Input, RunContext, ValueRef } from '../backend.ts'
import type { KernelClock } from '../clock.ts'
import { valueGone } from '../../errors.ts'

export interface SimulatedOptions {
  readonly nodes: readonly NodeSpec[]
  readonly clock: KernelClock
  /** What is known of durations; those of other names last `duration` on average, ms. */
  readonly estimates: ReadonlyMap<string, Estimate>
  readonly duration: number
  readonly link: Link
  readonly failures?: Failures
  readonly seed: number
}

/** The kernel does other things after so many ms of simulating. */
const STRETCH = 8
/** A cluster that was idle begins so many ms after the first task came: what is declared together starts together. */
const TOGETHER = 20
/** Of durations of which nothing is known: about as much as the estimates take for granted. */
const SPREAD = 0.5

const capabilities: Capabilities = { cancel: 'native', timeout: 'native', resources: 'emulated', logs: 'refused', utilization: 'refused', transfer: 'emulated', recall: 'native' }

export function simulatedBackend(options: SimulatedOptions): Backend {
  return new SimulatedBackend(options)
}

interface Handed {
  readonly attempt: number
  readonly context: Context
  readonly inputs: readonly TaskId[]
}

interface Context {
  readonly name: string
  /** Results that all of its tasks read. */
  readonly common: readonly TaskId[]
}

class SimulatedBackend implements Backend {
  readonly kind = 'simulated'
  readonly capabilities = capabilities
  readonly simulated = true as const
  readonly #options: SimulatedOptions
  readonly #estimates: ReadonlyMap<string, Estimate>
  readonly #contexts = new Map<RunId, Context>()
  /** Tasks that slots were handed. */
  readonly #handed = new Map<TaskId, Handed>()
  /** Of results that exist. */
  readonly #sizes = new Map<TaskId, number>()
  #onEvents: (batch: readonly BackendEvent[]) => void = () => {}
  #cluster: SimulatedCluster | undefined
  #now: Time = 0
  #unfollow: () => void = () => {}
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined
  #idle = true
  /** While nodes are away and nothing runs, time goes on until these are back: something may wait for them. */
  #until: Time = -Infinity

  constructor(options: SimulatedOptions) {
    this.#options = options
    // What is learned from what was drawn here is no news.
    this.#estimates = new Map([...options.estimates].map(([name, estimate]) => [name, structuredClone(estimate)]))
  }

  open(onEvents: (batch: readonly BackendEvent[]) => void): Promise<void> {
    const { clock, nodes, link, failures, seed } = this.#options
    this.#now = clock.now()
    this.#onEvents = onEvents
    this.#unfollow = clock.follow({ now: () => this.#now, changed: () => this.#awake() })
    this.#cluster = new SimulatedCluster({ nodes, link, seed, bodies: this.#bodies(), time: this.#now, ...(failures && { failures }) })
    const joined: BackendEvent[] = []
    while (this.#cluster.nextTime <= this.#now) {
      const fact = this.#cluster.next()
      if (fact) joined.push(eventOf(fact))
    }
    onEvents(joined)
    return Promise.resolve()
  }

  close(): Promise<void> {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    this.#timer = this.#immediate = undefined
    this.#onEvents = () => {}
    this.#cluster = undefined
    this.#unfollow()
    return Promise.resolve()
  }

  // ── what it is told ──────────────────────────────────────────────────────────────────────────────────────

  prepare({ run, name, handles }: RunContext): void {
    const common = handles.flatMap(({ values }) => this.#references(values))
    this.#contexts.set(run, { name, common })
  }

  forget(run: RunId): void {
    this.#contexts.delete(run)
  }

  start(batch: readonly Assignment[]): void {
    for (const { run, node, slot, tasks, attempts, inputs } of batch) {
      const context = this.#contexts.get(run)
      if (!context) throw new Error(`run ${run} was started before it was prepared`)
      tasks.forEach((task, i) => this.#handed.set(task, { context, attempt: attempts[i]!, inputs: this.#references(inputs[i]!) }))
      this.#at()?.start(node, slot, tasks, attempts)
    }
    this.#awake()
  }

  recall(node: NodeId, slot: number, tasks: readonly TaskId[]): void {
    this.#at()?.recall(node, slot, tasks)
    this.#awake()
  }

  cancel(attempts: readonly { readonly task: TaskId; readonly attempt: number; readonly node: NodeId; readonly slot: number }[]): void {
    for (const { task, attempt, node, slot } of attempts) this.#at()?.cancel(task, attempt, node, slot)
    this.#awake()
  }

  read(ref: ValueRef): Promise<Wire> {
    return this.#sizes.has(ref.task) ? Promise.resolve(undefined) : Promise.reject(valueGone(ref.nodes))
  }

  release(tasks: readonly TaskId[]): void {
    this.#at()?.release(tasks)
    for (const task of tasks) this.#sizes.delete(task)
  }

  #at(): SimulatedCluster | undefined {
    this.#cluster?.pass(this.#now)
    return this.#cluster
  }

  /** What is read of nodes; the kernel's own values are there already. */
  #references(inputs: readonly Input[]): TaskId[] {
    return inputs.flatMap((input) => (typeof input === 'object' && input !== null && 'task' in input ? [input.task] : []))
  }

  // ── what tasks are like ──────────────────────────────────────────────────────────────────────────────────

  #bodies(): Bodies {
    const none: readonly TaskId[] = []
    return {
      duration: (task, attempt) => this.#duration(task, attempt),
      size: (task) => this.#size(task),
      inputs: (task) => this.#handed.get(task)?.inputs ?? none,
      common: (task) => {
        const common = this.#handed.get(task)?.context.common ?? none
        return common.length > 0 ? [common] : []
      },
    }
  }

  #duration(task: TaskId, attempt: number): number {
    const { seed, duration } = this.#options
    const handed = this.#handed.get(task)
    const estimate = handed && this.#estimates.get(handed.context.name)
    if (!estimate || estimate.weight === 0) return duration * noiseOf({ spread: SPREAD }, seed, task, attempt)
    const bytes = [...handed.inputs, ...handed.context.common].reduce((sum, input) => sum + this.#size(input), 0)
    return sample(estimate, bytes > 0 ? bytes : undefined, uniform(seed, task, attempt, 4))
  }

  #size(task: TaskId): number {
    const known = this.#sizes.get(task)
    if (known !== undefined) return known
    const handed = this.#handed.get(task)
    const size = Math.round((handed && this.#estimates.get(handed.context.name)?.size) ?? 0)
    if (handed) this.#sizes.set(task, size)
    return size
  }

  // ── time ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** There may be something to do. */
  #awake(): void {
    if (this.#timer || this.#immediate || !this.#cluster || this.#options.clock.held) return
    if (this.#nextTime() === Infinity) return void (this.#idle = true)
    if (!this.#idle) return void (this.#immediate = setImmediate(() => this.#goOn()))
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#idle = false
      this.#goOn()
    }, TOGETHER)
  }

  /** Virtual time at which something happens that matters to anybody; Infinity: the clock stands. */
  #nextTime(): Time {
    const cluster = this.#cluster!
    const alarm = this.#options.clock.nextAlarm
    const next = cluster.nextTime
    if (cluster.busySlots > 0 || next <= this.#now || next <= this.#until) return Math.min(next, alarm)
    return alarm < Infinity ? Math.min(next, alarm) : Infinity
  }

  #goOn(): void {
    this.#immediate = undefined
    const began = performance.now()
    do {
      if (!this.#cluster || this.#options.clock.held) return
      const time = this.#nextTime()
      if (time === Infinity) break
      this.#leap(this.#cluster, time)
    } while (performance.now() - began < STRETCH)
    this.#awake()
  }

  #leap(cluster: SimulatedCluster, time: Time): void {
    const wasBusy = cluster.busySlots > 0
    this.#now = Math.max(this.#now, time)
    // Facts before alarms: what ended in time has not timed out.
    if (cluster.nextTime <= time) {
      const fact = cluster.next()
      if (fact) this.#tell(fact)
    } else this.#options.clock.ring()
    if (wasBusy && this.#cluster === cluster && cluster.busySlots === 0) this.#until = cluster.absentUntil
  }

  #tell(fact: Fact): void {
    if (fact.type === 'TasksFinished') for (const { task, attempt, ok } of fact.outcomes) this.#finished(task, attempt, ok)
    this.#onEvents([eventOf(fact)])
  }

  #finished(task: TaskId, attempt: number, ok: boolean): void {
    if (ok) this.#size(task)
    // It may have been handed over again before the end of an earlier attempt is told.
    if (this.#handed.get(task)?.attempt === attempt) this.#handed.delete(task)
  }
}

function eventOf(fact: Fact): BackendEvent {
  switch (fact.type) {
    case 'NodeJoined':
      return { type: 'node-joined', node: fact.node }
    case 'NodeLost':
      return { type: 'node-lost', node: fact.node, reason: fact.reason }
    case 'TasksFinished':
      return { type: 'finished', node: fact.node, slot: fact.slot, outcomes: fact.outcomes.map((outcome) => ({ ...outcome, drawn: true })) }
    case 'TasksReturned':
      return { type: 'returned', node: fact.node, slot: fact.slot, tasks: fact.tasks }
    case 'ValueCopied':
      return { type: 'copied', task: fact.task, node: fact.node as NodeId }
    case 'ValueLost':
      return { type: 'value-lost', task: fact.task }
  }
}
