/** What a cell finds in scope besides JavaScript's and Node's own names (see globals.d.ts). */
import { randomUUID } from 'node:crypto'
import { inputRefused, notABundle, UserError } from '../errors.ts'
import { Interrupted, type Execution } from './context.ts'
import { base64, bundleOf } from './display.ts'
import type { FromSession, MimeBundle, ToSession } from './messages.ts'

interface Surroundings {
  /** The execution that the calling code belongs to. */
  calling(): Execution | undefined
  send(message: FromSession): void
}

interface Waiting {
  readonly execution: Execution | undefined
  resolve(value: string): void
  reject(error: Error): void
}

export interface DisplayOptions {
  readonly raw?: boolean
  readonly metadata?: MimeBundle
}

/** The names that put something out or ask for something. */
export class Scope {
  readonly #around: Surroundings
  readonly #waiting = new Map<number, Waiting>()
  #asked = 0

  constructor(around: Surroundings) {
    this.#around = around
  }

  display(value: unknown, options: DisplayOptions = {}) {
    const id = randomUUID()
    const execution = this.alive()
    const show = (shown: unknown, how: DisplayOptions, update: boolean) => {
      const put = (data: MimeBundle) => this.#around.send({ type: 'display', execution: execution?.id, data, metadata: how.metadata ?? {}, displayId: id, update })
      const bundle = how.raw ? rawBundle(shown) : bundleOf(shown)
      if (bundle instanceof Promise) void bundle.then(put)
      else put(bundle)
    }
    show(value, options, false)
    return Object.freeze({
      // As a cell's last value it shows nothing: what it stands for is shown already.
      [Symbol.for('Jupyter.display')]: () => null,
      id,
      update: (next: unknown, how: DisplayOptions = {}) => {
        this.alive()
        show(next, how, true)
      },
    })
  }

  clearOutput(wait = false): void {
    this.#around.send({ type: 'clear', execution: this.alive()?.id, wait: Boolean(wait) })
  }

  prompt(question: unknown = '', options: { password?: boolean } = {}): Promise<string> {
    const execution = this.alive()
    if (!execution?.allowStdin) return Promise.reject(inputRefused())
    return this.#ask(execution, (id) => ({ type: 'ask', id, execution: execution.id, prompt: String(question), password: options.password === true }))
  }

  /** A line magic: the kernel carries it out. */
  async line(text: string): Promise<void> {
    const execution = this.alive()
    await this.#ask(execution, (id) => ({ type: 'line', id, execution: execution?.id ?? '', text }))
  }

  /** What the kernel answered. */
  receive(message: Extract<ToSession, { type: 'input' | 'line-done' }>): void {
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.type === 'input') {
      if (message.error === undefined) waiting?.resolve(message.text ?? '')
      else waiting?.reject(new UserError('input-refused', message.error))
    } else if (message.error) waiting?.reject(new UserError(message.error.code, message.error.message))
    else waiting?.resolve('')
  }

  /** Nobody answers an interrupted cell any more. */
  abandoned(execution: Execution | undefined): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.execution !== execution) continue
      this.#waiting.delete(id)
      waiting.reject(new Interrupted())
    }
  }

  /** The calling execution; throws when it was interrupted, which is how loops that go on in the background end. */
  alive(): Execution | undefined {
    const execution = this.#around.calling()
    if (execution?.abandoned) throw new Interrupted()
    return execution
  }

  #ask(execution: Execution | undefined, message: (id: number) => FromSession): Promise<string> {
    const id = ++this.#asked
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { execution, resolve, reject })
      this.#around.send(message(id))
    })
  }
}

function rawBundle(value: unknown): MimeBundle {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.keys(value).every((type) => type.includes('/'))) throw notABundle()
  return value as MimeBundle
}

const shownAs = (bundle: MimeBundle): object => ({ [Symbol.for('Jupyter.display')]: () => bundle })

/** Content that is shown as what it is. */
export const show = Object.freeze({
  html: (content: string) => shownAs({ 'text/html': String(content), 'text/plain': String(content) }),
  markdown: (content: string) => shownAs({ 'text/markdown': String(content), 'text/plain': String(content) }),
  latex: (content: string) => shownAs({ 'text/latex': String(content), 'text/plain': String(content) }),
  svg: (content: string) => shownAs({ 'image/svg+xml': String(content), 'text/plain': '(SVG image)' }),
  png: (content: Uint8Array) => shownAs({ 'image/png': base64(content), 'text/plain': '(PNG image)' }),
  jpeg: (content: Uint8Array) => shownAs({ 'image/jpeg': base64(content), 'text/plain': '(JPEG image)' }),
  json: (content: unknown) => shownAs({ 'application/json': content }),
  text: (content: string) => shownAs({ 'text/plain': String(content) }),
})
