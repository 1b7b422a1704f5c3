/**
 * A kernel that is whole except for its interpreter: each line of a cell is a command. For testing the protocol with
 * real sockets and clients: `node protocol-stub.js CONNECTION_FILE [HISTORY_DIRECTORY]`.
 */
import { readConnection } from '../../kernel/protocol/connection.ts'
import { HistoryStore } from '../../kernel/protocol/history.ts'
import type { CommMessage, ExecuteReply, ExecuteRequest, Frontend, Interpreter, Json } from '../../kernel/protocol/interpreter.ts'
import { serveKernel } from '../../kernel/protocol/server.ts'

class CommandInterpreter implements Interpreter {
  #frontend!: Frontend
  #interrupt: (() => void) | undefined
  readonly #comms = new Map<string, string>()

  async start(frontend: Frontend): Promise<void> {
    this.#frontend = frontend
  }

  async execute(request: ExecuteRequest): Promise<ExecuteReply> {
    try {
      for (const line of request.code.split('\n')) await this.#command(line, request)
    } catch (error) {
      const { name, message } = error as Error
      const shown = { name, message, traceback: [`${name}: ${message}`] }
      this.#frontend.output(request.execution, { type: 'error', ...shown })
      return { status: 'error', ...shown }
    }
    const expressions = Object.entries(request.userExpressions)
    const results = expressions.map(([name, code]): [string, Json] => [name, { status: 'ok', data: { 'text/plain': code }, metadata: {} }])
    return { status: 'ok', userExpressions: Object.fromEntries(results), payload: [] }
  }

  async #command(line: string, { execution, count, allowStdin }: ExecuteRequest): Promise<void> {
    const [, word, text] = /^(\S*) ?(.*)$/.exec(line)!
    const put = (data: Record<string, unknown>, displayId?: string, update = false) =>
      this.#frontend.output(execution, { type: 'display', data, metadata: {}, update, ...(displayId === undefined ? {} : { displayId }) })
    const stream = (name: 'stdout' | 'stderr', written: string) => this.#frontend.output(execution, { type: 'stream', name, text: written })
    switch (word) {
      case 'print': return stream('stdout', `${text}\n`)
      case 'complain': return stream('stderr', `${text}\n`)
      case 'lines': {
        for (let i = 0; i < Number(text); i++) stream('stdout', `line ${i}\n`)
        return
      }
      case 'flood': {
        const [times, size] = text!.split(' ').map(Number)
        for (let i = 0; i < times!; i++) put({ 'text/plain': 'x'.repeat(size!) })
        return
      }
      case 'block': {
        const end = performance.now() + Number(text)
        while (performance.now() < end);
        return
      }
      case 'display': return put({ 'text/plain': text!, 'image/png': 'AAAA' }, 'd1')
      case 'update': return put({ 'text/plain': text! }, 'd1', true)
      case 'cycle': {
        const data: Record<string, unknown> = {}
        data['self'] = data
        return put(data)
      }
      case 'clear': return this.#frontend.output(execution, { type: 'clear', wait: false })
      case 'fail': throw new RangeError(text)
      case 'bug': throw Object.assign(new TypeError(text), { bug: true })
      case 'later': return void setTimeout(() => stream('stdout', `${text}\n`), 30)
      case 'wait': return new Promise((_, reject) => (this.#interrupt = () => reject(new Error('interrupted'))))
      case 'ask': return stream('stdout', `${await this.#frontend.input(execution, text!, false)} ${allowStdin}\n`)
      case 'open': {
        this.#comms.set('from-kernel', text!)
        return this.#frontend.comm(execution, { type: 'open', id: 'from-kernel', target: text!, data: { a: 1 }, metadata: {}, buffers: [Buffer.from([1, 2])] })
      }
      default: return this.#frontend.output(execution, { type: 'result', data: { 'text/plain': String(line.length) }, metadata: {}, count })
    }
  }

  async complete(code: string, cursor: number) {
    const matches = ['print', 'fail'].filter((word) => word.startsWith(code.slice(0, cursor)))
    return { matches, start: 0, end: cursor, types: matches.map((text) => ({ text, type: 'function', start: 0, end: cursor })) }
  }

  async inspect(code: string, cursor: number) {
    return { found: code !== '', data: { 'text/plain': code.slice(0, cursor) } }
  }

  async isComplete(code: string) {
    return code.endsWith('{') ? { status: 'incomplete' as const, indent: '  ' } : { status: code.endsWith('}') ? 'invalid' as const : 'complete' as const }
  }

  async interrupt(): Promise<void> {
    this.#interrupt?.()
    this.#interrupt = undefined
  }

  comm(message: CommMessage): void {
    if (message.type === 'open') {
      if (message.target !== 'echo') throw new Error(`no comm target ${message.target}`)
      this.#comms.set(message.id, message.target)
    } else if (!this.#comms.has(message.id)) throw new Error(`no comm ${message.id}`)
    if (message.type === 'close') this.#comms.delete(message.id)
    if (message.type === 'message') this.#frontend.comm(undefined, message)
  }

  comms(): ReadonlyMap<string, string> {
    return this.#comms
  }

  async usage() {
    return { hostname: 'here', pid: process.pid, cpu: 1.5, memory: 2 ** 20 }
  }

  async shutdown(): Promise<void> {}
}

const [file, history] = process.argv.slice(2)
const server = await serveKernel(await readConnection(file!), new CommandInterpreter(), {
  history: new HistoryStore(history),
  implementationVersion: '0',
  banner: 'stub',
  helpLinks: [],
})
await server.closed
