/**
 * A model of a cluster on a virtual clock: nodes with slots that execute their queues in order, results that stay where they
 * were made and are fetched before a body that reads them runs, nodes that die and come back. It is commanded as a real one
 * is and answers with the same facts; it says when the next is due, and never asks what time it is.
 */
import type { Command, Link, NodeId, NodeSpec, Outcome, TaskId, Time, Event } from '../scheduler/index.ts'
import { uniform, weibull } from './cluster-chance.ts'
import { EventHeap } from './cluster-heap.ts'
import { Values } from './cluster-values.ts'

/** What a cluster can tell. */
export type Fact = Extract<Event, { readonly type: 'NodeJoined' | 'NodeLost' | 'TasksFinished' | 'TasksReturned' | 'ValueCopied' | 'ValueLost' }>

/** What tasks are like. Each answer depends on its arguments alone, and so not on what happened before. */
export interface Bodies {
  /** ms on a node of speed 1. */
  duration(task: TaskId, attempt: number): number
  /** Bytes of its result. */
  size(task: TaskId): number
  /** The tasks whose results it reads by itself; and lists of those that many tasks read alike, the same array each time. */
  inputs(task: TaskId): ArrayLike<TaskId>
  common?(task: TaskId): readonly ArrayLike<TaskId>[]
  /** After which share of its duration this attempt throws, if it does. */
  fails?(task: TaskId, attempt: number): number | undefined
}

/** How nodes die: after a time from a Weibull distribution, by which failures of computers are described best (B. Schroeder, G. A. Gibson, IEEE TDSC 2010). */
export interface Failures {
  /** Mean time between failures of one node, ms. */
  readonly mtbf: number
  /** 1 (the default): exponential. */
  readonly shape?: number
  /** ms until it is back; absent: 60 s. */
  readonly repair?: number
}

/** A node that is lost at a known time. */
export interface Outage {
  /** Its number. */
  readonly node: number
  readonly at: Time
  /** Absent: it does not come back. */
  readonly back?: Time
}

export interface ClusterOptions {
  readonly nodes: readonly NodeSpec[]
  readonly link: Link
  readonly bodies: Bodies
  readonly seed: number
  readonly failures?: Failures
  readonly outages?: readonly Outage[]
  /** Results of at most so many bytes go to the kernel at once, from where every node has them in no time; absent: none. */
  readonly inKernel?: number
  /** What the clock shows at first. */
  readonly time?: Time
}

/** Of one node, in ms of its slots' time but for the first. */
export interface NodeUse {
  readonly id: NodeId
  readonly slots: number
  readonly speed: number
  /** How long it was there. */
  readonly alive: number
  /** Executing bodies, and fetching what these read. */
  readonly running: number
  readonly fetching: number
  /** What of both went into attempts that gave no result. */
  readonly wasted: number
}

const IDLE = 0
const FETCHING = 1
const RUNNING = 2
const REPAIR = 60_000
/** Stamp of what happens whatever happened before. */
const OUTAGE = -1

export class SimulatedCluster {
  readonly #options: ClusterOptions
  readonly #nodes: readonly NodeSpec[]
  readonly #numbers: ReadonlyMap<NodeId, number>
  readonly #heap = new EventHeap()
  /** Facts of the present moment that have not been told. */
  #told: Fact[] = []
  #untold = 0
  #time: Time
  readonly #values: Values

  // Of nodes, by number.
  readonly #alive: Uint8Array
  readonly #lives: Int32Array
  /** When those that are away come back. */
  readonly #back: Float64Array
  readonly #since: Float64Array
  readonly #aliveFor: Float64Array
  readonly #running: Float64Array
  readonly #fetching: Float64Array
  readonly #wasted: Float64Array
  readonly #firstSlot: Int32Array

  // Of slots, by number over all nodes.
  readonly #nodeOf: Int32Array
  readonly #phase: Uint8Array
  /** What the heap says of a slot holds only while this is what it was. */
  readonly #stamps: Int32Array
  readonly #taken: Float64Array
  readonly #began: Float64Array
  readonly #tasks: number[][] = []
  readonly #attempts: number[][] = []
  /** Inputs that it fetches. */
  readonly #wanted: (TaskId[] | undefined)[] = []
  #busy = 0
  #absent = 0
  #transfers = 0
  #bytes = 0
  #losses = 0

  constructor(options: ClusterOptions) {
    const { nodes, time = 0 } = options
    this.#options = options
    this.#nodes = nodes
    this.#numbers = new Map(nodes.map(({ id }, number) => [id, number]))
    this.#time = time
    this.#values = new Values(nodes.length)
    this.#alive = new Uint8Array(nodes.length)
    this.#lives = new Int32Array(nodes.length)
    this.#back = new Float64Array(nodes.length).fill(-Infinity)
    this.#since = new Float64Array(nodes.length)
    this.#aliveFor = new Float64Array(nodes.length)
    this.#running = new Float64Array(nodes.length)
    this.#fetching = new Float64Array(nodes.length)
    this.#wasted = new Float64Array(nodes.length)
    this.#firstSlot = new Int32Array(nodes.length + 1)
    nodes.forEach(({ slots }, n) => (this.#firstSlot[n + 1] = this.#firstSlot[n]! + slots))
    const slots = this.#firstSlot[nodes.length]!
    this.#nodeOf = new Int32Array(slots)
    nodes.forEach((_, n) => this.#nodeOf.fill(n, this.#firstSlot[n]!, this.#firstSlot[n + 1]!))
    this.#phase = new Uint8Array(slots)
    this.#stamps = new Int32Array(slots)
    this.#taken = new Float64Array(slots)
    this.#began = new Float64Array(slots)
    for (let slot = 0; slot < slots; slot++) {
      this.#tasks.push([])
      this.#attempts.push([])
      this.#wanted.push(undefined)
    }
    for (let n = 0; n < nodes.length; n++) this.#join(n)
    options.outages?.forEach(({ at }, number) => this.#heap.push(time + at, -1 - number, OUTAGE))
  }

  // ── time ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Of the latest fact or command. */
  get time(): Time {
    return this.#time
  }

  /** When the next fact is due; Infinity: never, unless it is commanded. */
  get nextTime(): Time {
    if (this.#untold < this.#told.length) return this.#time
    const heap = this.#heap
    while (heap.length > 0 && heap.stamp !== OUTAGE && heap.stamp !== (heap.subject < 0 ? this.#lives[-1 - heap.subject] : this.#stamps[heap.subject])) heap.pop()
    return heap.time
  }

  /** Slots with something to do. */
  get busySlots(): number {
    return this.#busy
  }

  /** When the last of the nodes that are away now is back; -Infinity: none is away, or comes back. */
  get absentUntil(): Time {
    let until = -Infinity
    if (this.#absent > 0) for (const time of this.#back) if (time < Infinity) until = Math.max(until, time)
    return until
  }

  /** Goes on to the next thing that happens and tells what that is; not all that happens is told. */
  next(): Fact | undefined {
    if (this.#untold === this.#told.length && this.nextTime < Infinity) this.#happen()
    if (this.#untold === this.#told.length) return undefined
    const fact = this.#told[this.#untold++]
    if (this.#untold === this.#told.length) {
      this.#told.length = 0
      this.#untold = 0
    }
    return fact
  }

  /** Time passes, up to `nextTime` at most, without anything happening. */
  pass(time: Time): void {
    this.#time = Math.max(this.#time, time)
  }

  #happen(): void {
    const { time, subject, stamp } = this.#heap
    this.#heap.pop()
    this.#time = Math.max(this.#time, time)
    if (stamp === OUTAGE) this.#suffer(this.#options.outages![-1 - subject]!)
    else if (subject < 0) {
      const node = -1 - subject
      if (this.#alive[node] === 1) this.#lose(node, this.#options.failures?.repair ?? REPAIR)
      else this.#join(node)
    } else if (this.#phase[subject] === FETCHING) this.#fetched(subject)
    else this.#ended(subject)
  }

  #tell(fact: Fact): void {
    this.#told.push(fact)
  }

  // ── nodes ────────────────────────────────────────────────────────────────────────────────────────────────

  #join(node: number): void {
    const { failures, seed } = this.#options
    const life = ++this.#lives[node]!
    if (life > 1) this.#absent--
    this.#alive[node] = 1
    this.#back[node] = -Infinity
    this.#since[node] = this.#time
    if (failures) this.#heap.push(this.#time + weibull(uniform(seed, node, life, 11), failures.shape ?? 1, failures.mtbf), -1 - node, life)
    this.#tell({ type: 'NodeJoined', time: this.#time, node: this.#nodes[node]! })
  }

  #suffer({ node, at, back = Infinity }: Outage): void {
    if (this.#alive[node] === 1) this.#lose(node, back - at)
  }

  #lose(node: number, repair: number): void {
    for (let slot = this.#firstSlot[node]!; slot < this.#firstSlot[node + 1]!; slot++) {
      this.#stop(slot, true)
      this.#tasks[slot]!.length = this.#attempts[slot]!.length = 0
    }
    this.#values.leave(node)
    this.#alive[node] = 0
    this.#aliveFor[node]! += this.#time - this.#since[node]!
    this.#absent++
    this.#losses++
    // Its death by chance, if one was due, is off.
    const life = ++this.#lives[node]!
    this.#back[node] = this.#time + repair
    if (repair < Infinity) this.#heap.push(this.#time + repair, -1 - node, life)
    this.#tell({ type: 'NodeLost', time: this.#time, node: this.#nodes[node]!.id, reason: 'it failed' })
  }

  // ── slots ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes up what stands first in the slot's queue. */
  #begin(slot: number): void {
    const queue = this.#tasks[slot]!
    while (queue.length > 0) {
      const missing = this.#missing(this.#nodeOf[slot]!, queue[0]!)
      this.#taken[slot] = this.#time
      if (missing === undefined) return this.#execute(slot)
      const longest = this.#fetchTime(missing)
      if (longest < Infinity) {
        this.#setPhase(slot, FETCHING)
        this.#wanted[slot] = missing
        return this.#heap.push(this.#time + longest, slot, ++this.#stamps[slot]!)
      }
      this.#giveBack(slot, missing)
    }
    this.#setPhase(slot, IDLE)
  }

  /** Inputs that the node lacks. */
  #missing(node: number, task: TaskId): TaskId[] | undefined {
    const { bodies } = this.#options
    const values = this.#values
    let missing: TaskId[] | undefined
    const look = (inputs: ArrayLike<TaskId>) => {
      for (let i = 0; i < inputs.length; i++) if (!values.isOn(inputs[i]!, node)) (missing ??= []).push(inputs[i]!)
    }
    look(bodies.inputs(task))
    for (const common of bodies.common?.(task) ?? []) if (!values.hasAll(node, common)) look(common)
    return missing
  }

  /** All at the same time, each from the first node that has it; Infinity: nobody has one of them. */
  #fetchTime(missing: readonly TaskId[]): number {
    const { link, bodies } = this.#options
    let largest = 0
    for (const input of missing) {
      if (!this.#values.exists(input)) return Infinity
      largest = Math.max(largest, bodies.size(input))
    }
    return link.latency + largest / link.bandwidth
  }

  #fetched(slot: number): void {
    const node = this.#nodeOf[slot]!
    const missing = this.#wanted[slot]!
    this.#wanted[slot] = undefined
    // The node that it came from may have died on the way.
    const whole = missing.every((input) => this.#values.exists(input))
    for (const input of missing) {
      if (!this.#values.exists(input) || this.#values.isOn(input, node)) continue
      this.#values.put(input, node)
      this.#transfers++
      this.#bytes += this.#options.bodies.size(input)
      this.#tell({ type: 'ValueCopied', time: this.#time, task: input, node: this.#nodes[node]!.id })
    }
    if (whole) {
      for (const common of this.#options.bodies.common?.(this.#tasks[slot]![0]!) ?? []) this.#values.noteAll(node, common)
      return this.#execute(slot)
    }
    this.#account(slot, true)
    this.#giveBack(slot, missing)
    this.#begin(slot)
  }

  /** Inputs of the first are gone: it goes back, and they have to be made again. */
  #giveBack(slot: number, missing: readonly TaskId[]): void {
    for (const input of missing) if (!this.#values.exists(input)) this.#tell({ type: 'ValueLost', time: this.#time, task: input })
    const task = this.#shift(slot)
    this.#tell({ type: 'TasksReturned', time: this.#time, node: this.#nodes[this.#nodeOf[slot]!]!.id, slot: this.#indexOf(slot), tasks: [task] })
  }

  #execute(slot: number): void {
    const { bodies } = this.#options
    const task = this.#tasks[slot]![0]!
    const attempt = this.#attempts[slot]![0]!
    const duration = bodies.duration(task, attempt) / this.#nodes[this.#nodeOf[slot]!]!.speed
    const share = bodies.fails?.(task, attempt) ?? 1
    this.#setPhase(slot, RUNNING)
    this.#began[slot] = this.#time
    this.#heap.push(this.#time + Math.max(0, duration) * share, slot, ++this.#stamps[slot]!)
  }

  #ended(slot: number): void {
    const { bodies, inKernel = -1 } = this.#options
    const task = this.#tasks[slot]![0]!
    const attempt = this.#attempts[slot]![0]!
    const fails = bodies.fails?.(task, attempt) !== undefined
    const base = { task, attempt, began: this.#began[slot]!, ended: this.#time }
    this.#account(slot, fails)
    if (fails) this.#report(slot, { ...base, ok: false, error: 'the simulated body threw', final: false })
    else {
      const size = bodies.size(task)
      const small = size <= inKernel
      this.#values.made(task, this.#nodeOf[slot]!, small)
      this.#values.take(task, this.#taken[slot]!)
      this.#report(slot, { ...base, ok: true, size, inKernel: small })
    }
    this.#shift(slot)
    this.#begin(slot)
  }

  #report(slot: number, outcome: Outcome): void {
    this.#tell({ type: 'TasksFinished', time: this.#time, node: this.#nodes[this.#nodeOf[slot]!]!.id, slot: this.#indexOf(slot), outcomes: [outcome] })
  }

  /** Ends what the slot is at. */
  #stop(slot: number, wasted: boolean): void {
    if (this.#phase[slot] === IDLE) return
    this.#account(slot, wasted)
    this.#stamps[slot]!++
    this.#wanted[slot] = undefined
    this.#setPhase(slot, IDLE)
  }

  #account(slot: number, wasted: boolean): void {
    const node = this.#nodeOf[slot]!
    const fetched = (this.#phase[slot] === RUNNING ? this.#began[slot]! : this.#time) - this.#taken[slot]!
    const ran = this.#phase[slot] === RUNNING ? this.#time - this.#began[slot]! : 0
    this.#fetching[node]! += fetched
    this.#running[node]! += ran
    if (wasted) this.#wasted[node]! += fetched + ran
  }

  #setPhase(slot: number, phase: number): void {
    if ((this.#phase[slot] === IDLE) !== (phase === IDLE)) this.#busy += phase === IDLE ? -1 : 1
    this.#phase[slot] = phase
  }

  #shift(slot: number): TaskId {
    this.#attempts[slot]!.shift()
    return this.#tasks[slot]!.shift()!
  }

  #indexOf(slot: number): number {
    return slot - this.#firstSlot[this.#nodeOf[slot]!]!
  }

  /** Of a living node. */
  #slotOf(node: NodeId, index: number): number | undefined {
    const number = this.#numbers.get(node)
    return number === undefined || this.#alive[number] === 0 ? undefined : this.#firstSlot[number]! + index
  }

  // ── commands ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Carries out what concerns a cluster. @param time not before the latest fact, nor after the next */
  obey(command: Command, time: Time): void {
    this.pass(time)
    switch (command.type) {
      case 'StartTasks':
        return this.start(command.node, command.slot, command.tasks, command.attempts)
      case 'RecallTasks':
        return this.recall(command.node, command.slot, command.tasks)
      case 'CancelAttempt':
        return this.cancel(command.task, command.attempt, command.node, command.slot)
      case 'ReleaseValues':
        return this.release(command.tasks)
      case 'TasksSettled':
    }
  }

  start(node: NodeId, index: number, tasks: readonly TaskId[], attempts: readonly number[]): void {
    const slot = this.#slotOf(node, index)
    if (slot === undefined) return
    this.#tasks[slot]!.push(...tasks)
    this.#attempts[slot]!.push(...attempts)
    if (this.#phase[slot] === IDLE) this.#begin(slot)
  }

  /** Answered with those that have not begun. */
  recall(node: NodeId, index: number, tasks: readonly TaskId[]): void {
    const slot = this.#slotOf(node, index)
    if (slot === undefined) return
    const asked = new Set(tasks)
    const returned: TaskId[] = []
    const queue = this.#tasks[slot]!
    for (let at = queue.length - 1; at > 0; at--) if (asked.has(queue[at]!)) returned.unshift(this.#remove(slot, at))
    this.#tell({ type: 'TasksReturned', time: this.#time, node, slot: index, tasks: returned })
  }

  /** A body ends as soon as it is asked to; what has not begun is given back. */
  cancel(task: TaskId, attempt: number, node: NodeId, index: number): void {
    const slot = this.#slotOf(node, index)
    if (slot === undefined) return
    const at = this.#tasks[slot]!.findIndex((one, i) => one === task && this.#attempts[slot]![i] === attempt)
    if (at < 0) return
    if (at > 0) {
      this.#remove(slot, at)
      return this.#tell({ type: 'TasksReturned', time: this.#time, node, slot: index, tasks: [task] })
    }
    const began = this.#phase[slot] === RUNNING ? this.#began[slot]! : this.#time
    this.#stop(slot, true)
    this.#report(slot, { task, attempt, began, ended: this.#time, ok: false, error: 'the attempt was called off', final: false })
    this.#shift(slot)
    this.#begin(slot)
  }

  release(tasks: readonly TaskId[]): void {
    for (const task of tasks) this.#values.drop(task)
  }

  #remove(slot: number, at: number): TaskId {
    this.#attempts[slot]!.splice(at, 1)
    return this.#tasks[slot]!.splice(at, 1)[0]!
  }

  // ── what came of it ──────────────────────────────────────────────────────────────────────────────────────

  /** When the slot that made the task's result took it up. */
  takenAt(task: TaskId): Time {
    return this.#values.takenAt(task)
  }

  get moved(): { readonly transfers: number; readonly bytes: number; readonly losses: number } {
    return { transfers: this.#transfers, bytes: this.#bytes, losses: this.#losses }
  }

  /** Until now. What slots are at is counted as far as it has come, as wasted. */
  use(): NodeUse[] {
    const cut = (slot: number) => {
      const now = { fetched: 0, ran: 0 }
      if (this.#phase[slot] === FETCHING) now.fetched = this.#time - this.#taken[slot]!
      if (this.#phase[slot] === RUNNING) Object.assign(now, { fetched: this.#began[slot]! - this.#taken[slot]!, ran: this.#time - this.#began[slot]! })
      return now
    }
    return this.#nodes.map(({ id, slots, speed }, n) => {
      const open = Array.from({ length: slots }, (_, i) => cut(this.#firstSlot[n]! + i))
      const fetched = open.reduce((sum, one) => sum + one.fetched, 0)
      const ran = open.reduce((sum, one) => sum + one.ran, 0)
      return {
        id, slots, speed, alive: this.#aliveFor[n]! + (this.#alive[n] === 1 ? this.#time - this.#since[n]! : 0),
        running: this.#running[n]! + ran, fetching: this.#fetching[n]! + fetched, wasted: this.#wasted[n]! + fetched + ran,
      }
    })
  }
}
