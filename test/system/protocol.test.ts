import { build } from 'esbuild'
import fc from 'fast-check'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { curveKeyPair } from 'zeromq'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { residentBytes } from './environment.ts'
import { Client, type Channel, type Connection } from './jupyter-client.ts'

const root = new URL('../..', import.meta.url).pathname
const program = join(root, 'test-results', 'protocol-stub.js')

let directory: string
const kernels: ChildProcess[] = []
const clients: Client[] = []

beforeAll(() =>
  build({ entryPoints: [join(root, 'test/system/protocol-stub.ts')], outfile: program, bundle: true, packages: 'external', platform: 'node', format: 'esm', logLevel: 'warning' }),
)
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'protocol-'))
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  for (const kernel of kernels.splice(0)) {
    if (kernel.exitCode === null && kernel.signalCode === null && kernel.kill('SIGKILL')) await once(kernel, 'exit')
  }
  await rm(directory, { recursive: true })
})

/** Starts a kernel that chooses its ports, and gives the connection file as the kernel wrote it back. */
async function start(changes: object = {}): Promise<{ kernel: ChildProcess; connection: Connection }> {
  const file = join(directory, 'connection.json')
  const open = { shell_port: 0, iopub_port: 0, stdin_port: 0, control_port: 0, hb_port: 0 }
  await writeFile(file, JSON.stringify({ ...open, ip: '127.0.0.1', transport: 'tcp', key: 'secret', signature_scheme: 'hmac-sha256', ...changes }))
  const kernel = spawn(process.execPath, [program, file, join(directory, 'history')], { stdio: ['ignore', 'inherit', 'ignore'] })
  kernels.push(kernel)
  for (;;) {
    const connection = JSON.parse(await readFile(file, 'utf8')) as Connection
    if (connection.shell_port !== 0) return { kernel, connection }
    if (kernel.exitCode !== null) throw new Error(`the kernel ended with code ${kernel.exitCode}`)
    await delay(5)
  }
}

/** A client that has been welcomed, so that it misses no output. */
async function connect(connection: Connection, options?: ConstructorParameters<typeof Client>[1]): Promise<Client> {
  const client = new Client(connection, options)
  clients.push(client)
  if (options?.reads !== false) await client.until(({ type }) => type === 'iopub_welcome')
  return client
}

async function startAndConnect(changes?: object) {
  const { kernel, connection } = await start(changes)
  return { kernel, connection, client: await connect(connection) }
}

test('every subscriber is welcomed, whatever its topic, also to one that another has', async () => {
  const { connection, client } = await startAndConnect()
  expect(client.received[0]).toMatchObject({ type: 'iopub_welcome', parent: undefined, content: { subscription: '' } })
  const second = await connect(connection)
  expect(second.received[0]).toMatchObject({ type: 'iopub_welcome', content: { subscription: '' } })
  const third = await connect(connection, { topic: 'execute_result' })
  expect(third.received[0]).toMatchObject({ content: { subscription: 'execute_result' } })
  await client.story((await client.execute('1+1')).parent!)
  await third.until(({ type }) => type === 'execute_result')
  expect(third.received.map(({ type }) => type)).not.toContain('status')
})

test('a cell runs, and its outputs come between busy and idle', async () => {
  const { client } = await startAndConnect()
  const reply = await client.execute('print a\nprint b\ncomplain c\n1+1')
  expect(reply.content).toMatchObject({ status: 'ok', execution_count: 1 })
  expect(await client.story(reply.parent!)).toEqual(['busy', 'execute_input', 'stream', 'stream', 'execute_result', 'idle'])
  expect((await client.published(reply.parent!, 'stream')).content).toEqual({ name: 'stdout', text: 'a\nb\n' })
})

test('output that comes after the cell belongs to it, while another runs', async () => {
  const { client } = await startAndConnect()
  const { parent } = await client.execute('later x')
  await client.send('execute_request', { code: 'wait' })
  expect((await client.published(parent!, 'stream')).content).toEqual({ name: 'stdout', text: 'x\n' })
})

test('expressions are evaluated; a silent cell publishes only its states', async () => {
  const { client } = await startAndConnect()
  const reply = await client.execute('print a', { silent: true, user_expressions: { e: 'code' } })
  expect(reply.content).toMatchObject({ execution_count: 0, user_expressions: { e: { status: 'ok', data: { 'text/plain': 'code' } } } })
  expect(await client.story(reply.parent!)).toEqual(['busy', 'idle'])
})

test('cells sent before one fails are aborted, though the kernel had not read them yet; one sent after the reply runs', async () => {
  const { client } = await startAndConnect()
  const ids = await Promise.all(['block 300\nfail x', ...Array(40).fill('1+1')].map((code) => client.send('execute_request', { code, stop_on_error: true })))
  const replies = await Promise.all(ids.map((id) => client.reply(id)))
  expect(replies.map(({ content }) => content['status'])).toEqual(['error', ...Array(40).fill('aborted')])
  expect((await client.execute('1+1')).content).toMatchObject({ status: 'ok', execution_count: 2 })
})

test('without stop_on_error, cells that wait behind a failure run', async () => {
  const { client } = await startAndConnect()
  const ids = await Promise.all(['block 100\nfail x', '1+1'].map((code) => client.send('execute_request', { code, stop_on_error: false })))
  expect((await client.reply(ids[1]!)).content['status']).toBe('ok')
})

test('while a cell waits, heartbeat, completion and control are answered; an interrupt ends it', async () => {
  const { client } = await startAndConnect()
  const cell = await client.send('execute_request', { code: 'wait' })
  await client.published(cell, 'execute_input')
  expect(await client.beat('ping')).toBe('ping')
  const completion = await client.send('complete_request', { code: 'pr', cursor_pos: 2 })
  expect((await client.reply(completion)).content).toMatchObject({ matches: ['print'], cursor_start: 0, cursor_end: 2 })
  const usage = await client.send('usage_request', {}, { channel: 'control' })
  expect(await client.reply(usage)).toMatchObject({ channel: 'control', type: 'usage_reply' })
  const interrupt = await client.send('interrupt_request', {}, { channel: 'control' })
  expect((await client.reply(interrupt)).content).toEqual({ status: 'ok' })
  expect((await client.reply(cell)).content).toMatchObject({ status: 'error', evalue: 'interrupted' })
  const states = client.received.filter(({ type }) => type === 'status').map(({ content, parent }) => [content['execution_state'], parent === cell])
  // After each answer the cell is busy again, until it ends.
  expect(states.slice(0, 7)).toEqual([['busy', true], ['busy', false], ['idle', false], ['busy', true], ['busy', false], ['idle', false], ['busy', true]])
  await client.story(cell)
  await client.story(interrupt)
})

test('input is asked of the client that runs the cell, and ends with an interrupt', async () => {
  const { connection, client } = await startAndConnect()
  const other = await connect(connection)
  const cell = await client.send('execute_request', { code: 'ask name?', allow_stdin: true })
  const question = await client.until(({ type }) => type === 'input_request')
  expect(question).toMatchObject({ channel: 'stdin', parent: cell, content: { prompt: 'name?', password: false } })
  await other.send('input_reply', { value: 'Eve' }, { channel: 'stdin', parent: { msg_id: question.id } })
  await other.reply(await other.send('kernel_info_request'))
  await client.send('input_reply', { value: 'Ada' }, { channel: 'stdin', parent: { msg_id: question.id } })
  expect((await client.published(cell, 'stream')).content['text']).toBe('Ada true\n')
  expect(other.received.map(({ type }) => type)).not.toContain('input_request')

  const again = await client.send('execute_request', { code: 'ask again?', allow_stdin: true })
  await client.until(({ type, parent }) => type === 'input_request' && parent === again)
  await client.send('interrupt_request', {}, { channel: 'control' })
  expect((await client.reply(again)).content['evalue']).toContain('interrupted while it waited for input')
  expect((await client.execute('ask refused?')).content['evalue']).toContain('does not take input')
})

test('comms carry buffers both ways, and an unknown target closes', async () => {
  const { client } = await startAndConnect()
  await client.send('comm_open', { comm_id: 'k', target_name: 'echo', data: {} })
  const said = await client.send('comm_msg', { comm_id: 'k', data: { a: 1 } }, { buffers: [Buffer.from('xyz')] })
  expect(await client.published(said, 'comm_msg')).toMatchObject({ content: { comm_id: 'k', data: { a: 1 } }, buffers: [Buffer.from('xyz')] })
  expect((await client.reply(await client.send('comm_info_request', { target_name: 'echo' }))).content['comms']).toEqual({ k: { target_name: 'echo' } })
  const unknown = await client.send('comm_open', { comm_id: 'u', target_name: 'nobody', data: {} })
  expect((await client.published(unknown, 'comm_close')).content['comm_id']).toBe('u')
  const { parent } = await client.execute('open widget')
  expect(await client.published(parent!, 'comm_open')).toMatchObject({ content: { target_name: 'widget', data: { a: 1 } }, buffers: [Buffer.from([1, 2])] })
})

test('a message with a wrong signature, or one seen before, is not answered', async () => {
  const { client } = await startAndConnect()
  const forged = client.frames('kernel_info_request', {}, 'forged')
  forged[1] = '0'.repeat(64)
  await client.sendFrames('shell', forged)
  const frames = client.frames('execute_request', { code: '1+1' }, 'once')
  await client.sendFrames('shell', frames)
  await client.reply('once')
  await client.sendFrames('shell', frames)
  await client.sendFrames('control', frames)
  expect((await client.execute('1+1')).content['execution_count']).toBe(2)
  expect(client.received.filter(({ parent, type }) => parent === 'forged' || (parent === 'once' && type === 'execute_reply'))).toHaveLength(1)
})

test('without a key nothing is signed', async () => {
  const { client } = await startAndConnect({ key: '' })
  expect((await client.execute('1+1')).content['status']).toBe('ok')
})

test('history is kept from one kernel to the next', async () => {
  const first = await startAndConnect()
  await first.client.execute('1+1')
  await first.client.send('shutdown_request', { restart: false }, { channel: 'control' })
  await once(first.kernel, 'exit')
  expect(await readdir(join(directory, 'history'))).toEqual(['1.jsonl'])
  const { client } = await startAndConnect()
  await client.execute('22')
  const tail = await client.send('history_request', { hist_access_type: 'tail', n: 5, output: true, raw: true })
  expect((await client.reply(tail)).content['history']).toEqual([[1, 1, ['1+1', '3']], [2, 1, ['22', '2']]])
})

test.each(['shell', 'control'] as const)('shutdown over %s is answered, told to all, and ends the process', async (channel) => {
  const { kernel, connection, client } = await startAndConnect()
  const other = await connect(connection)
  const running = await client.send('execute_request', { code: 'wait' })
  await client.published(running, 'execute_input')
  const ended = once(kernel, 'exit')
  const id = await client.send('shutdown_request', { restart: true }, { channel })
  expect(await client.reply(id)).toMatchObject({ channel, type: 'shutdown_reply', content: { status: 'ok', restart: true } })
  expect((await other.published(id, 'shutdown_reply')).content).toEqual({ status: 'ok', restart: true })
  expect(await ended).toEqual([0, null])
})

test('the kernel listens on unix sockets', async () => {
  const { client } = await startAndConnect({ transport: 'ipc', ip: join(directory, 'k') })
  expect((await client.execute('1+1')).content['status']).toBe('ok')
  expect(await client.beat('x')).toBe('x')
})

test('with keys, every socket is encrypted: clients without them get nowhere', async () => {
  const { publicKey, secretKey } = curveKeyPair()
  const { connection, client } = await startAndConnect({ curve_publickey: publicKey, curve_secretkey: secretKey })
  expect((await client.execute('1+1')).content['status']).toBe('ok')
  expect(await client.beat('x')).toBe('x')
  const { curve_publickey: _, curve_secretkey: __, ...plain } = connection
  const intruder = new Client(plain)
  clients.push(intruder)
  // Not awaited: there may be nobody to take them.
  for (const channel of ['shell', 'control'] as const) intruder.send('kernel_info_request', {}, { channel }).catch(() => undefined)
  const beaten = intruder.beat('x').then(() => 'beaten', () => 'closed')
  // Requests of the client with keys are answered long after those of the other could have been.
  for (let i = 0; i < 100; i++) await client.execute('1+1')
  expect(intruder.received).toEqual([])
  intruder.close()
  expect(await beaten).toBe('closed')
})

test('ten thousand malformed messages leave the kernel alive and answering', async () => {
  const { kernel, client } = await startAndConnect()
  const types = ['execute_request', 'complete_request', 'inspect_request', 'is_complete_request', 'history_request', 'comm_open', 'comm_msg', 'comm_close', 'comm_info_request', 'debug_request', 'usage_request', 'input_reply', 'kernel_info_request', 'x']
  const frame = fc.oneof(fc.uint8Array().map((bytes) => Buffer.from(bytes)), fc.constantFrom('<IDS|MSG>', '{}', '', 'null', '['.repeat(1_000)), fc.json({ depthSize: 'small' }))
  const garbage = fc.record({ frames: fc.array(frame, { minLength: 1, maxLength: 9 }) })
  const key = fc.constantFrom('code', 'silent', 'cursor_pos', 'user_expressions', 'hist_access_type', 'session', 'n', 'pattern', 'comm_id', 'target_name', 'data', 'stop_on_error', 'value')
  const signed = fc.record({ type: fc.constantFrom(...types), content: fc.oneof(fc.dictionary(key, fc.jsonValue()), fc.jsonValue()) })
  const seed = Date.now()
  console.log(`malformed messages: seed ${seed}`)
  const channels: Channel[] = ['shell', 'control', 'stdin']
  let sent = 0
  for (const message of fc.sample(fc.oneof(garbage, signed), { seed, numRuns: 10_000 })) {
    const channel = channels[sent++ % 3]!
    if ('frames' in message) await client.sendFrames(channel, message.frames)
    else await client.send(message.type, message.content, { channel })
    // As fast as they are taken: a client's own socket drops what has no room.
    if (sent % 500 === 0) await client.reply(await client.send('kernel_info_request', {}, { channel: 'control' }))
  }
  expect((await client.execute('print alive')).content['status']).toBe('ok')
  expect((await client.reply(await client.send('kernel_info_request'))).content['status']).toBe('ok')
  expect(await client.beat('still')).toBe('still')
  expect(kernel.exitCode).toBeNull()
})

test('a client that reads slowly loses no output', async () => {
  const { client } = await startAndConnect()
  const { parent } = await client.execute('flood 20000 1000')
  const story = await client.story(parent!)
  expect(story.filter((type) => type === 'display_data')).toHaveLength(20_000)
})

test('a client that does not read stops nobody and does not fill the memory', async () => {
  const { kernel, connection, client } = await startAndConnect()
  await connect(connection, { reads: false })
  const before = residentBytes(kernel.pid!)
  // 300 MB of output, all of which the stuck client would have to be sent.
  for (let i = 0; i < 15; i++) {
    const { parent } = await client.execute('flood 2000 10000')
    expect((await client.story(parent!)).filter((type) => type === 'display_data')).toHaveLength(2_000)
    client.received.length = 0
  }
  expect(residentBytes(kernel.pid!) - before).toBeLessThan(250 * 2 ** 20)
  expect((await client.execute('1+1')).content['status']).toBe('ok')
})

test('twenty thousand lines are all there before idle, in few messages', async () => {
  const { client } = await startAndConnect()
  const { parent } = await client.execute('lines 20000')
  await client.story(parent!)
  const parts = client.received.filter(({ type }) => type === 'stream')
  expect(parts.map(({ content }) => content['text']).join('')).toBe(Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(''))
  expect(parts.length).toBeLessThan(20)
})
