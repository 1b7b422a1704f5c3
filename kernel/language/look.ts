/** Live values for completion and inspection. No code of the notebook's is run: no getter, no proxy trap. */
import { inspect, types } from 'node:util'
import type { Evaluator } from './evaluator.ts'
import type { FromSession, ToSession } from './messages.ts'
import { descriptorOf } from './properties.ts'

type Look = Extract<ToSession, { type: 'look' }>
type Looked = Extract<FromSession, { type: 'looked' }>

const mostProperties = 2000
const longestDescription = 10_000

export function look(evaluator: Evaluator, { id, expression, want }: Look): Looked {
  if (expression.trim() === '' && want === 'properties') return { type: 'looked', id, found: true, properties: globals(evaluator) }
  const seen = valueOf(evaluator, expression)
  if (!seen) return { type: 'looked', id, found: false }
  if (want === 'properties') return { type: 'looked', id, found: true, properties: propertiesOf(seen.value) }
  const text = inspect(seen.value, { depth: 2, customInspect: false, showProxy: true, maxArrayLength: 30, maxStringLength: 1000 })
  return { type: 'looked', id, found: true, description: text.slice(0, longestDescription) }
}

/** Follows `a.b[0]['c']`; anything that would have to be called or computed is not found. */
function valueOf(evaluator: Evaluator, expression: string): { readonly value: unknown } | undefined {
  const [root, ...steps] = stepsOf(expression) ?? []
  let seen = root === undefined ? undefined : evaluator.peek(root)
  for (const step of steps) {
    if (seen?.value === null || seen?.value === undefined) return undefined
    const descriptor = types.isProxy(seen.value) ? undefined : descriptorOf(Object(seen.value) as object, step)
    seen = descriptor && 'value' in descriptor ? { value: descriptor.value } : undefined
  }
  return seen
}

function stepsOf(expression: string): string[] | undefined {
  const text = expression.trim()
  const root = /^(?:this|[\p{ID_Start}$_][\p{ID_Continue}$]*)/u.exec(text)?.[0]
  if (root === undefined) return undefined
  const steps = [root]
  const step = /\s*(?:\??\.\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)|(?:\?\.)?\[\s*(?:(\d+)|'([^'\\]*)'|"([^"\\]*)")\s*\]|(!))/uy
  step.lastIndex = root.length
  for (let at = root.length; at < text.length; at = step.lastIndex) {
    const match = step.exec(text)
    if (!match) return undefined
    const name = match[1] ?? match[2] ?? match[3] ?? match[4]
    if (name !== undefined) steps.push(name)
  }
  return steps
}

interface Property {
  readonly name: string
  readonly kind: string
}

function propertiesOf(value: unknown): Property[] {
  const found = new Map<string, Property>()
  if (value === null || value === undefined) return []
  for (let at: object | null = Object(value) as object; at && !types.isProxy(at); at = Object.getPrototypeOf(at) as object | null) {
    for (const name of namesOf(at)) {
      if (found.size >= mostProperties) return [...found.values()]
      if (!found.has(name)) found.set(name, { name, kind: kindOf(Object.getOwnPropertyDescriptor(at, name)) })
    }
  }
  return [...found.values()]
}

/** Elements are no properties that one would complete, and there may be millions of them. */
function namesOf(value: object): string[] {
  if (ArrayBuffer.isView(value) || value instanceof String) return value instanceof String ? ['length'] : []
  if (Array.isArray(value) && value !== Array.prototype) return ['length']
  return Object.getOwnPropertyNames(value)
}

function kindOf(descriptor: PropertyDescriptor | undefined): string {
  const value: unknown = descriptor?.value
  if (typeof value !== 'function') return 'property'
  return /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function'
}

function globals(evaluator: Evaluator): Property[] {
  const declared = evaluator.declaredNames().map((name) => ({ name, kind: 'variable' }))
  return [...declared, ...Object.getOwnPropertyNames(globalThis).map((name) => ({ name, kind: kindOf(Object.getOwnPropertyDescriptor(globalThis, name)) }))]
}
