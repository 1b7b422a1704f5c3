import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
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

test.each(['SIGINT', 'SIGTERM'] as const)('npm start serves the quick start at the printed address, and ends without a trace at %s', async (signal) => {
  const port = await freePort()
  const env = { ...process.env, JUPYTER_RUNTIME_DIR: temporaryFolder(), JUPYTER_DATA_DIR: temporaryFolder() }
  const start = spawn(process.execPath, [join(root, 'kernel', 'setup', 'start.mjs'), '--no-browser', '--port', String(port)], { cwd: root, env })
  onTestFinished(() => void start.kill('SIGKILL'))
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
  expect(output).toMatch(/• Building the kernel into dist\/ … (up to date|done) \(\d/)
  expect(address).toContain(`:${port}/lab/tree/quickstart.ipynb`)

  const page = await fetch(address)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('<title>JupyterLab</title>')
  const specs = (await (await fetch(address.replace('/lab/tree/quickstart.ipynb', '/api/kernelspecs'))).json()) as { kernelspecs: Record<string, object> }
  expect(specs.kernelspecs).toMatchObject({ sluice: { spec: { display_name: 'TypeScript (Sluice)' } } })

  const ended = once(start, 'exit')
  start.kill(signal)
  expect(await ended).toEqual([0, null])
  await expect(fetch(address)).rejects.toThrow()
})
