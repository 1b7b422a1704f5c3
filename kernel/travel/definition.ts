/** Functions and classes of the notebook, as the record that they travel as. */
import { assignsCaptured, usesUninitialized } from '../errors.ts'
import { providedNames } from './context.ts'
import { article, type Encoder } from './encode.ts'
import type { Binding, Location } from './functions.ts'
import { readSource, type Source } from './source.ts'
import type { DefinitionSpecial, Properties } from './special.ts'

const sourceOf = Function.prototype.toString

/** Names that exist in cells only. */
const cellNames = new Set(['display', 'clearOutput', 'prompt', 'show', 'comms', 'distribute', 'reduce', 'product', 'cluster'])

export function isNative(value: object): boolean {
  return /\{\s*\[native code\]\s*\}\s*$/.test(sourceOf.call(value))
}

/** Adds the definition of a function or class to the encoding. What it captured is copied with it. */
export function defineFunction(encoder: Encoder, value: object): DefinitionSpecial {
  const foreign = encoder.context.definitions.foreign(value)
  if (foreign) return defineForeign(encoder, value)
  const name = nameOf(value)
  if (isNative(value)) {
    if (name.startsWith('bound ')) encoder.refuse('a bound function', 'what it is bound to cannot be seen. Use an arrow function: () => object.method()')
    encoder.refuse(article('native function'), 'it exists in this process only. Call it here and capture the result')
  }
  const reader = encoder.context.functions
  if (!reader) encoder.refuse('a function made by a task', 'only functions of the notebook travel back. Return data instead')
  const location = reader.locate(value)
  if (isOfModule(location.url)) refuseModuleFunction(encoder, value, location.url)

  const source = readSource(sourceOf.call(value))
  if (source.refused !== undefined) encoder.refuse(`${kindOf(source)} that cannot travel`, source.refused)
  refuseWrites(encoder, source, name, location)
  const bindings = bindingsOf(encoder, value, source)
  const heritage = heritageOf(value, source, bindings)
  const { line, column } = startOf(source, location)
  const special: DefinitionSpecial = {
    kind: 'definition',
    form: source.form,
    source: heritage.text,
    strict: isStrict(value, source),
    name: undefined,
    captures: {},
    provided: source.free.filter((free) => providedNames.has(free)),
    ...(heritage.placeholder !== undefined && { parent: heritage.placeholder }),
  }
  encoder.add(value, special)
  encoder.definitions.push({ value, special, place: { url: location.url, line, column, order: location.script } })
  encoder.put(special, 'name', encoder.copy(Object.getOwnPropertyDescriptor(value, 'name')?.value))
  captureVariables(encoder, source, special, name, bindings)
  if (heritage.placeholder !== undefined) encoder.within({ then: `the class that ${name} extends` }, () => encoder.put(special.captures, heritage.placeholder!, encoder.copy(Object.getPrototypeOf(value))))
  addProperties(encoder, value, source, special, location)
  return special
}

function defineForeign(encoder: Encoder, value: object): DefinitionSpecial {
  const foreign = encoder.context.definitions.foreign(value)!
  const special: DefinitionSpecial = { ...foreign.special, captures: {} }
  delete special.properties
  delete special.prototypeProperties
  encoder.add(value, special)
  encoder.definitions.push({ value, special, place: foreign.place, id: foreign.id })
  encoder.put(special, 'name', encoder.copy(foreign.special.name))
  const captures = foreign.captures()
  for (const name of Object.keys(captures)) {
    encoder.within({ then: `${name} (captured by ${nameOf(value) || 'a function'})` }, () => encoder.put(special.captures, name, encoder.copy(captures[name])))
  }
  const own = encoder.properties(value, (key) => standardKeys.has(key) || foreign.made.has(key), false)
  if (own) special.properties = own
  const prototype: unknown = Object.getOwnPropertyDescriptor(value, 'prototype')?.value
  if (typeof prototype !== 'object' || prototype === null) return special
  const members = encoder.properties(prototype, (key) => key === 'constructor' || foreign.madeOnPrototype.has(key), false)
  if (members) special.prototypeProperties = members
  return special
}

/** What the names that it uses and does not declare mean to it. */
function bindingsOf(encoder: Encoder, value: object, source: Source): ReadonlyMap<string, Binding> {
  const parent = source.heritage?.name
  const names = source.free.filter((free) => !providedNames.has(free))
  if (parent !== undefined && !names.includes(parent)) names.push(parent)
  return remembered(encoder.context.batch?.bindings, value, () => encoder.context.functions!.lookup(value, names))
}

function captureVariables(encoder: Encoder, source: Source, special: DefinitionSpecial, name: string, bindings: ReadonlyMap<string, Binding>): void {
  for (const free of source.free) {
    if (providedNames.has(free)) continue
    const binding = bindings.get(free)!
    const step = { then: encoder.atRoot ? free : `${free} (captured by ${name || 'a function'})` }
    if (binding.bound === 'uninitialized') throw usesUninitialized(free, name || 'the body')
    if (binding.bound === 'getter') encoder.within(step, () => encoder.refuse('a getter on the global object', 'reading it would run code. Store its value in a variable'))
    if (binding.bound !== 'value') continue
    if (cellNames.has(free) && Object.is((globalThis as Record<string, unknown>)[free], binding.value)) {
      encoder.within(step, () => encoder.refuse('a function of the notebook’s cells', 'tasks have no output to show and declare no tasks. Return the value and use it in a cell'))
    }
    encoder.within(step, () => encoder.put(special.captures, free, encoder.copy(binding.value)))
  }
}

function refuseWrites(encoder: Encoder, source: Source, name: string, location: Location): void {
  const write = source.writes[0]
  if (!write) return
  const before = source.text.slice(0, write.offset).split('\n')
  const start = startOf(source, location)
  const line = start.line + before.length - 1
  const column = before.at(-1)!.length + (before.length === 1 ? start.column : 0)
  const place = encoder.context.place?.(location.url, line, column) ?? `${location.url}:${line + 1}:${column + 1}`
  throw assignsCaptured(write.name, name === '' ? 'the body' : name, place)
}

/** The class that it extends is captured as the class it is, even when its name has come to mean another since. */
function heritageOf(value: object, source: Source, bindings: ReadonlyMap<string, Binding>): { text: string; placeholder?: string } {
  const { heritage, text } = source
  const parent: unknown = Object.getPrototypeOf(value)
  if (!heritage || parent === Function.prototype) return { text }
  if (heritage.name !== undefined) {
    const binding = bindings.get(heritage.name)!
    if (binding.bound === 'builtin' && (globalThis as Record<string, unknown>)[heritage.name] === parent) return { text }
  }
  // One letter, so that it fits in the place of any expression and no column moves.
  const placeholder = ['Ƨ', 'Ƹ', 'Ǝ', 'Ʌ'].find((letter) => !text.includes(letter))!
  const expression = text.slice(heritage.start, heritage.end)
  return { placeholder, text: `${text.slice(0, heritage.start)}${placeholder}${expression.slice(1).replace(/[^\r\n]/g, ' ')}${text.slice(heritage.end)}` }
}

/** First character of the source: V8 gives the place of the parameter list. */
function startOf(source: Source, location: Location): { line: number; column: number } {
  const before = source.text.slice(0, source.anchor).split('\n')
  return { line: location.line - (before.length - 1), column: before.length === 1 ? Math.max(0, location.column - source.anchor) : 0 }
}

/** Only sloppy functions of the plain kind have an own `arguments`; where that cannot be told, strictness changes nothing but `this`. */
function isStrict(value: object, source: Source): boolean {
  return source.form === 'function' && /^function\b/.test(source.text) && !/^function\s*\*/.test(source.text) && !Object.hasOwn(value, 'arguments')
}

const standardKeys: ReadonlySet<PropertyKey> = new Set(['length', 'name', 'prototype', 'arguments', 'caller'])

/** Properties given to the function, or to its prototype, that its source does not make by itself. */
function addProperties(encoder: Encoder, value: object, source: Source, special: DefinitionSpecial, location: Location): void {
  const made = (owner: object) => remembered(encoder.context.batch?.made, owner, () => (source.form === 'class' ? madeKeys(encoder, owner, source, location) : new Set<PropertyKey>()))
  const madeByClass = made(value)
  const own = encoder.properties(value, (key) => standardKeys.has(key) || madeByClass.has(key), false)
  if (own) special.properties = own
  const prototype: unknown = Object.getOwnPropertyDescriptor(value, 'prototype')?.value
  if (typeof prototype !== 'object' || prototype === null || source.form === 'method') return
  const madeByPrototype = made(prototype)
  const members: Properties | undefined = encoder.within({ then: `${nameOf(value)}.prototype` }, () =>
    encoder.properties(prototype, (key) => key === 'constructor' || madeByPrototype.has(key), false),
  )
  if (members) special.prototypeProperties = members
}

/** Keys of methods and accessors that evaluating the class again makes again. */
function madeKeys(encoder: Encoder, owner: object, source: Source, location: Location): Set<PropertyKey> {
  const keys = Reflect.ownKeys(owner).filter((key) => {
    const property = Object.getOwnPropertyDescriptor(owner, key)!
    const code: unknown = property.get ?? property.set ?? property.value
    return typeof code === 'function' && isInside(encoder, code, source, location)
  })
  return new Set(keys)
}

function remembered<T>(known: Map<object, T> | undefined, about: object, find: () => T): T {
  const found = known?.get(about) ?? find()
  known?.set(about, found)
  return found
}

/** Whether evaluating the class again makes this function again. */
function isInside(encoder: Encoder, code: object, source: Source, location: Location): boolean {
  if (isNative(code)) return false
  const at = encoder.context.functions!.locate(code)
  if (at.script !== location.script) return false
  const start = startOf(source, location)
  const lines = source.text.split('\n')
  const end = { line: start.line + lines.length - 1, column: lines.at(-1)!.length + (lines.length === 1 ? start.column : 0) }
  const afterStart = at.line > start.line || (at.line === start.line && at.column >= start.column)
  return afterStart && (at.line < end.line || (at.line === end.line && at.column < end.column))
}

/** Refuses an instance of `of`, which is or extends `type`, when it holds what only the constructor could put there. */
export function refuseClass(encoder: Encoder, type: object, of: string): void {
  const name = nameOf(type)
  const extending = name === of ? '' : `it extends ${name}, and `
  const ref = encoder.context.exportOf(type)
  const url = ref?.url ?? (encoder.context.definitions.foreign(type) ? '' : (encoder.context.functions?.locate(type).url ?? ''))
  if (url.startsWith('node:')) encoder.refuse(article(of), `${extending}it belongs to Node and to this process. Open it inside the body instead`)
  const { privates, form } = readSource(sourceOf.call(type))
  if (privates.length > 0) {
    encoder.refuse(article(of), `${extending}its private ${privates.join(', ')} cannot be read from outside. Declare it without #, or send plain data and build the ${of} inside the body`)
  }
  if (!ref && isOfModule(url)) encoder.refuse(article(of), `${extending}a module keeps that class to itself, so it cannot be found elsewhere. Create it inside the body`)
  if (form !== 'class' && form !== 'function') encoder.refuse(article(of), 'its class cannot be read')
}

function refuseModuleFunction(encoder: Encoder, value: object, url: string): never {
  return encoder.refuse(`the function ${nameOf(value) || '(anonymous)'} of ${url.replace(/^.*\//, '')}`, 'that module does not export it, so it cannot be found elsewhere. Import what makes it inside the body, or in a cell')
}

/** Cells have names of their own; everything with a URL or an absolute path is a module or a program. */
function isOfModule(url: string): boolean {
  return /^(?:[a-z]{2,}:|\/|[A-Za-z]:[\\/])/.test(url)
}

function kindOf(source: Source): string {
  return source.form === 'class' ? 'a class' : 'a function'
}

function nameOf(value: object): string {
  const name: unknown = Object.getOwnPropertyDescriptor(value, 'name')?.value
  return typeof name === 'string' ? name : ''
}
