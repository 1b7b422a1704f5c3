/** Whose a comm is: views of runs have theirs with the kernel, widgets with the cells that they belong to. */
import type { CommMessage } from './protocol/interpreter.ts'

/** The kernel's side of the comms of one target. */
export interface OwnTarget {
  readonly target: string
  has(id: string): boolean
  open(id: string): void
  receive(id: string, data: unknown): void
  close(id: string): void
}

export interface CommsOptions {
  readonly own: OwnTarget
  readonly toSession: (message: CommMessage) => void
  readonly toFrontend: (execution: string | undefined, message: CommMessage) => void
}

export class Comms {
  readonly #options: CommsOptions
  /** Targets by id, whichever side opened them. */
  readonly #open = new Map<string, string>()

  constructor(options: CommsOptions) {
    this.#options = options
  }

  get open(): ReadonlyMap<string, string> {
    return this.#open
  }

  fromFrontend(message: CommMessage): void {
    const { own, toSession } = this.#options
    const { type, id } = message
    // As after a restart: whoever still speaks on it is told that it is closed, and can open another.
    if (type !== 'open' && !this.#open.has(id)) return type === 'message' ? this.#tellClosed(id) : undefined
    const mine = type === 'open' ? message.target === own.target : own.has(id)
    this.#follow(message)
    if (!mine) return toSession(message)
    if (type === 'open') own.open(id)
    else if (type === 'message') own.receive(id, message.data)
    else own.close(id)
  }

  fromSession(execution: string | undefined, message: CommMessage): void {
    const { own, toSession, toFrontend } = this.#options
    // Cells have comms of their own, not those of views: one that says otherwise is closed.
    if (own.has(message.id)) return
    if (message.type === 'open' && message.target === own.target) return toSession(closing(message.id))
    this.#follow(message)
    toFrontend(execution, message)
  }

  /** The kernel has closed it. */
  ended(id: string): void {
    this.#open.delete(id)
    this.#tellClosed(id)
  }

  /** The session is gone, and with it whoever listened to the comms of its cells. */
  sessionEnded(): void {
    for (const id of this.#open.keys()) if (!this.#options.own.has(id)) this.ended(id)
  }

  #follow(message: CommMessage): void {
    if (message.type === 'open') this.#open.set(message.id, message.target)
    if (message.type === 'close') this.#open.delete(message.id)
  }

  #tellClosed(id: string): void {
    this.#options.toFrontend(undefined, closing(id))
  }
}

function closing(id: string): CommMessage {
  return { type: 'close', id, data: {}, metadata: {}, buffers: [] }
}
