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
  readonly #foreign = new WeakMap<object, Foreign>()
  #sweepAt = 1024

  find(id: string): object | undefined {
    return this.#live.get(id)?.deref()
  }

  foreign(value: object): Foreign | undefined {
    return this.#foreign.get(value)
  }

  /** Of functions written here that are alike in code and captured values, the one that left last is found. */
  remember(id: string, value: object): void {
    this.#live.set(id, new WeakRef(value))
    if (this.#live.size < this.#sweepAt) return
    for (const [key, ref] of this.#live) if (ref.deref() === undefined) this.#live.delete(key)
    this.#sweepAt = Math.max(1024, this.#live.size * 2)
  }

  adopt(value: object, foreign: Foreign): void {
    this.#foreign.set(value, foreign)
    this.remember(foreign.id, value)
  }
}
