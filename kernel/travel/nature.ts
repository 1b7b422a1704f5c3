/** What kind of object something is inside, whatever its prototype says; and the kinds that cannot travel. */
import { types } from 'node:util'
import { hasNamedProperties } from './plain.ts'
import type { Base } from './special.ts'

export interface BaseOf {
  readonly base: Base
  /** What such an object's prototype is unless a class derives from it. */
  readonly prototype: object
  /** Own properties that come with it and are not copied. */
  readonly skip: (key: PropertyKey) => boolean
  /** Of a view: its constructor. */
  readonly type?: string
}

type Refuse = (what: string, instead: string) => never

const none = () => false
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object
const typeName = Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag)!.get!

/** Kinds of objects that only mean something where they are. */
const refused: readonly (readonly [(value: object) => boolean, string, string])[] = [
  [types.isProxy, 'a Proxy', 'what it does when used cannot be seen. Capture the object behind it'],
  [types.isPromise, 'a Promise', 'await it first and capture the result'],
  [types.isWeakMap, 'a WeakMap', 'its content cannot be listed. Use a Map'],
  [types.isWeakSet, 'a WeakSet', 'its content cannot be listed. Use a Set'],
  [isWeakRef, 'a WeakRef', 'capture the object that it refers to'],
  [types.isGeneratorObject, 'a generator', 'where it stands cannot be copied. Collect its items first: [...it]'],
  [types.isMapIterator, 'an iterator of a Map', 'collect its items first: [...it]'],
  [types.isSetIterator, 'an iterator of a Set', 'collect its items first: [...it]'],
  [types.isSharedArrayBuffer, 'a SharedArrayBuffer', 'memory cannot be shared between processes. Copy it into an ArrayBuffer'],
  [types.isArgumentsObject, 'an arguments object', 'copy it: [...arguments]'],
  [types.isExternal, 'an external pointer', 'it is memory of this process. Create it inside the body'],
  [types.isModuleNamespaceObject, 'the namespace of a module that the notebook did not import', 'import that module in a cell'],
  [isIterator, 'an iterator', 'collect its items first: [...it]'],
]

/** @param refuse called for what cannot travel */
export function baseOf(value: object, refuse: Refuse): BaseOf {
  for (const [is, what, instead] of refused) if (is(value)) refuse(what, instead)
  if (Array.isArray(value)) return { base: 'array', prototype: Array.prototype, skip: (key) => key === 'length' }
  if (types.isMap(value)) return { base: 'map', prototype: Map.prototype, skip: none }
  if (types.isSet(value)) return { base: 'set', prototype: Set.prototype, skip: none }
  const ofNode = nodeObject(value)
  if (ofNode) return ofNode
  if (types.isNativeError(value)) return { base: 'error', prototype: Error.prototype, skip: none }
  if (types.isDate(value)) return { base: 'value', prototype: Date.prototype, skip: none }
  if (types.isRegExp(value)) return { base: 'value', prototype: RegExp.prototype, skip: none }
  if (types.isBoxedPrimitive(value)) return boxed(value)
  if (types.isAnyArrayBuffer(value)) return { base: 'buffer', prototype: ArrayBuffer.prototype, skip: none }
  if (ArrayBuffer.isView(value)) return view(value)
  return { base: 'object', prototype: Object.prototype, skip: none }
}

function boxed(value: object): BaseOf {
  const type = types.isNumberObject(value) ? Number : types.isStringObject(value) ? String : types.isBooleanObject(value) ? Boolean : types.isBigIntObject(value) ? BigInt : Symbol
  const isIndex = (key: PropertyKey) => key === 'length' || (typeof key === 'string' && /^\d+$/.test(key) && Number(key) < (value as { length: number }).length)
  return { base: 'boxed', prototype: type.prototype as object, skip: type === String ? isIndex : none }
}

function view(value: ArrayBufferView): BaseOf {
  const skip = hasNamedProperties(value) ? (key: PropertyKey) => typeof key === 'string' && /^\d+$/.test(key) : () => true
  if (Buffer.isBuffer(value)) return { base: 'view', prototype: Buffer.prototype, skip, type: 'Buffer' }
  if (types.isDataView(value)) return { base: 'view', prototype: DataView.prototype, skip, type: 'DataView' }
  const type = typeName.call(value) as string
  const prototype = (globalThis as unknown as Record<string, { prototype: object }>)[type]!.prototype
  return { base: 'view', prototype, skip, type }
}

/** Objects of Node's own classes whose whole state can be read. */
function nodeObject(value: object): BaseOf | undefined {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === URL.prototype) return { base: 'url', prototype: URL.prototype, skip: isOfNode }
  if (prototype === URLSearchParams.prototype) return { base: 'query', prototype: URLSearchParams.prototype, skip: isOfNode }
  if (prototype === DOMException.prototype) return { base: 'dom-exception', prototype: DOMException.prototype, skip: isOfNode }
  return undefined
}

/** Symbols with which Node keeps the state of its objects. */
function isOfNode(key: PropertyKey): boolean {
  return typeof key === 'symbol' || key === 'stack'
}

function isWeakRef(value: object): boolean {
  return Object.prototype.isPrototypeOf.call(WeakRef.prototype, value)
}

/** The language's iterators (of arrays, strings, matches) derive from one prototype that is not a global. */
const iteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object
const asyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})()) as object) as object

function isIterator(value: object): boolean {
  return Object.prototype.isPrototypeOf.call(iteratorPrototype, value) || Object.prototype.isPrototypeOf.call(Object.getPrototypeOf(asyncIteratorPrototype) as object, value)
}

/** A value in a few words, for a path. */
export function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return '…'
  return typeof value === 'function' ? value.name || 'function' : String(value)
}
