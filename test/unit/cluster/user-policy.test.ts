import { describe, expect, test } from 'vitest'
import { UserPolicies } from '../../../kernel/cluster/user-policy.ts'
import type { Answered, HostListener, HostedPolicy } from '../../../kernel/cluster/user-policy-host.ts'
import type { PolicyProblem, View } from '../../../kernel/cluster/user-policy-messages.ts'
import type { Coordinator } from '../../../kernel/cluster/coordinator.ts'
import { declaration, here, made, number, type FakeBackend } from './fake-cluster.ts'

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

  test('is asked again when tasks or nodes have changed, and not otherwise', async () => {
    const bench = await new Bench().open()
    bench.register()
    bench.declare('work', 5)
    const { view, answer } = await bench.asked()
    answer(view.tasks.map((task) => task.id), view.tasks.map(() => 0))
    await bench.pass(200)
    // Two of them run now, so that fewer are ready and no slot of the first node is idle.
    const second = await bench.asked()
    expect(second.view.tasks).toHaveLength(3)
    expect(second.view.running).toMatchObject([{ name: 'work', node: 'a' }, { name: 'work', node: 'a' }])
    second.answer(second.view.tasks.map((task) => task.id), second.view.tasks.map(() => 0))
    await bench.pass(2000)
    expect(bench.questions).toBe(0)
    bench.backend.tell([{ type: 'node-joined', node: { id: 'c', slots: 1, resources: { cpu: 1, memory: 2 ** 30 }, labels: {}, speed: 1 } }])
    expect((await bench.asked()).view.nodes.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  })

  test('that says nothing of a task is waited for while no slot is idle, and else for a quarter of a second', async () => {
    const bench = await new Bench().open()
    bench.register()
    bench.declare('work', 4)
    const first = await bench.asked()
    first.answer([first.view.tasks[0]!.id, first.view.tasks[1]!.id], [0, 0])
    await bench.turn()
    expect(bench.started).toHaveLength(2)
    const second = await bench.asked()
    second.answer([], [])
    await bench.pass(150)
    expect(bench.started).toHaveLength(2)
    await bench.pass(300)
    expect(bench.started.slice(2).map((text) => text.split(' ')[1])).toEqual(['b', 'b'])
  })

  test('that takes longer than tasks wait may still place those that have not started', async () => {
    const bench = await new Bench().open()
    bench.register()
    bench.declare('work', 6)
    const { view, answer } = await bench.asked()
    await bench.pass(400)
    // The scheduler hears of nothing else meanwhile, and so is told the time.
    bench.coordinator.plan({ type: 'Planned', time: bench.now, policy: 'other', tasks: [], nodes: [], node: [], start: [] })
    expect(bench.started).toHaveLength(4)
    answer([...view.tasks].reverse().map((task) => task.id), view.tasks.map(() => 1))
    await bench.turn()
    const before = bench.started.length
    bench.backend.finish(0, () => here(1))
    bench.backend.finish(1, () => here(1))
    await bench.turn()
    expect(bench.started.slice(before)).toEqual([expect.stringMatching(/ b$/)])
  })

  test('that is cut off three times in a row is asked no more, until it is registered anew', async () => {
    const bench = await new Bench().open()
    bench.register()
    bench.declare('work', 20)
    for (let i = 0; i < 3; i++) {
      const { fail } = await bench.asked()
      fail({ message: 'it did not answer within 1000 ms and was ended' }, 'late')
      await bench.turn()
      bench.backend.finish(-1, () => here(1))
    }
    await bench.pass(500)
    expect(bench.questions).toBe(0)
    expect(bench.said.at(-1)).toMatch(/asked no more/)
    expect(bench.said).toHaveLength(2)
    bench.register()
    expect(bench.hosts[0]!.stopped).toBe(true)
    await bench.asked()
    expect(bench.policies.problem('mine')).toBeUndefined()
  })

  test('that cannot be loaded leaves its tasks to the default policy; while it loads, they wait', async () => {
    const bench = await new Bench().open()
    bench.register('mine', false)
    bench.declare('work', 2)
    await bench.pass(1000)
    expect(bench.started).toEqual([])
    bench.hosts[0]!.listener.onLoaded({ kind: 'loading', error: { name: 'Error', message: 'Cannot find package x', stack: '' } })
    await bench.pass(100)
    expect(bench.started).toHaveLength(2)
    expect(bench.said).toEqual([expect.stringMatching(/^The policy mine gave no answer: Cannot find package x\nIt is asked no more/)])
  })

  test('is shown so many tasks at most, and the others wait for their turn', async () => {
    const bench = await new Bench().open()
    bench.register()
    bench.declare('work', 1500)
    const { view, answer } = await bench.asked()
    expect([view.tasks.length, view.more]).toEqual([1000, 500])
    answer(view.tasks.map((task) => task.id), view.tasks.map(() => 0))
    await bench.pass(1000)
    expect(bench.started.map((text) => text.split(' ')[1])).toEqual(['a', 'a'])
  })

  test('is shown ready tasks before waiting ones, with what they wait for and their inputs', async () => {
    const bench = await new Bench().open()
    bench.register()
    void bench.coordinator.declareNow(declaration('first', [1, 2]))
    const of = number
    void bench.coordinator.declareNow(declaration('second', [], { count: 2, parameters: [{ from: 'results', of, count: 2, stride: 1 }], options: { policy: 'mine', priority: 5 } }))
    bench.declare('third', 1)
    const { view } = await bench.asked()
    expect(view.tasks.map(({ name, index, ready, waitsFor, priority }) => [name, index, ready, waitsFor, priority])).toEqual([['third', 0, true, 0, 0], ['second', 0, false, 1, 5], ['second', 1, false, 1, 5]])
    bench.backend.finish(0, () => ({ ok: true, size: 500, inKernel: false }))
    const inputs = async () => (await bench.asked()).view.tasks.find((task) => task.name === 'second' && task.ready)?.inputs
    await bench.turn()
    expect(bench.questions).toBe(0)
    bench.register()
    expect(await inputs()).toEqual([{ bytes: 500, nodes: [expect.stringMatching(/^[ab]$/) as string] }])
  })

  test('that is removed, or takes a name of Sluice’s, is no policy', async () => {
    const bench = await new Bench().open()
    bench.register()
    bench.register('heft')
    expect(bench.hosts).toHaveLength(1)
    expect(bench.said[0]).toMatch(/^heft is one of Sluice's own policies/)
    bench.coordinator.setPolicy('mine')
    bench.policies.remove('mine')
    expect(bench.coordinator.policy).toBe('critical-path')
    expect(bench.coordinator.policyNames).not.toContain('mine')
    expect(() => bench.declare('work', 1)).toThrow(/there is no policy mine/)
    expect(bench.policies.all).toEqual([])
  })

  test('prints into the notebook, within bounds', async () => {
    const bench = await new Bench().open()
    bench.register()
    const { onSaid } = bench.hosts[0]!.listener
    onSaid('hello\n')
    onSaid('x'.repeat(10_000))
    onSaid('never shown')
    expect(bench.said[0]).toBe('hello')
    expect(bench.said[1]).toMatch(/^x{3994}…\nWhat else the policy mine prints is not shown\.$/)
    expect(bench.said).toHaveLength(2)
  })
})
