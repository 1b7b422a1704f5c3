/**
 * A value as text, read from its encoding. Nothing of the value comes to be: no class, no function, no getter. A small
 * likeness of it is built, of plain data alone, and that is what Node prints.
 */
import { inspect } from 'node:util'
import { clip } from '../errors.ts'
import type { Wire } from './declaration.ts'
import type { DefinitionSpecial, ObjectSpecial, Properties, Special } from './special.ts'
import { enumerable } from './special.ts'
import { look } from './value.ts'

const MOST_TEXT = 4000
/** Of an array, a collection or an object. */
const MOST_ENTRIES = 50
const MOST_STRING = 1000
const DEPTH = 4
/** Objects and collections looked into, altogether. */
const MOST_INSIDE = 120

/** About what Node would print of the value; what is wrong with it when it cannot be read. Never throws. */
export function preview(wire: Wire): string {
  try {
    return clip(print(wire instanceof Uint8Array ? likenessOf(wire) : typeof wire === 'string' ? wire.slice(0, MOST_TEXT) : wire), MOST_TEXT)
  } catch (error) {
    return clip(`(cannot be shown: ${error instanceof Error ? error.message : 'it is damaged'})`, MOST_TEXT)
  }
}

/** What a body calls its parameters, in order; nothing where that cannot be told. */
export function parameterNames(body: Uint8Array): string[] {
  try {
    const seen = look(body)
    const source = 'packed' in seen ? (seen.packed.root[0] as Partial<DefinitionSpecial>).source : undefined
    return typeof source === 'string' ? parametersOf(source) : []
  } catch {
    return []
  }
}

/** The text between the first brackets of a function, parted at its commas; `x` for `x => …`. */
function parametersOf(source: string): string[] {
  const single = /^(?:async\s+)?([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=>/u.exec(source)
  if (single) return [single[1]!]
  const names: string[] = []
  let depth = 0
  let from = source.indexOf('(') + 1
  for (let i = from; from > 0 && i < source.length && names.length < 100; i++) {
    const letter = source[i]!
    if ('([{'.includes(letter)) depth++
    if (depth === 0 && (letter === ',' || letter === ')')) {
      const name = source.slice(from, i).replace(/=[^]*$/, '').trim()
      if (name !== '') names.push(clip(name, 100))
      if (letter === ')') break
      from = i + 1
    }
    if (')]}'.includes(letter)) depth--
  }
  return names
}

function print(likeness: unknown): string {
  return inspect(likeness, { depth: DEPTH + 1, maxArrayLength: MOST_ENTRIES, maxStringLength: MOST_STRING, getters: false, showProxy: false, breakLength: 100 })
}

function likenessOf(bytes: Uint8Array): unknown {
  const seen = look(bytes)
  if ('plain' in seen) return new Likeness([]).of(seen.plain, DEPTH)
  return new Likeness(seen.packed.specials).of(seen.packed.root[0], DEPTH)
}

/** Prints as `text`, whatever it stands for. */
class Token {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  [inspect.custom](): string {
    return this.#text
  }
}

type Entry = readonly [key: PropertyKey, value: unknown]

class Likeness {
  readonly #specials: ReadonlySet<unknown>
  /** What is being looked into: met again inside, it is a cycle. */
  readonly #open = new Set<object>()
  #left = MOST_INSIDE

  constructor(specials: readonly Special[]) {
    this.#specials = new Set(specials)
  }

  of(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return value.length > MOST_STRING ? value.slice(0, MOST_STRING + 1) : value
    if (typeof value !== 'object' || value === null) return typeof value === 'function' || typeof value === 'symbol' ? new Token('…') : value
    if (this.#open.has(value)) return new Token('[Circular]')
    const special = this.#specials.has(value) ? (value as Special) : undefined
    if (special && special.kind !== 'object') return new Token(this.#named(special))
    if (isLeaf(value)) return value
    if (depth === 0 || this.#left <= 0) return new Token(`[${special ? this.#className(special as ObjectSpecial) : kindOf(value)}]`)
    this.#left--
    this.#open.add(value)
    try {
      return special ? this.#object(special as ObjectSpecial, depth - 1) : this.#plain(value, depth - 1)
    } finally {
      this.#open.delete(value)
    }
  }

  #plain(value: object, depth: number): unknown {
    if (Array.isArray(value)) return this.#array(value, depth)
    if (value instanceof Map) return this.#map([...value].flat(), depth)
    if (value instanceof Set) return this.#set([...value], depth)
    return this.#withProperties({}, Object.entries(value), depth)
  }

  /** As long as it is, with as much in it as will be printed. */
  #array(value: readonly unknown[], depth: number): unknown[] {
    const copy: unknown[] = new Array<unknown>(value.length)
    for (let i = 0; i < Math.min(value.length, MOST_ENTRIES); i++) if (i in value) copy[i] = this.of(value[i], depth)
    return copy
  }

  /** @param list keys and values in turn */
  #map(list: readonly unknown[], depth: number): Map<unknown, unknown> {
    const copy = new Map<unknown, unknown>()
    for (let i = 0; i + 1 < list.length; i += 2) {
      const told = i < 2 * MOST_ENTRIES
      copy.set(told ? this.#unique(list[i], depth) : i, told ? this.of(list[i + 1], depth) : undefined)
    }
    this.#left -= copy.size / MOST_ENTRIES
    return copy
  }

  #set(list: readonly unknown[], depth: number): Set<unknown> {
    const copy = new Set<unknown>(list.map((item, i) => (i < MOST_ENTRIES ? this.#unique(item, depth) : { i })))
    this.#left -= copy.size / MOST_ENTRIES
    return copy
  }

  /** A long key that is cut must not become equal to another. */
  #unique(key: unknown, depth: number): unknown {
    return typeof key === 'string' && key.length > MOST_STRING ? new Token(inspect(key, { maxStringLength: MOST_STRING })) : this.of(key, depth)
  }

  #withProperties(target: object, entries: readonly Entry[], depth: number): object {
    for (const [key, value] of entries.slice(0, MOST_ENTRIES)) set(target, key, this.of(value, depth))
    if (entries.length > MOST_ENTRIES) set(target, '…', new Token(`${entries.length - MOST_ENTRIES} more properties`))
    return target
  }

  #object(special: ObjectSpecial, depth: number): unknown {
    const { base, payload } = special
    const entries = this.#entries(special.properties)
    if (base === 'error') return this.#error(special, entries, depth)
    if (base === 'url' || base === 'query') return new Token(`${base === 'url' ? 'URL' : 'URLSearchParams'} ${inspect(String(payload as string), { maxStringLength: MOST_STRING })}`)
    if (base === 'dom-exception') return new Token(`DOMException [${(payload as string[]).map((one) => clip(String(one), 200)).reverse().join(']: ')}`)
    const shell = this.#shell(special, depth)
    if (special.type === null) Object.setPrototypeOf(shell, null)
    else if (special.type !== undefined) named(shell, this.#className(special))
    return this.#withProperties(shell, entries, depth)
  }

  #shell({ base, payload, view }: ObjectSpecial, depth: number): object {
    const list = payload as unknown[]
    switch (base) {
      case 'array': return new Array<unknown>(Math.min(payload as number, 2 ** 32 - 1))
      case 'map': return this.#map(list, depth)
      case 'set': return this.#set(list, depth)
      case 'value': return Array.isArray(payload) ? new RegExp(list[0] as string, list[1] as string) : new Date((payload as Date).getTime())
      case 'boxed': return Object(this.#specials.has(payload) ? new Token(this.#named(payload as Exclude<Special, ObjectSpecial>)) : payload) as object
      case 'buffer': return (payload as ArrayBuffer).slice(0, 1000)
      case 'view': return viewOf(view!)
      default: return {}
    }
  }

  /** Its stack, as Node prints it, and what other properties it has. */
  #error(special: ObjectSpecial, entries: readonly Entry[], depth: number): unknown {
    const text = (name: string) => entries.find(([key]) => key === name)?.[1]
    const title = `${typeof text('name') === 'string' ? String(text('name')) : this.#className(special)}: ${String(typeof text('message') === 'string' ? text('message') : '')}`
    const stack = text('stack')
    const shown = clip(typeof stack === 'string' && stack !== '' ? stack : `[${title}]`, MOST_STRING)
    const others = this.#withProperties({}, entries.filter(([key]) => !['stack', 'message', 'name'].includes(String(key))), depth)
    return new Token(Reflect.ownKeys(others).length === 0 ? shown : `${shown} ${print(others)}`)
  }

  /** Those that Node shows: the enumerable ones, and an error's. */
  #entries(properties: Properties | undefined): Entry[] {
    const { data, exact } = properties ?? {}
    if (!exact) return Object.entries(data ?? {})
    return exact.keys.flatMap((key, i): Entry[] => {
      const value = exact.values[i]
      if ((exact.flags[i]! & enumerable) === 0 && !['stack', 'message', 'cause', 'errors'].includes(key as string)) return []
      if (typeof key === 'string' || typeof key === 'number') return [[key, value]]
      return this.#specials.has(key) ? [[Symbol(this.#symbolText(key as Special)), value]] : []
    })
  }

  #named(special: Exclude<Special, ObjectSpecial>): string {
    switch (special.kind) {
      case 'symbol': return `Symbol(${this.#symbolText(special)})`
      case 'builtin': return `[${clip(String(special.path), 200)}]`
      case 'export': return `[${clip(String(special.ref.name), 200)} of ${clip(String(special.ref.url), 300)}]`
      case 'handle': return '[handle of a run]'
      case 'definition': return this.#definition(special)
    }
  }

  #symbolText(special: Special): string {
    if (special.kind !== 'symbol') return ''
    return clip(special.registered ?? `Symbol.${special.wellKnown}`, 200)
  }

  #definition({ form, source, name }: DefinitionSpecial): string {
    const known = typeof name === 'string' && name !== '' ? clip(name, 200) : '(anonymous)'
    if (form === 'class') return `[class ${known}]`
    const kind = `${/^async\b/.test(source) ? 'Async' : ''}${/^(?:async\s+)?function\s*\*/.test(source) ? 'Generator' : ''}`
    return known === '(anonymous)' ? `[${kind}Function (anonymous)]` : `[${kind}Function: ${known}]`
  }

  #className({ type, base, view }: ObjectSpecial): string {
    if (type === null) return 'Object: null prototype'
    if (type !== undefined && this.#specials.has(type)) {
      const special = type as Special
      if (special.kind === 'definition' && typeof special.name === 'string') return clip(special.name, 200)
      if (special.kind === 'export') return clip(String(special.ref.name), 200)
      if (special.kind === 'builtin') return clip(String(special.path), 200)
    }
    return base === 'view' ? (view?.type ?? 'Object') : (names[base] ?? 'Object')
  }
}

const names: Readonly<Record<string, string>> = { array: 'Array', map: 'Map', set: 'Set', error: 'Error', buffer: 'ArrayBuffer' }
const views = new Set(['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'DataView'])

/** What V8 reads whole, and Node prints without looking into. */
function isLeaf(value: object): boolean {
  return !Array.isArray(value) && !(value instanceof Map) && !(value instanceof Set) && Object.getPrototypeOf(value) !== Object.prototype
}

function kindOf(value: object): string {
  return Array.isArray(value) ? 'Array' : value instanceof Map ? 'Map' : value instanceof Set ? 'Set' : 'Object'
}

/** Makes Node print the name of a class that is not here. */
function named(object: object, name: string): void {
  const type = function () {}
  Object.defineProperty(type, 'name', { value: name })
  type.prototype = Object.create(Object.getPrototypeOf(object) as object, { constructor: { value: type } }) as object
  Object.setPrototypeOf(object, type.prototype as object)
}

function set(target: object, key: PropertyKey, value: unknown): void {
  // A typed array has its elements, an array is as long as it is.
  const there = Object.getOwnPropertyDescriptor(target, key)
  if (there && !there.configurable) return
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

function viewOf({ type, buffer, offset, length }: NonNullable<ObjectSpecial['view']>): object {
  if (type === 'Buffer') return Buffer.from(buffer, offset, length)
  if (!views.has(type)) throw new Error(`it has a view of type ${clip(String(type), 60)}`)
  const View = (globalThis as unknown as Record<string, new (buffer: ArrayBuffer, offset: number, length: number) => object>)[type]!
  return new View(buffer, offset, length)
}
