import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

type Callback = (error?: Error | null) => void

/**
 * process.stdout or process.stderr of the session: every write is handed on before it returns. Node's own buffering
 * is passed by, because an interrupt in the midst of it would leave it stuck.
 */
export class OutputStream extends Writable {
  readonly fd: number
  readonly isTTY = false
  readonly #put: (text: string) => void
  readonly #decoder = new StringDecoder('utf8')

  constructor(fd: number, put: (text: string) => void) {
    super({ decodeStrings: false })
    this.fd = fd
    this.#put = put
  }

  override write(chunk: unknown, encoding?: BufferEncoding | Callback, callback?: Callback): boolean {
    this.#put(this.#textOf(chunk, typeof encoding === 'string' ? encoding : undefined))
    const done = typeof encoding === 'function' ? encoding : callback
    if (done) process.nextTick(done)
    return true
  }

  /** The notebook's streams do not end: writes what is given, as Node does for its own. */
  override end(chunk?: unknown, encoding?: BufferEncoding | Callback, callback?: Callback): this {
    if (chunk !== undefined && typeof chunk !== 'function') this.write(chunk, encoding, callback)
    return this
  }

  override destroy(): this {
    return this
  }

  #textOf(chunk: unknown, encoding: BufferEncoding | undefined): string {
    if (typeof chunk === 'string') return encoding === undefined || /^utf-?8$/i.test(encoding) ? chunk : this.#decoder.write(Buffer.from(chunk, encoding))
    if (ArrayBuffer.isView(chunk)) return this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    throw Object.assign(new TypeError(`The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received ${typeof chunk}`), { code: 'ERR_INVALID_ARG_TYPE' })
  }
}

/** Makes `process.stdout`, `process.stderr` and `console` write to `put`. */
export function redirectOutput(put: (name: 'stdout' | 'stderr', text: string) => void): void {
  const stdout = new OutputStream(1, (text) => put('stdout', text))
  const stderr = new OutputStream(2, (text) => put('stderr', text))
  for (const [name, value] of Object.entries({ stdout, stderr })) Object.defineProperty(process, name, { value, configurable: true, enumerable: true })
  // Node's console also tells the inspector, which keeps a thousand messages with all they refer to; this one does not.
  const direct = new Console({ stdout: stdout as never, stderr: stderr as never, ignoreErrors: false, colorMode: false })
  for (const [name, value] of Object.entries(direct)) if (typeof value === 'function' && name in console) (console as unknown as Record<string, unknown>)[name] = value
}
