/** Results that stay on a node, and their way to other nodes and to the kernel. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Channel } from '../../channel.ts'
import type { Wire } from '../../travel/declaration.ts'
import { connect } from './connection.ts'
import type { KeptValue, ValueReply, ValueRequest } from './messages.ts'

/** What one message of a long value carries, bytes. */
const PART = 1 << 20

/** Puts a long string or an encoding into shared memory. */
export function keep(wire: string | Uint8Array): KeptValue {
  const source = typeof wire === 'string' ? Buffer.from(wire) : wire
  const bytes = new Uint8Array(new SharedArrayBuffer(source.length))
  bytes.set(source)
  return { bytes, text: typeof wire === 'string' }
}

export function wireOf(value: KeptValue): Wire {
  return value.text ? Buffer.from(value.bytes).toString('utf8') : value.bytes
}

/** Answers requests for values that arrive on `socket`; `find` gives what this node holds. */
export function serveValues(socket: Socket, find: (task: number) => KeptValue | undefined, onSent: (bytes: number) => void): void {
  const channel = new Channel<ValueRequest, ValueReply>(
    socket,
    (requests) => {
      for (const request of requests) void answer(request)
    },
    () => {},
  )
  const answer = async ({ id, task }: ValueRequest) => {
    const value = find(task)
    if (value === undefined) return channel.send({ id, type: 'absent' })
    const { bytes, text } = value
    channel.send({ id, type: 'value', size: bytes.length, text })
    for (let at = 0; at < bytes.length && !channel.closed; at += PART) {
      channel.send({ id, type: 'part', bytes: bytes.slice(at, at + PART) })
      channel.flush()
      onSent(Math.min(PART, bytes.length - at))
      if (socket.writableNeedDrain) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {})
    }
  }
}

interface Pending {
  readonly task: number
  value?: KeptValue
  received: number
  resolve(value: KeptValue | undefined): void
}

/** Gets values from the nodes that hold them; keeps one connection to each open. */
export class ValueClient {
  #token: string
  #links = new Map<string, Promise<Link>>()
  #onReceived: (bytes: number) => void

  constructor(token: string, onReceived: (bytes: number) => void = () => {}) {
    this.#token = token
    this.#onReceived = onReceived
  }

  /** The value of `task` from the first of these sockets that has it; undefined: none has. */
  async fetch(task: number, sockets: readonly string[]): Promise<KeptValue | undefined> {
    for (const socket of sockets) {
      const link = await this.#link(socket)
      const value = await link?.fetch(task)
      if (value !== undefined) return value
    }
    return undefined
  }

  close(): void {
    for (const link of this.#links.values()) void link.then((open) => open.close()).catch(() => {})
    this.#links.clear()
  }

  async #link(path: string): Promise<Link | undefined> {
    let opening = this.#links.get(path)
    if (opening === undefined) {
      opening = connect(path, this.#token, { role: 'reader' }).then((socket) => new Link(socket, this.#onReceived, () => this.#links.delete(path)))
      this.#links.set(path, opening)
    }
    try {
      return await opening
    } catch {
      this.#links.delete(path) // nobody listens there any more
      return undefined
    }
  }
}

class Link {
  #channel: Channel<ValueReply, ValueRequest>
  #pending = new Map<number, Pending>()
  #next = 0

  constructor(socket: Socket, onReceived: (bytes: number) => void, onClose: () => void) {
    this.#channel = new Channel<ValueReply, ValueRequest>(
      socket,
      (replies) => {
        for (const reply of replies) {
          if (reply.type === 'part') onReceived(reply.bytes.length)
          this.#take(reply)
        }
      },
      () => {
        onClose()
        for (const pending of this.#pending.values()) pending.resolve(undefined)
        this.#pending.clear()
      },
    )
  }

  fetch(task: number): Promise<KeptValue | undefined> {
    return new Promise((resolve) => {
      if (this.#channel.closed) return resolve(undefined)
      const id = this.#next++
      this.#pending.set(id, { task, received: 0, resolve })
      this.#channel.send({ id, task })
    })
  }

  close(): void {
    this.#channel.close()
  }

  #take(reply: ValueReply): void {
    const pending = this.#pending.get(reply.id)
    if (pending === undefined) return
    if (reply.type === 'absent') return this.#finish(reply.id, undefined)
    if (reply.type === 'value') {
      pending.value = { bytes: new Uint8Array(new SharedArrayBuffer(reply.size)), text: reply.text }
    } else if (pending.value !== undefined) {
      pending.value.bytes.set(reply.bytes, pending.received)
      pending.received += reply.bytes.length
    }
    if (pending.value !== undefined && pending.received >= pending.value.bytes.length) this.#finish(reply.id, pending.value)
  }

  #finish(id: number, value: KeptValue | undefined): void {
    this.#pending.get(id)?.resolve(value)
    this.#pending.delete(id)
  }
}

/** The values of one node: its own results, and copies of others'. */
export class ValueStore {
  #values = new Map<number, KeptValue>()
  #arriving = new Map<number, Promise<KeptValue | undefined>>()
  #client: ValueClient
  #onCopied: (task: number) => void
  /** Bytes of all values held. */
  bytes = 0

  constructor(client: ValueClient, onCopied: (task: number) => void) {
    this.#client = client
    this.#onCopied = onCopied
  }

  find(task: number): KeptValue | undefined {
    return this.#values.get(task)
  }

  put(task: number, value: KeptValue): void {
    this.release(task)
    this.#values.set(task, value)
    this.bytes += value.bytes.length
  }

  release(task: number): void {
    this.#arriving.delete(task)
    const value = this.#values.get(task)
    if (value === undefined) return
    this.bytes -= value.bytes.length
    this.#values.delete(task)
  }

  /** From here, or copied from a holder; many that ask at once share one transfer. */
  get(task: number, sockets: readonly string[]): Promise<KeptValue | undefined> {
    const here = this.#values.get(task)
    if (here !== undefined) return Promise.resolve(here)
    const arriving = this.#arriving.get(task)
    if (arriving !== undefined) return arriving
    const transfer = this.#client.fetch(task, sockets).then((value) => {
      // Released while it was on its way: those that asked get it, but it is not kept.
      if (this.#arriving.get(task) !== transfer) return value
      this.#arriving.delete(task)
      if (value !== undefined) {
        this.put(task, value)
        this.#onCopied(task)
      }
      return value
    })
    this.#arriving.set(task, transfer)
    return transfer
  }
}
