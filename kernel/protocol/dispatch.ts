import { inputOutsideCell, inputRefused, interpreterFault, noDebugger, unknownRequest, UserError } from '../errors.ts'
import { codePoints, utf16Offset } from './codepoints.ts'
import { Executions } from './executions.ts'
import type { Entry, HistoryStore } from './history.ts'
import { HostUsage } from './host.ts'
import type { CommMessage, CompleteReply, Frontend, Interpreter, Output } from './interpreter.ts'
import { Iopub, nobody, type Parent } from './iopub.ts'
import { Fields, isObject, protocolVersion, type Channel, type Content, type Frame, type Request } from './message.ts'
import { Stdin } from './stdin.ts'
import type { Wire } from './wire.ts'

/** The sockets as the dispatcher sees them. */
export interface Transport {
  send(channel: Channel, frames: Frame[]): void
  publish(frames: Frame[]): void
  /** Resolves when every request that has arrived on the shell channel by now has been handed over. */
  settle(): Promise<void>
}

export interface HelpLink {
  readonly text: string
  readonly url: string
}

export interface KernelOptions {
  readonly history: HistoryStore
  readonly implementationVersion: string
  /** Version of TypeScript, for kernel_info. */
  readonly languageVersion?: string
  readonly banner: string
  readonly helpLinks: readonly HelpLink[]
  /** Takes what only the kernel's own developers want to read; by default standard error. */
  readonly log?: (text: string) => void
}

/** Quiet messages that came during one cell whose end is told with the cell's. */
const mostUnended = 1_000

type Answer = Content | undefined | Promise<Content | undefined>

/**
 * Requests in, replies and broadcasts out. Cells run one after the other; every other request is answered at once, on
 * both channels, also while a cell runs, so that completion and the view of a run do not wait for the cell.
 */
export class Dispatcher implements Frontend {
  readonly iopub: Iopub
  readonly #transport: Transport
  readonly #wire: Wire
  readonly #interpreter: Interpreter
  readonly #options: KernelOptions
  readonly #shutdown: (restart: boolean) => void
  readonly #executions: Executions
  readonly #stdin: Stdin
  readonly #usage = new HostUsage()
  readonly #log: (text: string) => void
  readonly #ready: Promise<void>
  /** What the interpreter puts out while it takes a comm message belongs to that message. */
  #handling: Parent | undefined
  /** Quiet requests that came while a cell ran. */
  #unended: Request[] = []
  #leaving: { readonly restart: boolean } | undefined

  /** @param shutdown called after a shutdown_request has been answered */
  constructor(transport: Transport, wire: Wire, interpreter: Interpreter, options: KernelOptions, shutdown: (restart: boolean) => void) {
    this.#transport = transport
    this.#wire = wire
    this.#interpreter = interpreter
    this.#options = options
    this.#shutdown = shutdown
    this.#log = options.log ?? ((text) => void process.stderr.write(`${text}\n`))
    this.iopub = new Iopub(wire, (frames) => transport.publish(frames))
    this.#stdin = new Stdin(wire, (frames) => transport.send('stdin', frames))
    this.iopub.status('starting', nobody)
    this.#ready = interpreter.start(this)
    // Whoever executes is told; without a cell, the log is.
    this.#ready.catch((error: unknown) => this.#log(`the interpreter did not start: ${String(error)}`))
    this.#executions = new Executions({
      interpreter,
      iopub: this.iopub,
      history: options.history,
      ready: this.#ready,
      reply: (channel, request, type, content, metadata) => this.#reply(channel, request, type, content, metadata),
      settle: () => transport.settle(),
      ended: () => {
        this.#stdin.cancel()
        for (const request of this.#unended.splice(0)) this.iopub.status('idle', request)
      },
      log: this.#log,
    })
  }

  /** Takes what arrived on a channel, whatever it is. */
  receive(channel: Channel, frames: readonly Buffer[]): void {
    const request = this.#wire.decode(frames)
    if (request === undefined) return
    if (channel === 'stdin') return this.#stdin.answer(request)
    if (request.type.endsWith('_reply')) return this.#wire.drop('unexpected type')
    if (request.type !== 'execute_request') return void this.#answer(channel, request)
    try {
      this.#executions.add(channel, request)
    } catch (error) {
      void this.#answer(channel, request, () => Promise.reject(error as Error))
    }
  }

  async interrupt(): Promise<void> {
    this.#stdin.cancel()
    await this.#interpreter.interrupt()
  }

  output(execution: string | undefined, output: Output): void {
    if (execution === undefined && this.#handling !== undefined) return this.iopub.output(output, this.#handling)
    this.#executions.output(execution, output)
  }

  comm(execution: string | undefined, message: CommMessage): void {
    const parent = execution === undefined ? this.#handling : this.#executions.parent(execution)
    this.iopub.comm(message, parent ?? nobody)
  }

  async input(execution: string, prompt: string, password: boolean): Promise<string> {
    const current = this.#executions.current
    if (current?.id !== execution) throw inputOutsideCell()
    if (!current.allowStdin) throw inputRefused()
    // The prompt comes after what the cell printed.
    this.iopub.flush()
    return this.#stdin.ask(current.request, prompt, password)
  }

  async #answer(channel: Channel, request: Request, handler: (request: Request) => Answer = this.#handler(channel, request)): Promise<void> {
    const quiet = request.type === 'comm_msg' && this.#isQuiet(request.content['comm_id'])
    if (!quiet) this.iopub.status('busy', request)
    try {
      const content = await handler(request)
      if (content !== undefined) this.#reply(channel, request, replyType(request.type), { status: 'ok', ...content })
    } catch (error) {
      this.#replyError(channel, request, error)
    }
    const running = this.#executions.current
    // Views answer a few times a second. They are told that it was taken in, but not in a way that has the kernel's state flicker.
    if (quiet && running !== undefined && this.#unended.length < mostUnended) return void this.#unended.push(request)
    this.iopub.status('idle', request)
    // Front ends show the state published last, and a cell is still running.
    if (running !== undefined) this.iopub.status('busy', running.request)
    if (this.#leaving !== undefined) this.#shutdown(this.#leaving.restart)
  }

  #isQuiet(comm: unknown): boolean {
    return typeof comm === 'string' && (this.#interpreter.quiet?.(comm) ?? false)
  }

  #handler(channel: Channel, request: Request): (request: Request) => Answer {
    switch (request.type) {
      case 'kernel_info_request': return () => this.#kernelInfo()
      case 'complete_request': return (asked) => this.#complete(new Fields(asked))
      case 'inspect_request': return (asked) => this.#inspect(new Fields(asked))
      case 'is_complete_request': return (asked) => this.#isComplete(new Fields(asked))
      case 'history_request': return (asked) => this.#history(new Fields(asked))
      case 'comm_info_request': return (asked) => this.#commInfo(new Fields(asked))
      case 'comm_open':
      case 'comm_msg':
      case 'comm_close': return (asked) => this.#comm(asked)
      case 'interrupt_request': return () => this.interrupt().then(() => ({}))
      case 'usage_request': return () => this.#interpreter.usage().then((usage) => this.#usage.content(usage))
      case 'shutdown_request': return (asked) => this.#shutdownReply(channel, asked)
      case 'debug_request': return () => Promise.reject(noDebugger())
      default: return () => this.#refuse(request)
    }
  }

  #kernelInfo(): Content {
    const { implementationVersion, languageVersion, banner, helpLinks } = this.#options
    return {
      protocol_version: protocolVersion,
      implementation: 'sluice',
      implementation_version: implementationVersion,
      language_info: {
        name: 'typescript',
        version: languageVersion ?? process.versions.node,
        // The one type that JupyterLab 4 has registered for TypeScript.
        mimetype: 'application/typescript',
        file_extension: '.ts',
        pygments_lexer: 'typescript',
        codemirror_mode: 'typescript',
        nbconvert_exporter: 'script',
      },
      banner,
      help_links: helpLinks,
      debugger: false,
      // Neither "debugger" nor "kernel subshells".
      supported_features: [],
    }
  }

  async #complete(fields: Fields): Promise<Content> {
    const code = fields.string('code')
    const cursor = utf16Offset(code, fields.integer('cursor_pos', code.length))
    await this.#ready
    return completeContent(code, await this.#interpreter.complete(code, cursor))
  }

  async #inspect(fields: Fields): Promise<Content> {
    const code = fields.string('code')
    const cursor = utf16Offset(code, fields.integer('cursor_pos', code.length))
    const detail = fields.oneOf('detail_level', [0, 1], 0)
    await this.#ready
    const { found, data } = await this.#interpreter.inspect(code, cursor, detail)
    return { found, data, metadata: {} }
  }

  async #isComplete(fields: Fields): Promise<Content> {
    const code = fields.string('code')
    await this.#ready
    const { status, indent } = await this.#interpreter.isComplete(code)
    return { status, ...(status === 'incomplete' ? { indent: indent ?? '' } : {}) }
  }

  async #history(fields: Fields): Promise<Content> {
    const { history } = this.#options
    const output = fields.boolean('output', false)
    const found = await (() => {
      switch (fields.oneOf('hist_access_type', ['range', 'tail', 'search'])) {
        case 'tail': return history.tail(fields.integer('n', 10))
        case 'range': return history.range(fields.integer('session', 0), fields.integer('start', 0), limit(fields, 'stop'))
        case 'search': return history.search(fields.string('pattern', '*'), limit(fields, 'n'), fields.boolean('unique', false))
      }
    })()
    return { history: found.map((entry: Entry) => [entry.session, entry.line, output ? [entry.code, entry.output] : entry.code]) }
  }

  #commInfo(fields: Fields): Content {
    const wanted = fields.has('target_name') ? fields.string('target_name') : undefined
    const comms = [...this.#interpreter.comms()].filter(([, target]) => wanted === undefined || target === wanted)
    return { comms: Object.fromEntries(comms.map(([id, target]) => [id, { target_name: target }])) }
  }

  /** Hands a comm message on; an interpreter that throws refuses it (an unknown target), which closes the comm. */
  async #comm(request: Request): Promise<undefined> {
    const parent = { header: request.header, silent: false }
    const id = new Fields(request).string('comm_id')
    try {
      await this.#ready
      this.#handling = parent
      this.#interpreter.comm(readComm(request, id))
    } catch (error) {
      this.#log(`comm ${id} refused: ${error instanceof Error ? error.message : String(error)}`)
      if (request.type !== 'comm_close') this.iopub.comm({ type: 'close', id, data: {}, metadata: {}, buffers: [] }, parent)
    } finally {
      this.#handling = undefined
    }
  }

  #shutdownReply(channel: Channel, request: Request): undefined {
    const restart = new Fields(request).boolean('restart', false)
    const content = { status: 'ok', restart }
    this.#reply(channel, request, 'shutdown_reply', content)
    this.iopub.publish('shutdown_reply', content, { header: request.header, silent: false })
    this.#leaving = { restart }
  }

  #refuse(request: Request): never {
    this.#wire.drop('unexpected type')
    this.#log(`a message of unknown type ${JSON.stringify(request.type)} was refused`)
    throw unknownRequest(request.type)
  }

  #reply(channel: Channel, request: Request, type: string, content: Content, metadata?: Content): void {
    this.iopub.flush()
    let frames: Frame[]
    try {
      frames = this.#wire.encode(type, content, { parent: request.header, metadata })
    } catch (error) {
      frames = this.#wire.encode(type, errorContent(error as Error), { parent: request.header })
    }
    this.#transport.send(channel, [...request.identities, ...frames])
  }

  #replyError(channel: Channel, request: Request, error: unknown): void {
    // Comm messages have no reply.
    if (request.type.startsWith('comm_') && request.type !== 'comm_info_request') return this.#log(String(error))
    if (!(error instanceof UserError)) this.#log(`${request.type} failed: ${error instanceof Error ? error.stack : String(error)}`)
    const shown = error instanceof UserError ? error : interpreterFault(request.type, error)
    this.#reply(channel, request, replyType(request.type), errorContent(shown))
  }
}

function replyType(requestType: string): string {
  return `${requestType.replace(/_request$/, '')}_reply`
}

function errorContent(error: Error): Content {
  return { status: 'error', ename: error.name, evalue: error.message, traceback: [`${error.name}: ${error.message}`] }
}

function limit(fields: Fields, name: string): number | undefined {
  return fields.has(name) ? fields.integer(name) : undefined
}

function completeContent(code: string, { matches, start, end, types }: CompleteReply): Content {
  // Nearly all matches replace the same range: count its code points once.
  const known = new Map<number, number>()
  const position = (offset: number) => {
    const count = known.get(offset) ?? codePoints(code, offset)
    known.set(offset, count)
    return count
  }
  const described = types.map((one) => ({ ...one, start: position(one.start), end: position(one.end) }))
  return { matches, cursor_start: position(start), cursor_end: position(end), metadata: { _jupyter_types_experimental: described } }
}

function readComm(request: Request, id: string): CommMessage {
  const fields = new Fields(request)
  const data = isObject(request.content['data']) ? request.content['data'] : {}
  const rest = { id, data, metadata: request.metadata, buffers: request.buffers }
  if (request.type === 'comm_open') return { type: 'open', target: fields.string('target_name'), ...rest }
  return { type: request.type === 'comm_msg' ? 'message' : 'close', ...rest }
}
