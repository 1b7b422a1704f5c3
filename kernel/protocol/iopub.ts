import type { Content, Frame, Request } from './message.ts'
import type { CommMessage, Output } from './interpreter.ts'
import type { Wire } from './wire.ts'
import { UserError } from '../errors.ts'

/** Text of one stream is gathered for at most so long, ms, and so many characters, before it is published. */
const gatherTime = 20
const gatherLength = 65_536

/** What an output belongs to: the request whose header is its parent. */
export interface Parent {
  /** As JSON; `{}` when it belongs to none. */
  readonly header: string
  /** Outputs of a silent request are not published. */
  readonly silent: boolean
}

export const nobody: Parent = { header: '{}', silent: false }

interface Gathered {
  readonly parent: Parent
  readonly name: 'stdout' | 'stderr'
  readonly parts: string[]
  length: number
}

/**
 * Everything that is broadcast, in one order. Consecutive stream output of one request is gathered, so that a cell
 * which prints line by line does not cost a message a line; any other message first publishes what was gathered.
 */
export class Iopub {
  readonly #wire: Wire
  readonly #send: (frames: Frame[]) => void
  #gathered: Gathered | undefined
  #timer: NodeJS.Timeout | undefined
  #published = 0

  constructor(wire: Wire, send: (frames: Frame[]) => void) {
    this.#wire = wire
    this.#send = send
  }

  publish(type: string, content: Content, parent: Parent, options: { metadata?: Content; buffers?: readonly Uint8Array[] } = {}): void {
    this.flush()
    let frames: Frame[]
    try {
      frames = this.#wire.encode(type, content, { parent: parent.header, ...options })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      frames = this.#wire.encode('stream', { name: 'stderr', text: `${error.message}\n` }, { parent: parent.header })
    }
    this.#send([type, ...frames])
  }

  status(state: 'starting' | 'busy' | 'idle', parent: Parent | Request): void {
    this.publish('status', { execution_state: state }, { header: parent.header, silent: false })
  }

  /** Tells a new subscriber that nothing published from now on will be missed (JEP 65). */
  welcome(topic: string): void {
    this.flush()
    this.#send([topic, ...this.#wire.encode('iopub_welcome', { subscription: topic })])
  }

  output(output: Output, parent: Parent): void {
    if (parent.silent) return
    switch (output.type) {
      case 'stream':
        return this.#gather(output.name, output.text, parent)
      case 'display': {
        const { data, metadata, displayId, update } = output
        const transient = displayId === undefined ? {} : { display_id: displayId }
        return this.publish(update ? 'update_display_data' : 'display_data', { data, metadata, transient }, parent)
      }
      case 'result':
        return this.publish('execute_result', { execution_count: output.count, data: output.data, metadata: output.metadata }, parent)
      case 'error':
        return this.publish('error', { ename: output.name, evalue: output.message, traceback: output.traceback }, parent)
      case 'clear':
        return this.publish('clear_output', { wait: output.wait }, parent)
    }
  }

  comm(message: CommMessage, parent: Parent): void {
    const type = { open: 'comm_open', message: 'comm_msg', close: 'comm_close' }[message.type]
    const target = message.type === 'open' ? { target_name: message.target } : {}
    this.publish(type, { comm_id: message.id, ...target, data: message.data ?? {} }, parent, {
      metadata: (message.metadata ?? {}) as Content,
      buffers: message.buffers,
    })
  }

  /** Publishes the stream output gathered so far. */
  flush(): void {
    const gathered = this.#gathered
    if (gathered === undefined) return
    this.#gathered = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#published = performance.now()
    this.publish('stream', { name: gathered.name, text: gathered.parts.join('') }, gathered.parent)
  }

  #gather(name: 'stdout' | 'stderr', text: string, parent: Parent): void {
    if (this.#gathered !== undefined && (this.#gathered.name !== name || this.#gathered.parent !== parent)) this.flush()
    this.#gathered ??= { parent, name, parts: [], length: 0 }
    this.#gathered.parts.push(text)
    this.#gathered.length += text.length
    if (this.#gathered.length >= gatherLength) return this.flush()
    // The first output after a pause is published almost at once, what follows it soon after is gathered.
    this.#timer ??= setTimeout(() => this.flush(), Math.max(1, this.#published + gatherTime - performance.now()))
  }
}
