/** The kernel's side of one slot: what it was handed and has not finished, and what its reports mean. */
import { exitedInTask, outOfMemory } from '../../errors.ts'
import type { Channel } from '../../channel.ts'
import type { TaskId } from '../../scheduler/index.ts'
import type { TaskError } from '../../travel/declaration.ts'
import type { Assignment, BackendEvent, Finished, RunContext } from '../backend.ts'
import { frameNumber, packStart, unpackRecords, type SlotRecord } from './frames.ts'
import type { FromNode, SlotEnd, ToNode } from './messages.ts'
import { RING } from './slot-memory.ts'

/** Tasks in one frame at most. */
const FRAME = 4096

/** Tasks that were sent together; a task's position is `first` plus its place. */
interface Sent {
  readonly first: number
  readonly tasks: readonly TaskId[]
  readonly attempts: readonly number[]
  /** Whether it ended, was returned or was dropped, by place. */
  readonly resolved: Uint8Array
  unresolved: number
}

interface Backlog {
  readonly assignment: Assignment
  readonly run: RunContext
  readonly memory: number
  /** Places already sent, or taken back before they were sent. */
  sent: number
  readonly dropped: Set<number>
}

/** What a slot needs of its node. */
export interface SlotSurroundings {
  readonly node: string
  readonly slot: number
  /** Bytes a thread may use when a run does not say. */
  readonly memory: number
  nodeNumber(name: string): number | undefined
  /** Sees to it that the slot's present thread knows the run; returns the number by which it does. */
  tell(run: RunContext): number
  post(message: ToNode): void
  emit(events: readonly BackendEvent[]): void
  /** The kernel's clock, and what it showed at a time of the machine's. */
  now(): number
  kernelTime(systemTime: number): number
}

export type SlotChannel = Channel<Uint8Array, Uint8Array>

export class SlotQueue {
  #around: SlotSurroundings
  #generation = 0
  #channel: SlotChannel | undefined
  /** Of the thread that follows this one, should it connect before this one's end is dealt with. */
  #nextChannel: SlotChannel | undefined
  #memory: number
  /** The limit asked for, while it is being seen to. */
  #resizing: number | undefined
  #ended: Extract<FromNode, { type: 'slot-ended' }> | undefined

  #next = 0
  #sent: Sent[] = []
  #backlog: Backlog[] = []
  #expectedFrame = 0
  #earlyFrames = new Map<number, Uint8Array>()

  constructor(around: SlotSurroundings) {
    this.#around = around
    this.#memory = around.memory
  }

  get connected(): boolean {
    return this.#channel !== undefined
  }

  /** The first task that has neither ended nor been taken back: the one that runs, if any does. */
  get first(): { readonly task: TaskId; readonly attempt: number } | undefined {
    const sent = this.#sent[0]
    if (sent === undefined) return undefined
    const place = sent.resolved.indexOf(0)
    return { task: sent.tasks[place]!, attempt: sent.attempts[place]! }
  }

  attach(generation: number, channel: SlotChannel): void {
    if (generation === this.#generation && this.#channel === undefined) {
      this.#channel = channel
      this.#pump()
    } else if (generation === this.#generation + 1) {
      this.#nextChannel = channel
    } else {
      channel.close()
    }
  }

  /** Nothing more comes from this channel. */
  detach(channel: SlotChannel): void {
    if (channel === this.#nextChannel) this.#nextChannel = undefined
    if (channel !== this.#channel) return
    this.#channel = undefined
    if (this.#ended !== undefined) this.#bury(this.#ended)
  }

  start(assignment: Assignment, run: RunContext): void {
    this.#backlog.push({ assignment, run, memory: run.memory ?? this.#around.memory, sent: 0, dropped: new Set() })
    this.#pump()
  }

  recall(tasks: readonly TaskId[]): void {
    const wanted = new Set(tasks)
    const back = this.#dropBacklog((task) => wanted.has(task))
    if (back.length > 0) this.#around.emit([{ type: 'returned', node: this.#around.node, slot: this.#around.slot, tasks: back }])
    const positions = this.#positions((task) => wanted.has(task))
    if (positions.length > 0) this.#around.post({ type: 'recall', slot: this.#around.slot, generation: this.#generation, positions, force: false })
  }

  cancel(attempts: readonly { readonly task: TaskId; readonly attempt: number }[], force: boolean): void {
    const wanted = new Map(attempts.map(({ task, attempt }) => [task, attempt]))
    const named = (task: TaskId, attempt: number) => wanted.get(task) === attempt
    this.#dropBacklog(named)
    const positions = this.#positions(named)
    if (positions.length > 0) this.#around.post({ type: 'cancel', slot: this.#around.slot, generation: this.#generation, positions, force })
  }

  /** The node took these back before they began. */
  taken(message: Extract<FromNode, { type: 'taken' }>): void {
    if (message.generation !== this.#generation) return
    const tasks = message.positions.flatMap((position) => this.#resolve(position)?.task ?? [])
    const { node, slot } = this.#around
    if (message.recalled) this.#around.emit([{ type: 'returned', node, slot, tasks }])
    this.#pump()
  }

  /** Frames of one thread, from its own socket or rescued by its node. */
  receive(generation: number, frame: Uint8Array): void {
    if (generation !== this.#generation) return
    this.#earlyFrames.set(frameNumber(frame), frame)
    const events: BackendEvent[] = []
    for (let next = this.#earlyFrames.get(this.#expectedFrame); next !== undefined; next = this.#earlyFrames.get(this.#expectedFrame)) {
      this.#earlyFrames.delete(this.#expectedFrame++)
      this.#read(next, events)
    }
    if (events.length > 0) this.#around.emit(events)
    this.#pump()
  }

  /** The slot's thread is gone; what it wrote to its own socket is read first. */
  end(message: Extract<FromNode, { type: 'slot-ended' }>): void {
    if (message.generation !== this.#generation) return
    this.#ended = message
    if (this.#channel === undefined) return this.#bury(message)
    // A thread caught in native code keeps its socket open: what it may still say does not count.
    if (message.abandoned) this.#channel.close()
    if (message.abandoned) this.detach(this.#channel)
  }

  /** The whole node is gone. Reads what had arrived. */
  lose(): void {
    this.#channel = undefined
    const events = this.#remaining(undefined)
    if (events.length > 0) this.#around.emit(events)
  }

  #bury(message: Extract<FromNode, { type: 'slot-ended' }>): void {
    const events = this.#remaining(message.frame)
    const { node, slot } = this.#around
    const error = endError(message.end)
    const running = message.position === undefined ? undefined : this.#resolve(message.position)
    if (running !== undefined && error !== undefined) {
      const now = this.#around.now()
      const outcome: Finished = { ...running, began: now, ended: now, ok: false, error, taskError: error, final: false }
      events.push({ type: 'finished', node, slot, outcomes: [outcome] })
    }
    if (message.end.kind !== 'resized') events.push({ type: 'slot-reset', node, slot, reason: endReason(message.end) })
    else this.#memory = this.#resizing ?? this.#memory
    this.#renew(message.end.kind === 'resized')
    this.#around.emit(events)
    this.#pump()
  }

  #renew(keepBacklog: boolean): void {
    this.#generation++
    this.#ended = undefined
    this.#resizing = undefined
    this.#sent = []
    this.#next = 0
    if (!keepBacklog) this.#backlog = []
    this.#expectedFrame = 0
    this.#earlyFrames.clear()
    this.#channel = this.#nextChannel
    this.#nextChannel = undefined
  }

  /** Sends what may be sent: never more than the claims' ring holds, and only to a thread that has the memory asked for. */
  #pump(): void {
    while (this.#channel !== undefined && this.#resizing === undefined && this.#ended === undefined) {
      const head = this.#backlog[0]
      if (head === undefined) return
      if (head.memory !== this.#memory) {
        if (this.#sent.length > 0) return
        this.#resizing = head.memory
        return this.#around.post({ type: 'resize', slot: this.#around.slot, generation: this.#generation, memory: head.memory })
      }
      const oldest = this.#sent[0]?.first ?? this.#next
      const room = Math.min(FRAME, RING - (this.#next - oldest))
      if (room <= 0) return
      this.#sendSome(head, room)
      if (head.sent >= head.assignment.tasks.length) this.#backlog.shift()
    }
  }

  #sendSome(head: Backlog, room: number): void {
    const { tasks, attempts, indices, inputs } = head.assignment
    const from = head.sent
    const to = Math.min(tasks.length, from + room)
    head.sent = to
    const all = from === 0 && to === tasks.length && head.dropped.size === 0
    const places = all ? undefined : range(from, to).filter((place) => !head.dropped.has(place))
    const pick = <T>(column: readonly T[]): readonly T[] => places?.map((place) => column[place]!) ?? column
    const frame = { context: this.#around.tell(head.run), first: this.#next, tasks: pick(tasks), attempts: pick(attempts), indices: pick(indices) }
    const count = frame.tasks.length
    if (count === 0) return
    this.#sent.push({ first: this.#next, tasks: frame.tasks, attempts: frame.attempts, resolved: new Uint8Array(count), unresolved: count })
    this.#next += count
    this.#channel!.send(packStart(frame, pick(inputs), 0, count, (name) => this.#around.nodeNumber(name)))
  }

  /** Takes what is wanted out of what has not been sent. */
  #dropBacklog(wanted: (task: TaskId, attempt: number) => boolean): TaskId[] {
    const dropped: TaskId[] = []
    for (const { assignment, sent, dropped: places } of this.#backlog) {
      for (let place = sent; place < assignment.tasks.length; place++) {
        if (places.has(place) || !wanted(assignment.tasks[place]!, assignment.attempts[place]!)) continue
        places.add(place)
        dropped.push(assignment.tasks[place]!)
      }
    }
    return dropped
  }

  #positions(wanted: (task: TaskId, attempt: number) => boolean): number[] {
    const positions: number[] = []
    for (const { first, tasks, attempts, resolved } of this.#sent) {
      for (let place = 0; place < tasks.length; place++) {
        if (resolved[place] === 0 && wanted(tasks[place]!, attempts[place]!)) positions.push(first + place)
      }
    }
    return positions
  }

  /** The task at a position, the first time it is asked for. */
  #resolve(position: number): { readonly task: TaskId; readonly attempt: number } | undefined {
    const sent = this.#sent.find(({ first, tasks }) => position >= first && position < first + tasks.length)
    if (sent === undefined) return undefined
    const place = position - sent.first
    if (sent.resolved[place] === 1) return undefined
    sent.resolved[place] = 1
    sent.unresolved--
    while (this.#sent.length > 0 && this.#sent[0]!.unresolved === 0) this.#sent.shift()
    return { task: sent.tasks[place]!, attempt: sent.attempts[place]! }
  }

  /** Events of all frames at hand, though some between them are lost with the thread that had taken them. */
  #remaining(last: Uint8Array | undefined): BackendEvent[] {
    if (last !== undefined) this.#earlyFrames.set(frameNumber(last), last)
    const events: BackendEvent[] = []
    for (const number of [...this.#earlyFrames.keys()].sort((a, b) => a - b)) this.#read(this.#earlyFrames.get(number)!, events)
    this.#earlyFrames.clear()
    return events
  }

  #read(frame: Uint8Array, events: BackendEvent[]): void {
    const { node, slot } = this.#around
    let outcomes: Finished[] = []
    for (const record of unpackRecords(frame)) {
      if (record.kind === 'succeeded' || record.kind === 'failed') {
        const outcome = this.#outcome(record)
        if (outcome === undefined) continue
        if (outcomes.length === 0) events.push({ type: 'finished', node, slot, outcomes })
        outcomes.push(outcome)
        continue
      }
      outcomes = []
      if (record.kind === 'input-lost') this.#inputLost(record, events)
      else if (record.kind === 'log') events.push({ type: 'log', task: record.task, attempt: record.attempt, stream: record.stream, text: record.text })
      else events.push({ type: 'progress', task: record.task, fraction: record.fraction, ...(record.text !== undefined && { text: record.text }) })
    }
  }

  #outcome(record: Extract<SlotRecord, { kind: 'succeeded' | 'failed' }>): Finished | undefined {
    const resolved = this.#resolve(record.position)
    if (resolved === undefined) return undefined
    const { task, attempt } = resolved
    const began = this.#around.kernelTime(record.began)
    const ended = this.#around.kernelTime(record.ended)
    if (record.kind === 'failed') return { task, attempt, began, ended, ok: false, error: record.error, taskError: record.error, final: record.final }
    if (!record.inline) return { task, attempt, began, ended, ok: true, size: record.size, inKernel: false }
    return { task, attempt, began, ended, ok: true, size: record.size, inKernel: true, value: record.value }
  }

  /** The input is computed again, and the task comes back to be placed anew: none of its attempts is used up. */
  #inputLost(record: Extract<SlotRecord, { kind: 'input-lost' }>, events: BackendEvent[]): void {
    const { node, slot } = this.#around
    const resolved = this.#resolve(record.position)
    if (resolved === undefined) return
    for (const task of record.inputs) events.push({ type: 'value-lost', task })
    events.push({ type: 'returned', node, slot, tasks: [resolved.task] })
  }
}

function endError(end: SlotEnd): TaskError | undefined {
  switch (end.kind) {
    case 'memory':
      return { ...outOfMemory(end.own, end.used, end.limit), stack: '' }
    case 'exited':
      return { ...exitedInTask(end.code), stack: '' }
    case 'uncaught':
      return end.error
    case 'forced':
    case 'resized':
      return undefined
  }
}

function endReason(end: SlotEnd): string {
  switch (end.kind) {
    case 'memory':
      return end.own ? 'a task used more memory than it may' : 'the node used more memory than it has'
    case 'exited':
      return `a task ended the slot with process.exit(${end.code})`
    case 'uncaught':
      return `an error was thrown outside any task's promise: ${end.error.message}`
    case 'forced':
      return 'a task that did not end when asked was ended by force'
    case 'resized':
      return 'another memory limit was asked for'
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, k) => from + k)
}
