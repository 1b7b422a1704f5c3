import { interpreterFault, tooManyQueued, UserError } from '../errors.ts'
import type { HistoryStore } from './history.ts'
import type { ExecuteReply, Interpreter, Output } from './interpreter.ts'
import { nobody, type Iopub, type Parent } from './iopub.ts'
import { Fields, type Channel, type Content, type Request } from './message.ts'

/** Output that comes after its cell has ended still finds its parent among so many. */
const rememberedParents = 10_000
const mostQueued = 10_000

export interface Execution {
  readonly channel: Channel
  readonly request: Request
  readonly id: string
  readonly parent: Parent
  readonly code: string
  readonly silent: boolean
  readonly storeHistory: boolean
  readonly stopOnError: boolean
  readonly allowStdin: boolean
  readonly userExpressions: Record<string, string>
  readonly cellId: string | undefined
  /** The error published last, as one text. */
  error?: string
  /** The result as plain text. */
  result?: string
}

/** What the queue of cells needs from around it. */
export interface Surroundings {
  readonly interpreter: Interpreter
  readonly iopub: Iopub
  readonly history: HistoryStore
  /** Resolves when the interpreter can execute. */
  readonly ready: Promise<void>
  reply(channel: Channel, request: Request, type: string, content: Content, metadata?: Content): void
  /** Resolves when every request that has arrived by now has been handed over. */
  settle(): Promise<void>
  /** A cell has ended, before its reply. */
  ended(execution: Execution): void
  log(text: string): void
}

/** The cells that run one after the other, and those that have run. */
export class Executions {
  /** The execution counter: the last number given to a cell. */
  count = 0
  readonly #around: Surroundings
  readonly #parents = new Map<string, Parent>()
  #queue: Execution[] = []
  #current: Execution | undefined
  #running = false
  #repeated = 0

  constructor(around: Surroundings) {
    this.#around = around
  }

  get current(): Execution | undefined {
    return this.#current
  }

  /** The request that output of `execution` belongs to. */
  parent(execution: string | undefined): Parent {
    return (execution === undefined ? undefined : this.#parents.get(execution)) ?? nobody
  }

  /** Queues a checked execute_request; throws a UserError when its content is wrong. */
  add(channel: Channel, request: Request): void {
    if (this.#queue.length >= mostQueued) throw tooManyQueued(mostQueued)
    // Message ids should be unique, but not every client's are.
    const id = this.#parents.has(request.id) ? `${request.id}/${++this.#repeated}` : request.id
    const execution = readExecution(channel, request, id)
    this.#remember(execution)
    this.#queue.push(execution)
    if (!this.#running) void this.#run()
  }

  output(id: string | undefined, output: Output): void {
    const execution = this.#current?.id === id ? this.#current : undefined
    if (execution !== undefined && output.type === 'error') execution.error = errorText(output)
    if (execution !== undefined && output.type === 'result') execution.result = plainText(output.data['text/plain'])
    this.#around.iopub.output(output, this.parent(id))
  }

  #remember({ id, parent }: Execution): void {
    this.#parents.set(id, parent)
    if (this.#parents.size <= rememberedParents) return
    const [oldest] = this.#parents.keys()
    this.#parents.delete(oldest!)
  }

  async #run(): Promise<void> {
    this.#running = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#current = next
      await this.#execute(next)
    }
    this.#running = false
  }

  async #execute(execution: Execution): Promise<void> {
    const { iopub, history } = this.#around
    const { request, code, silent, storeHistory } = execution
    iopub.status('busy', request)
    const started = new Date().toISOString()
    if (storeHistory) history.add(++this.count, code)
    if (!silent) iopub.publish('execute_input', { code, execution_count: this.count }, execution.parent)

    const reply = await this.#evaluate(execution)
    this.#around.ended(execution)
    if (reply.status === 'error' && execution.error !== errorText(reply)) this.output(execution.id, { type: 'error', ...reply })
    if (storeHistory && execution.result !== undefined) history.addOutput(this.count, execution.result)

    const aborted = reply.status === 'error' && execution.stopOnError && !silent ? await this.#takeQueue() : []
    this.#around.reply(execution.channel, request, 'execute_reply', replyContent(reply, this.count), { started })
    // Idle says that everything of this cell has been published.
    this.#current = undefined
    iopub.status('idle', request)
    for (const one of aborted) this.#abort(one)
  }

  async #evaluate(execution: Execution): Promise<ExecuteReply> {
    const { interpreter, ready, log } = this.#around
    const { id, code, silent, userExpressions, allowStdin, cellId } = execution
    try {
      await ready
      const cell = cellId === undefined ? {} : { cellId }
      return await interpreter.execute({ execution: id, code, silent, count: this.count, userExpressions, allowStdin, ...cell })
    } catch (error) {
      if (!(error instanceof UserError)) log(`execute failed: ${error instanceof Error ? error.stack : String(error)}`)
      const shown = error instanceof UserError ? error : interpreterFault('execute', error)
      return { status: 'error', name: shown.name, message: shown.message, traceback: [`${shown.name}: ${shown.message}`] }
    }
  }

  /** Empties the queue of the cells that were sent before the running one failed, wherever on their way they are. */
  async #takeQueue(): Promise<Execution[]> {
    await this.#around.settle()
    const taken = this.#queue
    this.#queue = []
    return taken
  }

  #abort({ channel, request }: Execution): void {
    this.#around.iopub.status('busy', request)
    this.#around.reply(channel, request, 'execute_reply', { status: 'aborted', execution_count: this.count })
    this.#around.iopub.status('idle', request)
  }
}

function readExecution(channel: Channel, request: Request, id: string): Execution {
  const fields = new Fields(request)
  const silent = fields.boolean('silent', false)
  const { cellId } = request.metadata
  return {
    channel,
    request,
    id,
    parent: { header: request.header, silent },
    code: fields.string('code'),
    silent,
    storeHistory: fields.boolean('store_history', !silent) && !silent,
    stopOnError: fields.boolean('stop_on_error', true),
    allowStdin: fields.boolean('allow_stdin', false),
    userExpressions: fields.strings('user_expressions'),
    cellId: typeof cellId === 'string' ? cellId : undefined,
  }
}

function replyContent(reply: ExecuteReply, count: number): Content {
  if (reply.status === 'ok') {
    return { status: 'ok', execution_count: count, user_expressions: reply.userExpressions, payload: reply.payload }
  }
  const { name: ename, message: evalue, traceback } = reply
  return { status: 'error', execution_count: count, ename, evalue, traceback, user_expressions: {}, payload: [] }
}

function errorText(error: { readonly name: string; readonly message: string }): string {
  return `${error.name}: ${error.message}`
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
