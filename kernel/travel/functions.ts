import { Session } from 'node:inspector'
import { Script } from 'node:vm'
import { isBuiltinGlobal } from './builtins.ts'

/** Where a function's location is, zero-based, as V8 tells it. */
export interface Location {
  readonly script: number
  readonly url: string
  readonly line: number
  readonly column: number
}

/** What a free name of a function means. */
export type Binding =
  | { readonly bound: 'value'; readonly value: unknown }
  /** The language's or Node's own. */
  | { readonly bound: 'builtin' }
  /** Declared, but not initialized yet. */
  | { readonly bound: 'uninitialized' }
  | { readonly bound: 'nowhere' }
  /** A getter on the global object: running it is not ours to do. */
  | { readonly bound: 'getter' }

interface Known {
  readonly location: Location
  /** It stands at the top level of a cell, so its free names are the notebook's. */
  readonly top: boolean
}

interface RemoteValue {
  readonly value?: unknown
  readonly objectId?: string
  readonly description?: string
}

/** Scripts of Node's own start-up are not listed. */
const unlisted = 'node:internal'

const hook = Symbol.for('sluice.taken')

/** What scripts are called: the same for all readers of a thread. */
const urls = new Map<string, string>()

/**
 * Reads functions of this process by its own inspector: where they were written, and the values of the variables
 * that they captured, which nothing else in JavaScript can see. Works inside a running cell, in 0.1–0.2 ms.
 */
export class FunctionReader {
  readonly #inspector: Session
  readonly #known = new WeakMap<object, Known>()
  readonly #globals = new Map<string, (() => unknown) | null>()

  constructor(inspector: Session) {
    this.#inspector = inspector
  }

  locate(value: object): Location {
    return (this.#known.get(value) ?? this.#read(value, undefined)).location
  }

  /** What these names mean to the function, now. */
  lookup(value: object, names: readonly string[]): Map<string, Binding> {
    const found = new Map<string, Binding>()
    if (names.length === 0) return found
    if (!this.#known.get(value)?.top) this.#read(value, { names, found })
    for (const name of names) if (!found.has(name)) found.set(name, this.#global(name))
    return found
  }

  #read(value: object, wanted: { names: readonly string[]; found: Map<string, Binding> } | undefined): Known {
    const holder = globalThis as unknown as Record<symbol, unknown>
    holder[hook] = value
    try {
      const { objectId } = this.#post('Runtime.evaluate', { expression: `globalThis[Symbol.for('sluice.taken')]`, objectGroup: 'sluice' })['result'] as RemoteValue
      const { internalProperties } = this.#post('Runtime.getProperties', { objectId, ownProperties: true }) as { internalProperties?: { name: string; value?: RemoteValue }[] }
      const internal = (name: string) => internalProperties?.find((property) => property.name === name)?.value
      const scopes = this.#scopes(internal('[[Scopes]]')?.objectId)
      if (wanted) for (const scope of scopes) this.#take(scope, wanted.names, wanted.found)
      const place = internal('[[FunctionLocation]]')?.value as { scriptId: string; lineNumber: number; columnNumber: number } | undefined
      const known = { top: scopes.length === 0, location: this.#locationOf(place) }
      this.#known.set(value, known)
      return known
    } finally {
      delete holder[hook]
      this.#post('Runtime.releaseObjectGroup', { objectGroup: 'sluice' })
    }
  }

  /** Object ids of the scopes between the function and the top level, innermost first. */
  #scopes(list: string | undefined): string[] {
    if (list === undefined) return []
    const { result } = this.#post('Runtime.getProperties', { objectId: list, ownProperties: true }) as { result: { name: string; value?: RemoteValue }[] }
    return result
      .filter(({ name, value }) => /^\d+$/.test(name) && value?.objectId !== undefined && !/^(Script|Global)/.test(value.description ?? ''))
      .map(({ value }) => value!.objectId!)
  }

  /** Takes the variables of one scope that no scope nearer to the function has. */
  #take(scope: string, names: readonly string[], found: Map<string, Binding>): void {
    const holder = globalThis as unknown as Record<symbol, unknown>
    holder[hook] = undefined
    this.#post('Runtime.callFunctionOn', { objectId: scope, functionDeclaration: `function () { globalThis[Symbol.for('sluice.taken')] = this }` })
    const taken = holder[hook] as { object?: object } | undefined
    const variables = taken?.object ?? {}
    for (const name of names) {
      if (found.has(name) || !Object.hasOwn(variables, name)) continue
      try {
        found.set(name, { bound: 'value', value: (variables as Record<string, unknown>)[name] })
      } catch {
        found.set(name, { bound: 'uninitialized' })
      }
    }
  }

  /** A name at the top level: a let, const or class of a cell, or a property of the global object. */
  #global(name: string): Binding {
    const property = Object.getOwnPropertyDescriptor(globalThis, name)
    if (property?.get && !this.#isLexical(name)) return isBuiltinGlobal(name) ? { bound: 'builtin' } : { bound: 'getter' }
    try {
      const value = this.#reader(name)()
      const inherited = property === undefined && name in globalThis && !this.#isLexical(name)
      return inherited || (property && Object.is(property.value, value) && isBuiltinGlobal(name)) ? { bound: 'builtin' } : { bound: 'value', value }
    } catch {
      return { bound: this.#isLexical(name) ? 'uninitialized' : 'nowhere' }
    }
  }

  #isLexical(name: string): boolean {
    return (this.#post('Runtime.globalLexicalScopeNames', {}) as { names: string[] }).names.includes(name)
  }

  /** A script sees the notebook's let, const and class as a cell does. */
  #reader(name: string): () => unknown {
    let reader = this.#globals.get(name)
    if (!reader) {
      reader = new Script(`(() => ${name})`).runInThisContext() as () => unknown
      this.#globals.set(name, reader)
    }
    return reader
  }

  #locationOf(place: { scriptId: string; lineNumber: number; columnNumber: number } | undefined): Location {
    if (!place) return { script: 0, url: unlisted, line: 0, column: 0 }
    if (!urls.has(place.scriptId)) this.#readUrls()
    return { script: Number(place.scriptId), url: urls.get(place.scriptId) ?? unlisted, line: place.lineNumber, column: place.columnNumber }
  }

  /** Only the debugger's domain tells what a script is called; a session of our own leaves the other's alone. */
  #readUrls(): void {
    const session = new Session()
    session.connect()
    try {
      session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url))
      session.post('Debugger.enable')
      session.post('Debugger.disable')
    } finally {
      session.disconnect()
    }
  }

  #post(method: string, params: object): Record<string, unknown> {
    let answer: { error: Error | null; result: object | undefined } | undefined
    this.#inspector.post(method, params, (error, result) => (answer = { error, result }))
    if (!answer || answer.error) throw answer?.error ?? new Error(`${method} was not answered at once`)
    return answer.result as Record<string, unknown>
  }
}
