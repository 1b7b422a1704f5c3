/** What a body prints, caught in its own thread and told apart by task. */

/** Text is handed over when this much has gathered, or this long after it was written, bytes and ms. */
const PIECE = 8 * 1024
/** Text kept of one task, characters; the rest is counted. */
const LIMIT = 1 << 20

export type Stream = 'stdout' | 'stderr'

/** Gathers the output of one task at a time into pieces. */
export class TaskOutput {
  #emit: (stream: Stream, text: string) => void
  #stream: Stream = 'stdout'
  #text = ''
  #kept = 0
  #dropped = 0

  constructor(emit: (stream: Stream, text: string) => void) {
    this.#emit = emit
  }

  write(stream: Stream, text: string): void {
    if (stream !== this.#stream) this.flush()
    this.#stream = stream
    const room = LIMIT - this.#kept
    const taken = text.length <= room ? text : text.slice(0, room)
    this.#kept += taken.length
    this.#dropped += text.length - taken.length
    this.#text += taken
    if (this.#text.length >= PIECE) this.flush()
  }

  /** Hands over what has gathered. */
  flush(): void {
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    this.#emit(this.#stream, text)
  }

  /** The task has ended: the next text is another's. */
  end(): void {
    if (this.#kept === 0) return
    this.flush()
    if (this.#dropped > 0) this.#emit('stderr', `\n… ${this.#dropped} more characters were printed and not kept\n`)
    this.#kept = 0
    this.#dropped = 0
  }

  get gathered(): boolean {
    return this.#text !== ''
  }
}

/** From now on `console` and direct writes to this thread's stdout and stderr go to `onWrite`. */
export function captureOutput(onWrite: (stream: Stream, text: string) => void): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const write = (chunk: unknown, encoding?: unknown, done?: unknown): boolean => {
      const text = typeof chunk === 'string' ? chunk : chunk instanceof Uint8Array ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('utf8') : String(chunk)
      onWrite(name, text)
      const callback = typeof encoding === 'function' ? encoding : done
      if (typeof callback === 'function') queueMicrotask(() => (callback as () => void)())
      return true
    }
    Object.defineProperty(process[name], 'write', { value: write, writable: true, configurable: true })
  }
}
