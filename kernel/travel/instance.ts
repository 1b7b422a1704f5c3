/** A definition that arrived, evaluated: the function or class, with its captured variables in a scope of its own. */
import { Script } from 'node:vm'
import type { DefinitionSpecial, Footer } from './special.ts'

export interface Instance {
  readonly value: object
  /** Gives the captured variables their values. */
  set(values: Record<string, unknown>): void
  /** Their values now. */
  captures(): Record<string, unknown>
  readonly made: ReadonlySet<PropertyKey>
  readonly madeOnPrototype: ReadonlySet<PropertyKey>
}

interface Scope {
  set(values: Record<string, unknown>): void
  get(): Record<string, unknown>
  make(): unknown
}

/**
 * @param before gives the scope's variables what values they can have; a class needs them while it is evaluated
 * @throws what a class's own static initializers throw
 */
export function instantiate(special: DefinitionSpecial, place: Footer['definitions'][number], before: (set: (values: Record<string, unknown>) => void) => void): Instance {
  const names = [...Object.keys(special.captures), ...special.provided]
  const scope = compile(special, names, place)
  before((values) => scope.set(values))
  const value = takeFunction(scope.make(), special)
  const name: unknown = Object.getOwnPropertyDescriptor(value, 'name')?.value
  if (typeof special.name === 'string' && name !== special.name) Object.defineProperty(value, 'name', { value: special.name, configurable: true })
  const prototype: unknown = Object.getOwnPropertyDescriptor(value, 'prototype')?.value
  return {
    value,
    set: (values) => scope.set(values),
    captures: () => {
      const all = scope.get()
      return Object.fromEntries(Object.keys(special.captures).map((key) => [key, all[key]]))
    },
    made: codeKeys(value),
    madeOnPrototype: typeof prototype === 'object' && prototype !== null ? codeKeys(prototype) : new Set(),
  }
}

/** The source stands at the line and column where the user wrote it, so that stacks tell the notebook's positions. */
function compile(special: DefinitionSpecial, names: readonly string[], place: Footer['definitions'][number]): Scope {
  const variables = names.length === 0 ? '' : `let ${names.join(',')};`
  const assign = names.map((name) => `${name}=arguments[0].${name}`).join(';')
  const [open, close] = special.form === 'function' || special.form === 'class' ? ['(', ')'] : ['({', '})']
  const before = `(function(){${special.strict ? '"use strict";' : ''}${variables}return{set(){${assign}},get(){return{${names.join(',')}}},make(){return${open}`
  const code = `${before}\n${' '.repeat(place.column)}${special.source}`
  return new Script(`${code}\n${close}}}})()`, { filename: place.url || 'cell.js', lineOffset: place.line - 1 }).runInThisContext() as Scope
}

function takeFunction(made: unknown, special: DefinitionSpecial): object {
  if (special.form === 'function' || special.form === 'class') return made as object
  const [key] = Reflect.ownKeys(made as object)
  const property = Object.getOwnPropertyDescriptor(made, key!)!
  return (special.form === 'getter' ? property.get : special.form === 'setter' ? property.set : property.value) as object
}

function codeKeys(owner: object): Set<PropertyKey> {
  return new Set(
    Reflect.ownKeys(owner).filter((key) => {
      const property = Object.getOwnPropertyDescriptor(owner, key)!
      return !('value' in property) || typeof property.value === 'function'
    }),
  )
}
