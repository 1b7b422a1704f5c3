/** The stores of the runs that are on the page: one for each, kept as long as something shows it. */
import type { RunTables } from '../../../kernel/cluster/live/apply.ts'
import { RunStore } from './store.ts'

/** A renderer's hold on a store. */
export interface Lease {
  readonly store: RunStore
  readonly trusted: boolean
  dispose(): void
}

interface Entry {
  readonly store: RunStore
  readonly trusted: boolean
  leases: number
}

export class Stores {
  readonly #entries = new Map<string, Entry>()
  readonly #listeners = new Set<() => void>()

  /**
   * Outputs of untrusted notebooks have stores of their own: what they claim is shown to nobody else, and what a kernel
   * tells is not shown to them.
   */
  acquire(tables: RunTables, trusted: boolean): Lease {
    const { uid } = tables.record.run
    const key = keyOf(uid, trusted)
    let entry = this.#entries.get(key)
    if (!entry) {
      entry = { store: new RunStore(tables), trusted, leases: 0 }
      this.#entries.set(key, entry)
    } else entry.store.offer(tables)
    entry.leases++
    this.#changed()
    return { store: entry.store, trusted, dispose: this.#release(key, entry) }
  }

  #release(key: string, entry: Entry): () => void {
    let held = true
    return () => {
      if (!held) return
      held = false
      if (--entry.leases > 0) return
      this.#entries.delete(key)
      this.#changed()
    }
  }

  /** The store that kernels may write to; untrusted ones are not among them. */
  get(uid: string): RunStore | undefined {
    return this.#entries.get(keyOf(uid, true))?.store
  }

  /** Runs on the page that kernels may be asked for. */
  get trusted(): RunStore[] {
    return [...this.#entries.values()].flatMap(({ store, trusted }) => (trusted ? [store] : []))
  }

  /** Calls back when runs come and go. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

function keyOf(uid: string, trusted: boolean): string {
  return `${trusted ? 'trusted' : 'untrusted'} ${uid}`
}

/** Of the page: renderers, which JupyterLab makes, and the plugin, which connects kernels, meet here. */
export const stores = new Stores()
