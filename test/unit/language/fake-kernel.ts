/** The kernel as the session sees it: it notes what is sent, and answers only when the test says so. */
import { Distribution } from '../../../kernel/language/distribution.ts'
import type { FromSession, ToSession } from '../../../kernel/language/messages.ts'
import type { Declaration, Settled, Wire } from '../../../kernel/travel/declaration.ts'
import type { ModuleExport } from '../../../kernel/travel/module-export.ts'
import { cell, inspector, out } from '../travel/notebook.ts'

type Sent<T extends FromSession['type']> = Extract<FromSession, { type: T }>

const bodies = new Map<string, unknown>()

export class FakeKernel {
  readonly sent: FromSession[] = []
  readonly distribution: Distribution
  readonly #waiting: { type: string; resolve: () => void }[] = []

  constructor(options: { exportOf?: (value: object) => ModuleExport | undefined; load?: (ref: ModuleExport) => Promise<object> } = {}) {
    this.distribution = new Distribution({
      send: (message) => {
        this.sent.push(message)
        for (const one of this.#waiting.splice(0)) one.resolve()
      },
      execution: () => 'cell 1',
      inspector,
      exportOf: options.exportOf ?? (() => undefined),
      ...(options.load && { load: options.load }),
      mapStack: (stack) => stack.replace(/cell-\d+\.js:(\d+):(\d+)/g, 'Cell [1]:$1:$2'),
      firstRun: 100,
    })
  }

  /** The messages of a type so far. */
  all<T extends FromSession['type']>(type: T): Sent<T>[] {
    return this.sent.filter((one): one is Sent<T> => one.type === type)
  }

  /** The last message of a type, when there has been one. */
  async next<T extends FromSession['type']>(type: T, count = 1): Promise<Sent<T>> {
    while (this.all(type).length < count) await new Promise<void>((resolve) => this.#waiting.push({ type, resolve }))
    return this.all(type)[count - 1]!
  }

  get declarations(): Declaration[] {
    return this.all('declare').map((one) => one.declaration)
  }

  answer(message: ToSession): void {
    if (!this.distribution.receive(message)) throw new Error(`the session ignored ${message.type}`)
  }

  /** Answers the `count`-th `want`. */
  async answerWant(results: readonly Settled[], count = 1): Promise<Sent<'want'>> {
    const want = await this.next('want', count)
    this.answer({ type: 'results', id: want.id, results })
    return want
  }

  /** A function as a cell makes it, the same for the same code: a new script has its thread list all that there are. */
  body(code = '(x) => x'): any {
    if (!bodies.has(code)) {
      cell(`out.body = ${code}`)
      bodies.set(code, out.body)
    }
    return bodies.get(code)
  }
}

export function succeeded(value: Wire): Settled {
  return { status: 'succeeded', value }
}

export function failed(message: string, more: Partial<Exclude<Settled, { status: 'succeeded' }>> = {}): Settled {
  return { status: 'failed', kind: 'threw', error: { name: 'Error', message, stack: `Error: ${message}\n    at cell-1.js:2:3` }, task: { run: 100, name: 'squares', index: 1, attempt: 2, node: 'node-1' }, ...more }
}
