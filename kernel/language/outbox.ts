/** Everything the session says to the kernel: in order, as it goes, also while a cell never yields. */
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Channel } from '../channel.ts'
import type { Guard } from './guard.ts'
import type { FromSession, ToSession } from './messages.ts'

/** UTF-16 units of text that are sent at once at the latest. */
const fullPart = 65_536
/** In each period (ms) so many writes are sent as they come; the others together, when the watcher asks for them at the latest. */
const period = 50
const sentSingly = 8

/**
 * The channel's stream. It reads as any socket does, but writes before `write` returns: a busy loop's output
 * arrives while it runs, and a cell that writes faster than the kernel reads is slowed down.
 */
export class KernelPipe extends Socket {
  readonly #fd: number
  readonly #pause = new Int32Array(new SharedArrayBuffer(4))

  constructor(fd: number) {
    super({ fd })
    this.#fd = fd
  }

  override write(bytes: Uint8Array | string): boolean {
    const whole = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    for (let sent = 0; sent < whole.length; ) {
      try {
        sent += writeSync(this.#fd, whole, sent)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
          this.destroy(error as Error)
          return false
        }
        Atomics.wait(this.#pause, 0, 0, 1)
      }
    }
    return true
  }
}

export class Outbox {
  readonly #channel: Channel<ToSession, FromSession>
  readonly #guard: Guard
  #text = ''
  #name: 'stdout' | 'stderr' = 'stdout'
  #execution: string | undefined
  #periodBegan = 0
  #sentInPeriod = 0
  #ending = false
  #timer: NodeJS.Immediate | undefined

  constructor(channel: Channel<ToSession, FromSession>, guard: Guard) {
    this.#channel = channel
    this.#guard = guard
  }

  write(execution: string | undefined, name: 'stdout' | 'stderr', text: string): void {
    this.#guard.enter()
    if (this.#text !== '' && (name !== this.#name || execution !== this.#execution)) this.#sendText()
    this.#name = name
    this.#execution = execution
    this.#text += text
    if (this.#text.length >= fullPart || this.#ending || this.#mayGoAlone()) return this.#sendText()
    if (this.#timer) return
    this.#timer = setImmediate(() => this.flush())
    this.#guard.waiting(true)
  }

  /** Sends now, after the text that was written before. */
  send(message: FromSession): void {
    this.#guard.enter()
    this.#sendText()
    this.#channel.send(message)
    this.#channel.flush()
  }

  flush(): void {
    this.#guard.enter()
    this.#sendText()
  }

  /** A cell begins: its first writes are sent as they come, whatever others have written just now. */
  begin(): void {
    this.#periodBegan = 0
  }

  /** The process ends: there will be no turn in which what waits could be sent. */
  end(): void {
    this.#ending = true
    this.flush()
  }

  #mayGoAlone(): boolean {
    const now = performance.now()
    if (now - this.#periodBegan >= period) {
      this.#periodBegan = now
      this.#sentInPeriod = 0
    }
    return this.#sentInPeriod++ < sentSingly
  }

  #sendText(): void {
    // Its turn may have been terminated, so that it never comes.
    if (this.#timer) {
      clearImmediate(this.#timer)
      this.#timer = undefined
      this.#guard.waiting(false)
    }
    const text = this.#text
    this.#text = ''
    if (text === '') return
    this.#channel.send({ type: 'stream', execution: this.#execution, name: this.#name, text })
    this.#channel.flush()
  }
}
