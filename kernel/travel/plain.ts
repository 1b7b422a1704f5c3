/** Which objects V8's serialization reproduces exactly, and a quick walk that finds whether a whole value is such. */
import { inspect, types } from 'node:util'

/** How an ordinary object is walked; undefined: it is special. `leaf`: nothing inside to walk. */
export type Nature = 'array' | 'object' | 'map' | 'set' | 'leaf' | undefined

const viewPrototypes: ReadonlySet<object> = new Set(
  ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'DataView']
    .map((name) => (globalThis as Record<string, unknown>)[name] as { prototype: object } | undefined)
    .flatMap((type) => (type ? [type.prototype] : [])),
)
const getterOf = (Object.prototype as unknown as { __lookupGetter__: (key: PropertyKey) => unknown }).__lookupGetter__
const setterOf = (Object.prototype as unknown as { __lookupSetter__: (key: PropertyKey) => unknown }).__lookupSetter__

/**
 * Whether V8's serialization reproduces `root` exactly. Never runs user code. `known` says that an object travels in
 * a way of its own (an export, a handle).
 */
export function isPlain(root: unknown, known: (value: object) => boolean): boolean {
  if (typeof root === 'function' || typeof root === 'symbol') return false
  if (typeof root !== 'object' || root === null) return true
  const seen = new Set<object>([root])
  const todo: object[] = [root]
  let plain = true
  const meet = (value: unknown) => {
    if (typeof value === 'object') {
      if (value === null || seen.has(value)) return
      seen.add(value)
      todo.push(value)
    } else if (typeof value === 'function' || typeof value === 'symbol') plain = false
  }
  while (plain && todo.length > 0) {
    const next = todo.pop()!
    const nature = natureOf(next)
    if (nature === undefined || known(next)) return false
    if (nature === 'array') for (let i = 0, list = next as unknown[]; i < list.length; i++) meet(list[i])
    else if (nature === 'object') for (const key of Object.keys(next)) meet((next as Record<string, unknown>)[key])
    else if (nature === 'set') for (const item of next as Set<unknown>) meet(item)
    else if (nature === 'map') {
      for (const [key, item] of next as Map<unknown, unknown>) {
        meet(key)
        meet(item)
      }
    }
  }
  return plain
}

/** Looks at the object itself only, not at what it holds. */
export function natureOf(value: object): Nature {
  if (types.isProxy(value) || !Object.isExtensible(value)) return undefined
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype) return hasOrdinaryProperties(value) ? 'object' : undefined
  if (prototype === Array.prototype) return Array.isArray(value) && isOrdinaryArray(value) ? 'array' : undefined
  if (prototype === Map.prototype) return types.isMap(value) && isBare(value) ? 'map' : undefined
  if (prototype === Set.prototype) return types.isSet(value) && isBare(value) ? 'set' : undefined
  return isOrdinaryLeaf(value, prototype) ? 'leaf' : undefined
}

function isOrdinaryLeaf(value: object, prototype: unknown): boolean {
  if (prototype === Date.prototype) return types.isDate(value) && isBare(value)
  if (prototype === RegExp.prototype) return types.isRegExp(value) && value.lastIndex === 0 && Reflect.ownKeys(value).length === 1
  if (prototype === ArrayBuffer.prototype) return types.isArrayBuffer(value) && isBare(value)
  if (prototype === Number.prototype) return types.isNumberObject(value) && isBare(value)
  if (prototype === Boolean.prototype) return types.isBooleanObject(value) && isBare(value)
  if (!ArrayBuffer.isView(value) || !viewPrototypes.has(prototype as object)) return false
  return value.byteLength === value.buffer.byteLength && types.isArrayBuffer(value.buffer) && !hasNamedProperties(value)
}

/** Only string keys, each a writable, enumerable, configurable value. */
function hasOrdinaryProperties(value: object): boolean {
  const keys = Object.keys(value)
  if (Object.getOwnPropertyNames(value).length !== keys.length || Object.getOwnPropertySymbols(value).length !== 0) return false
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(value, key)!
    if (!property.writable || !property.configurable) return false
  }
  return true
}

/** Longest array whose elements are each asked whether they are getters: only defineProperty makes such, one by one. */
const closelySeen = 256

function isOrdinaryArray(value: unknown[]): boolean {
  const { length } = value
  if (Object.getOwnPropertySymbols(value).length !== 0) return false
  // A sparse array is walked by its keys, not by its length.
  if (length > 100_000 && !((length - 1) in value && length >> 1 in value && 0 in value)) return false
  if (length > closelySeen) return !hasNamedProperties(value)
  if (Object.getOwnPropertyNames(value).length - 1 !== countPresent(value)) return false
  for (let i = 0; i < length; i++) {
    if (getterOf.call(value, i) !== undefined || (value[i] === undefined && setterOf.call(value, i) !== undefined)) return false
  }
  return true
}

function countPresent(value: unknown[]): number {
  let present = 0
  for (let i = 0; i < value.length; i++) if (Object.hasOwn(value, i)) present++
  return present
}

/**
 * Whether an array or typed array has properties besides its elements. Listing the keys of a long one makes a string
 * of every index; `inspect` has a way to skip them, so it is asked to print no elements, and what else there is shows.
 */
export function hasNamedProperties(value: object): boolean {
  if (Object.getOwnPropertySymbols(value).length !== 0) return true
  const { length } = value as { length?: number }
  if (length === undefined || length <= 16) return Object.getOwnPropertyNames(value).some((key) => key !== 'length' && !(Number(key) < length!))
  const shown = inspect(value, { maxArrayLength: 0, depth: 0, customInspect: false, getters: false, compact: true, breakLength: Infinity })
  return !shown.endsWith(` more item${length > 1 ? 's' : ''} ]`)
}

function isBare(value: object): boolean {
  return Object.getOwnPropertyNames(value).length === 0 && Object.getOwnPropertySymbols(value).length === 0
}
