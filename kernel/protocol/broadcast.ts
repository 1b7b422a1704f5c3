import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Frame } from './message.ts'

/** The publishing socket as this file sees it. `send` rejects with code EAGAIN while a subscriber has no room and `noDrop` is true. */
export interface Publisher {
  noDrop: boolean
  send(frames: Frame[]): Promise<void>
}

export interface Patience {
  /** A subscriber that makes no room for so long is taken to be stuck, ms. */
  readonly stuck: number
  /** So much may wait for it meanwhile, bytes. */
  readonly bytes: number
  /** For so long after that no subscriber is waited for, ms; messages are paced instead. */
  readonly lossy: number
}

const usual: Patience = { stuck: 1_000, bytes: 128 * 2 ** 20, lossy: 30_000 }
/** Messages sent in a row before other work gets its turn, and how long they are spread over where nobody is waited for, ms. */
const run = 64
const pace = 8

/**
 * Sends in order, and waits while a subscriber has no room, so that a client which reads more slowly than a cell prints
 * loses nothing, least of all the status `idle`. One that is stuck (a stopped process) is waited for only so long;
 * then what has no room is lost to it, and the others go on.
 */
export class Broadcast {
  readonly #publisher: Publisher
  readonly #patience: Patience
  #queue: Frame[][] = []
  #bytes = 0
  #sending: Promise<void> | undefined
  /** When subscribers are to be waited for again; 0: they are. */
  #lossyUntil = 0

  constructor(publisher: Publisher, patience: Patience = usual) {
    this.#publisher = publisher
    this.#patience = patience
    publisher.noDrop = true
  }

  send(frames: Frame[]): void {
    this.#queue.push(frames)
    this.#bytes += size(frames)
    this.#sending ??= this.#drain()
  }

  /** Resolves when everything has been handed to the socket. */
  async sent(): Promise<void> {
    await this.#sending
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue
      this.#queue = []
      for (const [at, frames] of batch.entries()) {
        await this.#deliver(frames)
        this.#bytes -= size(frames)
        if (at % run === run - 1) await (this.#publisher.noDrop || this.#bytes > this.#patience.bytes ? setImmediate() : setTimeout(pace))
      }
    }
    this.#sending = undefined
  }

  async #deliver(frames: Frame[]): Promise<void> {
    if (this.#lossyUntil !== 0 && performance.now() > this.#lossyUntil) this.#wait(true)
    const began = performance.now()
    while (!(await this.#attempt(frames))) {
      const enough = performance.now() - began > this.#patience.stuck || this.#bytes > this.#patience.bytes
      if (enough) this.#wait(false)
      else await setTimeout(1)
    }
  }

  #wait(on: boolean): void {
    this.#publisher.noDrop = on
    this.#lossyUntil = on ? 0 : performance.now() + this.#patience.lossy
  }

  /** False when a subscriber has no room. */
  async #attempt(frames: Frame[]): Promise<boolean> {
    try {
      await this.#publisher.send(frames)
      return true
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'EAGAIN' || !this.#publisher.noDrop
    }
  }
}

function size(frames: readonly Frame[]): number {
  let bytes = 0
  for (const frame of frames) bytes += frame.length
  return bytes
}
