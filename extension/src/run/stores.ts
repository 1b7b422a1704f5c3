/** The stores of the runs that are on the page: one for each, kept as long as something shows it. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces'
import type { RunTables } from '../../../kernel/cluster/live/apply.ts'
import { RunStore } from './store.ts'

/** A renderer's hold on a store. */
export interface Lease {
  readonly store: RunStore
  /** What the renderer was given: the model is written to when a run ends that the notebook did not hear of. */
  offer(tables: RunTables, model: IRenderMime.IMimeModel): void
  readonly model: IRenderMime.IMimeModel | undefined
  dispose(): void
}

export class Stores {
  readonly #stores = new Map<string, { readonly store: RunStore; readonly leases: Set<Lease> }>()
  readonly #listeners = new Set<() => void>()

  acquire(tables: RunTables): Lease {
    const { uid } = tables.record.run
    let entry = this.#stores.get(uid)
    if (!entry) {
      entry = { store: new RunStore(tables), leases: new Set() }
      this.#stores.set(uid, entry)
    }
    const { store, leases } = entry
    let model: IRenderMime.IMimeModel | undefined
    const lease: Lease = {
      store,
      get model() {
        return model
      },
      offer: (offered, from) => {
        model = from
        store.offer(offered)
        this.#changed()
      },
      dispose: () => {
        leases.delete(lease)
        if (leases.size === 0) this.#stores.delete(uid)
        this.#changed()
      },
    }
    leases.add(lease)
    this.#changed()
    return lease
  }

  get(uid: string): RunStore | undefined {
    return this.#stores.get(uid)?.store
  }

  /** Runs on the page that may be asked of kernels: untrusted notebooks' may not. */
  get trusted(): string[] {
    return [...this.#stores].flatMap(([uid, { leases }]) => ([...leases].some((lease) => lease.model?.trusted) ? [uid] : []))
  }

  /** What shows a run. */
  leases(uid: string): readonly Lease[] {
    return [...(this.#stores.get(uid)?.leases ?? [])]
  }

  /** Calls back when runs come and go, or become trusted. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

/** Of the page: renderers, which JupyterLab makes, and the plugin, which connects kernels, meet here. */
export const stores = new Stores()
