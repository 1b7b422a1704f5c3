/** A coordinator, and a backend that only does what the test tells it to. */
import type { Assignment, Backend, BackendEvent, Finished, ValueRef } from '../../../kernel/cluster/backend.ts'
import { Coordinator, type CoordinatorOptions } from '../../../kernel/cluster/coordinator.ts'
import type { PlannerLink } from '../../../kernel/cluster/planner/link.ts'
import { Places } from '../../../kernel/cluster/places.ts'
import type { Declaration, Wire } from '../../../kernel/travel/declaration.ts'

export const local = { id: 'local', slots: 2, resources: { cpu: 2, memory: 2 ** 30 }, labels: {}, speed: 1 }

export class FakeBackend implements Backend {
  readonly kind = 'fake'
  readonly capabilities = { cancel: 'native', timeout: 'native', resources: 'native', logs: 'native', utilization: 'native', transfer: 'native', recall: 'native' } as const
  readonly started: Assignment[] = []
  readonly cancelled: number[] = []
  readonly released: number[] = []
  tell: (batch: readonly BackendEvent[]) => void = () => undefined
  /** What nodes hold; reading anything else fails. */
  readonly held = new Map<number, Wire>()
  joined: () => void = () => undefined
  failed: (error: Error) => void = () => undefined
  closed = false

  open(onEvents: (batch: readonly BackendEvent[]) => void): Promise<void> {
    this.tell = onEvents
    return new Promise((resolve, reject) => {
      this.failed = reject
      this.joined = () => {
        onEvents([{ type: 'node-joined', node: local }])
        resolve()
      }
    })
  }
  prepare(): void {}
  forget(): void {}
  start(batch: readonly Assignment[]): void {
    this.started.push(...batch)
  }
  recall(): void {}
  cancel(attempts: readonly { readonly task: number }[]): void {
    this.cancelled.push(...attempts.map((one) => one.task))
  }
  async read(ref: ValueRef): Promise<Wire> {
    if (!this.held.has(ref.task)) throw new Error('gone')
    return this.held.get(ref.task)
  }
  release(tasks: readonly number[]): void {
    this.released.push(...tasks)
  }
  async close(): Promise<void> {
    this.closed = true
  }

  /** Ends the tasks of the assignment that was started `nth` (from the end when negative). */
  finish(nth: number, outcome: (task: number) => Partial<Finished>): void {
    const { node, slot, tasks, attempts } = this.started.at(nth)!
    const outcomes = tasks.map((task, i) => ({ task, attempt: attempts[i]!, began: 1, ended: 2, ...outcome(task) }) as Finished)
    this.tell([{ type: 'finished', node, slot, outcomes }])
  }
}

export const here = (value: Wire): Partial<Finished> => ({ ok: true, size: 8, inKernel: true, value })
export const thrown = (message: string): Partial<Finished> => {
  const error = { name: 'Error', message, stack: 'Error\n    at cell-1-a.js:2:3' }
  return { ok: false, final: false, error, taskError: error }
}

/** A planner that never answers. */
export const nobody: PlannerLink = { plan: () => undefined, choose: () => undefined, forecast: () => new Promise(() => undefined), drop: () => undefined, stop: () => undefined }

export function made(more: Partial<CoordinatorOptions> = {}) {
  const backend = new FakeBackend()
  const settled: string[] = []
  const coordinator = new Coordinator({
    clock: () => performance.now(),
    places: new Places(async (positions) => positions.map(() => 'Cell [1]:2:3')),
    environment: { node: '20', sluice: '0', platform: 'test' },
    cellOf: () => ({ id: 'cell-id', count: 1 }),
    defaultBackend: () => backend,
    onSettled: (run, indices) => settled.push(...indices.map((index) => `${run.name}[${index}]`)),
    onChange: () => undefined,
    planner: nobody,
    ...more,
  })
  return { backend, coordinator, settled }
}

/** Of the run that was declared last. */
export let number = 0
export const declaration = (name: string, items: readonly Wire[], more: Partial<Declaration> = {}): Declaration => ({
  run: ++number, cell: 'cell', name, code: 'code', bundle: new Uint8Array(4), count: items.length,
  parameters: [{ from: 'items', items, stride: 1 }], handles: [], after: [], shape: 'array', options: {}, ...more,
})

/** With the cluster up. */
export async function running(more: Partial<CoordinatorOptions> = {}) {
  const all = made(more)
  const opened = all.coordinator.open(all.backend)
  await Promise.resolve()
  all.backend.joined()
  await opened
  return all
}
