/** The kernel's side of one node: its process, its slots, and what it has been told. */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { Channel } from '../../channel.ts'
import { program } from '../../entry.ts'
import { nodeDidNotStart } from '../../errors.ts'
import { signalGroup } from '../../platform.ts'
import type { NodeSpec, RunId, TaskId } from '../../scheduler/index.ts'
import type { Assignment, BackendEvent, RunContext } from '../backend.ts'
import { CodeLedger } from './code-ledger.ts'
import type { FromNode, Hello, NodeConfiguration, ToNode } from './messages.ts'
import { SlotQueue, type SlotChannel } from './slot-queue.ts'

/** Bodies are compiled with these; the slots' threads inherit them. */
const FLAGS = ['--experimental-vm-modules', '--experimental-import-meta-resolve', '--disable-warning=ExperimentalWarning']
/** A node that has not joined by then is given up, ms. */
const START_LIMIT = 30_000
/** After the first sign of death, what is still in its sockets is read for this long at most, ms. */
const LAST_WORDS = 200
/** The last of what it wrote to stderr, characters: says why it died. */
const TAIL = 2000
/** A working node is told at least this often that there is work, ms. */
const BUSY = 500

export interface NodeSurroundings {
  readonly spec: NodeSpec
  readonly configuration: NodeConfiguration
  emit(events: readonly BackendEvent[]): void
  /** With the holders of its values as they are now. */
  locate(context: RunContext): RunContext
  now(): number
  kernelTime(systemTime: number): number
  /** Called once, after everything it had sent has been dealt with. `joined`: it had worked before. */
  onLost(reason: string, joined: boolean): void
}

/** One process: it joins once and is lost once. */
export class NodeLink {
  #around: NodeSurroundings
  #child: ChildProcess
  #control: Channel<FromNode, ToNode> | undefined
  #sockets = new Set<Socket>()
  #slots: SlotQueue[]
  #ledger = new CodeLedger()
  /** What slots know of a run at present; what they were told before keeps its own number, for tasks handed out then. */
  #told = new Map<RunId, { readonly context: number; readonly slots: Set<number> }>()
  #contextsOf = new Map<RunId, number[]>()
  #nextContext = 0

  #joined = false
  #join: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined
  #startLimit: NodeJS.Timeout
  #deathReason: string | undefined
  #lost = false
  #exited: Promise<void>
  #stderr = ''
  #busyAt = -Infinity
  /** Of sockets that have closed. */
  #closedBytesIn = 0
  #closedBytesOut = 0

  constructor(around: NodeSurroundings) {
    this.#around = around
    const { spec, configuration } = around
    this.#slots = Array.from({ length: spec.slots }, (_, slot) => new SlotQueue({
      node: spec.id,
      slot,
      memory: Math.floor(configuration.memory / spec.slots),
      nodeNumber: (name) => numberOf(configuration, name),
      tell: (run) => this.#tell(run, slot),
      post: (message) => this.#control?.send(message),
      emit: (events) => this.#emitFromSlot(events),
      now: () => around.now(),
      kernelTime: (time) => around.kernelTime(time),
    }))
    // A group of its own, so that it can be ended whole, with whatever its tasks have started.
    const child = spawn(process.execPath, [...FLAGS, program('node')], { detached: true, cwd: configuration.directory, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child = child
    child.stdin!.on('error', () => {})
    // The token goes through the pipe: a command line and an environment can be read by others.
    child.stdin!.write(`${JSON.stringify(configuration)}\n`)
    child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#raw('stdout', text))
    child.stderr!.setEncoding('utf8').on('data', (text: string) => this.#raw('stderr', text))
    child.once('error', (error) => this.#dying(error.message))
    this.#exited = new Promise((resolve) => {
      child.once('error', () => resolve())
      child.once('exit', (code, signal) => {
        this.#dying(signal === null ? `its process ended with code ${code}` : `its process was killed by ${signal}`)
        resolve()
      })
    })
    this.#startLimit = setTimeout(() => this.#dying(`it was not ready after ${START_LIMIT / 1000} s`), START_LIMIT)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resolves when all its slots are connected; rejects with a UserError when it is lost before. */
  joined(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#joined) resolve()
      else if (this.#lost) reject(nodeDidNotStart(this.#around.spec.id, this.#reason()))
      else this.#join = { resolve, reject }
    })
  }

  /** A connection that has shown the token and said what it is. */
  attach(hello: Exclude<Hello, { role: 'reader' }>, socket: Socket): void {
    if (hello.incarnation !== this.#around.configuration.incarnation || this.#lost) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#closedBytesIn += socket.bytesWritten
      this.#closedBytesOut += socket.bytesRead
      this.#settleLoss()
    })
    if (hello.role === 'node') return this.#attachControl(socket)
    const queue = this.#slots[hello.slot]
    if (queue === undefined) {
      socket.destroy()
      return
    }
    const channel: SlotChannel = new Channel(
      socket,
      (frames: Uint8Array[]) => this.#guard(() => frames.forEach((frame) => queue.receive(hello.generation, frame))),
      () => queue.detach(channel),
    )
    queue.attach(hello.generation, channel)
    if (this.#joined || !this.#slots.every((slot) => slot.connected)) return
    this.#joined = true
    clearTimeout(this.#startLimit)
    this.#around.emit([{ type: 'node-joined', node: this.#around.spec }])
    this.#join?.resolve()
  }

  // ── what the backend asks ──

  start(assignment: Assignment, context: RunContext): void {
    const { slot } = assignment
    const queue = this.#slots[slot]
    if (queue === undefined || this.#lost) return
    const now = performance.now()
    if (now - this.#busyAt > BUSY) {
      this.#busyAt = now
      this.#control?.send({ type: 'busy' })
    }
    queue.start(assignment, context)
  }

  recall(slot: number, tasks: readonly TaskId[]): void {
    this.#slots[slot]?.recall(tasks)
  }

  cancel(slot: number, attempts: readonly { readonly task: TaskId; readonly attempt: number }[], force: boolean): void {
    this.#slots[slot]?.cancel(attempts, force)
  }

  release(tasks: readonly TaskId[]): void {
    this.#control?.send({ type: 'release', tasks })
  }

  /** What was told of the run no longer holds. */
  untell(run: RunId): void {
    this.#told.delete(run)
  }

  forget(run: RunId): void {
    this.#told.delete(run)
    const contexts = this.#contextsOf.get(run)
    if (contexts === undefined) return
    this.#contextsOf.delete(run)
    this.#control?.send({ type: 'forget', contexts, codes: this.#ledger.remove(run) })
  }

  /** Ends the process and everything it started; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#child.pid !== undefined) signalGroup(this.#child.pid, 'SIGKILL')
    await this.#exited
  }

  // ── its life ──

  #attachControl(socket: Socket): void {
    this.#control = new Channel<FromNode, ToNode>(
      socket,
      (messages) => this.#guard(() => messages.forEach((message) => this.#receive(message))),
      () => this.#dying('its connection closed'),
    )
  }

  #receive(message: FromNode): void {
    switch (message.type) {
      case 'taken':
        return this.#slots[message.slot]?.taken(message)
      case 'frame':
        return this.#slots[message.slot]?.receive(message.generation, message.frame)
      case 'slot-ended':
        for (const { slots } of this.#told.values()) slots.delete(message.slot)
        return this.#slots[message.slot]?.end(message)
      case 'copied':
        return this.#around.emit([{ type: 'copied', task: message.task, node: this.#around.spec.id }])
      case 'sample': {
        const { bytesIn, bytesOut } = this.#bytes()
        const sample = { node: this.#around.spec.id, cpu: message.cpu, memory: message.memory, bytesIn: message.bytesIn + bytesIn, bytesOut: message.bytesOut + bytesOut }
        return this.#around.emit([{ type: 'sample', sample }])
      }
    }
  }

  /** What cannot be read means that the node is broken: it is ended, and counts as lost. */
  #guard(read: () => void): void {
    try {
      read()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#dying(`it sent what cannot be read (${error.message})`)
    }
  }

  #tell(context: RunContext, slot: number): number {
    let told = this.#told.get(context.run)
    if (told?.slots.has(slot) === true) return told.context
    if (told === undefined) {
      told = { context: this.#nextContext++, slots: new Set() }
      this.#told.set(context.run, told)
      this.#contextsOf.set(context.run, [...(this.#contextsOf.get(context.run) ?? []), told.context])
      const { run, code, handles, seed } = this.#around.locate(context)
      const bundle = this.#ledger.add(run, code, context.bundle.length) ? { bundle: context.bundle } : {}
      this.#control?.send({ type: 'run', context: told.context, slot, run: { code, handles, seed, ...bundle } })
    } else {
      this.#control?.send({ type: 'run', context: told.context, slot })
    }
    told.slots.add(slot)
    return told.context
  }

  /** Tasks that lost an input came back: whatever the node was told of captured results may not hold any more. */
  #emitFromSlot(events: readonly BackendEvent[]): void {
    if (events.some(({ type }) => type === 'value-lost')) this.#told.clear()
    this.#around.emit(events)
  }

  /** Text that came through the process's own pipes: of child processes that inherit them. It is a task's when only one can have made it. */
  #raw(stream: 'stdout' | 'stderr', text: string): void {
    if (stream === 'stderr') this.#stderr = (this.#stderr + text).slice(-TAIL)
    const running = this.#slots.flatMap((slot) => slot.first ?? [])
    if (running.length === 1) this.#around.emit([{ type: 'log', ...running[0]!, stream, text }])
  }

  #bytes(): { readonly bytesIn: number; readonly bytesOut: number } {
    let [bytesIn, bytesOut] = [this.#closedBytesIn, this.#closedBytesOut]
    for (const socket of this.#sockets) {
      bytesIn += socket.bytesWritten
      bytesOut += socket.bytesRead
    }
    return { bytesIn, bytesOut }
  }

  /** First sign of death. Ends what may still live of it, and waits for what is left in its sockets. */
  #dying(reason: string): void {
    // The exit says more than the connection that closes with it.
    if (this.#deathReason === undefined || this.#deathReason === 'its connection closed') this.#deathReason = reason
    if (this.#child.pid !== undefined) signalGroup(this.#child.pid, 'SIGKILL')
    clearTimeout(this.#startLimit)
    setTimeout(() => this.#finishLoss(), LAST_WORDS)
    this.#child.once('close', () => this.#settleLoss())
    this.#settleLoss()
  }

  #settleLoss(): void {
    const exited = this.#child.exitCode !== null || this.#child.signalCode !== null
    const gone = this.#child.pid === undefined || (exited && [this.#child.stdout, this.#child.stderr].every((pipe) => pipe?.closed))
    if (this.#deathReason !== undefined && gone && this.#sockets.size === 0) this.#finishLoss()
  }

  #finishLoss(): void {
    if (this.#lost) return
    for (const slot of this.#slots) slot.lose()
    this.#lost = true
    for (const socket of this.#sockets) socket.destroy()
    this.#around.onLost(this.#reason(), this.#joined)
    if (!this.#joined) this.#join?.reject(nodeDidNotStart(this.#around.spec.id, this.#reason()))
  }

  #reason(): string {
    const said = this.#stderr.trim()
    const reason = this.#deathReason ?? 'its process ended'
    return said === '' ? reason : `${reason}; it said: ${said}`
  }
}

function numberOf(configuration: NodeConfiguration, name: string): number | undefined {
  const number = configuration.nodes.findIndex((node) => node.name === name)
  return number < 0 ? undefined : number
}
