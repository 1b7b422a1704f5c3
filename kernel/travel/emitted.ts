/**
 * What transpiled code calls at run time, as the transpiler names it: `babelHelpers`. Importing this file defines
 * that global, in the session and on every worker.
 */

type Decorator = (target: unknown, key?: PropertyKey, descriptor?: PropertyDescriptor) => unknown

/** Experimental decorators: the last written is applied first; one that returns nothing leaves things as they are. */
function decorate(decorators: readonly Decorator[], target: object, key?: PropertyKey, description?: PropertyDescriptor | null): unknown {
  const ofClass = key === undefined
  const descriptor = description === null ? Object.getOwnPropertyDescriptor(target, key!) : description
  let result: unknown = ofClass ? target : descriptor
  for (const decorator of decorators.toReversed()) {
    const given = ofClass ? decorator(result) : decorator(target, key, result as PropertyDescriptor | undefined)
    if (given !== undefined && given !== null) result = given
  }
  if (!ofClass && result) Object.defineProperty(target, key, result)
  return result
}

function decorateParam(index: number, decorator: (target: unknown, key: PropertyKey | undefined, index: number) => void): Decorator {
  return (target, key) => decorator(target, key, index)
}

interface Disposable {
  readonly value: unknown
  readonly dispose: (this: unknown) => unknown
  readonly awaits: boolean
}

/** The two symbols are newer than Node 20: there, cells and this file agree on stand-ins. */
const symbols = Symbol as unknown as { dispose?: symbol; asyncDispose?: symbol }
for (const name of ['dispose', 'asyncDispose'] as const) {
  if (symbols[name] === undefined) Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) })
}

/** One block's `using` declarations: `u` and `a` take a resource, `e` the error that ended the block, `d` disposes in reverse. */
function usingCtx() {
  const resources: Disposable[] = []
  const none = Symbol('no error')
  let error: unknown = none

  const take = (value: unknown, awaits: boolean): unknown => {
    if (value === null || value === undefined) {
      if (awaits) resources.push({ value, dispose: () => undefined, awaits })
      return value
    }
    if (Object(value) !== value) throw new TypeError('using declarations take objects, functions, null, or undefined.')
    const methods = value as Record<symbol, unknown>
    const dispose = (awaits ? methods[symbols.asyncDispose!] : undefined) ?? methods[symbols.dispose!]
    if (typeof dispose !== 'function') throw new TypeError(`Property [Symbol.${awaits ? 'asyncDispose' : 'dispose'}] is not a function.`)
    resources.push({ value, dispose: dispose as Disposable['dispose'], awaits })
    return value
  }
  const failed = (reason: unknown) => {
    error = error === none ? reason : suppressed(reason, error)
  }
  const next = (): unknown => {
    for (let resource = resources.pop(); resource; resource = resources.pop()) {
      try {
        const result = resource.dispose.call(resource.value)
        if (resource.awaits) return Promise.resolve(result).then(next, (reason: unknown) => (failed(reason), next()))
      } catch (reason) {
        failed(reason)
      }
    }
    if (error !== none) throw error
    return undefined
  }
  return {
    u: (value: unknown) => take(value, false),
    a: (value: unknown) => take(value, true),
    set e(reason: unknown) {
      error = reason
    },
    d: next,
  }
}

function suppressed(error: unknown, earlier: unknown): Error {
  return Object.assign(new Error('An error was suppressed during disposal'), { name: 'SuppressedError', error, suppressed: earlier })
}

Object.defineProperty(globalThis, 'babelHelpers', { value: Object.freeze({ decorate, decorateParam, usingCtx }), configurable: true })
