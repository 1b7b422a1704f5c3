/**
 * A node: a process of its own, so that killing it is a real loss of a node. Its main thread never runs user code; it
 * keeps the values, moves them between nodes, and can act on slots that are busy.
 */
import { constants, setPriority } from 'node:os'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Channel } from '../../channel.ts'
import { signalGroup } from '../../platform.ts'
import type { CodeId, Wire } from '../../travel/declaration.ts'
import type { Input, ValueRef } from '../backend.ts'
import { connect, listen } from './connection.ts'
import type { FromNode, FromSlot, KeptValue, NodeConfiguration, RunMessage, SlotRun, ToNode } from './messages.ts'
import { MemoryWatch } from './memory-watch.ts'
import { SlotHost } from './slot-host.ts'
import { keep, serveValues, ValueClient, ValueStore, wireOf } from './values.ts'

/** How often busy slots are looked at, ms. */
const LOOK = 10
/** After this long without work the node looks no more, ms. */
const QUIET = 1500
const SAMPLE = 250
const MEMORY_LOOK = 50

class Node {
  #configuration: NodeConfiguration
  #channel: Channel<ToNode, FromNode> | undefined
  #slots: SlotHost[] = []
  #values: ValueStore
  #bytesIn = 0
  #bytesOut = 0

  #codes = new Map<CodeId, Uint8Array>()
  /** By number of the context. */
  #runs = new Map<number, Promise<SlotRun>>()

  #looking: NodeJS.Timeout | undefined
  #activeAt = 0
  #activity = -1
  #sampledAt = 0
  #cpu = process.cpuUsage()
  #memory: MemoryWatch
  #memoryLookedAt = 0

  constructor(configuration: NodeConfiguration) {
    this.#configuration = configuration
    const client = new ValueClient(configuration.token, (bytes) => (this.#bytesIn += bytes))
    this.#values = new ValueStore(client, (task) => this.#send({ type: 'copied', task }))
    this.#memory = new MemoryWatch(configuration.memory, this.#slots, () => this.#values.bytes)
  }

  async open(): Promise<void> {
    const { number, incarnation, token, nodes, socket, slots, memory } = this.#configuration
    const own = nodes[number]!.socket
    rmSync(own, { force: true }) // left by a process of this name that was killed
    await listen(own, token, (peer) => serveValues(peer, (task) => this.#values.find(task), (bytes) => (this.#bytesOut += bytes)))
    const control = await connect(socket, token, { role: 'node', number, incarnation })
    this.#channel = new Channel<ToNode, FromNode>(control, (messages) => messages.forEach((message) => this.#receive(message)), () => leave(this.#configuration.runtimeDirectory))
    for (let slot = 0; slot < slots; slot++) {
      this.#slots.push(new SlotHost(slot, this.#configuration, memory / slots, (message) => this.#send(message), (message, host) => this.#serve(message, host)))
    }
  }

  #send(message: FromNode): void {
    this.#channel?.send(message)
  }

  #receive(message: ToNode): void {
    switch (message.type) {
      case 'run':
        if (message.run !== undefined) this.#runs.set(message.context, this.#gather(message.context, message.run))
        void this.#runs.get(message.context)?.then((run) => this.#slots[message.slot]?.post({ type: 'run', run }))
        return
      case 'forget':
        for (const context of message.contexts) this.#runs.delete(context)
        for (const code of message.codes) this.#codes.delete(code)
        for (const slot of this.#slots) slot.post({ type: 'forget', contexts: message.contexts })
        return
      case 'recall':
      case 'cancel':
        this.#slots[message.slot]?.takeBack(message.type, message.generation, message.positions, message.force)
        return
      case 'resize':
        this.#slots[message.slot]?.resize(message.generation, message.memory)
        return
      case 'release':
        for (const task of message.tasks) this.#values.release(task)
        return
      case 'busy':
        return this.#look()
    }
  }

  // ── what slots ask for ──

  #serve(message: FromSlot, host: SlotHost): void {
    if (message.type === 'keep') {
      this.#values.put(message.task, message.value)
      host.post({ type: 'kept', task: message.task })
      return
    }
    void this.#find(message.task, message.holders).then((value) => host.post({ type: 'value', task: message.task, value }))
  }

  #find(task: number, holders: readonly number[]): Promise<KeptValue | undefined> {
    const { nodes, number } = this.#configuration
    const sockets = holders.filter((holder) => holder !== number).flatMap((holder) => nodes[holder]?.socket ?? [])
    return this.#values.get(task, sockets)
  }

  /** A run with its code in shared memory and all that its body captured at hand. */
  async #gather(context: number, message: RunMessage): Promise<SlotRun> {
    if (message.bundle !== undefined) this.#codes.set(message.code, keep(message.bundle).bytes)
    const bundle = this.#codes.get(message.code) ?? new Uint8Array()
    const lost: number[] = []
    const take = async (input: Input): Promise<Wire> => {
      if (!isReference(input)) return input
      const holders = input.nodes.map((name) => this.#configuration.nodes.findIndex((node) => node.name === name))
      const value = await this.#find(input.task, holders)
      if (value === undefined) lost.push(input.task)
      return value === undefined ? undefined : wireOf(value)
    }
    const handles = await Promise.all(message.handles.map(async ({ ref, values, shape }) => ({ ref, shape, values: await Promise.all(values.map(take)) })))
    return { run: context, code: message.code, bundle, handles, seed: message.seed, lost }
  }

  // ── watching ──

  #look(): void {
    this.#activeAt = performance.now()
    if (this.#looking !== undefined) return
    this.#cpu = process.cpuUsage()
    this.#sampledAt = performance.now()
    this.#memory.begin()
    this.#looking = setInterval(() => this.#watch(), LOOK)
  }

  #watch(): void {
    const now = performance.now()
    for (const slot of this.#slots) slot.rescue()
    const activity = this.#slots.reduce((sum, slot) => sum + slot.activity, 0)
    const running = this.#slots.some((slot) => slot.running !== undefined)
    if (running || activity !== this.#activity) this.#activeAt = now
    this.#activity = activity
    if (running && now - this.#memoryLookedAt >= MEMORY_LOOK) {
      this.#memoryLookedAt = now
      this.#memory.look()
    }
    if (now - this.#sampledAt >= SAMPLE) this.#sample(now)
    if (now - this.#activeAt < QUIET) return
    clearInterval(this.#looking)
    this.#looking = undefined
    this.#sample(now)
  }

  #sample(now: number): void {
    const used = process.cpuUsage(this.#cpu)
    const elapsed = now - this.#sampledAt
    if (elapsed <= 0) return
    this.#cpu = process.cpuUsage()
    this.#sampledAt = now
    const cpu = (used.user + used.system) / 1000 / elapsed
    this.#send({ type: 'sample', cpu, memory: process.memoryUsage.rss(), bytesIn: this.#bytesIn, bytesOut: this.#bytesOut })
  }
}

function isReference(input: Input): input is ValueRef {
  return typeof input === 'object' && input !== null && !(input instanceof Uint8Array)
}

/** A kernel that dies takes this long at most to be seen dead by its children, ms. */
const PARTING = 50

/** The kernel is gone, however it went. Nothing of this node may outlive it: not a busy slot, a task's child process, or a file. */
function leave(runtimeDirectory: string): void {
  setTimeout(() => {
    // Only when its parent is dead: a connection can also break because the kernel ends this node alone.
    if (process.ppid !== kernel) rmSync(runtimeDirectory, { recursive: true, force: true })
    signalGroup(process.pid, 'SIGKILL')
    process.kill(process.pid, 'SIGKILL')
  }, PARTING)
}

const kernel = process.ppid
createInterface({ input: process.stdin }).once('line', (line) => {
  const configuration = JSON.parse(line) as NodeConfiguration
  // The notebook goes before the tasks where both want a core; alone, tasks have it all.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  process.title = `sluice node ${configuration.nodes[configuration.number]!.name}`
  // The kernel holds the other end for as long as it lives.
  process.stdin.once('close', () => leave(configuration.runtimeDirectory))
  process.stdin.once('end', () => leave(configuration.runtimeDirectory))
  void new Node(configuration).open()
})
