import { types } from 'node:util'
import { cannotTravel } from '../errors.ts'
import { Buffers } from './buffers.ts'
import { builtinPath, wellKnown } from './builtins.ts'
import type { EncodeContext } from './context.ts'
import type { HandleRef } from './declaration.ts'
import { defineFunction, isNative, refuseClass } from './definition.ts'
import type { ModuleExport } from './module-export.ts'
import { baseOf, describe } from './nature.ts'
import { natureOf } from './plain.ts'
import { configurable, enumerable, writable, type Base, type DefinitionSpecial, type Footer, type ObjectSpecial, type Packed, type Properties, type Special } from './special.ts'

const errorNames = new Set(['Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError', 'AggregateError'])

/** Copies a value into the form that is serialized: specials become records, and everything shared stays shared. */
export class Encoder {
  readonly context: EncodeContext
  readonly imports: ModuleExport[] = []
  readonly handles: HandleRef[] = []
  readonly definitions: { value: object; special: DefinitionSpecial; place: Omit<Footer['definitions'][number], 'id'>; id?: string }[] = []
  readonly #specials: Special[] = []
  readonly #numbers = new Map<unknown, number>()
  readonly #copies = new Map<unknown, unknown>()
  readonly #containers: object[] = []
  readonly #keys: (string | number)[] = []
  readonly #patches: number[] = []
  readonly #classes = new Map<object, { readonly base: Base; readonly type: unknown }>()
  readonly #collections: (Map<unknown, unknown> | Set<unknown>)[] = []
  readonly #buffers = new Buffers((what, instead) => this.refuse(what, instead))
  readonly #path: (PropertyKey | { readonly then: string })[] = []

  constructor(context: EncodeContext) {
    this.context = context
  }

  /** @param path what the value is called, for errors */
  pack(value: unknown, path: string): Packed {
    const root: [unknown] = [undefined]
    this.within({ then: path }, () => this.put(root, 0, this.copy(value)))
    this.#buffers.trim()
    return { root, specials: this.#specials, containers: this.#containers, keys: this.#keys, numbers: this.#patches, collections: this.#collections }
  }

  refuse(what: string, instead: string): never {
    throw cannotTravel(this.path, what, instead)
  }

  /** `config.db.socket`, `rows[3]`, `fit, then model (captured by it)`. */
  get path(): string {
    let text = ''
    for (const step of this.#path) {
      if (typeof step === 'object') text = text === '' ? step.then : step.then.replace('%', text)
      else if (typeof step === 'string' && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step)) text += `.${step}`
      else text += typeof step === 'symbol' ? `[${String(step)}]` : `[${/^\d+$/.test(String(step)) ? String(step) : JSON.stringify(step)}]`
    }
    return text
  }

  /** Whether what is being copied is the value itself, not something in it. */
  get atRoot(): boolean {
    return this.#path.length === 1
  }

  within<T>(step: PropertyKey | { readonly then: string }, action: () => T): T {
    this.#path.push(step)
    const result = action()
    this.#path.pop()
    return result
  }

  /** Stores a copy; where it is a special, decoding will put what that stands for. */
  put(container: object, key: string | number, copy: unknown): void {
    if (key === '__proto__') Object.defineProperty(container, key, { value: copy, writable: true, enumerable: true, configurable: true })
    else (container as Record<string | number, unknown>)[key] = copy
    const number = typeof copy === 'object' && copy !== null ? this.#numbers.get(copy) : undefined
    if (number === undefined) return
    this.#containers.push(container)
    this.#keys.push(key)
    this.#patches.push(number)
  }

  copy(value: unknown): unknown {
    if (typeof value === 'object') return value === null ? null : (this.#copies.get(value) ?? this.#object(value))
    if (typeof value === 'function') return this.#copies.get(value) ?? this.#function(value)
    if (typeof value === 'symbol') return this.#copies.get(value) ?? this.#symbol(value)
    return value
  }

  /** Registers the record that stands for `value`, before what it holds is copied (which may lead back to it). */
  add<S extends Special>(value: unknown, special: S): S {
    this.#numbers.set(special, this.#specials.push(special) - 1)
    this.#copies.set(value, special)
    return special
  }

  #symbol(value: symbol): Special {
    const registered = Symbol.keyFor(value)
    if (registered !== undefined) return this.add(value, { kind: 'symbol', registered })
    const known = wellKnown.get(value)
    if (known === undefined) this.refuse(`the unique ${String(value)}`, 'elsewhere it would be another symbol. Use Symbol.for(…)')
    return this.add(value, { kind: 'symbol', wellKnown: known })
  }

  #function(value: object): unknown {
    return this.#named(value) ?? defineFunction(this, value)
  }

  /** What travels by name: handles, exports of modules, globals. */
  #named(value: object): Special | undefined {
    const handle = this.context.handleOf?.(value)
    if (handle) return this.add(value, { kind: 'handle', handle: this.handles.push(handle) - 1 })
    if (this.context.definitions.foreign(value)) return undefined
    const ref = this.context.exportOf(value)
    if (ref) {
      this.imports.push(ref)
      return this.add(value, { kind: 'export', ref })
    }
    if (types.isProxy(value)) this.refuse('a Proxy', 'what it does when used cannot be seen. Capture the object behind it')
    const path = builtinPath(value)
    return path === undefined ? undefined : this.add(value, { kind: 'builtin', path })
  }

  #object(value: object): unknown {
    const named = this.#named(value)
    if (named) return named
    switch (natureOf(value)) {
      case 'array':
        return this.#array(value as unknown[])
      case 'object': {
        const copy = {}
        this.#copies.set(value, copy)
        for (const key of Object.keys(value)) this.#copyInto(copy, key, (value as Record<string, unknown>)[key])
        return copy
      }
      case 'map':
        return this.#map(value as Map<unknown, unknown>)
      case 'set':
        return this.#set(value as Set<unknown>)
      case 'leaf':
        this.#buffers.whole(value)
        this.#copies.set(value, value)
        return value
      default:
        return this.#special(value)
    }
  }

  #copyInto(copy: object, key: string | number, value: unknown): void {
    if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') this.put(copy, key, value)
    else this.within(key, () => this.put(copy, key, this.copy(value)))
  }

  #array(value: unknown[]): unknown[] {
    const copy: unknown[] = new Array<unknown>(value.length)
    this.#copies.set(value, copy)
    for (let i = 0; i < value.length; i++) if (i in value) this.#copyInto(copy, i, value[i])
    return copy
  }

  #map(value: Map<unknown, unknown>): Map<unknown, unknown> {
    const copy = new Map<unknown, unknown>()
    this.#copies.set(value, copy)
    let special = false
    for (const [key, item] of value) {
      const keyCopy = this.within({ then: '%’s key' }, () => this.copy(key))
      const itemCopy = this.within({ then: `%.get(${typeof key === 'string' ? JSON.stringify(key) : describe(key)})` }, () => this.copy(item))
      special ||= this.#numbers.has(keyCopy) || this.#numbers.has(itemCopy)
      copy.set(keyCopy, itemCopy)
    }
    if (special) this.#collections.push(copy)
    return copy
  }

  #set(value: Set<unknown>): Set<unknown> {
    const copy = new Set<unknown>()
    this.#copies.set(value, copy)
    let special = false
    for (const item of value) {
      const itemCopy = this.within({ then: 'an item of %' }, () => this.copy(item))
      special ||= this.#numbers.has(itemCopy)
      copy.add(itemCopy)
    }
    if (special) this.#collections.push(copy)
    return copy
  }

  #special(value: object): ObjectSpecial {
    const base = baseOf(value, (what, instead) => this.refuse(what, instead))
    const special: ObjectSpecial = this.add(value, { kind: 'object', base: base.base })
    this.#type(value, special, base.prototype)
    if (base.base === 'view') this.#buffers.view(value as ArrayBufferView, special, base.type!)
    else this.#payload(value, special)
    const properties = this.properties(value, base.skip, true)
    if (properties) special.properties = properties
    return special
  }

  #payload(value: object, special: ObjectSpecial): void {
    if (special.base === 'array') special.payload = (value as unknown[]).length
    else if (special.base === 'map') {
      const list: unknown[] = (special.payload = [])
      for (const [key, item] of Map.prototype.entries.call(value) as Iterable<[unknown, unknown]>) {
        this.#copyInto(list, list.length, key)
        this.#copyInto(list, list.length, item)
      }
    } else if (special.base === 'set') {
      const list: unknown[] = (special.payload = [])
      for (const item of Set.prototype.values.call(value) as Iterable<unknown>) this.#copyInto(list, list.length, item)
    } else if (special.base === 'value') special.payload = types.isDate(value) ? new Date(Date.prototype.getTime.call(value)) : [(value as RegExp).source, (value as RegExp).flags]
    else if (special.base === 'buffer') special.payload = (value as ArrayBuffer).slice(0)
    else if (special.base === 'boxed') this.put(special, 'payload', this.copy(unbox(value)))
    else if (special.base === 'url' || special.base === 'query') special.payload = String(value)
    else if (special.base === 'dom-exception') special.payload = [(value as DOMException).message, (value as DOMException).name]
  }

  /** The class whose prototype the object has, when it is not simply the base's own. */
  #type(value: object, special: ObjectSpecial, standard: object): void {
    const prototype = Object.getPrototypeOf(value) as object | null
    if (prototype === standard) return
    if (prototype === null) {
      special.type = null
      return
    }
    // Many objects are of one class, which need be looked at once.
    const known = this.#classes.get(prototype)
    if (known?.base === special.base) return this.put(special, 'type', known.type)
    this.#checkClasses(prototype, special.base, standard)
    const type = this.within({ then: 'the class of %' }, () => this.copy((prototype as { constructor: unknown }).constructor))
    this.#classes.set(prototype, { base: special.base, type })
    this.put(special, 'type', type)
  }

  #checkClasses(prototype: object, base: Base, standard: object): void {
    for (let at: object | null = prototype; at !== standard; at = Object.getPrototypeOf(at) as object | null) {
      const type: unknown = at === null ? undefined : Object.getOwnPropertyDescriptor(at, 'constructor')?.value
      if (typeof type !== 'function' || (type as { prototype?: unknown }).prototype !== at) this.refuse(`an object whose prototype is another object`, 'only classes, plain objects and null make prototypes that can be rebuilt. Copy it with { ...it }')
      const builtin = builtinPath(type)
      if (builtin !== undefined || isNative(type)) {
        if (base === 'error' && errorNames.has(builtin ?? '')) return
        this.refuse(article(classNameOf(prototype) || 'native object'), 'it holds state of the runtime that cannot be copied. Create it inside the body, from plain data')
      }
      refuseClass(this, type, classNameOf(prototype))
    }
  }

  /** Own properties, but for those that `skip` names; undefined when there are none and nothing is restricted. */
  properties(value: object, skip: (key: PropertyKey) => boolean, integrity: boolean): Properties | undefined {
    const keys = Reflect.ownKeys(value).filter((key) => !skip(key))
    const restricted = integrity && !Object.isExtensible(value) ? (Object.isFrozen(value) ? 'frozen' : Object.isSealed(value) ? 'sealed' : 'closed') : undefined
    if (keys.length === 0 && !restricted) return undefined
    const descriptors = keys.map((key) => [key, this.#descriptor(value, key)] as const)
    const properties: Properties = restricted ? { integrity: restricted } : {}
    const all = writable | enumerable | configurable
    const flagsOf = (one: PropertyDescriptor) => (one.writable ? writable : 0) | (one.enumerable ? enumerable : 0) | (one.configurable ? configurable : 0)
    // A frozen object's properties are restricted again by freezing it.
    const given = descriptors.map(([key, one]) => [key, one.value as unknown, restricted === 'frozen' ? flagsOf(one) | writable | configurable : restricted === 'sealed' ? flagsOf(one) | configurable : flagsOf(one)] as const)
    if (given.every(([key, , flags]) => typeof key === 'string' && flags === all)) {
      const data: Record<string, unknown> = (properties.data = {})
      for (const [key, one] of given) this.#copyInto(data, key as string, one)
      return properties
    }
    const exact = (properties.exact = { keys: [] as unknown[], values: [] as unknown[], flags: [] as number[] })
    for (const [key, one, flags] of given) {
      this.within(key, () => {
        this.put(exact.keys, exact.keys.length, this.copy(key))
        this.put(exact.values, exact.values.length, this.copy(one))
      })
      exact.flags.push(flags)
    }
    return properties
  }

  #descriptor(value: object, key: PropertyKey): PropertyDescriptor {
    const property = Object.getOwnPropertyDescriptor(value, key)!
    if ('value' in property) return property
    // V8 makes an error's stack on demand, in some versions by an accessor of its own.
    if (key === 'stack' && types.isNativeError(value)) return { value: value.stack, writable: true, enumerable: false, configurable: true }
    return this.within(key, () => this.refuse('a getter or setter', 'reading it would run code, and a copy would no longer compute. Copy its value into a plain property'))
  }
}

function unbox(value: object): unknown {
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value)
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value)
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value)
  if (types.isBigIntObject(value)) return BigInt.prototype.valueOf.call(value)
  return Symbol.prototype.valueOf.call(value)
}

function classNameOf(prototype: object): string {
  const type: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  return typeof type === 'function' ? type.name : ''
}

export function article(name: string): string {
  return `${/^[AEIOU]/i.test(name) ? 'an' : 'a'} ${name}`
}
