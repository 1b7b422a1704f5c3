/** Live views over real sockets: what a front end hears of running tasks while they run, and what it can do about them. */
import { describe, expect, test } from 'vitest'
import { RunTables } from '../../kernel/cluster/live/apply.ts'
import type { FromKernel, FromView, Question } from '../../kernel/cluster/live/types.ts'
import type { RunRecord } from '../../kernel/cluster/record/types.ts'
import type { Client, Received } from './jupyter-client.ts'
import { startKernel, type Cell } from './kernel-process.ts'

const RUN = 'application/vnd.sluice.run.v1+json'

/** A view as the extension is one: keeps the tables of the runs it watches, and acknowledges what it takes in. */
class View {
  readonly received: FromKernel[] = []
  readonly tables = new Map<string, RunTables>()
  readonly id: string
  readonly #client: Client
  readonly #acknowledges: boolean
  readonly #waiting = new Set<() => void>()
  #asked = 0

  constructor(client: Client, id: string, acknowledges = true) {
    this.#client = client
    this.id = id
    this.#acknowledges = acknowledges
    void client.send('comm_open', { comm_id: id, target_name: 'sluice.live.v1', data: {} })
    void this.#listen()
  }

  say(data: FromView | object): Promise<string> {
    return this.#client.send('comm_msg', { comm_id: this.id, data })
  }

  async watch(uid: string): Promise<RunTables> {
    await this.say({ type: 'watch', uids: [uid] })
    await this.until(() => this.tables.has(uid))
    return this.tables.get(uid)!
  }

  async ask(ask: Question): Promise<any> {
    const id = ++this.#asked
    await this.say({ type: 'ask', id, ask })
    const found = await this.until(() => this.received.find((one) => (one.type === 'answer' || one.type === 'refusal') && one.id === id))
    return found.type === 'answer' ? found.answer : (found as { message: string }).message
  }

  /** Waits until `look` finds something in what has been received. */
  async until<T>(look: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = look()
      if (found !== undefined && found !== false) return found
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  async #listen(): Promise<void> {
    for (let seq = 0; ; seq++) {
      const { content } = await this.#client.until((one) => one.type === 'comm_msg' && one.content['comm_id'] === this.id && one.content['data'].seq === seq)
      const message = content['data'] as FromKernel
      this.received.push(message)
      if (message.type === 'snapshot') this.tables.set(message.uid, RunTables.from(message.record))
      if (message.type === 'frame') for (const delta of message.deltas ?? []) this.tables.get(delta.uid)!.apply(delta)
      if (this.#acknowledges && seq % 3 === 0) void this.say({ type: 'ack', seq })
      for (const wake of this.#waiting) wake()
      this.#waiting.clear()
    }
  }
}

const recordIn = ({ content }: Received) => content['data'][RUN] as RunRecord
const uidIn = ({ displays }: Cell) => recordIn(displays[0]!).run.uid
/** Without the moment at which it was made. */
const timeless = ({ asOf: _, ...record }: RunRecord) => record

describe('a live view', () => {
  test('opened while a run goes on adds snapshot and deltas up to the record that is saved; one opened later sees the same', async () => {
    const { cell, client } = await startKernel()
    await cell('%cluster local --nodes 2 --slots 1')
    const declared = await cell(`%%distribute work --each n of Array.from({ length: 60 }, (_, i) => i) --retries 1 --backoff 1ms
await new Promise((resolve) => setTimeout(resolve, 40))
if (n % 10 === 3 || task.attempt < 2 && n % 10 === 4) throw new Error('no ' + n % 2)
return n`)
    const uid = uidIn(declared)
    const first = new View(client, 'first')
    const tables = await first.watch(uid)
    expect(tables.record.final).toBe(false)
    expect(tables.record.run).not.toHaveProperty('cell')
    await first.until(() => tables.record.counts.succeeded > 15)
    const second = new View(client, 'second')
    const later = await second.watch(uid)
    await Promise.all([first.until(() => tables.record.final), second.until(() => later.record.final)])
    const saved = recordIn(await client.until((one) => one.type === 'update_display_data' && recordIn(one)?.run.uid === uid && recordIn(one).final))
    expect(saved).toMatchObject({ counts: { succeeded: 54, failed: 6 } })
    await first.until(() => tables.record.errors.every(({ stack }) => stack.includes('Cell [')))
    expect(timeless(tables.toRecord())).toEqual(timeless(saved))
    expect(timeless(later.toRecord())).toEqual(timeless(saved))
  })

  test('names the notebook’s cell where the client tells it', async () => {
    const { client } = await startKernel()
    const id = await client.send('execute_request', { code: `%%distribute one\nreturn 1`, silent: false, store_history: true, allow_stdin: false }, { metadata: { cellId: 'a1b2-c3' } })
    expect(recordIn(await client.published(id, 'display_data')).run).toMatchObject({ cell: 'a1b2-c3', execution: 1 })
  })

  test('that acknowledges nothing, and one that talks nonsense, get no more than they should, and the kernel is well', async () => {
    const { cell, client } = await startKernel()
    const silent = new View(client, 'silent', false)
    const mad = new View(client, 'mad', false)
    const uid = uidIn(await cell(`%%distribute many --each n of Array.from({ length: 1000 }, (_, i) => i)\nawait new Promise((resolve) => setTimeout(resolve, 2))\nreturn n`))
    await silent.watch(uid)
    for (let i = 0; i < 1000; i++) await mad.say([{ type: 'watch', uids: i }, { type: 'ask', id: i, ask: { what: 'detail', uid, task: -i } }, { type: ['x'] }, {}][i % 4]!)
    await mad.until(() => mad.received.filter(({ type }) => type === 'refusal').length === 1000)
    expect((await cell('(await many).length')).result).toBe('1000')
    expect(silent.received.filter(({ type }) => type !== 'hello')).toHaveLength(8)
    expect(silent.tables.get(uid)!.record.final).toBe(false)
    await silent.say({ type: 'ack', seq: silent.received.length - 1 })
    await silent.until(() => silent.tables.get(uid)!.record.final)
  })

  test('follows a log and gets its answers at once while a cell is busy', async () => {
    const { cell, client } = await startKernel()
    const uid = uidIn(await cell(`%%distribute talks --each n of ['a']
for (let i = 0; ; i++) {
  console.log('line ' + i)
  task.progress(i / 1000, 'at ' + i)
  await new Promise((resolve) => setTimeout(resolve, 20))
}`))
    const busy = await client.send('execute_request', { code: `console.log('busy'); while (true);`, silent: false, store_history: true, allow_stdin: false })
    await client.published(busy, 'stream')
    const view = new View(client, 'view')
    await view.say({ type: 'follow', uid, task: 0 })
    const logs = () => view.received.flatMap((one) => (one.type === 'frame' && one.log ? [one.log] : []))
    await view.until(() => logs().length > 3)
    expect(logs().at(-1)).toMatchObject({ uid, task: 0, text: expect.stringMatching(/^line 0\nline 1\n/), progress: { text: expect.stringMatching(/^at /) } })
    expect(await view.ask({ what: 'detail', uid, task: 0 })).toMatchObject({ name: 'talks[0]', why: expect.stringContaining('is running'), inputs: [{ name: 'n', preview: { text: `'a'` } }] })
    // None of this had the kernel look idle.
    const states = client.received.filter(({ type }) => type === 'status').map(({ content }) => content['execution_state'])
    expect(states.at(-1)).toBe('busy')
    await client.send('interrupt_request', {}, { channel: 'control' })
    await client.reply(busy)
  })

  test('cancels tasks and runs them again, starts a cluster and stops it', async () => {
    const { cell, client, folder } = await startKernel()
    await cell(`import { existsSync, writeFileSync } from 'node:fs'\nconst flag = ${JSON.stringify(folder + '/flag')}`)
    const uid = uidIn(await cell(`%%distribute waits --each n of [1, 2, 3]\nwhile (!existsSync(flag)) await new Promise((resolve) => setTimeout(resolve, 10))\nreturn { n, big: 'x'.repeat(n) }`))
    const view = new View(client, 'view')
    const tables = await view.watch(uid)
    expect(await view.ask({ what: 'cancel', uid })).toEqual({ what: 'tasks', count: 3 })
    await view.until(() => tables.record.final)
    expect(tables.record.counts.cancelled).toBe(3)
    await cell(`writeFileSync(flag, '')`)
    expect(await view.ask({ what: 'rerun', uid, failedOnly: true, tasks: [1, 2] })).toEqual({ what: 'tasks', count: 2 })
    await view.until(() => tables.record.counts.succeeded === 2)
    expect(await view.ask({ what: 'detail', uid, task: 2 })).toMatchObject({ result: { text: `{ n: 3, big: 'xxx' }` } })
    const { data } = await view.ask({ what: 'checkpoint', uid })
    expect(Object.keys(data).sort()).toEqual(['application/vnd.sluice.run.v1+json', 'image/png', 'text/plain'])
    expect(timeless(tables.toRecord())).toEqual(timeless(data[RUN]))
    expect(await view.ask({ what: 'cluster-start', nodes: 2, slots: 1 })).toEqual({ what: 'done' })
    await view.until(() => view.received.some((one) => one.type === 'frame' && one.cluster?.nodes.length === 2))
    expect(await view.ask({ what: 'cluster-stop' })).toEqual({ what: 'done' })
    await view.until(() => view.received.some((one) => one.type === 'frame' && one.cluster && one.cluster.backend === undefined))
  })

  test('that speaks on a comm of a kernel that was there before is told that it is closed; cells’ comms end with their session', async () => {
    const { cell, client } = await startKernel()
    const said = await client.send('comm_msg', { comm_id: 'of another kernel', data: { type: 'resync' } })
    expect((await client.published(said, 'comm_close')).content['comm_id']).toBe('of another kernel')
    const view = new View(client, 'view')
    await view.until(() => view.received.length > 0)
    const id = (await cell(`comms.open('chart').id`)).result!.slice(1, -1)
    await cell('process.kill(process.pid, "SIGKILL")')
    await client.until(({ type, content }) => type === 'comm_close' && content['comm_id'] === id)
    const info = await client.reply(await client.send('comm_info_request', {}))
    expect(info.content['comms']).toEqual({ view: { target_name: 'sluice.live.v1' } })
    await view.say({ type: 'resync' })
    await view.until(() => view.received.filter(({ type }) => type === 'hello').length === 2)
  })

  test('is listed, cannot be passed for by a cell, and is closed when the kernel restarts', async () => {
    const { cell, client } = await startKernel()
    const view = new View(client, 'view')
    await view.until(() => view.received.length > 0)
    await cell(`comms.register('sluice.live.v1', () => { throw new Error('taken') })\ncomms.open('sluice.live.v1')`)
    const info = await client.reply(await client.send('comm_info_request', { target_name: 'sluice.live.v1' }))
    expect(info.content['comms']).toEqual({ view: { target_name: 'sluice.live.v1' } })
    expect(client.received.filter(({ type }) => type === 'comm_open')).toEqual([])
    await client.send('shutdown_request', { restart: true }, { channel: 'control' })
    await client.until((one) => one.type === 'comm_close' && one.content['comm_id'] === 'view')
  })
})
