/** The Sluice kernels that open notebooks and consoles use, each with a connection. */
import type { ISessionContext } from '@jupyterlab/apputils'
import type { Kernel } from '@jupyterlab/services'
import type { Widget } from '@lumino/widgets'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection.ts'

/** A notebook or a console. */
export interface KernelUser extends Pick<Widget, 'disposed'> {
  readonly sessionContext: ISessionContext
}

export interface UsedKernel {
  readonly connection: Connection
  readonly users: readonly KernelUser[]
}

export class Kernels {
  readonly #users = new Set<KernelUser>()
  /** By the kernel's id. */
  readonly #connections = new Map<string, Connection>()
  /** Whether a kernel is one of ours, once it has said so. */
  readonly #ours = new WeakMap<Kernel.IKernelConnection, boolean>()
  readonly #listeners = new Set<() => void>()
  readonly #options: Omit<ConnectionOptions, 'changed' | 'watching'>
  #watching = true

  constructor(options: Omit<ConnectionOptions, 'changed' | 'watching'>) {
    this.#options = options
  }

  add(user: KernelUser): void {
    if (this.#users.has(user)) return
    this.#users.add(user)
    const { sessionContext } = user
    const update = (): void => this.#update()
    const changed = (): void => this.#changed()
    sessionContext.kernelChanged.connect(update)
    sessionContext.statusChanged.connect(update)
    sessionContext.propertyChanged.connect(changed)
    user.disposed.connect(() => {
      sessionContext.kernelChanged.disconnect(update)
      sessionContext.statusChanged.disconnect(update)
      sessionContext.propertyChanged.disconnect(changed)
      this.#users.delete(user)
      this.#update()
    })
    this.#update()
  }

  get used(): UsedKernel[] {
    return [...this.#connections].map(([id, connection]) => ({ connection, users: [...this.#users].filter((user) => kernelOf(user)?.id === id) }))
  }

  /** Of the kernel that a notebook or a console uses. */
  connectionOf(user: KernelUser): Connection | undefined {
    const kernel = kernelOf(user)
    return kernel && this.#connections.get(kernel.id)
  }

  /** Whether runs are followed live. */
  set watching(on: boolean) {
    this.#watching = on
    for (const connection of this.#connections.values()) connection.watching = on
  }

  /** Calls back when kernels come and go, and when what they tell has changed. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  #update(): void {
    const kernels = new Map<string, Kernel.IKernelConnection>()
    for (const user of this.#users) {
      const kernel = kernelOf(user)
      // Of several connections of this page to a kernel, JupyterLab lets one have comms.
      if (kernel?.handleComms && this.#isOurs(kernel)) kernels.set(kernel.id, kernel)
    }
    let changed = false
    for (const [id, connection] of this.#connections) {
      if (kernels.get(id) === connection.kernel) continue
      this.#connections.delete(id)
      connection.dispose()
      changed = true
    }
    for (const [id, kernel] of kernels) {
      if (this.#connections.has(id)) continue
      this.#connections.set(id, new Connection(kernel, { ...this.#options, watching: this.#watching, changed: () => this.#changed() }))
      changed = true
    }
    if (changed) this.#changed()
  }

  /** No, until the kernel has said what it is. */
  #isOurs(kernel: Kernel.IKernelConnection): boolean {
    const known = this.#ours.get(kernel)
    if (known === undefined) {
      this.#ours.set(kernel, false)
      kernel.info.then(
        ({ implementation }) => {
          this.#ours.set(kernel, implementation === 'sluice')
          if (implementation === 'sluice') this.#update()
        },
        // It was shut down before it said anything.
        () => undefined,
      )
    }
    return known ?? false
  }
}

export function kernelOf(user: KernelUser): Kernel.IKernelConnection | undefined {
  const kernel = user.sessionContext.session?.kernel
  return kernel && !kernel.isDisposed ? kernel : undefined
}
