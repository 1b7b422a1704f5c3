/**
 * Reaching a main thread that does not yield. To stop it, the watcher thread has the main thread's inspector call
 * `stop` in the midst of whatever it is executing; `stop` looks at the interrupted stack and says whether V8 may
 * terminate it there. It may not inside Sluice's own sending and receiving, whose messages would break off, nor inside
 * one step of Node's async_hooks, whose state would never be right again.
 */
import type { AsyncLocalStorage } from 'node:async_hooks'
import { programs } from '../entry.ts'

/** Indices into the Int32Array that both threads share. */
export const cell = {
  /** How many interrupts the main thread has dealt with. */
  handled: 0,
  /** Answer of `stop`, see `verdict`. */
  verdict: 1,
  /** How far the termination is that the verdict asked for, see `termination`. */
  termination: 2,
  /** The main thread exits: the watcher lets go of the inspector, then sets this to 2. */
  exit: 3,
  /** Text is waiting to be sent. */
  text: 4,
} as const
export const verdict = { none: 0, now: 1, later: 2 } as const
/** Either the watcher takes up the verdict, or the main thread, which cannot wait for ever, goes back on it. */
export const termination = { none: 0, takenUp: 1, posted: 2, done: 3, revoked: 4 } as const

/** Where the inspector finds the guard. */
export const guardKey = 'sluice.guard'

/** Node keeps asynchronous context with async_hooks before version 24. */
const usesAsyncHooks = Number(process.versions.node.split('.')[0]) < 24
/** ms that the main thread waits for a termination that was announced to it. */
const patience = 50
/** The user's cells must not change what is asked here. */
const { nodeTiming } = performance as unknown as { nodeTiming: { uvMetricsInfo: { loopCount: number } } }

export class Guard {
  readonly memory = new Int32Array(new SharedArrayBuffer(4 * Object.keys(cell).length))
  readonly #context: AsyncLocalStorage<unknown>
  readonly #flush: () => void
  readonly #resume: () => void
  #stoppedAt: number | undefined
  /** The turn of the event loop in which `stop` last found nothing of the user's. */
  #turn: number | undefined

  /**
   * @param flush sends the text that is waiting
   * @param resume gives the messages that are waiting another turn of the event loop
   */
  constructor(context: AsyncLocalStorage<unknown>, flush: () => void, resume: () => void) {
    this.#context = context
    this.#flush = flush
    this.#resume = resume
    Object.defineProperty(globalThis, Symbol.for(guardKey), { value: this })
  }

  stop(): void {
    const now = this.#mayStop(interruptedFrames())
    if (now) {
      this.#stoppedAt = performance.now()
      // The frames that go away have pushed asynchronous contexts, which Node would find left over.
      clearAsyncStack()
      if (usesAsyncHooks) this.#context.disable()
      // The turn that is to deal with the interrupt may be what the termination strikes.
      this.#resume()
    }
    Atomics.store(this.memory, cell.verdict, now ? verdict.now : verdict.later)
    Atomics.notify(this.memory, cell.verdict)
    if (now) this.#awaitPosted()
  }

  /**
   * Nothing else may be executed between the verdict and the termination. V8 cannot wait within an Atomics.wait. On a
   * busy machine the watcher may not get to it: then it must not come later, when it would strike just anything.
   */
  #awaitPosted(): void {
    for (;;) {
      const state = Atomics.load(this.memory, cell.termination)
      if (state !== termination.none && state !== termination.takenUp) return
      if (performance.now() - this.#stoppedAt! < patience) continue
      if (Atomics.compareExchange(this.memory, cell.termination, termination.none, termination.revoked) === termination.none) return
    }
  }

  /**
   * Where nothing of the user's is being executed, the event loop may be about to deal with the interrupt itself, and a
   * termination would strike just that. If it has not turned since the last time, though, it is kept from turning by a
   * storm of microtasks, between two of which this is.
   */
  #mayStop(frames: readonly NodeJS.CallSite[]): boolean {
    const where = place(frames)
    if (where !== 'nowhere') return where === 'user'
    const turn = nodeTiming.uvMetricsInfo.loopCount
    const stuck = turn === this.#turn
    this.#turn = turn
    return stuck
  }

  /** Told by the outbox: if the main thread does not get to send it soon, the watcher has it called. */
  waiting(text: boolean): void {
    Atomics.store(this.memory, cell.text, text ? 1 : 0)
    if (text) Atomics.notify(this.memory, cell.text)
  }

  /** Called by the watcher through the inspector while the main thread is busy. */
  flush(): void {
    if (!interruptedFrames().some((frame) => frame.getTypeName() === 'Outbox')) this.#flush()
  }

  /** At the start of what must not be terminated: a termination under way is waited for here instead. */
  enter(): void {
    if (this.#stoppedAt === undefined) return
    while (Atomics.load(this.memory, cell.termination) < termination.done && performance.now() - this.#stoppedAt < patience);
  }

  /** From the event loop, once an interrupt has been dealt with: the watcher need not do anything (more). */
  handled(): void {
    Atomics.add(this.memory, cell.handled, 1)
    Atomics.notify(this.memory, cell.handled)
    this.#turn = undefined
    if (this.#stoppedAt === undefined) return
    this.#stoppedAt = undefined
    clearAsyncStack()
    // Entering a context turns the storage on again.
    if (usesAsyncHooks) this.#context.run(undefined, () => undefined)
  }
}

/** Call sites of what the inspector interrupted, innermost first. */
function interruptedFrames(): NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error
  Error.stackTraceLimit = 200
  Error.prepareStackTrace = (_error, frames) => frames
  const holder: { stack?: NodeJS.CallSite[] } = {}
  Error.captureStackTrace(holder, interruptedFrames)
  const frames = holder.stack ?? []
  Error.stackTraceLimit = stackTraceLimit
  Error.prepareStackTrace = prepareStackTrace
  // The guard's own method, and the inspector's call of it.
  return frames.slice(2)
}

/** Only what the user's innermost function has called counts: what called that may end with it. */
function place(frames: readonly NodeJS.CallSite[]): 'user' | 'protected' | 'nowhere' {
  for (const frame of frames) {
    const [script, type, name] = [frame.getScriptNameOrSourceURL() || frame.getFileName() || '', frame.getTypeName(), frame.getFunctionName()]
    if (type === 'Outbox' || type === 'Inbox') return 'protected'
    if (name === 'emitInitNative' || (type === 'AsyncHook' && name === 'init') || script.includes('stream_base_commons')) return 'protected'
    if (script !== '' && !script.startsWith('node:') && !script.includes(programs)) return 'user'
  }
  return 'nowhere'
}

/** Node's own way of starting afresh after an error that nobody caught, the only one there is. */
function clearAsyncStack(): void {
  const { _fatalException } = process as unknown as { _fatalException?: (error: unknown) => boolean }
  if (!_fatalException) return
  const ours = !process.hasUncaughtExceptionCaptureCallback()
  if (ours) process.setUncaughtExceptionCaptureCallback(() => undefined)
  try {
    _fatalException.call(process, new Error('interrupted'))
  } finally {
    if (ours) process.setUncaughtExceptionCaptureCallback(null)
  }
}
