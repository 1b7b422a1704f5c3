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
  /** The termination that the verdict asked for is on its way (1), or has been carried out (2). */
  posted: 2,
  /** The main thread exits: the watcher lets go of the inspector, then sets this to 2. */
  exit: 3,
  /** Text is waiting to be sent. */
  text: 4,
} as const
export const verdict = { none: 0, now: 1, later: 2 } as const

/** Where the inspector finds the guard. */
export const guardKey = 'sluice.guard'

/** Node keeps asynchronous context with async_hooks before version 24. */
const usesAsyncHooks = Number(process.versions.node.split('.')[0]) < 24
/** ms that the main thread waits for a termination that was announced to it. */
const patience = 50

export class Guard {
  readonly memory = new Int32Array(new SharedArrayBuffer(4 * Object.keys(cell).length))
  readonly #context: AsyncLocalStorage<unknown>
  readonly #flush: () => void
  #stoppedAt: number | undefined

  /** @param flush sends the text that is waiting */
  constructor(context: AsyncLocalStorage<unknown>, flush: () => void) {
    this.#context = context
    this.#flush = flush
    Object.defineProperty(globalThis, Symbol.for(guardKey), { value: this })
  }

  stop(): void {
    const now = mayStop(interruptedFrames())
    if (now) {
      this.#stoppedAt = performance.now()
      // The frames that go away have pushed asynchronous contexts, and Node aborts when it finds them left over.
      clearAsyncStack()
      if (usesAsyncHooks) this.#context.disable()
    }
    Atomics.store(this.memory, cell.verdict, now ? verdict.now : verdict.later)
    Atomics.notify(this.memory, cell.verdict)
    if (!now) return
    // Nothing else may be executed between this answer and the termination. V8 cannot wait within an Atomics.wait.
    while (Atomics.load(this.memory, cell.posted) === 0 && performance.now() - this.#stoppedAt! < patience);
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
    while (Atomics.load(this.memory, cell.posted) < 2 && performance.now() - this.#stoppedAt < patience);
  }

  /** From the event loop, once an interrupt has been dealt with: the watcher need not do anything (more). */
  handled(): void {
    Atomics.add(this.memory, cell.handled, 1)
    Atomics.notify(this.memory, cell.handled)
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
function mayStop(frames: readonly NodeJS.CallSite[]): boolean {
  for (const frame of frames) {
    const [script, type, name] = [frame.getScriptNameOrSourceURL() || frame.getFileName() || '', frame.getTypeName(), frame.getFunctionName()]
    if (type === 'Outbox' || type === 'Inbox') return false
    if (name === 'emitInitNative' || (type === 'AsyncHook' && name === 'init') || script.includes('stream_base_commons')) return false
    if (script !== '' && !script.startsWith('node:') && !script.includes(programs)) return true
  }
  return true
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
