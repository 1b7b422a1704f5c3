/**
 * How much memory a thread uses, asked from outside. V8's inspector answers though the thread is in an endless loop,
 * which nothing else can; a thread in native code answers when it is back.
 */
import { Session } from 'node:inspector'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { threadId } from 'node:worker_threads'

const hook = 'sluice.memory'

/** In the thread itself: lets it be asked. What is there before the first task does not count. */
export function allowMeasuring(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const usage = process.memoryUsage.bind(process)
  const before = usage()
  const measure = (garbageToo: boolean): Usage => {
    if (!garbageToo) collect()
    const { heapUsed, external, arrayBuffers } = usage()
    const own = heapUsed + external - before.heapUsed - before.external
    return { thread: threadId, own, all: Math.max(own, heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers) }
  }
  Object.defineProperty(globalThis, Symbol.for(hook), { value: measure })
}

export interface Usage {
  /** The thread that answers. */
  readonly thread: number
  /** Bytes of heap, buffers and WebAssembly memory that the tasks of this thread have made. */
  readonly own: number
  /** The same with shared memory, which may be others' too. */
  readonly all: number
}

interface Answer {
  readonly id: number
  readonly result?: { readonly result?: { readonly value?: unknown } }
}

/** In the node's main thread. */
export class ThreadMemory {
  #session = new Session()
  /** Inspector sessions by thread. */
  #sessions = new Map<number, string>()
  #asked = new Map<number, { readonly thread: number; readonly resolve: (usage: Usage | undefined) => void }>()
  #next = 1

  constructor() {
    const on = this.#session.on.bind(this.#session) as (event: string, listener: (message: { params: Record<string, unknown> }) => void) => void
    this.#session.connect()
    on('NodeWorker.attachedToWorker', ({ params }) => this.#attach(params['workerInfo'] as { title: string }, params['sessionId'] as string))
    on('NodeWorker.detachedFromWorker', ({ params }) => this.#detach(params['sessionId'] as string))
    on('NodeWorker.receivedMessageFromWorker', ({ params }) => this.#take(JSON.parse(params['message'] as string) as Answer))
    this.#post('NodeWorker.enable', { waitForDebuggerOnStart: false })
  }

  /**
   * What the thread uses; undefined: it is gone. Answered when it can.
   * @param garbageToo counts what is only waiting to be collected; without it, all of that is collected first
   */
  measure(thread: number, garbageToo: boolean): Promise<Usage | undefined> {
    const sessionId = this.#sessions.get(thread)
    if (sessionId === undefined) return Promise.resolve(undefined)
    const id = this.#next++
    const question = { id, method: 'Runtime.evaluate', params: { expression: `globalThis[Symbol.for('${hook}')](${garbageToo})`, returnByValue: true } }
    return new Promise((resolve) => {
      this.#asked.set(id, { thread, resolve })
      this.#post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify(question) })
    })
  }

  #post(method: string, params: object): void {
    ;(this.#session as { post(method: string, params: object, done: () => void): void }).post(method, params, () => {})
  }

  /** Its `workerId` counts threads as they come up; only the title, `[worker 7] …`, has the thread's own number. */
  #attach({ title }: { readonly title: string }, sessionId: string): void {
    const thread = /\d+/.exec(title)?.[0]
    if (thread !== undefined) this.#sessions.set(Number(thread), sessionId)
  }

  #take(answer: Answer): void {
    const asked = this.#asked.get(answer.id)
    this.#asked.delete(answer.id)
    const usage = answer.result?.result?.value as Usage | undefined
    // Nobody is blamed for what another thread uses.
    asked?.resolve(usage?.thread === asked.thread ? usage : undefined)
  }

  #detach(sessionId: string): void {
    for (const [thread, session] of this.#sessions) {
      if (session !== sessionId) continue
      this.#sessions.delete(thread)
      for (const [id, asked] of this.#asked) {
        if (asked.thread !== thread) continue
        this.#asked.delete(id)
        asked.resolve(undefined)
      }
    }
  }
}
