/** What a run goes through: checked, and turned into the parameters of its tasks. */
import { badItems } from '../errors.ts'
import type { Parameter, Wire } from '../travel/declaration.ts'
import { handleTarget } from './handle.ts'

/** Several sets, of which a run goes through all combinations. */
export class Product {
  readonly sets: readonly unknown[]

  constructor(sets: readonly unknown[]) {
    this.sets = sets
  }
}

/** Elements here, or the results of a run. */
export type ItemSet = { readonly items: readonly unknown[] } | { readonly of: number; readonly count: number }

/** @throws UserError when `given` cannot be gone through */
export function itemSet(run: string, given: unknown): ItemSet {
  if (typeof given === 'string') throw badItems(run, 'a string', 'a string is not taken apart. Write [...text] for its characters, or [text] for one task')
  if (typeof given === 'object' && given !== null) {
    const target = handleTarget(given)
    if (target) return resultsOf(run, target)
    if (given instanceof Product) throw badItems(run, 'a product inside a product', 'give all sets to one product()')
    if (Array.isArray(given)) return { items: given as unknown[] }
    if (Symbol.iterator in given) return { items: [...(given as Iterable<unknown>)] }
    if (Symbol.asyncIterator in given) throw badItems(run, 'an async iterable', 'how many tasks there are must be known. Collect it first: const items = []; for await (const item of it) items.push(item)')
    if (typeof (given as { then?: unknown }).then === 'function') throw badItems(run, 'a promise', 'await it first')
    throw badItems(run, 'an object', 'give an array, something iterable or the handle of a run, e.g. Object.entries(it)')
  }
  throw badItems(run, typeof given === 'function' ? 'a function' : String(given), 'give an array, something iterable or the handle of a run')
}

function resultsOf(run: string, target: NonNullable<ReturnType<typeof handleTarget>>): ItemSet {
  const { run: of, index } = target
  if (index !== undefined) throw badItems(run, `${of.name}[${index}], the handle of one task`, 'await it, if its result is a list; or capture it in the body')
  if (of.shape === 'single') throw badItems(run, `${of.name}, whose result is one value`, 'how many elements it has is not known yet. Await it first, or capture it in the body')
  return { of: of.number, count: of.count }
}

/** All combinations, the last set varying fastest. `encode(value, path)` encodes one element. */
export function parametersOf(sets: readonly { readonly name: string; readonly set: ItemSet }[], encode: (value: unknown, path: string) => Wire): { count: number; parameters: Parameter[] } {
  const lengths = sets.map(({ set }) => ('items' in set ? set.items.length : set.count))
  const count = lengths.reduce((product, length) => product * length, 1)
  let stride = count
  const parameters = sets.map(({ name, set }, i): Parameter => {
    stride = lengths[i]! === 0 ? 1 : stride / lengths[i]!
    return 'items' in set ? { from: 'items', items: encodeAll(set.items, name, encode), stride } : { from: 'results', of: set.of, count: set.count, stride }
  })
  return { count, parameters }
}

export function encodeAll(items: readonly unknown[], name: string, encode: (value: unknown, path: string) => Wire): Wire[] {
  // Array.from, so that a hole is the undefined that reading it gives.
  return Array.from(items, (item, i) => (typeof item === 'number' || typeof item === 'string' ? item : encode(item, `${name}[${i}]`)))
}
