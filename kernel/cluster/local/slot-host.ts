/** A node's main thread's side of one slot: its thread's life, and what can be done to it while it is busy. */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import { program } from '../../entry.ts'
import { taskError } from '../task-error.ts'
import type { FromNode, FromSlot, NodeConfiguration, SlotConfiguration, SlotEnd, ToSlot } from './messages.ts'
import { SlotMemory } from './slot-memory.ts'

/** A task that is asked to end has this long before its thread is ended, ms. */
const GRACE = 300
/** A thread that has not ended by then is caught in native code (execSync); another takes its place, ms. */
const STUBBORN = 2000
/** V8's own limit for a thread that may use this much, MiB: far enough away for MemoryWatch to come first. */
const heapLimit = (bytes: number) => Math.ceil(bytes / 2 ** 20) * 2 + 1024

export class SlotHost {
  readonly slot: number
  #configuration: NodeConfiguration
  #send: (message: FromNode) => void
  #onMessage: (message: FromSlot, host: SlotHost) => void
  #limit: number
  #generation = -1
  #memory = new SlotMemory()
  #worker: Worker | undefined
  #port: MessagePort | undefined
  /** Why this thread is being ended, when it is we who end it. */
  #end: SlotEnd | undefined
  #endingPosition: number | undefined
  #error: unknown
  #lastSequence = -1

  constructor(slot: number, configuration: NodeConfiguration, limit: number, send: (message: FromNode) => void, onMessage: (message: FromSlot, host: SlotHost) => void) {
    this.slot = slot
    this.#configuration = configuration
    this.#limit = limit
    this.#send = send
    this.#onMessage = onMessage
    this.#start()
  }

  /** Position of the task that runs. */
  get running(): number | undefined {
    return this.#memory.current
  }

  /** Its thread is being ended by us. */
  get ending(): boolean {
    return this.#end !== undefined
  }

  get thread(): number {
    return this.#worker?.threadId ?? -1
  }

  /** Bytes its tasks may use. */
  get limit(): number {
    return this.#limit
  }

  /** Changes whenever the slot has done something. */
  get activity(): number {
    return this.#memory.sequence
  }

  post(message: ToSlot): void {
    this.#port?.postMessage(message)
  }

  /** Claims what has not begun; asks what has begun to end, or with `force` ends it. */
  takeBack(type: 'recall' | 'cancel', generation: number, positions: readonly number[], force: boolean): void {
    if (generation !== this.#generation) return
    const taken = positions.filter((position) => this.#memory.claim(position))
    this.#send({ type: 'taken', slot: this.slot, generation, positions: taken, recalled: type === 'recall' })
    if (type === 'recall') return
    const running = positions.find((position) => this.#memory.isCurrent(position))
    if (running === undefined) return
    if (force) return this.#force(running)
    this.post({ type: 'abort', position: running })
    setTimeout(() => generation === this.#generation && this.#force(running), GRACE)
  }

  #force(position: number): void {
    if (this.#end === undefined && this.#memory.condemn(position)) this.#terminate({ kind: 'forced' }, position)
  }

  /** Another thread with another limit; the kernel asks for it when the slot is idle. */
  resize(generation: number, limit: number): void {
    if (generation !== this.#generation || this.#end !== undefined) return
    this.#limit = limit
    this.#terminate({ kind: 'resized' }, undefined)
  }

  /** Ends a task, if it still runs. @param own it used more than it may itself; otherwise, its node did */
  endForMemory(position: number, own: boolean, used: number, limit: number): void {
    if (this.#end === undefined && this.#memory.condemn(position)) this.#terminate({ kind: 'memory', own, used, limit }, position)
  }

  /** Sends what has been waiting in the outbox since the last look, for a slot that is too busy to do so. */
  rescue(): void {
    if (this.#end !== undefined || this.#memory.waiting === 0) return
    const sequence = this.#memory.sequence
    if (sequence === this.#lastSequence) {
      const frame = this.#memory.tryTake()
      if (frame !== undefined) this.#send({ type: 'frame', slot: this.slot, generation: this.#generation, frame })
    }
    this.#lastSequence = sequence
  }

  #start(): void {
    this.#generation++
    this.#memory = new SlotMemory()
    this.#end = undefined
    this.#endingPosition = undefined
    this.#error = undefined
    this.#lastSequence = -1
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    port1.on('message', (message: FromSlot) => this.#onMessage(message, this))
    port1.unref()
    const data: SlotConfiguration & { port: MessagePort } = { node: this.#configuration, slot: this.slot, generation: this.#generation, memory: this.#memory.shared, port: port2 }
    const worker = new Worker(program('slot'), {
      workerData: data,
      transferList: [port2],
      // What bodies write is caught in the thread; nothing of it goes through this one.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heapLimit(this.#limit) },
    })
    this.#worker = worker
    worker.on('error', (error) => (this.#error = error))
    worker.on('exit', (code) => worker === this.#worker && this.#ended(code, false))
  }

  #terminate(end: SlotEnd, position: number | undefined): void {
    this.#end = end
    this.#endingPosition = position
    const worker = this.#worker!
    void worker.terminate()
    setTimeout(() => worker === this.#worker && this.#ended(1, true), STUBBORN).unref()
  }

  /** Says how the thread ended, forwards what it had still to say, and starts another. */
  #ended(code: number, abandoned: boolean): void {
    const position = this.#end === undefined ? this.#memory.current : this.#endingPosition
    const frame = this.#memory.takeFromDead()
    this.#send({ type: 'slot-ended', slot: this.slot, generation: this.#generation, position, end: this.#end ?? this.#ownEnd(code), frame, abandoned })
    this.#port?.close()
    this.#start()
  }

  /** Why a thread ended that we did not end. */
  #ownEnd(code: number): SlotEnd {
    const error = this.#error as (Error & { code?: string }) | undefined
    if (error === undefined) return { kind: 'exited', code }
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') return { kind: 'memory', own: true, used: this.#limit, limit: this.#limit }
    return { kind: 'uncaught', error: taskError(error) }
  }
}
