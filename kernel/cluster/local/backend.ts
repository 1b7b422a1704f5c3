/** A cluster on this machine: a process per node, a thread per slot. */
import { randomBytes } from 'node:crypto'
import type { Server, Socket } from 'node:net'
import { join } from 'node:path'
import { valueGone } from '../../errors.ts'
import type { NodeId, RunId, TaskId, Time } from '../../scheduler/index.ts'
import type { Wire } from '../../travel/declaration.ts'
import type { Assignment, Backend, BackendEvent, Capabilities, Input, RunContext, ValueRef } from '../backend.ts'
import { listen, systemClock } from './connection.ts'
import type { Hello, NodeConfiguration } from './messages.ts'
import { LocalNode } from './local-node.ts'
import { checkNodes, nodeSpec, type LocalNodeSpec } from './node-spec.ts'
import { makeSocketDirectory, removeSocketDirectory } from './runtime-directory.ts'
import { ValueClient, wireOf } from './values.ts'

export type { LocalNodeSpec } from './node-spec.ts'

export interface LocalOptions {
  readonly nodes: readonly LocalNodeSpec[]
  /** The kernel's clock, ms. */
  readonly clock: () => Time
  /** The notebook's folder: the tasks' working folder, from which their imports are resolved. */
  readonly directory: string
  /** The kernel's folder for sockets; absent: one of its own. Keep its path short (see makeRuntimeDirectory). */
  readonly runtimeDirectory?: string
  /** A node that dies is started again under the same name. */
  readonly respawn: boolean
}

/** The machine's clock and the kernel's drift apart (a laptop sleeps): beyond this they are compared anew, ms. */
const DRIFT = 2

const capabilities: Capabilities = { cancel: 'native', timeout: 'native', resources: 'emulated', logs: 'native', utilization: 'native', transfer: 'native', recall: 'native' }

export function localBackend(options: LocalOptions): Backend {
  return new LocalBackend(options)
}

class LocalBackend implements Backend {
  readonly kind = 'local'
  readonly capabilities = capabilities
  #options: LocalOptions
  #token = randomBytes(32).toString('hex')
  #values = new ValueClient(this.#token)
  #onEvents: (batch: readonly BackendEvent[]) => void = () => {}
  #directory = ''
  #server: Server | undefined
  #nodes = new Map<NodeId, LocalNode>()
  #runs = new Map<RunId, RunContext>()
  /** Where values are that stayed with nodes, as far as this backend has seen. */
  #holders = new Map<TaskId, Set<NodeId>>()
  #closing: Promise<void> | undefined
  #clockOffset = NaN

  constructor(options: LocalOptions) {
    checkNodes(options.nodes)
    this.#options = options
  }

  async open(onEvents: (batch: readonly BackendEvent[]) => void): Promise<void> {
    const early: BackendEvent[] = []
    this.#onEvents = (batch) => void early.push(...batch)
    this.#directory = makeSocketDirectory(this.#options.runtimeDirectory)
    try {
      this.#server = await listen(join(this.#directory, 'kernel.sock'), this.#token, (socket, hello) => this.#welcome(socket, hello))
      const table = this.#options.nodes.map(({ name }, number) => ({ name, socket: join(this.#directory, `${number}.sock`) }))
      for (const [number, spec] of this.#options.nodes.entries()) this.#nodes.set(spec.name, this.#node(spec, number, table))
      await Promise.all([...this.#nodes.values()].map((node) => node.start()))
      this.#onEvents = onEvents
      onEvents(this.#inOrder(early))
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Nodes join in the order in which they were named, whichever was up first: so they stand wherever they are listed. */
  #inOrder(early: readonly BackendEvent[]): BackendEvent[] {
    const joining = this.#options.nodes.flatMap(({ name }) => early.find((event) => event.type === 'node-joined' && event.node.id === name) ?? [])
    return [...joining, ...early.filter((event) => !joining.includes(event))]
  }

  prepare(context: RunContext): void {
    this.#runs.set(context.run, context)
    for (const node of this.#nodes.values()) node.link?.untell(context.run)
  }

  forget(run: RunId): void {
    this.#runs.delete(run)
    for (const node of this.#nodes.values()) node.link?.forget(run)
  }

  start(batch: readonly Assignment[]): void {
    for (const assignment of batch) {
      const context = this.#runs.get(assignment.run)
      if (context === undefined) throw new Error(`run ${assignment.run} was started before it was prepared`)
      this.#nodes.get(assignment.node)?.link?.start(this.#locate(assignment), context)
    }
  }

  recall(node: NodeId, slot: number, tasks: readonly TaskId[]): void {
    this.#nodes.get(node)?.link?.recall(slot, tasks)
  }

  cancel(attempts: readonly { readonly task: TaskId; readonly attempt: number; readonly node: NodeId; readonly slot: number }[], force: boolean): void {
    for (const group of groupBySlot(attempts)) this.#nodes.get(group[0]!.node)?.link?.cancel(group[0]!.slot, group, force)
  }

  async read(ref: ValueRef): Promise<Wire> {
    const located = this.#located(ref)
    const sockets = located.nodes.flatMap((name) => this.#nodes.get(name)?.socket ?? [])
    const value = await this.#values.fetch(ref.task, sockets)
    if (value === undefined) throw valueGone(located.nodes)
    return wireOf(value)
  }

  release(tasks: readonly TaskId[]): void {
    for (const task of tasks) this.#holders.delete(task)
    for (const node of this.#nodes.values()) node.link?.release(tasks)
  }

  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  async #end(): Promise<void> {
    this.#onEvents = () => {}
    this.#values.close()
    await Promise.all([...this.#nodes.values()].map((node) => node.stop()))
    await new Promise<void>((resolve) => (this.#server === undefined ? resolve() : this.#server.close(() => resolve())))
    if (this.#directory !== '') removeSocketDirectory(this.#directory)
  }

  #welcome(socket: Socket, hello: Hello): void {
    const name = hello.role === 'reader' ? undefined : this.#options.nodes[hello.number]?.name
    const link = name === undefined ? undefined : this.#nodes.get(name)?.link
    if (hello.role === 'reader' || link === undefined) socket.destroy()
    else link.attach(hello, socket)
  }

  #node(spec: LocalNodeSpec, number: number, table: NodeConfiguration['nodes']): LocalNode {
    const configuration: NodeConfiguration = {
      token: this.#token,
      socket: join(this.#directory, 'kernel.sock'),
      runtimeDirectory: this.#directory,
      nodes: table,
      number,
      incarnation: 0,
      slots: spec.slots,
      memory: spec.memory,
      directory: this.#options.directory,
    }
    return new LocalNode(nodeSpec(spec), configuration, this.#options.respawn, {
      emit: (events) => this.#emit(events),
      locate: (context) => this.#locateHandles(context),
      now: () => this.#options.clock(),
      kernelTime: (time) => this.#kernelTime(time),
    })
  }

  #emit(events: readonly BackendEvent[]): void {
    for (const event of events) this.#note(event)
    this.#onEvents(events)
  }

  /** Keeps track of where values are, so that a reference made before a copy, or before a loss, still finds them. */
  #note(event: BackendEvent): void {
    switch (event.type) {
      case 'finished':
        for (const outcome of event.outcomes) if (outcome.ok && !outcome.inKernel) this.#holders.set(outcome.task, new Set([event.node]))
        return
      case 'copied':
        this.#holders.get(event.task)?.add(event.node)
        return
      case 'node-lost':
        for (const holders of this.#holders.values()) holders.delete(event.node)
        return
      default:
        return // says nothing of values
    }
  }

  #locate(assignment: Assignment): Assignment {
    if (!assignment.inputs.some((inputs) => inputs.some(isReference))) return assignment
    return { ...assignment, inputs: assignment.inputs.map((inputs) => inputs.map((input) => this.#locatedInput(input))) }
  }

  #locateHandles(context: RunContext): RunContext {
    if (!context.handles.some(({ values }) => values.some(isReference))) return context
    return { ...context, handles: context.handles.map((handle) => ({ ...handle, values: handle.values.map((value) => this.#locatedInput(value)) })) }
  }

  #locatedInput(input: Input): Input {
    return isReference(input) ? this.#located(input) : input
  }

  #located(ref: ValueRef): ValueRef {
    const seen = this.#holders.get(ref.task)
    return seen === undefined ? ref : { ...ref, nodes: [...new Set([...seen, ...ref.nodes])] }
  }

  #kernelTime(systemTime: number): Time {
    const offset = this.#options.clock() - systemClock()
    if (!(Math.abs(offset - this.#clockOffset) <= DRIFT)) this.#clockOffset = offset
    return systemTime + this.#clockOffset
  }
}

function isReference(input: Input): input is ValueRef {
  return typeof input === 'object' && input !== null && !(input instanceof Uint8Array)
}

type SlotAttempt = { readonly task: TaskId; readonly attempt: number; readonly node: NodeId; readonly slot: number }

function groupBySlot(attempts: readonly SlotAttempt[]): SlotAttempt[][] {
  const groups = new Map<string, SlotAttempt[]>()
  for (const attempt of attempts) {
    const key = `${attempt.slot} ${attempt.node}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [attempt])
    else group.push(attempt)
  }
  return [...groups.values()]
}
