/** The process that a notebook's cells run in. It listens to the kernel on file descriptor 3 and ends when that closes. */
import { context, Interrupted } from './context.ts'
import { AsyncResource } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { Session as Inspector } from 'node:inspector'
import { Worker } from 'node:worker_threads'
import { Channel } from '../channel.ts'
import { program } from '../entry.ts'
import { signalGroup } from '../platform.ts'
import { Modules, type ImportOptions, type Namespace } from '../travel/modules.ts'
import { Cells } from './cells.ts'
import { ClusterApi } from './cluster-api.ts'
import { Comms } from './comms.ts'
import { Distribution } from './distribution.ts'
import { Evaluator } from './evaluator.ts'
import { cell, Guard } from './guard.ts'
import { look } from './look.ts'
import type { FromSession, ToSession } from './messages.ts'
import { KernelPipe, Outbox } from './outbox.ts'
import { redirectOutput } from './output-stream.ts'
import { rewrite } from './rewrite.ts'
import { Scope, show } from './scope.ts'
import { mapStacks, showError } from './stack.ts'

const guard = new Guard(context, () => outbox.flush(), () => inbox.resume())
const inspector = new Inspector()
inspector.connect()

/** Handles each message in a turn of its own, so that a cell that is terminated takes no other message with it. */
class Inbox {
  readonly #messages: ToSession[] = []
  readonly #handle: (message: ToSession) => void

  constructor(handle: (message: ToSession) => void) {
    this.#handle = handle
  }

  receive(messages: readonly ToSession[]): void {
    this.#messages.push(...messages)
    this.resume()
  }

  /** One turn for each that waits: its own may have been lost to a termination. */
  resume(): void {
    for (let turns = this.#messages.length; turns > 0; turns--) setImmediate(() => this.take())
  }

  take(): void {
    const message = this.#messages.shift()
    if (message) this.#handle(message)
  }
}

const inbox = new Inbox(handle)
const channel = new Channel<ToSession, FromSession>(new KernelPipe(3), (messages) => inbox.receive(messages), kernelGone)
const outbox = new Outbox(channel, guard)
const evaluator = new Evaluator(inspector)
const send = (message: FromSession) => outbox.send(message)
let modules: Modules
let cells: Cells
let distribution: Distribution
let cluster: ClusterApi
const scope = new Scope({ calling: () => cells.calling, send })
const comms = new Comms(send, () => scope.alive()?.id, () => {
  const bound = AsyncResource.bind((callback: () => void) => callback())
  return bound
})

function handle(message: ToSession): void {
  switch (message.type) {
    case 'start':
      return start(message)
    case 'execute':
      outbox.begin()
      return cells.execute(message)
    case 'interrupt':
      return interrupt()
    case 'input':
    case 'line-done':
      return scope.receive(message)
    case 'places':
      return send({ type: 'placed', id: message.id, places: message.positions.map((position) => modules.mapStack(position)) })
    case 'look':
      return send(look(evaluator, message))
    case 'comm':
      return comms.receive(message.message)
    case 'experimented':
      return cluster.receive(message)
    default:
      distribution.receive(message)
  }
}

function start({ directory, firstRun, handles, policies }: Extract<ToSession, { type: 'start' }>): void {
  process.chdir(directory)
  modules = new Modules(process.cwd())
  cells = new Cells({ evaluator, sources: modules.sources, send, mark })
  distribution = new Distribution({
    send,
    execution: () => scope.alive()?.id,
    inspector,
    exportOf: (value) => modules.exportOf(value),
    load: (ref) => modules.load(ref),
    mapStack: (stack) => modules.mapStack(stack),
    firstRun,
  })
  cluster = new ClusterApi({ send, alive: () => scope.alive(), capture: (body, what) => distribution.capture(body, what), policies })
  mapStacks(modules.sources)
  redirectOutput((name, text) => outbox.write(scope.alive()?.id, name, text))
  process.on('uncaughtException', uncaught)
  process.on('unhandledRejection', uncaught)
  // The interrupt of last resort is for the processes that a cell waits for.
  process.on('SIGINT', () => undefined)
  defineNames(process.cwd())
  for (const [name, handle] of distribution.restore(handles)) define(name, handle)
  send({ type: 'ready' })
  setImmediate(prepare)
}

function defineNames(directory: string): void {
  const names = {
    display: scope.display.bind(scope),
    clearOutput: scope.clearOutput.bind(scope),
    prompt: scope.prompt.bind(scope),
    show,
    comms: Object.freeze({ open: comms.open.bind(comms), register: comms.register.bind(comms) }),
    require: modules.require,
    __dirname: directory,
    distribute: distribution.distribute,
    product: distribution.product,
    reduce: distribution.reduce,
    cluster: cluster.api,
  }
  for (const [name, value] of Object.entries(names)) define(name, value)
  const sluice = Object.freeze({
    import: async (specifier: string, options?: ImportOptions): Promise<Namespace> => {
      scope.alive()
      return await modules.import(specifier, options)
    },
    meta: modules.meta(),
    declare: distribution.declareCell,
    reduce: distribution.reduceCell,
    result: (value: unknown) => cells.result(value),
    line: (text: string) => scope.line(text),
  })
  Object.defineProperty(globalThis, '__sluice', { value: sluice })
}

/** A global that a cell may declare anew. */
function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true })
}

function interrupt(): void {
  guard.handled()
  modules.forgetUnfinished()
  const { current } = cells
  cells.abandon()
  scope.abandoned(current)
  cluster.abandoned(current)
  send({ type: 'interrupted' })
}

function uncaught(error: unknown): void {
  const execution = cells.calling
  if (execution?.abandoned && error instanceof Interrupted) return
  send({ type: 'uncaught', execution: execution?.id, error: showError(error, modules.sources) })
}

let marks = 0
const secret = randomBytes(12).toString('hex')

/** Written to both raw pipes behind what child processes and native code have written there so far. */
function mark(): string {
  const marker = `\x1e${secret}:${++marks}\x1e`
  for (const fd of [1, 2]) writeMark(fd, Buffer.from(marker))
  return marker
}

/** A pipe that nobody reads, or that a child process has set not to block, may refuse; the kernel does not wait for ever. */
function writeMark(fd: number, marker: Buffer): void {
  const end = performance.now() + 100
  while (performance.now() < end) {
    try {
      writeSync(fd, marker)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
    }
  }
}

/** What the first cell would otherwise wait for. */
function prepare(): void {
  watch()
  rewrite('0', '')
}

function watch(): void {
  const watcher = new Worker(program('watcher'), { workerData: guard.memory, name: 'watcher', resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 } })
  watcher.unref()
  process.on('exit', () => {
    outbox.end()
    inspector.disconnect()
    Atomics.store(guard.memory, cell.exit, 1)
    Atomics.notify(guard.memory, cell.exit)
    Atomics.wait(guard.memory, cell.exit, 1, 200)
  })
}

function kernelGone(): void {
  process.on('SIGTERM', () => undefined)
  signalGroup(process.pid, 'SIGTERM')
  process.exit(0)
}
