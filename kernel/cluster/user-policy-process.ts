/**
 * The process of one user's placement policy. Its main thread speaks with the kernel; the function lives in a worker thread,
 * which is ended when it takes too long and started anew for the next question. It ends when the kernel does.
 */
import type { Duplex } from 'node:stream'
import { Socket } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Channel } from '../channel.ts'
import { program } from '../entry.ts'
import { decodeBody } from '../travel/capture.ts'
import { Modules } from '../travel/modules.ts'
import { Definitions } from '../travel/value.ts'
import { captureOutput } from './local/output.ts'
import { taskError } from './task-error.ts'
import { provided } from './task-runtime.ts'
import { taskRandom } from './task-random.ts'
import { answerOf, Senseless, shownView } from './user-policy-answer.ts'
import type { FromPolicy, PolicyProblem, ToPolicy } from './user-policy-messages.ts'

type Load = Extract<ToPolicy, { type: 'load' }>
type Ask = Extract<ToPolicy, { type: 'ask' }>

/** V8's own limit for the thread, MiB: a policy that fills memory ends alone. */
const HEAP = 512

/** The main thread: passes questions on, one at a time, and ends a thread that does not answer. */
class Supervisor {
  readonly #channel: Channel<ToPolicy, FromPolicy>
  #load: Load | undefined
  #worker: Worker | undefined
  #loaded = false
  #asked: Ask | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(stream: Duplex) {
    this.#channel = new Channel<ToPolicy, FromPolicy>(stream, (messages) => messages.forEach((message) => this.#hear(message)), () => process.exit(0))
  }

  #hear(message: ToPolicy): void {
    if (message.type === 'load') {
      this.#load = message
      process.title = `sluice policy ${message.name}`
      this.#start()
      return
    }
    this.#asked = message
    this.#start().postMessage(message)
    if (this.#loaded) this.#limit(message)
  }

  /** What it takes to start a thread is no time of the function's. */
  #limit(asked: Ask): void {
    this.#timer = setTimeout(() => this.#cutOff(asked), asked.limit)
  }

  #start(): Worker {
    if (this.#worker) return this.#worker
    this.#loaded = false
    const worker = new Worker(program('policy'), { workerData: this.#load, resourceLimits: { maxOldGenerationSizeMb: HEAP } })
    this.#worker = worker
    let thrown: unknown
    worker.on('message', (message: FromPolicy) => worker === this.#worker && this.#told(message))
    worker.on('error', (error) => (thrown = error))
    worker.on('exit', (code) => {
      if (worker !== this.#worker) return
      this.#worker = undefined
      this.#fail({ kind: 'died', error: thrown === undefined ? { name: 'Exit', message: `it called process.exit(${code})`, stack: '' } : taskError(thrown) })
    })
    return worker
  }

  #told(message: FromPolicy): void {
    if (message.type === 'answer' || message.type === 'problem') this.#answered()
    if (message.type === 'loaded') {
      this.#loaded = true
      if (this.#asked) this.#limit(this.#asked)
    }
    this.#channel.send(message)
  }

  #cutOff({ limit }: Ask): void {
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
    this.#fail({ kind: 'late', error: { name: 'TooLate', message: `it did not answer within ${limit} ms and was ended`, stack: '' } })
  }

  #fail(problem: PolicyProblem): void {
    const id = this.#asked?.id
    this.#answered()
    this.#channel.send({ type: 'problem', ...(id !== undefined && { id }), problem })
  }

  #answered(): void {
    clearTimeout(this.#timer)
    this.#asked = undefined
  }
}

/** The thread in which the function lives, with its own copies of what it captured, from one question to the next. */
class PolicyThread {
  readonly #load: Load
  readonly #modules: Modules
  readonly #function: Promise<((view: unknown) => unknown) | undefined>

  constructor(load: Load) {
    this.#load = load
    this.#modules = new Modules(load.directory)
    this.#function = this.#decode()
  }

  async answer({ id, view }: Ask): Promise<void> {
    const policy = await this.#function
    if (!policy) return
    try {
      const returned = await policy(shownView(view, taskRandom(this.#load.seed, id)))
      this.#tell({ type: 'answer', id, answer: answerOf(returned, view) })
    } catch (error) {
      this.#problem(error, error instanceof Senseless ? 'senseless' : 'threw', id)
    }
  }

  async #decode(): Promise<((view: unknown) => unknown) | undefined> {
    try {
      const policy = await decodeBody(this.#load.bundle, {
        definitions: new Definitions(),
        provided: { __sluice: provided(this.#modules) },
        load: (ref) => this.#modules.load(ref),
      })
      this.#tell({ type: 'loaded' })
      return policy
    } catch (error) {
      this.#problem(error, 'loading')
      return undefined
    }
  }

  #problem(thrown: unknown, kind: PolicyProblem['kind'], id?: number): void {
    const error = taskError(thrown)
    const stack = kind === 'senseless' ? '' : this.#modules.mapStack(error.stack)
    this.#tell({ type: 'problem', ...(id !== undefined && { id }), problem: { kind, error: { ...error, stack } } })
  }

  #tell(message: FromPolicy): void {
    parentPort!.postMessage(message)
  }
}

if (isMainThread) new Supervisor(new Socket({ fd: 3 }))
else {
  captureOutput((_stream, text) => parentPort!.postMessage({ type: 'said', text } satisfies FromPolicy))
  const thread = new PolicyThread(workerData as Load)
  parentPort!.on('message', (message: Ask) => void thread.answer(message))
}
