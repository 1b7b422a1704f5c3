/** A slot: the thread that executes tasks, one after another. */
import { workerData, type MessagePort } from 'node:worker_threads'
import { Channel } from '../../channel.ts'
import { TaskControl, TaskRuntime, type TaskResult } from '../task-runtime.ts'
import type { TaskId } from '../../scheduler/index.ts'
import type { Wire } from '../../travel/declaration.ts'
import { connect, systemClock } from './connection.ts'
import { packRecord, unpackStart, type QueuedTask, type SlotRecord } from './frames.ts'
import type { FromSlot, SlotConfiguration, SlotRun, ToSlot } from './messages.ts'
import { captureOutput, TaskOutput } from './output.ts'
import { INLINE_LIMIT, Packer, RemoteInput } from './packing.ts'
import { SlotMemory } from './slot-memory.ts'
import { allowMeasuring } from './thread-memory.ts'
import { keep, wireOf } from './values.ts'

/** Records wait at most this long for others to travel with, ms; a frame goes out earlier when it has this many outcomes. */
const GATHER = 1
const FRAME_OUTCOMES = 256
/** Between tasks the event loop gets its turn at least this often, ms, so that sockets and aborts are served. */
const TURN = 4
/** Progress and text are passed on at most this often, ms. */
const REPORT = 100

/** An input that no node has. */
class InputLost {
  readonly tasks: readonly TaskId[]
  constructor(tasks: readonly TaskId[]) {
    this.tasks = tasks
  }
}

class Slot {
  #configuration: SlotConfiguration
  #port: MessagePort
  #memory: SlotMemory
  #runtime: TaskRuntime
  #channel: Channel<Uint8Array, Uint8Array> | undefined
  #packer = new Packer()

  #queue: QueuedTask[][] = []
  #working = false
  #lastTurn = 0
  #flushedAt = 0
  #outcomes = 0
  #flushPlanned = false

  /** By number of the context. */
  #runs = new Map<number, SlotRun>()
  #runWaiters = new Map<number, () => void>()
  #values = new Map<TaskId, { readonly promise: Promise<Wire | InputLost>; readonly resolve: (value: Wire | InputLost) => void }>()
  #kept = new Map<TaskId, () => void>()

  /** The task whose body runs, or the last one. */
  #task: QueuedTask | undefined
  #control: TaskControl | undefined
  #output = new TaskOutput((stream, text) => this.#log(stream, text))
  #reportTimer: NodeJS.Timeout | undefined
  #progress: { fraction: number; text: string | undefined } | undefined
  #lastReport = -Infinity

  constructor(configuration: SlotConfiguration, port: MessagePort) {
    this.#configuration = configuration
    this.#port = port
    this.#memory = new SlotMemory(configuration.memory)
    this.#runtime = new TaskRuntime(configuration.node.directory)
  }

  async open(): Promise<void> {
    const { node, slot, generation } = this.#configuration
    allowMeasuring()
    captureOutput((stream, text) => this.#write(stream, text))
    this.#port.on('message', (message: ToSlot) => this.#receive(message))
    const socket = await connect(node.socket, node.token, { role: 'slot', number: node.number, incarnation: node.incarnation, slot, generation })
    // The node's main thread ends this one; when the kernel is gone it ends the whole process.
    this.#channel = new Channel<Uint8Array, Uint8Array>(socket, (frames) => this.#enqueue(frames), () => {})
  }

  #enqueue(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      const tasks = unpackStart(frame)
      this.#queue.push(tasks)
      // Their transfers begin while earlier tasks run.
      for (const task of tasks) for (const input of task.inputs) if (input instanceof RemoteInput) void this.#want(input)
    }
    if (!this.#working) void this.#work()
  }

  async #work(): Promise<void> {
    this.#working = true
    this.#lastTurn = performance.now()
    this.#flushedAt = systemClock()
    for (let tasks = this.#queue.shift(); tasks !== undefined; tasks = this.#queue.shift()) {
      for (const task of tasks) {
        await this.#execute(task)
        if (performance.now() - this.#lastTurn > TURN) await this.#turn()
      }
    }
    this.#working = false
    this.#flush()
  }

  async #turn(): Promise<void> {
    this.#flush()
    await new Promise((resolve) => setImmediate(resolve))
    this.#lastTurn = performance.now()
  }

  async #execute(task: QueuedTask): Promise<void> {
    const run = this.#runs.get(task.context) ?? (await this.#arrival(task.context))
    const inputs = task.inputs.some((input) => input instanceof RemoteInput) ? await this.#gatherInputs(task) : (task.inputs as readonly Wire[])
    if (!this.#memory.begin(task.position)) return
    const lost = run.lost.length > 0 ? run.lost : inputs instanceof InputLost ? inputs.tasks : undefined
    if (lost !== undefined) {
      this.#memory.end(task.position)
      return this.#record({ kind: 'input-lost', position: task.position, inputs: lost })
    }
    this.#task = task
    const control = (this.#control = new TaskControl((fraction, text) => this.#showProgress(fraction, text)))
    const began = systemClock()
    const result = await this.#runtime.run(run, { index: task.index, attempt: task.attempt, node: this.#nodeName }, inputs as readonly Wire[], control)
    const ended = systemClock()
    this.#control = undefined
    await this.#finish(task, began, ended, result)
  }

  async #finish(task: QueuedTask, began: number, ended: number, result: TaskResult): Promise<void> {
    const { position } = task
    let size = 8
    let inline = true
    if (result.ok && (typeof result.value === 'string' || result.value instanceof Uint8Array)) {
      size = typeof result.value === 'string' ? Buffer.byteLength(result.value) : result.value.length
      inline = size <= INLINE_LIMIT
      if (!inline) await this.#keep(task.task, result.value)
    }
    // A thread that is about to be ended does no more.
    if (!this.#memory.end(position)) return new Promise(() => {})
    this.#endReports()
    if (result.ok) this.#record({ kind: 'succeeded', position, began, ended, size, inline, value: inline ? result.value : undefined })
    else this.#record({ kind: 'failed', position, began, ended, error: result.error, final: result.final })
    this.#outcomes++
    if (ended - this.#flushedAt > GATHER || this.#outcomes >= FRAME_OUTCOMES) this.#flush()
  }

  get #nodeName(): string {
    const { node } = this.#configuration
    return node.nodes[node.number]!.name
  }

  // ── records ──

  #record(record: SlotRecord): void {
    this.#packer.clear()
    packRecord(this.#packer, record)
    const bytes = this.#packer.bytes
    if (!this.#memory.append(bytes)) this.#send(this.#memory.take(bytes))
    if (this.#flushPlanned) return
    // As soon as the event loop comes round, which tasks that follow each other closely do not let happen.
    this.#flushPlanned = true
    setImmediate(() => {
      this.#flushPlanned = false
      this.#flush()
    })
  }

  #flush(): void {
    this.#outcomes = 0
    this.#flushedAt = systemClock()
    if (this.#memory.waiting > 0) this.#send(this.#memory.take())
  }

  #send(frame: Buffer): void {
    this.#channel?.send(frame)
    this.#channel?.flush()
  }

  // ── what a task reports while it runs ──

  #write(stream: 'stdout' | 'stderr', text: string): void {
    if (this.#task === undefined) return // nothing has run here yet: there is no task to show it under
    this.#output.write(stream, text)
    this.#planReport()
  }

  #showProgress(fraction: number, text: string | undefined): void {
    this.#progress = { fraction, text }
    this.#planReport()
  }

  /** Reports at once after a pause, else when the pause is over. A body that never yields still reports when it reports often. */
  #planReport(): void {
    if (performance.now() - this.#lastReport >= REPORT) return this.#report()
    this.#reportTimer ??= setTimeout(() => this.#report(), REPORT)
  }

  #report(): void {
    clearTimeout(this.#reportTimer)
    this.#reportTimer = undefined
    this.#lastReport = performance.now()
    this.#output.flush()
    if (this.#progress !== undefined && this.#task !== undefined) this.#record({ kind: 'progress', task: this.#task.task, ...this.#progress })
    this.#progress = undefined
  }

  #endReports(): void {
    if (this.#progress !== undefined || this.#output.gathered) this.#report()
    this.#output.end()
  }

  #log(stream: 'stdout' | 'stderr', text: string): void {
    if (this.#task !== undefined) this.#record({ kind: 'log', task: this.#task.task, attempt: this.#task.attempt, stream, text })
  }

  // ── the node's main thread ──

  #receive(message: ToSlot): void {
    switch (message.type) {
      case 'run':
        this.#runs.set(message.run.run, message.run)
        this.#runWaiters.get(message.run.run)?.()
        return
      case 'forget':
        for (const context of message.contexts) this.#forget(context)
        return
      case 'abort':
        if (this.#task?.position === message.position) this.#control?.abort()
        return
      case 'value':
        this.#values.get(message.task)?.resolve(message.value === undefined ? new InputLost([message.task]) : wireOf(message.value))
        return
      case 'kept':
        this.#kept.get(message.task)?.()
        this.#kept.delete(message.task)
        return
    }
  }

  #forget(context: number): void {
    const run = this.#runs.get(context)
    if (run !== undefined) this.#runtime.forget(run)
    this.#runs.delete(context)
  }

  #post(message: FromSlot): void {
    this.#port.postMessage(message)
  }

  /** The run is on its way by another path than its tasks. */
  async #arrival(context: number): Promise<SlotRun> {
    this.#flush()
    await new Promise<void>((resolve) => this.#runWaiters.set(context, resolve))
    this.#runWaiters.delete(context)
    return this.#runs.get(context)!
  }

  async #gatherInputs(task: QueuedTask): Promise<readonly Wire[] | InputLost> {
    const values = await Promise.all(task.inputs.map((input) => (input instanceof RemoteInput ? this.#want(input) : input)))
    for (const input of task.inputs) if (input instanceof RemoteInput) this.#values.delete(input.task)
    const lost = values.flatMap((value) => (value instanceof InputLost ? value.tasks : []))
    return lost.length > 0 ? new InputLost(lost) : (values as Wire[])
  }

  #want(input: RemoteInput): Promise<Wire | InputLost> {
    const asked = this.#values.get(input.task)
    if (asked !== undefined) return asked.promise
    let resolve: (value: Wire | InputLost) => void = () => {}
    const promise = new Promise<Wire | InputLost>((settle) => (resolve = settle))
    this.#values.set(input.task, { promise, resolve })
    this.#post({ type: 'want', task: input.task, holders: input.holders })
    return promise
  }

  /** Resolves when the node has the value: from then on it survives this thread, and others may ask for it. */
  #keep(task: TaskId, value: string | Uint8Array): Promise<void> {
    const kept = keep(value)
    return new Promise((resolve) => {
      this.#kept.set(task, resolve)
      this.#post({ type: 'keep', task, value: kept })
    })
  }
}

const { port, ...configuration } = workerData as SlotConfiguration & { port: MessagePort }
// Bodies can import node:worker_threads too; what they find there is none of ours.
for (const name of Object.keys(workerData as object)) Reflect.deleteProperty(workerData as object, name)
await new Slot(configuration, port).open()
