import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { root, temporaryFolder } from './environment.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** JupyterLab prints its address a moment before it listens there: asks until it answers. */
async function served(address: string): Promise<Response> {
  for (;;) {
    try {
      return await fetch(address)
    } catch (error) {
      if ((error as { cause?: { code?: string } }).cause?.code !== 'ECONNREFUSED') throw error
    }
  }
}

/** Command lines of the programs that run for a kernel: its connection file's name has the kernel's id. */
function programsOf(kernel: string): string[] {
  return commandLines().filter((line) => line.includes(kernel))
}

function commandLines(): string[] {
  if (!existsSync('/proc/self/cmdline')) return execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }).split('\n')
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    } catch {
      return '' // It has just ended.
    }
  })
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(50)
}

test.each(['SIGINT', 'SIGTERM'] as const)('npm start serves the quick start at the printed address, and ends without a trace at %s', async (signal) => {
  const port = await freePort()
  const env = { ...process.env, JUPYTER_RUNTIME_DIR: temporaryFolder(), JUPYTER_DATA_DIR: temporaryFolder() }
  const start = spawn(process.execPath, [join(root, 'kernel', 'setup', 'start.mjs'), '--no-browser', '--port', String(port)], { cwd: root, env })
  const ended = once(start, 'exit')
  onTestFinished(async () => {
    start.kill('SIGTERM')
    await ended
  })
  let output = ''
  const address = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk
      const [found] = /http:\/\/(localhost|127\.0\.0\.1):\d+\/\S+token=\w+/.exec(output) ?? []
      if (found !== undefined) resolve(found)
    }
    start.stdout.on('data', read)
    start.stderr.on('data', read)
    start.on('exit', () => reject(new Error(`it ended early:\n${output}`)))
  })
  expect(output).toMatch(/• Building kernel and extension into dist\/ … (up to date|done) \(\d/)
  expect(address).toContain(`:${port}/lab/tree/quickstart.ipynb`)

  const page = await served(address)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('<title>JupyterLab</title>')
  const specs = (await (await fetch(address.replace('/lab/tree/quickstart.ipynb', '/api/kernelspecs'))).json()) as { kernelspecs: Record<string, object> }
  expect(specs.kernelspecs).toMatchObject({ sluice: { spec: { display_name: 'TypeScript (Sluice)' } } })

  const settings = await (await fetch(address.replace('/lab/tree/quickstart.ipynb', '/lab/api/settings/sluice-jupyterlab:plugin'))).json()
  expect(settings).toMatchObject({ id: 'sluice-jupyterlab:plugin' })

  // A kernel that runs at the end ends with it.
  const kernel = await fetch(address.replace('/lab/tree/quickstart.ipynb', '/api/kernels'), { method: 'POST', body: '{"name": "sluice"}' })
  expect(kernel.status).toBe(201)
  const { id } = (await kernel.json()) as { id: string }
  await until(() => programsOf(id).length > 0)

  start.kill(signal)
  expect(await ended).toEqual([0, null])
  await expect(fetch(address)).rejects.toThrow()
  await until(() => programsOf(id).length === 0)
})
