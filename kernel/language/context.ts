/**
 * Which execution asynchronous code belongs to. Timers that an interrupted cell has set do nothing any more: they are
 * how it would go on behind the user's back. To be imported before whatever keeps the global functions as they are.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { promisify } from 'node:util'

/** One run of a cell. Also what asynchronous code that it started carries with it. */
export interface Execution {
  readonly id: string
  readonly count: number
  readonly silent: boolean
  readonly allowStdin: boolean
  /** It was interrupted: whatever of it is still going on may not put out anything any more. */
  abandoned: boolean
  /** Value of the last expression, once it has been reached. */
  result?: { readonly value: unknown }
}

/** What code of an interrupted cell gets from anything that would still show itself. */
export class Interrupted extends Error {
  override name = 'Interrupted'
  constructor() {
    super('The cell was interrupted.')
  }
}

export const context = new AsyncLocalStorage<Execution | undefined>()

type Start = (callback: (...args: unknown[]) => void, ...rest: unknown[]) => { [Symbol.toPrimitive]?: unknown }
const timers = globalThis as unknown as Record<string, Start>

for (const [start, clear] of [
  ['setTimeout', 'clearTimeout'],
  ['setInterval', 'clearInterval'],
  ['setImmediate', 'clearImmediate'],
] as const) {
  const native = timers[start]!
  const stop = globalThis[clear] as (timer: unknown) => void
  const guarded: Start = (callback, ...rest) => {
    const execution = context.getStore()
    if (!execution || typeof callback !== 'function') return native(callback, ...rest)
    const timer = native(function (this: unknown, ...args: unknown[]) {
      if (execution.abandoned) stop(timer)
      else callback.apply(this, args)
    }, ...rest)
    return timer
  }
  const described = { name: { value: start }, length: { value: native.length } }
  const custom = Object.getOwnPropertyDescriptor(native, promisify.custom)
  timers[start] = Object.defineProperties(guarded, custom ? { ...described, [promisify.custom]: custom } : described)
}
