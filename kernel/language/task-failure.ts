import { pathToFileURL } from 'node:url'
import { types } from 'node:util'
import { programs } from '../entry.ts'
import type { Settled } from '../travel/declaration.ts'

type Failed = Exclude<Settled, { status: 'succeeded' }>

const builtIn: Readonly<Record<string, ErrorConstructor>> = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }

/**
 * What awaiting a task without a result throws: the body's own error by name, message and stack (mapped to the
 * notebook's lines), with `task`, `node`, `attempt` and `kind`. It is the thrown error itself when that travelled; what is
 * no error, or is told of as another (a root failure), is its `cause`.
 */
export function taskFailure(failed: Failed, single: boolean, mapStack: (stack: string) => string, thrown: { readonly value: unknown } | undefined): Error {
  const { error, kind, task } = failed
  const own = thrown && types.isNativeError(thrown.value) && thrown.value.message === error.message && !Object.isSealed(thrown.value) ? thrown.value : undefined
  // Of the same built-in class, as otherwise it is shown as `Error [TypeError]`.
  const failure = own ?? new (builtIn[error.name] ?? Error)(error.message)
  const define = (name: string, value: unknown, enumerable: boolean) => Object.defineProperty(failure, name, { value, enumerable, writable: true, configurable: true })
  define('name', error.name, false)
  define('stack', error.stack === '' ? `${error.name}: ${error.message}` : mapStack(withoutOwnFrames(error.stack)), false)
  if (thrown && !own) define('cause', withMappedStack(thrown.value, mapStack), false)
  define('kind', kind, true)
  define('task', single ? task.name : `${task.name}[${task.index}]`, true)
  define('attempt', task.attempt, true)
  if (task.node !== undefined) define('node', task.node, true)
  return failure
}

const ownFrame = new RegExp(`^\\s+at .*(?:${[pathToFileURL(programs).href, programs].map((path) => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')}|node:internal/)`)

/** What called the body tells the user nothing. */
function withoutOwnFrames(stack: string): string {
  return stack.split('\n').filter((line) => !ownFrame.test(line)).join('\n')
}

/** The thrown error as it arrived has the positions of the generated cell. */
function withMappedStack(thrown: unknown, mapStack: (stack: string) => string): unknown {
  const stack = types.isNativeError(thrown) ? Object.getOwnPropertyDescriptor(thrown, 'stack') : undefined
  if (stack?.configurable === true && typeof stack.value === 'string') Object.defineProperty(thrown, 'stack', { ...stack, value: mapStack(withoutOwnFrames(stack.value)) })
  return thrown
}
