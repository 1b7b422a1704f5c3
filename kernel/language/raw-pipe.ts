/** One of the session's raw output pipes: text by child processes and native code, and the marks that end cells. Pure. */
import { StringDecoder } from 'node:string_decoder'

/** Every mark begins with this byte, which text hardly ever holds. */
const begin = 0x1e
/** Bytes of the longest mark. */
const longest = 64

export class RawPipe {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onText: (text: string) => void
  readonly #onMark: (mark: string) => void
  #rest: Buffer = Buffer.alloc(0)

  /** `onMark` is given whatever has a mark's form; the text before it has been given to `onText`. */
  constructor(onText: (text: string) => void, onMark: (mark: string) => void) {
    this.#onText = onText
    this.#onMark = onMark
  }

  write(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = Buffer.alloc(0)
    let from = 0
    for (let at = bytes.indexOf(begin); at !== -1; at = bytes.indexOf(begin, from)) {
      const tail = bytes.subarray(at, at + longest)
      const mark = /^\x1e[0-9a-f]{24}:\d+\x1e/.exec(tail.toString('latin1'))?.[0]
      if (mark === undefined) {
        if (at + longest > bytes.length && /^\x1e[0-9a-f]{0,24}(?::\d*)?$/.test(tail.toString('latin1'))) {
          // Perhaps a mark of which the end has not come yet.
          this.#text(bytes.subarray(0, at))
          this.#rest = Buffer.from(tail)
          return
        }
        from = at + 1
        continue
      }
      this.#text(bytes.subarray(0, at))
      this.#onMark(mark)
      bytes = bytes.subarray(at + mark.length)
      from = 0
    }
    this.#text(bytes)
  }

  #text(bytes: Buffer): void {
    const text = this.#decoder.write(bytes)
    if (text !== '') this.#onText(text)
  }
}
