/** JavaScript's and Node's own globals: they exist on every worker, so they travel by name. */

/** The global object as it was before any cell ran. */
const baseline = new Map(Reflect.ownKeys(globalThis).map((key) => [key, Object.getOwnPropertyDescriptor(globalThis, key)!]))

/** Whether the global `name` is there on every worker and is still what it was at the start. */
export function isBuiltinGlobal(name: string): boolean {
  const then = baseline.get(name)
  const now = Object.getOwnPropertyDescriptor(globalThis, name)
  if (!then || !now) return !now && name in globalThis
  if (!then.get) return !now.get && Object.is(now.value, then.value)
  // Node's lazy globals replace their getter by the value when first used; the getter then goes on to give that value.
  return now.get === then.get || ('value' in now && Object.is(now.value, then.get.call(globalThis)))
}

let paths: Map<object, string> | undefined

/** Where on globalThis a function or object of the language or of Node is found, e.g. `Math.max`. */
export function builtinPath(value: object): string | undefined {
  return (paths ??= collect()).get(value) ?? lazyGlobal(value)
}

/** The value at a path that `builtinPath` gave, here. */
export function builtinAt(path: string): unknown {
  let at: unknown = globalThis
  if (path === 'globalThis') return at
  for (const step of path.split('.')) {
    const key = step.startsWith('@@') ? (Symbol as unknown as Record<string, symbol>)[step.slice(2)]! : step
    at = (at as Record<PropertyKey, unknown> | undefined)?.[key]
  }
  return at
}

/** Walks the globals' data properties two levels deep (`Array.prototype.slice`), shortest paths first; never runs a getter. */
function collect(): Map<object, string> {
  const found = new Map<object, string>([[globalThis, 'globalThis']])
  let level: [object, string][] = [[globalThis, '']]
  for (let depth = 0; depth < 3; depth++) {
    const next: [object, string][] = []
    for (const [owner, prefix] of level) {
      for (const key of Reflect.ownKeys(owner)) {
        const then = owner === globalThis ? baseline.get(key) : Object.getOwnPropertyDescriptor(owner, key)
        // Two that every program has loaded are getters all the same.
        const value: unknown = owner === globalThis && (key === 'process' || key === 'Buffer') ? (globalThis as Record<PropertyKey, unknown>)[key] : then?.value
        const name = typeof key === 'string' ? (key.includes('.') ? undefined : key) : wellKnownName(key)
        if (name === undefined || value === null || (typeof value !== 'object' && typeof value !== 'function') || found.has(value)) continue
        if (depth > 0 && typeof value !== 'function' && name !== 'prototype') continue
        const path = prefix === '' ? name : `${prefix}.${name}`
        found.set(value, path)
        next.push([value, path])
      }
    }
    level = next
  }
  return found
}

/**
 * Node's lazily made globals are getters, which must not all be run just to look. Only one of a function's own name
 * can be it, or that of an object's class (`crypto` is a Crypto).
 */
function lazyGlobal(value: object): string | undefined {
  const named = typeof value === 'function' ? value : (Object.getOwnPropertyDescriptor(Object.getPrototypeOf(value) ?? {}, 'constructor')?.value as unknown)
  const own: unknown = typeof named === 'function' ? Object.getOwnPropertyDescriptor(named, 'name')?.value : undefined
  if (typeof own !== 'string') return undefined
  const name = named === value ? own : own.toLowerCase()
  const getter = baseline.get(name)?.get
  return getter && isBuiltinGlobal(name) && getter.call(globalThis) === value ? name : undefined
}

function wellKnownName(symbol: symbol): string | undefined {
  const name = wellKnown.get(symbol)
  return name === undefined ? undefined : `@@${name}`
}

/** `Symbol.iterator` and its like, by symbol. */
export const wellKnown: ReadonlyMap<symbol, string> = new Map(
  Object.getOwnPropertyNames(Symbol).flatMap((name) => {
    const value = (Symbol as unknown as Record<string, unknown>)[name]
    return typeof value === 'symbol' ? [[value, name] as const] : []
  }),
)
