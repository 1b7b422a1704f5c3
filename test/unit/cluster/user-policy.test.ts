import { describe, expect, test } from 'vitest'
import { UserPolicies } from '../../../kernel/cluster/user-policy.ts'
import type { Answered, HostListener, HostedPolicy } from '../../../kernel/cluster/user-policy-host.ts'
import type { PolicyProblem, View } from '../../../kernel/cluster/user-policy-messages.ts'
import type { Coordinator } from '../../../kernel/cluster/coordinator.ts'
import { declaration, here, made, type FakeBackend } from './fake-cluster.ts'

interface Asked {
  readonly view: View
  answer(tasks: readonly number[], nodes: readonly number[]): void
  fail(problem: Partial<PolicyProblem['error']>, kind?: PolicyProblem['kind']): void
}

/** A cluster of two nodes of two slots, a clock that the test moves, and a policy's process that answers when the test says so. */
class Bench {
  readonly backend: FakeBackend
  readonly coordinator: Coordinator
  readonly policies: UserPolicies
  readonly said: string[] = []
  readonly hosts: { readonly policy: HostedPolicy; readonly listener: HostListener; stopped: boolean }[] = []
  now = 1000
  #asked: Asked[] = []
  #waiting: (() => void)[] = []

  constructor() {
    const { backend, coordinator } = made({ clock: () => this.now, onDecided: () => this.policies.changed(), policyProblem: (name) => this.policies.problem(name) })
    this.backend = backend
    this.coordinator = coordinator
    this.policies = new UserPolicies({
      state: coordinator.state,
      runs: () => coordinator.runs.values(),
      clock: () => this.now,
      add: (policy) => coordinator.addPolicy(policy),
      removed: (name) => coordinator.removePolicy(name),
      plan: (event) => coordinator.plan(event),
      host: (policy, listener) => {
        const host = { policy, listener, stopped: false }
        this.hosts.push(host)
        return { ask: (view) => this.#ask(view), stop: () => void (host.stopped = true) }
      },
      notebook: { say: (_cell, text) => void this.said.push(text), mapped: async (text) => text.replace('cell-1.js:2:3', 'Cell [1]:2:3') },
    })
  }

  async open(): Promise<this> {
    const opened = this.coordinator.open(this.backend)
    await Promise.resolve()
    this.backend.tell(['a', 'b'].map((id) => ({ type: 'node-joined', node: { id, slots: 2, resources: { cpu: 2, memory: 2 ** 30 }, labels: {}, speed: 1 } })))
    this.backend.joined()
    this.coordinator.close = async () => undefined
    await opened
    this.backend.tell([{ type: 'node-lost', node: 'local', reason: 'not of this test' }])
    return this
  }

  register(name = 'mine', loaded = true): void {
    this.policies.register({ name, cell: 'cell', bundle: new Uint8Array(1), digest: 'digest' })
    if (loaded) this.hosts.at(-1)!.listener.onLoaded(undefined)
  }

  declare(name: string, count: number, policy = 'mine'): void {
    void this.coordinator.declareNow(declaration(name, Array.from({ length: count }, (_, i) => i), { options: { policy } }))
  }

  /** The next question, once it is asked. Time passes as it has to. */
  async asked(): Promise<Asked> {
    while (this.#asked.length === 0) await this.turn()
    return this.#asked.shift()!
  }

  get questions(): number {
    return this.#asked.length
  }

  /** What is due now happens; then some ms pass. */
  async turn(ms = 5): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.now += ms
    this.policies.changed()
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) await this.turn(50)
    await this.turn()
  }

  /** Where each task that was started is, in order. */
  get started(): string[] {
    return this.backend.started.flatMap(({ node, tasks }) => tasks.map((task) => `${task} ${node}`))
  }

  #ask(view: View): Promise<Answered> {
    return new Promise((resolve) => {
      this.#asked.push({
        view,
        answer: (tasks, nodes) => resolve({ answer: { tasks, nodes } }),
        fail: (error, kind = 'threw') => resolve({ problem: { kind, error: { name: 'Error', message: '', stack: '', ...error } } }),
      })
      for (const wake of this.#waiting.splice(0)) wake()
    })
  }
}

describe('a policy of the notebook', () => {
  test('is shown ready tasks and nodes, and its tasks wait for its answer', async () => {
    const bench = await new Bench().open()
    bench.register()
    bench.declare('work', 3)
    expect(bench.started).toEqual([])
    const { view, answer } = await bench.asked()
    expect(view.tasks.map(({ name, index, ready }) => ({ name, index, ready }))).toEqual([0, 1, 2].map((index) => ({ name: 'work', index, ready: true })))
    expect(view.nodes).toMatchObject([{ name: 'a', slots: 2, idle: 2, load: 0 }, { name: 'b', resources: { cpu: { total: 2, free: 2 } } }])
    const [x, y, z] = view.tasks.map((task) => task.id)
    answer([z!, x!, y!], [1, 1, 1])
    await bench.turn()
    expect(bench.started).toEqual([`${z} b`, `${x} b`])
    bench.backend.finish(0, () => here(1))
    await bench.turn()
    expect(bench.started).toEqual([`${z} b`, `${x} b`, `${y} b`])
  })

  test('that throws leaves its tasks to the default policy at once, and is told of once', async () => {
    const bench = await new Bench().open()
    bench.register()
    bench.declare('work', 12)
    for (let i = 0; i < 3; i++) {
      const { fail } = await bench.asked()
      fail({ name: 'TypeError', message: 'no', stack: 'TypeError: no\n    at cell-1.js:2:3' })
      await bench.turn()
      expect(bench.started.length).toBeGreaterThanOrEqual(4)
      bench.backend.finish(-1, () => here(1))
    }
    expect(bench.said).toHaveLength(1)
    expect(bench.said[0]).toContain('Cell [1]:2:3')
    expect(bench.policies.problem('mine')).toMatch(/TypeError: no \(Cell \[1\]:2:3\)/)
  })
})
