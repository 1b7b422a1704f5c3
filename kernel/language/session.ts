/** The kernel's side of the process that cells run in. */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Duplex, Readable, Writable } from 'node:stream'
import { Channel } from '../channel.ts'
import { program } from '../entry.ts'
import { sessionDidNotStart, sessionEnded } from '../errors.ts'
import { signalGroup } from '../platform.ts'
import type { ExecuteMessage } from './cells.ts'
import type { FromSession, RestoredHandle, ToSession } from './messages.ts'
import type { KnownPolicy } from '../travel/declaration.ts'
import { RawPipe } from './raw-pipe.ts'

export type Done = Extract<FromSession, { type: 'done' }>
export type Looked = Extract<FromSession, { type: 'looked' }>

export interface SessionOptions {
  /** The notebook's folder. */
  readonly directory: string
  readonly firstRun: number
  readonly handles: readonly RestoredHandle[]
  readonly policies: readonly KnownPolicy[]
  /** Everything that Session does not deal with itself. */
  onMessage(message: FromSession): void
  /** The process ended though nobody asked it to. `reason` completes "the session …". */
  onExit(reason: string): void
}

const flags = [
  '--experimental-vm-modules', '--experimental-import-meta-resolve', '--disable-warning=ExperimentalWarning', '--disable-warning=DEP0180',
  // Node ends its process when a context was entered and not left, as after an interrupt (see guard.ts): the session mends that itself.
  '--no-force-async-hooks-checks',
]
/** ms to wait for the marks on the raw pipes: a child process may hold one up. */
const longestWaitForMarks = 500
/** ms until an interrupt is also sent as a signal to the processes that the cell waits for, and until the session is replaced. */
const untilSignal = 250
const untilKilled = 1000
/** ms that a session is given to end by itself. */
const untilStopped = 500
/** Characters of raw stderr that are kept to tell why it died. */
const tailLength = 4000

interface Running {
  readonly request: ExecuteMessage
  readonly ended: Promise<Done>
  resolve(done: Done): void
}

export class Session {
  readonly #options: SessionOptions
  #process!: ChildProcess
  #channel!: Channel<FromSession, ToSession>
  #running: Running | undefined
  /** Of the cell that ran last: raw output that comes late is taken to be its. */
  #lastExecution: string | undefined
  readonly #placing = new Map<number, (places: readonly (string | undefined)[]) => void>()
  readonly #looks = new Map<number, (answer: Looked | undefined) => void>()
  readonly #onInterrupted: (() => void)[] = []
  readonly #marks = new Map<string, () => void>()
  /** Marks that were read before the message that names them. */
  readonly #early = new Map<string, number>()
  #asked = 0
  #stderrTail = ''
  #killedBecause: string | undefined
  #stopping = false
  /** Why it ended, once it has. */
  #dead: string | undefined
  readonly #exited = deferred<string>()
  readonly #ready = deferred<void>()

  constructor(options: SessionOptions) {
    this.#options = options
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** Its process has ended. */
  get dead(): boolean {
    return this.#dead !== undefined
  }

  /** Resolves when cells can be executed; rejects with a UserError when that cannot be. */
  async start(): Promise<void> {
    const { directory, firstRun, handles, policies } = this.#options
    const child = spawn(process.execPath, [...flags, program('session')], { cwd: directory, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] })
    this.#process = child
    child.on('error', (error) => this.#ended(`could not be started: ${error.message}`))
    child.on('exit', (code, signal) => this.#afterOutput(() => this.#ended(this.#killedBecause ?? reasonOf(code, signal, this.#stderrTail))))
    this.#readRaw('stdout', child.stdout!)
    this.#readRaw('stderr', child.stderr!)
    const stream = child.stdio[3] as Duplex
    this.#channel = new Channel(stream, (messages) => messages.forEach((message) => this.#receive(message)), () => undefined, setImmediate)
    ;(child.stdio[4] as Writable).on('error', () => undefined)
    this.send({ type: 'start', directory, firstRun, handles, policies })
    await this.#ready.promise
  }

  send(message: ToSession): void {
    this.#channel.send(message)
  }

  /** For what nobody waits for: leaves with the next message. */
  sendLater(message: ToSession): void {
    this.#channel.sendLater(message)
  }

  /** Resolves when everything that the cell put out has been given to `onMessage`; also when the session dies under it. */
  async execute(request: ExecuteMessage): Promise<Done> {
    if (this.#dead !== undefined) return died(request.execution, this.#dead)
    this.#lastExecution = request.execution
    const { promise: ended, resolve } = deferred<Done>()
    this.#running = { request, ended, resolve }
    this.send(request)
    this.#channel.flush()
    const done = await ended
    this.#running = undefined
    return done
  }

  /** `stopped`: a cell was running and has ended. `idle`: none was. `replaced`: nothing helped, the process was killed. */
  async interrupt(): Promise<'stopped' | 'idle' | 'replaced'> {
    const running = this.#running
    const free = new Promise<'free'>((resolve) => this.#onInterrupted.push(() => resolve('free')))
    const strike = () => {
      this.send({ type: 'interrupt', execution: running?.request.execution ?? '' })
      this.#channel.flush()
      const pipe = this.#process.stdio[4] as Writable
      if (!pipe.destroyed) pipe.write('!')
    }
    strike()
    const signal = setTimeout(() => signalGroup(this.pid, 'SIGINT'), untilSignal)
    const kill = setTimeout(() => this.#kill(`was stopped, because an interrupt had no effect within ${untilKilled / 1000} s`), untilKilled)
    try {
      const how = await Promise.race([free, this.#exited.promise])
      if (how !== 'free') return 'replaced'
      await running?.ended
      return running ? 'stopped' : 'idle'
    } finally {
      clearTimeout(signal)
      clearTimeout(kill)
    }
  }

  /** A live value's properties or description; undefined while a cell runs. */
  async look(expression: string, want: 'properties' | 'description'): Promise<Looked | undefined> {
    if (this.#running) return undefined
    const id = ++this.#asked
    return await new Promise((resolve) => {
      this.#looks.set(id, resolve)
      this.send({ type: 'look', id, expression, want })
    })
  }

  /** Where positions of generated cells are in the user's; answered when the session is next free. */
  async places(positions: readonly string[]): Promise<readonly (string | undefined)[]> {
    if (this.#dead !== undefined) return []
    const id = ++this.#asked
    return await new Promise((resolve) => {
      this.#placing.set(id, resolve)
      this.send({ type: 'places', id, positions })
    })
  }

  /** Ends the process and everything it started. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#channel.close()
    const timer = setTimeout(() => this.#kill('was stopped'), untilStopped)
    await this.#exited.promise
    clearTimeout(timer)
  }

  #receive(message: FromSession): void {
    switch (message.type) {
      case 'ready':
        return this.#ready.resolve()
      case 'done':
        return this.#done(message)
      case 'interrupted':
        return this.#onInterrupted.shift()?.()
      case 'placed':
        this.#placing.get(message.id)?.(message.places)
        this.#placing.delete(message.id)
        return
      case 'looked':
        this.#looks.get(message.id)?.(message)
        this.#looks.delete(message.id)
        return
      default:
        this.#options.onMessage(message)
    }
  }

  /** The cell has ended once its mark has come through both raw pipes. */
  #done(done: Done): void {
    const running = this.#running
    if (running?.request.execution !== done.execution) return
    let missing = 2
    const finish = () => {
      this.#marks.delete(done.marker)
      clearTimeout(timer)
      running.resolve(done)
    }
    const timer = setTimeout(finish, longestWaitForMarks)
    const early = this.#early.get(done.marker) ?? 0
    this.#early.clear()
    missing -= early
    if (missing <= 0) return finish()
    this.#marks.set(done.marker, () => {
      if (--missing === 0) finish()
    })
  }

  #readRaw(name: 'stdout' | 'stderr', stream: Readable): void {
    const pipe = new RawPipe(
      (text) => {
        if (name === 'stderr') this.#stderrTail = (this.#stderrTail + text).slice(-tailLength)
        this.#options.onMessage({ type: 'stream', execution: this.#running?.request.execution ?? this.#lastExecution, name, text })
      },
      (mark) => {
        const seen = this.#marks.get(mark)
        if (seen) seen()
        else this.#early.set(mark, (this.#early.get(mark) ?? 0) + 1)
      },
    )
    stream.on('data', (chunk: Buffer) => pipe.write(chunk))
    stream.on('error', () => undefined)
  }

  #kill(reason: string): void {
    this.#killedBecause = reason
    signalGroup(this.pid, 'SIGKILL')
  }

  /** What it wrote last says why it died; a process that it left behind may hold the pipes open, though. */
  #afterOutput(then: () => void): void {
    const { stdout, stderr } = this.#process
    let open = [stdout!, stderr!].filter((stream) => !stream.readableEnded).length
    const timer = setTimeout(then, 100)
    const ended = () => {
      if (--open > 0) return
      clearTimeout(timer)
      then()
    }
    if (open === 0) return ended()
    for (const stream of [stdout!, stderr!]) if (!stream.readableEnded) stream.once('end', ended)
  }

  #ended(reason: string): void {
    if (this.pid !== 0) signalGroup(this.pid, 'SIGKILL')
    this.#ready.promise.catch(() => undefined)
    this.#ready.reject(sessionDidNotStart(reason))
    this.#dead = reason
    this.#exited.resolve(reason)
    for (const answer of this.#looks.values()) answer(undefined)
    this.#looks.clear()
    for (const answer of this.#placing.values()) answer([])
    this.#placing.clear()
    this.#running?.resolve(died(this.#running.request.execution, reason))
    if (!this.#stopping) this.#options.onExit(reason)
  }
}

function died(execution: string, reason: string): Done {
  const { name, message } = sessionEnded(reason)
  return { type: 'done', execution, error: { name, message, traceback: [`${name}: ${message}`] }, userExpressions: {}, marker: '' }
}

/** A promise that is settled from outside. */
function deferred<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: Error) => void
  const promise = new Promise<T>((onValue, onError) => ([resolve, reject] = [onValue, onError]))
  return { promise, resolve, reject }
}

/** Why a process ended, in words. */
function reasonOf(code: number | null, signal: NodeJS.Signals | null, stderr: string): string {
  if (/heap out of memory|Out of memory|allocation failed/i.test(stderr)) return 'ran out of memory'
  if (signal === 'SIGABRT') return /Assertion|FATAL ERROR/.test(stderr) ? 'crashed (SIGABRT)' : 'ended because process.abort() was called'
  if (signal === 'SIGSEGV' || signal === 'SIGBUS' || signal === 'SIGILL' || signal === 'SIGTRAP') return `crashed in native code (${signal})`
  if (signal) return `was killed by ${signal}`
  return `ended because process.exit(${code ?? 0}) was called`
}
