import type { DefinitionSpecial, Footer } from './special.ts'

/** A function or class that came here from another process, so that it can go on to a third. */
export interface Foreign {
  readonly id: string
  readonly special: DefinitionSpecial
  readonly place: Footer['definitions'][number]
  /** Own properties, and its prototype's, that evaluating the source made. */
  readonly made: ReadonlySet<PropertyKey>
  readonly madeOnPrototype: ReadonlySet<PropertyKey>
  /** Captured variables as they are now. */
  captures(): Record<string, unknown>
}

/**
 * Which live function is which definition, one registry per process or thread: so a class that crosses twice is one
 * class there, and what comes back is an instance of the very class that left. Holds functions weakly.
 */
export class Definitions {
  readonly #live = new Map<string, WeakRef<object>>()
  readonly #names = new WeakMap<object, { readonly hash: string; readonly id: string }>()
  readonly #foreign = new WeakMap<object, Foreign>()
  readonly #copies = new Map<string, number>()
  #sweepAt = 1024

  find(id: string): object | undefined {
    return this.#live.get(id)?.deref()
  }

  foreign(value: object): Foreign | undefined {
    return this.#foreign.get(value)
  }

  /**
   * Id of a function written here. `hash` covers its code and what it captured: two functions alike in both (closures
   * made in a loop) stay two, the later ones being numbered.
   */
  nameOf(value: object, hash: string): string {
    const named = this.#names.get(value)
    if (named?.hash === hash) return named.id
    const earlier = this.#copies.get(hash) ?? 0
    const first = this.find(hash)
    const id = first === undefined || first === value ? hash : `${hash}.${earlier + 1}`
    if (id !== hash) this.#copies.set(hash, earlier + 1)
    this.#names.set(value, { hash, id })
    this.#remember(id, value)
    return id
  }

  adopt(value: object, foreign: Foreign): void {
    this.#foreign.set(value, foreign)
    this.#remember(foreign.id, value)
  }

  #remember(id: string, value: object): void {
    this.#live.set(id, new WeakRef(value))
    if (this.#live.size < this.#sweepAt) return
    for (const [key, ref] of this.#live) if (ref.deref() === undefined) this.#live.delete(key)
    this.#sweepAt = Math.max(1024, this.#live.size * 2)
  }
}
