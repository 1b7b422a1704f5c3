/** Two-way connections to the front end (widgets), as cells see them. */
import { randomUUID } from 'node:crypto'
import type { FromSession } from './messages.ts'

/** As the protocol layer has it. */
interface CommMessage {
  readonly type: 'open' | 'message' | 'close'
  readonly id: string
  readonly target?: string
  readonly data: unknown
  readonly metadata: unknown
  readonly buffers: readonly Uint8Array[]
}

interface Comm {
  readonly id: string
  readonly target: string
  send(data: unknown, options?: { metadata?: unknown; buffers?: readonly Uint8Array[] }): void
  close(data?: unknown): void
  onMessage?: (data: unknown, buffers: readonly Uint8Array[]) => void
  onClose?: (data: unknown) => void
}

interface Open {
  readonly comm: Comm
  /** Runs a callback as part of the execution that opened the comm, so that its output goes there. */
  within(callback: () => void): void
}

type OnOpen = (comm: Comm, data: unknown) => void

export class Comms {
  readonly #open = new Map<string, Open>()
  readonly #targets = new Map<string, { onOpen: OnOpen; within: Open['within'] }>()
  readonly #send: (message: FromSession) => void
  readonly #execution: () => string | undefined
  readonly #bind: () => Open['within']

  /** @param bind gives a function that runs callbacks in the present asynchronous context */
  constructor(send: (message: FromSession) => void, execution: () => string | undefined, bind: () => Open['within']) {
    this.#send = send
    this.#execution = execution
    this.#bind = bind
  }

  open(target: string, data: unknown = {}): Comm {
    const id = randomUUID().replaceAll('-', '')
    this.#tell({ type: 'open', id, target: String(target), data, metadata: {}, buffers: [] })
    return this.#keep(id, String(target), this.#bind())
  }

  register(target: string, onOpen: OnOpen): void {
    if (typeof onOpen !== 'function') throw new TypeError(`comms.register(target, onOpen): onOpen must be a function, not ${typeof onOpen}.`)
    this.#targets.set(String(target), { onOpen, within: this.#bind() })
  }

  receive(message: unknown): void {
    const { type, id, target, data, buffers } = message as CommMessage
    if (type === 'open') return this.#opened(id, target ?? '', data)
    const open = this.#open.get(id)
    if (!open) return
    if (type === 'close') this.#open.delete(id)
    open.within(() => (type === 'close' ? open.comm.onClose?.(data) : open.comm.onMessage?.(data, buffers)))
  }

  #opened(id: string, target: string, data: unknown): void {
    const registered = this.#targets.get(target)
    // As Jupyter asks of whoever does not know the target.
    if (!registered) return this.#tell({ type: 'close', id, data: {}, metadata: {}, buffers: [] })
    const comm = this.#keep(id, target, registered.within)
    registered.within(() => registered.onOpen(comm, data))
  }

  #keep(id: string, target: string, within: Open['within']): Comm {
    const comm: Comm = {
      id,
      target,
      send: (data, { metadata = {}, buffers = [] } = {}) => this.#tell({ type: 'message', id, data, metadata, buffers }),
      close: (data = {}) => {
        if (this.#open.delete(id)) this.#tell({ type: 'close', id, data, metadata: {}, buffers: [] })
      },
    }
    this.#open.set(id, { comm, within })
    return comm
  }

  #tell(message: CommMessage): void {
    this.#send({ type: 'comm', execution: this.#execution(), message })
  }
}
