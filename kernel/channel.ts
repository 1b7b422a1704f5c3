import { deserialize, serialize } from 'node:v8'
import type { Duplex } from 'node:stream'

/** Longest message accepted, bytes: beyond it the peer is taken to be broken. */
const LONGEST = 0x7fff_ffff

/**
 * Messages over a byte stream between Sluice's own processes (kernel, session, nodes, slots): a 4-byte
 * little-endian length, then the message in V8's serialization. All messages sent in one turn of the event loop
 * leave in one write.
 */
export class Channel<In, Out> {
  #stream: Duplex
  #pending: Buffer[] = []
  #pendingBytes = 0
  #outgoing: Buffer[] = []
  #flushing = false
  #closed = false
  readonly #soon: (flush: () => void) => void

  /**
   * @param onMessages called with every complete message that arrived together, in order
   * @param onClose called once; `error` when the stream broke or carried garbage
   * @param soon when what was sent is written. By default as soon as the present callback is done; with setImmediate,
   * what several promises in a row send leaves in one write.
   */
  constructor(stream: Duplex, onMessages: (messages: In[]) => void, onClose: (error?: Error) => void, soon: (flush: () => void) => void = queueMicrotask) {
    this.#stream = stream
    this.#soon = soon
    const close = (error?: Error) => {
      if (this.#closed) return
      this.#closed = true
      stream.destroy()
      onClose(error)
    }
    stream.on('data', (chunk: Buffer) => {
      let messages: In[]
      try {
        messages = this.#take(chunk)
      } catch (error) {
        close(error as Error)
        return
      }
      if (messages.length > 0) onMessages(messages)
    })
    stream.on('error', close)
    stream.on('close', () => close())
    stream.on('end', () => close())
  }

  get closed(): boolean {
    return this.#closed
  }

  send(message: Out): void {
    this.sendLater(message)
    if (this.#flushing || this.#closed) return
    this.#flushing = true
    this.#soon(() => this.flush())
  }

  /** Leaves with whatever is sent next. */
  sendLater(message: Out): void {
    if (this.#closed) return
    const body = serialize(message)
    const head = Buffer.allocUnsafe(4)
    head.writeUInt32LE(body.length, 0)
    this.#outgoing.push(head, body)
  }

  /** Write what `send` has gathered now, rather than at the end of this turn. */
  flush(): void {
    this.#flushing = false
    if (this.#outgoing.length === 0 || this.#closed) return
    const parts = this.#outgoing
    this.#outgoing = []
    this.#stream.write(Buffer.concat(parts))
  }

  /** Flushes, then ends the stream. */
  close(): void {
    this.flush()
    this.#stream.end()
  }

  #take(chunk: Buffer): In[] {
    const messages: In[] = []
    if (this.#pendingBytes === 0) {
      const rest = this.#parse(chunk, messages)
      if (rest.length > 0) this.#keep(rest)
      return messages
    }
    this.#keep(chunk)
    // Wait for the rest of a long message without joining its parts each time one arrives.
    if (this.#pendingBytes < 4) return messages
    if (this.#pending[0]!.length < 4) this.#pending = [Buffer.concat(this.#pending)]
    if (this.#pendingBytes < 4 + length(this.#pending[0]!)) return messages
    const whole = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending)
    this.#pending = []
    this.#pendingBytes = 0
    const rest = this.#parse(whole, messages)
    if (rest.length > 0) this.#keep(rest)
    return messages
  }

  #keep(part: Buffer): void {
    this.#pending.push(part)
    this.#pendingBytes += part.length
  }

  /** Parses every whole message of `bytes`; returns what is left over. */
  #parse(bytes: Buffer, messages: In[]): Buffer {
    let at = 0
    while (bytes.length - at >= 4) {
      const size = length(bytes.subarray(at))
      if (bytes.length - at - 4 < size) break
      messages.push(deserialize(bytes.subarray(at + 4, at + 4 + size)) as In)
      at += 4 + size
    }
    return bytes.subarray(at)
  }
}

function length(bytes: Buffer): number {
  const size = bytes.readUInt32LE(0)
  if (size > LONGEST) throw new Error(`a message of ${size} bytes was announced, more than any Sluice process sends`)
  return size
}
