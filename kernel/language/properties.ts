/** Looking at values without running any of their code. */
import { types } from 'node:util'

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** The descriptor of a property of the value or of what it inherits from. */
export function descriptorOf(value: object, key: PropertyKey): PropertyDescriptor | undefined {
  for (let at: object | null = value; at && !types.isProxy(at); at = Object.getPrototypeOf(at) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(at, key)
    if (descriptor) return descriptor
  }
  return undefined
}

/** A property's value, unless a getter would have to be run for it. */
export function data(value: object, key: PropertyKey): unknown {
  return descriptorOf(value, key)?.value
}

export function method(value: unknown, key: PropertyKey): ((this: unknown, ...args: unknown[]) => unknown) | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  const candidate = data(value, key)
  return typeof candidate === 'function' ? (candidate as (this: unknown, ...args: unknown[]) => unknown) : undefined
}
