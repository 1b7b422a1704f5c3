/** Views that talk to the kernel's side of live views, on a clock of the test's own. Every message of the kernel is checked against the schema. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import liveSchema from '../../../../schema/live.v1.schema.json' with { type: 'json' }
import runSchema from '../../../../schema/run.v1.schema.json' with { type: 'json' }
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import { LiveComms } from '../../../../kernel/cluster/live/live-comms.ts'
import type { Frame, FromKernel, Question } from '../../../../kernel/cluster/live/types.ts'
import type { Run } from '../../../../kernel/cluster/run.ts'
import { declaration, here, local, made, running, thrown } from '../fake-cluster.ts'

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true }).addSchema(runSchema).addSchema(liveSchema)
const conforms = ajv.getSchema(`${liveSchema.$id}#/$defs/fromKernel`)!

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'], now: 1000 }))
afterEach(() => void vi.useRealTimers())

/** A front end's side of a comm, which keeps the tables of what it watches. */
class View {
  readonly received: FromKernel[] = []
  readonly tables = new Map<string, RunTables>()
  closed = false
  acknowledges = true
  readonly #live: LiveComms
  readonly #id: string
  #asked = 0

  constructor(live: LiveComms, id: string, views: Map<string, View>) {
    this.#live = live
    this.#id = id
    views.set(id, this)
    live.open(id)
  }

  take(message: FromKernel): void {
    const copy = JSON.parse(JSON.stringify(message)) as FromKernel
    expect(conforms(copy), JSON.stringify(conforms.errors)).toBe(true)
    expect(copy.seq).toBe(this.received.length)
    this.received.push(copy)
    if (copy.type === 'snapshot') this.tables.set(copy.uid, RunTables.from(copy.record))
    if (copy.type === 'frame') for (const delta of copy.deltas ?? []) this.tables.get(delta.uid)!.apply(delta)
    if (this.acknowledges) setTimeout(() => this.say({ type: 'ack', seq: copy.seq }), 20)
  }

  say(data: unknown): void {
    this.#live.receive(this.#id, data)
  }

  /** What is answered, or the text it is refused with. */
  async ask(ask: Question): Promise<any> {
    const id = ++this.#asked
    this.say({ type: 'ask', id, ask })
    for (let turn = 0; turn < 50; turn++) {
      const message = this.received.find((one) => (one.type === 'answer' || one.type === 'refusal') && one.id === id)
      if (message?.type === 'answer') return message.answer
      if (message?.type === 'refusal') return message.message
      await Promise.resolve()
    }
    throw new Error(`no answer to ${ask.what}`)
  }

  of<T extends FromKernel['type']>(type: T): Extract<FromKernel, { type: T }>[] {
    return this.received.filter((one): one is Extract<FromKernel, { type: T }> => one.type === type)
  }

  get frames(): Frame[] {
    return this.of('frame')
  }
}

async function cluster(up = true) {
  const views = new Map<string, View>()
  const started: string[] = []
  /** What sending costs, ms. */
  const cost = { ms: 0 }
  let spent = 0
  const clock = () => performance.now() + spent
  const live: LiveComms = new LiveComms({
    get coordinator() { return all.coordinator },
    clock,
    version: '1.2.3',
    send: (id, data) => {
      spent += cost.ms
      views.get(id)!.take(data)
    },
    closed: (id) => void (views.get(id)!.closed = true),
    bundle: async (run) => ({ 'text/plain': run.name }),
    startCluster: async (nodes, slots) => void started.push(`${nodes} × ${slots}`),
  })
  const hooks = {
    clock,
    onChange: (run: Run) => live.changed(run), onPlaced: (run: Run) => live.changed(run),
    onLog: (run: Run, index: number) => live.logged(run, index), onCluster: () => live.clusterChanged(),
  }
  const all = up ? await running(hooks) : made(hooks)
  const open = (id = `comm-${views.size}`) => new View(live, id, views)
  const declare = (...given: Parameters<typeof declaration>) => all.coordinator.declareNow(declaration(...given)) as Run
  return { ...all, live, open, declare, started, cost, clock }
}

/** Lets time pass, with all that is due meanwhile. */
const pass = (ms: number) => vi.advanceTimersByTime(ms)
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('a view', () => {
  test('is greeted with what there is, gets a snapshot of what it watches, and deltas that add up to the final record', async () => {
    const { backend, coordinator, declare, open } = await cluster()
    const run = declare('a', numbers(9))
    const view = open()
    expect(view.received).toMatchObject([{
      type: 'hello', version: 1, sluice: '1.2.3', runs: [{ uid: run.uid, name: 'a', count: 9, counts: { running: 2, ready: 7 }, final: false, execution: 1 }],
      cluster: { backend: 'fake', policy: coordinator.policy, nodes: [{ name: 'local', slots: 2, busy: 2, resources: { cpu: 2 } }], omitted: 0 },
    }])
    view.say({ type: 'watch', uids: [run.uid] })
    pass(150)
    expect(view.of('snapshot')[0]!.record).toMatchObject({ run: { uid: run.uid, cell: 'cell-id', execution: 1 }, final: false })
    for (let i = 0; i < backend.started.length; i++) {
      backend.finish(i, (task) => (task % 4 === 3 ? thrown(`no ${task}`) : here(task)))
      pass(i * 40)
    }
    await coordinator.places.settled()
    pass(2000)
    const told = view.tables.get(run.uid)!.toRecord()
    expect(told).toEqual(JSON.parse(JSON.stringify({ ...coordinator.record(run), asOf: told.asOf })))
    expect(told).toMatchObject({ final: true, counts: { succeeded: 7, failed: 2 } })
    expect(told.errors[0]!.stack).toContain('Cell [1]:2:3')
  })

  test('opened later sees the same', async () => {
    const { backend, declare, open } = await cluster()
    const run = declare('a', numbers(300))
    const first = open()
    first.say({ type: 'watch', uids: [run.uid] })
    pass(200)
    for (let i = 0; i < 10; i++) backend.finish(i, here)
    pass(200)
    const second = open()
    second.say({ type: 'watch', uids: [run.uid] })
    for (let i = 10; i < 20; i++) backend.finish(i, here)
    pass(1100)
    // Each is told the time once a second, in its own seconds.
    const [one, other] = [first, second].map((view) => ({ ...view.tables.get(run.uid)!.toRecord(), asOf: 0, makespan: 0 }))
    expect(other).toEqual(one)
  })

  test('is told soon after a pause, then at most eight times a second, whatever happens', async () => {
    const { backend, declare, open } = await cluster()
    const run = declare('a', numbers(4000))
    const view = open()
    view.say({ type: 'watch', uids: [run.uid] })
    pass(1500)
    const before = view.frames.length
    backend.finish(0, here)
    pass(50)
    expect(view.frames).toHaveLength(before + 1)
    for (let i = 1; i < 1000; i++) {
      backend.finish(i, here)
      pass(1)
    }
    expect(view.frames.length - before).toBeGreaterThan(6)
    expect(view.frames.length - before).toBeLessThanOrEqual(9)
  })

  test('takes at most a twentieth of the kernel’s time', async () => {
    const { backend, declare, open, cost, clock } = await cluster()
    const run = declare('a', numbers(40_000))
    const view = open()
    view.say({ type: 'watch', uids: [run.uid] })
    pass(1500)
    const before = view.frames.length
    const began = clock()
    cost.ms = 40
    for (let i = 0; clock() < began + 5000; i++) {
      backend.finish(i, here)
      pass(5)
    }
    const told = view.frames.length - before
    expect(told).toBeGreaterThan(3)
    expect((told * 40) / (clock() - began)).toBeLessThan(0.06)
  })

  test('of a run that goes on is told the time once a second, and of nothing that does not change', async () => {
    const { backend, declare, open, live } = await cluster()
    const run = declare('a', numbers(1))
    const view = open()
    pass(5000)
    expect(view.frames).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    view.say({ type: 'watch', uids: [run.uid] })
    pass(200)
    pass(5000)
    expect(view.frames.length).toBeGreaterThanOrEqual(4)
    expect(view.frames.length).toBeLessThanOrEqual(6)
    const [first, second] = view.frames.map((frame) => frame.deltas![0]!)
    expect(second!.asOf - first!.asOf).toBeGreaterThanOrEqual(1000)
    backend.finish(0, here)
    pass(3000)
    const ended = view.frames.length
    pass(60_000)
    expect(view.frames).toHaveLength(ended)
    expect(vi.getTimerCount()).toBe(0)
    live.close('comm-0')
    expect(live.has('comm-0')).toBe(false)
  })

  test('that never acknowledges gets eight frames, costs nothing from then on, and once it does all at once', async () => {
    const { backend, coordinator, declare, open } = await cluster()
    const run = declare('a', numbers(4000))
    const view = open()
    view.acknowledges = false
    view.say({ type: 'watch', uids: [run.uid] })
    const other = declare('b', [1])
    for (let i = 0; i < 40; i++) {
      backend.finish(i, here)
      pass(125)
    }
    expect(view.of('snapshot').length + view.frames.length).toBe(8)
    expect(vi.getTimerCount()).toBe(0)
    coordinator.cancel([{ run: run.spec.id }])
    pass(10_000)
    expect(view.of('snapshot').length + view.frames.length).toBe(8)
    view.say({ type: 'ack', seq: 3 })
    pass(1100)
    expect(view.tables.get(run.uid)!.record).toMatchObject({ final: true, counts: { cancelled: expect.any(Number) } })
    expect(view.frames.at(-1)!.runs?.map(({ uid }) => uid) ?? view.frames.flatMap(({ runs }) => runs ?? []).map(({ uid }) => uid)).toContain(run.uid)
    expect(other.uid).not.toBe(run.uid)
  })

  test('that asks for everything again gets it', async () => {
    const { declare, open } = await cluster()
    const run = declare('a', numbers(3))
    const view = open()
    view.say({ type: 'watch', uids: [run.uid] })
    pass(200)
    view.say({ type: 'resync' })
    pass(200)
    expect(view.received.map(({ type }) => type).filter((type) => type !== 'frame')).toEqual(['hello', 'snapshot', 'hello', 'snapshot'])
  })

  test('gets a run it watches already as soon as the scheduler has it', async () => {
    const { backend, coordinator, open } = await cluster(false)
    const declared = coordinator.declareNow(declaration('a', [1]))
    const { uid } = [...coordinator.runs.values()][0]!
    const view = open()
    view.say({ type: 'watch', uids: ['0123456789abcdef', uid] })
    pass(500)
    expect(view.received.map(({ type }) => type)).toEqual(['hello'])
    expect(await view.ask({ what: 'detail', uid, task: 0 })).toMatchObject({ why: expect.stringContaining('waits for the cluster to start') })
    await new Promise(setImmediate)
    backend.joined()
    await declared
    pass(500)
    expect(view.of('snapshot')).toMatchObject([{ uid }])
  })

  test('hears of runs it does not watch at most once a second, and of those that are forgotten', async () => {
    const { backend, coordinator, declare, open } = await cluster()
    const view = open()
    const run = declare('a', numbers(4000))
    for (let i = 0; i < 300; i++) {
      backend.finish(i, here)
      pass(10)
    }
    const headlines = view.frames.flatMap(({ runs }) => runs ?? [])
    expect(headlines.length).toBeGreaterThanOrEqual(3)
    expect(headlines.length).toBeLessThanOrEqual(4)
    expect(view.frames.flatMap(({ deltas }) => deltas ?? [])).toEqual([])
    coordinator.cancel([{ run: run.spec.id }])
    coordinator.release([run.spec.id])
    const released = () => coordinator.release([declare('b', []).spec.id])
    for (let i = 0; i < 900; i++) released()
    pass(3000)
    expect(view.frames.flatMap(({ runs }) => runs ?? []).filter(({ name }) => name === 'b')).toHaveLength(500)
    for (let i = 0; i < 200; i++) released()
    pass(3000)
    expect(view.frames.flatMap(({ gone }) => gone ?? [])).toEqual([run.uid])
  })

  test('follows the log and progress of one task', async () => {
    const { backend, declare, open } = await cluster()
    const run = declare('a', numbers(2))
    const view = open()
    view.say({ type: 'follow', uid: run.uid, task: 1 })
    pass(200)
    backend.tell([{ type: 'log', task: 1, attempt: 1, stream: 'stdout', text: 'one\n' }, { type: 'log', task: 0, attempt: 1, stream: 'stdout', text: 'other\n' }])
    pass(50)
    backend.tell([{ type: 'log', task: 1, attempt: 1, stream: 'stdout', text: 'two\n' }, { type: 'progress', task: 1, fraction: 0.5, text: 'half' }])
    pass(200)
    const logs = view.frames.flatMap(({ log }) => (log ? [log] : []))
    expect(logs.at(-1)).toEqual({ uid: run.uid, task: 1, text: 'one\ntwo\n', progress: { fraction: 0.5, text: 'half' } })
    expect(logs.map(({ text }) => text)).toContain('one\n')
    view.say({ type: 'follow' })
    pass(200)
    backend.tell([{ type: 'log', task: 1, attempt: 1, stream: 'stdout', text: 'three\n' }])
    pass(2000)
    expect(view.frames.flatMap(({ log }) => (log ? [log] : []))).toHaveLength(logs.length)
  })

  test('sees the cluster change, and not that it stays about the same', async () => {
    const { backend, open, coordinator } = await cluster()
    const view = open()
    const sample = (cpu: number) => backend.tell([{ type: 'sample', sample: { node: 'local', cpu, memory: 5e8 + cpu, bytesIn: cpu, bytesOut: 0 } }])
    for (let i = 0; i < 40; i++) {
      sample(i / 1000)
      pass(250)
    }
    expect(view.frames.filter(({ cluster }) => cluster)).toHaveLength(1)
    sample(1.96)
    pass(1100)
    expect(view.frames.at(-1)!.cluster!.nodes[0]).toMatchObject({ name: 'local', cpu: 2, busy: 0 })
    backend.tell([{ type: 'node-joined', node: { ...local, id: 'second' } }])
    pass(1100)
    expect(view.frames.at(-1)!.cluster!.nodes.map(({ name }) => name)).toEqual(['local', 'second'])
    await coordinator.close()
    pass(1100)
    expect(view.frames.at(-1)!.cluster).toEqual({ policy: coordinator.policy, nodes: [], omitted: 0 })
  })

  test('is told that the kernel ends', async () => {
    const { open, live } = await cluster()
    const views = [open(), open()]
    pass(50)
    live.stop()
    expect(views.map(({ closed }) => closed)).toEqual([true, true])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('that is gone without a word makes room for others', async () => {
    const { open, live } = await cluster()
    const views = Array.from({ length: 70 }, () => {
      pass(10)
      return open()
    })
    expect(views.filter(({ closed }) => closed)).toEqual(views.slice(0, 6))
    expect(live.has('comm-69')).toBe(true)
  })
})

describe('a question', () => {
  test('about a task is answered with its story, its log, what it was given and what came of it', async () => {
    const { backend, coordinator, declare, open } = await cluster()
    const a = declare('a', ['x', 'y'])
    backend.tell([{ type: 'log', task: 0, attempt: 1, stream: 'stdout', text: 'hello\n' }])
    backend.finish(0, () => here('first'))
    backend.finish(1, () => ({ ok: true, size: 300_000, inKernel: false }))
    const b = declare('b', [], { count: 2, parameters: [{ from: 'results', of: a.spec.id, count: 2, stride: 1 }] })
    const view = open()
    expect(await view.ask({ what: 'detail', uid: a.uid, task: 0 })).toMatchObject({
      name: 'a[0]', why: expect.stringContaining('a[0] is succeeded on local'), log: 'hello\n', inputs: [{ name: 'argument 1', preview: { text: `'x'` } }], result: { text: `'first'` },
    })
    expect(await view.ask({ what: 'detail', uid: b.uid, task: 0 })).toMatchObject({ inputs: [{ from: { uid: a.uid, name: 'a', task: 0 }, preview: { text: `'first'` } }] })
    expect(await view.ask({ what: 'detail', uid: b.uid, task: 1 })).toMatchObject({ inputs: [{ preview: { bytes: 300_000, nodes: ['local'], text: '300,000 bytes on local: await it in a cell to see it' } }] })
    expect(coordinator.state.unfinished(b.spec.id)).toBe(2)
  })

  test('about a small value that a node holds is answered with the value, or why it cannot be read', async () => {
    const { backend, declare, open } = await cluster()
    const run = declare('a', numbers(2))
    backend.held.set(0, 'from afar')
    for (const i of [0, 1]) backend.finish(i, () => ({ ok: true, size: 2000, inKernel: false }))
    const view = open()
    expect(await view.ask({ what: 'detail', uid: run.uid, task: 0 })).toMatchObject({ result: { text: `'from afar'`, bytes: 2000, nodes: ['local'] } })
    expect(await view.ask({ what: 'detail', uid: run.uid, task: 1 })).toMatchObject({ result: { text: '2,000 bytes on local, from where it could not be read: gone' } })
  })

  test('cancels, runs again and changes the priority of tasks', async () => {
    const { backend, coordinator, declare, open } = await cluster()
    const run = declare('a', numbers(6))
    const view = open()
    expect(await view.ask({ what: 'cancel', uid: run.uid, tasks: [5, 5, 4] })).toEqual({ what: 'tasks', count: 2 })
    expect(await view.ask({ what: 'cancel', uid: run.uid })).toEqual({ what: 'tasks', count: 4 })
    expect(coordinator.counts(run)).toMatchObject({ cancelled: 6 })
    backend.tell([{ type: 'returned', node: 'local', slot: 0, tasks: [0] }, { type: 'returned', node: 'local', slot: 1, tasks: [1] }])
    expect(await view.ask({ what: 'rerun', uid: run.uid, failedOnly: true, tasks: [3] })).toEqual({ what: 'tasks', count: 1 })
    expect(await view.ask({ what: 'rerun', uid: run.uid, failedOnly: false })).toEqual({ what: 'tasks', count: 5 })
    expect(await view.ask({ what: 'priority', uid: run.uid, priority: 7 })).toEqual({ what: 'done' })
    expect(coordinator.record(run)).toMatchObject({ run: { options: { priority: 7 } }, counts: { cancelled: 0 } })
  })

  test('makes a checkpoint, starts a cluster and stops it', async () => {
    const { coordinator, declare, open, started } = await cluster()
    const run = declare('a', numbers(2))
    const view = open()
    expect(await view.ask({ what: 'checkpoint', uid: run.uid })).toEqual({ what: 'checkpoint', data: { 'text/plain': 'a' } })
    expect(await view.ask({ what: 'cluster-start', nodes: 3, slots: 2 })).toEqual({ what: 'done' })
    expect(started).toEqual(['3 × 2'])
    expect(await view.ask({ what: 'cluster-stop' })).toEqual({ what: 'done' })
    expect(coordinator.backend).toBeUndefined()
  })

  test('whose comm is closed before it is answered gets no answer', async () => {
    const { backend, declare, open, live } = await cluster()
    const run = declare('a', ['x'])
    backend.held.set(0, 'from afar')
    backend.finish(0, () => ({ ok: true, size: 2000, inKernel: false }))
    const view = open('gone')
    view.say({ type: 'ask', id: 1, ask: { what: 'detail', uid: run.uid, task: 0 } })
    live.close('gone')
    const other = open('other')
    await other.ask({ what: 'detail', uid: run.uid, task: 0 })
    expect(view.of('answer')).toEqual([])
  })

  test('that cannot be answered is refused in words', async () => {
    const { declare, open } = await cluster()
    const run = declare('a', numbers(2))
    const view = open()
    expect(await view.ask({ what: 'detail', uid: 'ffffffffffffffff', task: 0 })).toMatch(/does not know the run.*Run its cell again/)
    expect(await view.ask({ what: 'cancel', uid: run.uid, tasks: [2] })).toBe('a has 2 tasks; there is no a[2].')
    const many = Promise.all(Array.from({ length: 40 }, () => view.ask({ what: 'detail', uid: run.uid, task: 0 })))
    expect((await many).filter((answer) => /32 questions/.test(answer))).toHaveLength(8)
  })
})

describe('what is no message of a view', () => {
  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /\/type must be one of watch, ack/], ['text', 'watch', /\/type/], ['a message of the kernel', { type: 'hello' }, /\/type/], ['half a message', { type: 'watch' }, /must have required property 'uids'/],
    ['a strange uid', { type: 'watch', uids: ['../etc'] }, /\/uids\/0 must match pattern/], ['too many', { type: 'watch', uids: new Array(1001).fill('0123456789abcdef') }, /must NOT have more than 1000 items/],
    ['no question', { type: 'ask', id: 1 }, /\/ask\/what must be one of detail, cancel/], ['a huge cluster', { type: 'ask', id: 1, ask: { what: 'cluster-start', nodes: 1e9 } }, /\/ask\/nodes must be <= 64/],
    ['a forged question', { type: 'ask', id: 1, ask: { what: 'constructor' } }, /\/ask\/what/], ['a forged type', { type: '__proto__' }, /\/type/], ['a negative number', { type: 'ack', seq: -1 }, /\/seq must be >= 0/],
  ])('is refused, and it is said what is wrong and where: %s', async (_, data, words) => {
    const { open } = await cluster()
    const view = open()
    view.say(data)
    expect(view.received.at(-1)).toMatchObject({ type: 'refusal', message: expect.stringMatching(words) })
  })

  test('harms nobody, whatever it is', async () => {
    const { declare, open } = await cluster()
    const run = declare('a', numbers(2))
    const view = open()
    const type = fc.constantFrom('watch', 'ack', 'resync', 'follow', 'ask', 'frame')
    const uid = fc.constantFrom(run.uid, 'ffffffffffffffff', '', null)
    const ask = fc.record({ what: fc.constantFrom('detail', 'priority', 'rerun', 'x'), uid, task: fc.oneof(fc.integer(), fc.double()), failedOnly: fc.boolean(), priority: fc.integer(), tasks: fc.array(fc.nat(3)) }, { requiredKeys: [] })
    const message = fc.oneof(fc.jsonValue(), fc.record({ type, uids: fc.array(uid), seq: fc.oneof(fc.nat(), fc.double()), uid, task: fc.nat(3), id: fc.integer(), ask: fc.oneof(ask, fc.jsonValue()) }, { requiredKeys: ['type'] }))
    fc.assert(fc.property(message, (data) => {
      view.say(data)
      pass(10)
    }), { numRuns: 300 })
    pass(2000)
    view.say({ type: 'resync' })
    view.say({ type: 'watch', uids: [run.uid] })
    pass(1000)
    expect(view.tables.get(run.uid)!.record.run.name).toBe('a')
  })
})
