/** A dispatcher without sockets: requests are handed in, what it sends is kept, and the test ends each cell itself. */
import { Dispatcher } from '../../../kernel/protocol/dispatch.ts'
import { HistoryStore } from '../../../kernel/protocol/history.ts'
import type { CommMessage, ExecuteReply, ExecuteRequest, Frontend, Interpreter } from '../../../kernel/protocol/interpreter.ts'
import type { Channel, Content, Frame } from '../../../kernel/protocol/message.ts'
import { Wire } from '../../../kernel/protocol/wire.ts'

export interface Sent {
  readonly channel: Channel | 'iopub'
  /** Routing prefix or topic, joined. */
  readonly to: string
  readonly type: string
  readonly id: string
  /** Id of the request that this belongs to. */
  readonly parent: string | undefined
  readonly metadata: Record<string, unknown>
  readonly content: Record<string, any>
  readonly buffers: Frame[]
}

export interface Cell extends ExecuteRequest {
  end(reply?: Partial<ExecuteReply>): Promise<void>
  fail(message: string): Promise<void>
  crash(error: unknown): Promise<void>
}

export class ScriptedInterpreter implements Interpreter {
  frontend!: Frontend
  readonly cells: Cell[] = []
  readonly calls: string[] = []
  readonly taken: CommMessage[] = []
  onComm: (message: CommMessage) => void = () => {}
  starting: Promise<void> = Promise.resolve()

  start(frontend: Frontend): Promise<void> {
    this.frontend = frontend
    return this.starting
  }

  execute(request: ExecuteRequest): Promise<ExecuteReply> {
    return new Promise((resolve, reject) => {
      const settled = async (act: () => void) => {
        act()
        await turn()
      }
      this.cells.push({
        ...request,
        end: (reply) => settled(() => resolve({ status: 'ok', userExpressions: {}, payload: [], ...reply } as ExecuteReply)),
        fail: (message) => settled(() => resolve({ status: 'error', name: 'RangeError', message, traceback: [`RangeError: ${message}`] })),
        crash: (error) => settled(() => reject(error as Error)),
      })
    })
  }

  async complete(code: string, cursor: number) {
    this.calls.push(`complete ${cursor}`)
    return { matches: ['x'], start: code.length - 1, end: code.length, types: [{ text: 'x', type: 'const', start: code.length - 1, end: code.length }] }
  }

  async inspect(code: string, cursor: number, detail: 0 | 1) {
    this.calls.push(`inspect ${cursor} ${detail}`)
    return { found: true, data: { 'text/plain': code } }
  }

  async isComplete(code: string) {
    return code === '{' ? { status: 'incomplete' as const, indent: '  ' } : { status: 'complete' as const }
  }

  async interrupt() {
    this.calls.push('interrupt')
  }

  comm(message: CommMessage) {
    this.taken.push(message)
    this.onComm(message)
  }

  quiet(comm: string) {
    return comm === 'quiet'
  }

  comms() {
    return new Map([['c1', 'one'], ['c2', 'two']])
  }

  async usage() {
    return { hostname: 'h', pid: 7, cpu: 12.5, memory: 1000 }
  }

  async shutdown() {}
}

export class Desk {
  readonly interpreter: ScriptedInterpreter
  readonly sent: Sent[] = []
  readonly history = new HistoryStore()
  readonly wire = new Wire('', 'sha256')
  readonly logged: string[] = []
  readonly shutdowns: boolean[] = []
  readonly dispatcher: Dispatcher
  /** Requests that reach the dispatcher only when it asks for what is still on its way. */
  late: (() => void)[] = []
  #asked = 0

  constructor(interpreter = new ScriptedInterpreter()) {
    this.interpreter = interpreter
    const keep = (channel: Sent['channel'], frames: Frame[]) => void this.sent.push(readable(channel, frames))
    const settle = async () => this.late.splice(0).forEach((arrive) => arrive())
    const options = { history: this.history, implementationVersion: '1', banner: 'b', helpLinks: [], log: (text: string) => void this.logged.push(text) }
    const transport = { send: keep, publish: (frames: Frame[]) => keep('iopub', frames), settle }
    this.dispatcher = new Dispatcher(transport, this.wire, interpreter, options, (restart) => void this.shutdowns.push(restart))
    this.sent.length = 0 // The status `starting`, which has its own test.
  }

  /** Hands a request in and gives what has been answered within this turn; returns the request's id. */
  async ask(type: string, content: Content = {}, { channel = 'shell' as Channel, id = `${type}-${++this.#asked}`, parent = {}, metadata = {}, buffers = [] as Buffer[], client = 'client' } = {}): Promise<string> {
    const header = { msg_id: id, msg_type: type, session: client, username: 'u', date: '2026-01-01T00:00:00Z', version: '5.4' }
    const texts = [client, '<IDS|MSG>', '', JSON.stringify(header), JSON.stringify(parent), JSON.stringify(metadata), JSON.stringify(content)]
    this.dispatcher.receive(channel, [...texts.map((text) => Buffer.from(text)), ...buffers])
    await turn()
    return id
  }

  execute(code: string, content: Content = {}, options: { id?: string; metadata?: Record<string, string>; client?: string } = {}): Promise<string> {
    return this.ask('execute_request', { code, ...content }, options)
  }

  /** What was sent because of the request `id`, as `type` or `status:state`. */
  story(id: string): string[] {
    return this.sent.filter(({ parent }) => parent === id).map(tell)
  }

  reply(id: string): Sent {
    return this.sent.find(({ channel, parent }) => channel !== 'iopub' && parent === id)!
  }

  last(type: string): Sent {
    return this.sent.findLast((one) => one.type === type)!
  }
}

export function tell({ type, content }: Sent): string {
  if (type === 'status') return content['execution_state'] as string
  return type === 'execute_reply' ? `reply ${content['status']}` : type
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function readable(channel: Sent['channel'], frames: Frame[]): Sent {
  const texts = frames.map(String)
  const at = texts.indexOf('<IDS|MSG>')
  const [header, parent, metadata, content] = texts.slice(at + 2, at + 6).map((text) => JSON.parse(text))
  const to = texts.slice(0, at).join(' ')
  return { channel, to, type: header.msg_type, id: header.msg_id, parent: parent.msg_id, metadata, content, buffers: frames.slice(at + 6) }
}
