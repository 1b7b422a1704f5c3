/** The real kernel as a process, with a client connected to it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { root, temporaryFolder } from './environment.ts'
import { Client, type Connection, type Received } from './jupyter-client.ts'

export interface RunningKernel {
  readonly process: ChildProcess
  readonly client: Client
  /** The notebook's folder. */
  readonly folder: string
  /** The kernel's own temporary folder. */
  readonly temporary: string
  /** Executes a cell to its end and gives all that it put out. */
  cell(code: string, content?: object): Promise<Cell>
}

export interface Cell {
  readonly status: string
  readonly result: string | undefined
  readonly stdout: string
  readonly stderr: string
  /** `name: message` */
  readonly error: string | undefined
  readonly traceback: string
  readonly displays: readonly Received[]
}

/** Starts the built kernel; it is ended with the test, and what it wrote to standard error is shown if it ends badly. */
export async function startKernel(env: Readonly<Record<string, string>> = {}): Promise<RunningKernel> {
  const folder = temporaryFolder()
  const file = join(folder, 'connection.json')
  const temporary = join(folder, 't')
  mkdirSync(temporary)
  const ports = { shell_port: 0, iopub_port: 0, stdin_port: 0, control_port: 0, hb_port: 0 }
  writeFileSync(file, JSON.stringify({ transport: 'tcp', ip: '127.0.0.1', key: randomUUID(), signature_scheme: 'hmac-sha256', ...ports }))
  const node = process.env['SLUICE_TEST_NODE'] ?? process.execPath
  const child = spawn(node, [join(root, 'dist', 'kernel.js'), file], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, XDG_DATA_HOME: join(folder, 'data'), TMPDIR: temporary, ...env } })
  const connection = await new Promise<Connection>((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`the kernel ended with ${code}`)))
    const look = setInterval(() => {
      const read = JSON.parse(readFileSync(file, 'utf8')) as Connection
      if (read.shell_port === 0) return
      clearInterval(look)
      resolve(read)
    }, 10)
  })
  const client = new Client(connection)
  onTestFinished(async () => {
    const ended = new Promise((resolve) => (child.exitCode === null && child.signalCode === null ? child.once('exit', resolve) : resolve(undefined)))
    if (child.exitCode === null) await client.send('shutdown_request', { restart: false }, { channel: 'control' })
    await ended
    client.close()
  })
  await client.until(({ type }) => type === 'iopub_welcome')
  return { process: child, client, folder, temporary, cell: (code, content) => cell(client, code, content) }
}

async function cell(client: Client, code: string, content: object = {}): Promise<Cell> {
  const id = await client.send('execute_request', { code, silent: false, store_history: true, allow_stdin: false, ...content })
  const reply = await client.reply(id)
  await client.story(id)
  const mine = client.received.filter((message) => message.channel === 'iopub' && message.parent === id)
  const text = (name: string) => mine.filter((one) => one.type === 'stream' && one.content['name'] === name).map((one) => one.content['text'] as string).join('')
  return {
    status: reply.content['status'] as string,
    result: mine.find((one) => one.type === 'execute_result')?.content['data']['text/plain'] as string | undefined,
    stdout: text('stdout'),
    stderr: text('stderr'),
    error: reply.content['status'] === 'error' ? `${reply.content['ename']}: ${reply.content['evalue']}` : undefined,
    traceback: ((reply.content['traceback'] as string[] | undefined) ?? []).join('\n').replace(/\x1b\[[\d;]*m/g, ''),
    displays: mine.filter((one) => one.type === 'display_data' || one.type === 'update_display_data'),
  }
}
