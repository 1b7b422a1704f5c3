import { cannotRevive } from '../errors.ts'
import { builtinAt } from './builtins.ts'
import type { DecodeContext } from './context.ts'
import { instantiate, type Instance } from './instance.ts'
import { configurable, enumerable, writable, type DefinitionSpecial, type Footer, type ObjectSpecial, type Packed, type Properties, type Special } from './special.ts'

/**
 * The inverse of `Encoder`. Things come to be in the order in which they need each other: what has a name, functions
 * (their variables still empty), plain objects; then class by class in the order of declaration, each followed by its
 * instances; last, properties.
 */
export class Decoder {
  readonly #context: DecodeContext
  readonly #footer: Footer
  readonly #packed: Packed
  /** What each special stands for, once it is there. */
  readonly #live = new Map<unknown, unknown>()
  readonly #instances = new Map<DefinitionSpecial, Instance>()
  readonly #places = new Map<DefinitionSpecial, Footer['definitions'][number]>()

  constructor(context: DecodeContext, packed: Packed, footer: Footer) {
    this.#context = context
    this.#packed = packed
    this.#footer = footer
  }

  unpack(): unknown {
    const { specials, root } = this.#packed
    const definitions = specials.filter((one) => one.kind === 'definition')
    definitions.forEach((one, i) => this.#places.set(one, this.#footer.definitions[i]!))
    definitions.sort((a, b) => this.#order(a) - this.#order(b))
    const objects = specials.filter((one) => one.kind === 'object')
    for (const one of specials) if (one.kind !== 'definition' && one.kind !== 'object') this.#live.set(one, this.#named(one))
    for (const one of definitions) this.#findOrCompile(one)
    this.#connect()
    for (const one of objects) this.#makeShell(one)
    this.#connect()
    for (const one of definitions) this.#evaluateClass(one, objects)
    this.#refillCollections()
    for (const [special, instance] of this.#instances) this.#finishDefinition(special, instance)
    for (const one of objects) this.#fill(one, true)
    return root[0]
  }

  #order(special: DefinitionSpecial): number {
    const { order, line, column } = this.#places.get(special)!
    return order * 2 ** 32 + line * 2 ** 12 + Math.min(column, 4095)
  }

  #named(special: Exclude<Special, ObjectSpecial | DefinitionSpecial>): unknown {
    if (special.kind === 'symbol') return special.registered !== undefined ? Symbol.for(special.registered) : builtinAt(`Symbol.${special.wellKnown!}`)
    if (special.kind === 'builtin') return builtinAt(special.path)
    if (special.kind === 'handle') {
      if (!this.#context.handle) throw cannotRevive('a handle of a run', 'only tasks can be given handles')
      return this.#context.handle(this.#footer.handles[special.handle]!)
    }
    const { ref } = special
    const namespace = this.#context.namespace(ref) as Record<string, unknown> | undefined
    if (!namespace) throw cannotRevive(`${ref.name} of ${ref.url}`, 'that module could not be imported')
    if (ref.name === '*') return namespace
    if (!(ref.name in namespace)) throw cannotRevive(`${ref.name} of ${ref.url}`, 'the module has no such export any more. Run the cell that imports it again')
    return namespace[ref.name]
  }

  #findOrCompile(special: DefinitionSpecial): void {
    const anew = this.#footer.body && this.#places.get(special) === this.#footer.definitions[0]
    const live = anew ? undefined : this.#context.definitions.find(this.#places.get(special)!.id)
    if (live) this.#live.set(special, live)
    else if (special.form !== 'class') this.#instantiate(special, () => undefined)
  }

  #evaluateClass(special: DefinitionSpecial, objects: readonly ObjectSpecial[]): void {
    if (this.#live.has(special)) return
    const parent = special.parent === undefined ? undefined : (special.captures[special.parent] as DefinitionSpecial)
    if (parent && this.#places.has(parent)) this.#evaluateClass(parent, objects)
    for (const one of this.#packed.specials) if (one.kind === 'object' && this.#live.has(one)) this.#fill(one, false)
    for (const [other, instance] of this.#instances) instance.set(this.#values(other))
    this.#instantiate(special, (set) => set(this.#values(special)))
    for (const object of objects) this.#makeShell(object)
    this.#connect()
  }

  #instantiate(special: DefinitionSpecial, before: (set: (values: Record<string, unknown>) => void) => void): void {
    const place = this.#places.get(special)!
    const instance = instantiate(special, place, before)
    this.#instances.set(special, instance)
    this.#live.set(special, instance.value)
    const { made, madeOnPrototype, captures } = instance
    const given = [...keysOf(special.properties), ...keysOf(special.prototypeProperties)]
    for (const key of given) (made as Set<unknown>).delete(key)
    this.#context.definitions.adopt(instance.value, { id: place.id, special, place, made, madeOnPrototype, captures })
  }

  #values(special: DefinitionSpecial): Record<string, unknown> {
    const { provided } = this.#context
    return { ...special.captures, ...Object.fromEntries(special.provided.map((name) => [name, provided[name]])) }
  }

  /** Puts what has come to be into its places. */
  #connect(): void {
    const { containers, keys, numbers, specials } = this.#packed
    for (let i = 0; i < numbers.length; i++) {
      const special = specials[numbers[i]!]!
      if (this.#live.has(special)) define(containers[i]!, keys[i]!, this.#live.get(special))
    }
  }

  #makeShell(special: ObjectSpecial): void {
    if (this.#live.has(special)) return
    // `type` was replaced by the class itself once that came to be.
    const { type } = special
    const pending = typeof type === 'object' && type !== null
    if (pending && !this.#live.has(type)) return
    const shell = shellOf(special)
    if (type === null) Object.setPrototypeOf(shell, null)
    else if (type !== undefined) Object.setPrototypeOf(shell, ((pending ? this.#live.get(type) : type) as { prototype: object }).prototype)
    this.#live.set(special, shell)
  }

  #refillCollections(): void {
    const live = (value: unknown) => (this.#live.has(value) ? this.#live.get(value) : value)
    for (const collection of this.#packed.collections) {
      if (collection instanceof Map) {
        const entries = [...collection]
        collection.clear()
        for (const [key, value] of entries) collection.set(live(key), live(value))
      } else {
        const items = [...collection]
        collection.clear()
        for (const item of items) collection.add(live(item))
      }
    }
  }

  #finishDefinition(special: DefinitionSpecial, instance: Instance): void {
    instance.set(this.#values(special))
    assign(instance.value, special.properties)
    if (special.prototypeProperties) assign((instance.value as { prototype: object }).prototype, special.prototypeProperties)
  }

  #fill(special: ObjectSpecial, last: boolean): void {
    const shell = this.#live.get(special) as object
    const list = special.payload as unknown[]
    if (special.base === 'map') {
      Map.prototype.clear.call(shell)
      for (let i = 0; i < list.length; i += 2) Map.prototype.set.call(shell, list[i], list[i + 1])
    } else if (special.base === 'set') {
      Set.prototype.clear.call(shell)
      for (const item of list) Set.prototype.add.call(shell, item)
    }
    assign(shell, special.properties)
    if (last) restrict(shell, special.properties?.integrity)
  }
}

function shellOf(special: ObjectSpecial): object {
  const { base, payload, view } = special
  switch (base) {
    case 'object':
      return {}
    case 'array':
      return new Array<unknown>(payload as number)
    case 'map':
      return new Map()
    case 'set':
      return new Set()
    case 'error':
      return bareError()
    case 'value':
      return Array.isArray(payload) ? new RegExp(payload[0] as string, payload[1] as string) : (payload as Date)
    case 'boxed':
      return Object(payload) as object
    case 'view':
      return makeView(view!)
    case 'buffer':
      return payload as ArrayBuffer
    case 'url':
      return new URL(payload as string)
    case 'query':
      return new URLSearchParams(payload as string)
    case 'dom-exception':
      return new DOMException(...(payload as [string, string]))
  }
}

/** An error without message or stack: those are properties that follow. */
function bareError(): Error {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const error = new Error()
  Error.stackTraceLimit = limit
  return error
}

function makeView({ type, buffer, offset, length }: NonNullable<ObjectSpecial['view']>): object {
  if (type === 'Buffer') return Buffer.from(buffer, offset, length)
  const View = (globalThis as unknown as Record<string, new (buffer: ArrayBuffer, offset: number, length: number) => object>)[type]!
  return new View(buffer, offset, length)
}

function define(container: object, key: string | number, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true })
  else (container as Record<string | number, unknown>)[key] = value
}

function keysOf(properties: Properties | undefined): unknown[] {
  return properties?.exact?.keys ?? Object.keys(properties?.data ?? {})
}

function assign(target: object, properties: Properties | undefined): void {
  if (!properties) return
  const { data, exact } = properties
  for (const key of Object.keys(data ?? {})) {
    Object.defineProperty(target, key, { value: data![key], writable: true, enumerable: true, configurable: true })
  }
  exact?.keys.forEach((key, i) => {
    const flags = exact.flags[i]!
    const existing = Object.getOwnPropertyDescriptor(target, key as PropertyKey)
    if (existing && !existing.configurable && !existing.writable) return
    const has = (flag: number) => (flags & flag) !== 0
    Object.defineProperty(target, key as PropertyKey, { value: exact.values[i], writable: has(writable), enumerable: has(enumerable), configurable: has(configurable) })
  })
}

function restrict(target: object, integrity: Properties['integrity']): void {
  if (integrity === 'frozen') Object.freeze(target)
  else if (integrity === 'sealed') Object.seal(target)
  else if (integrity === 'closed') Object.preventExtensions(target)
}
