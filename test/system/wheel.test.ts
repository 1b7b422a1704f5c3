import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { execute, python, root, type Surroundings } from './environment.ts'

/** A new Python environment in which pip has installed the wheel; Jupyter's own packages are those of the checkout's. */
let environment: string
let wheel: string
const program = (name: string) => join(environment, 'bin', name)
const own = (words: readonly string[], surroundings?: Surroundings) => execute(program('python'), words, surroundings)
/** Where nothing else is installed. */
const env = () => ({ HOME: environment, JUPYTER_PATH: '', JUPYTER_DATA_DIR: join(environment, 'user'), JUPYTER_CONFIG_DIR: join(environment, 'config'), VIRTUAL_ENV: environment, PATH: `${dirname(process.execPath)}${delimiter}/usr/bin${delimiter}/bin` })

beforeAll(async () => {
  const made = await execute(process.execPath, [join(root, 'kernel', 'setup', 'wheel', 'build.mjs')])
  expect({ code: made.code, stderr: made.code === 0 ? '' : made.stderr }).toEqual({ code: 0, stderr: '' })
  wheel = join(root, 'dist', readdirSync(join(root, 'dist')).find((name) => name.endsWith('.whl'))!)
  environment = mkdtempSync(join(tmpdir(), 'sluice-wheel-test-'))
  expect(await python(['-m', 'venv', environment])).toMatchObject({ code: 0 })
  const installed = await own(['-m', 'pip', 'install', '--no-index', '--disable-pip-version-check', wheel])
  expect({ code: installed.code, stderr: installed.code === 0 ? '' : installed.stderr }).toEqual({ code: 0, stderr: '' })
  const sites = await Promise.all([python, own].map((which) => which(['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'])))
  const [theirs, ours] = sites.map(({ stdout }) => stdout.trim())
  writeFileSync(join(ours!, 'jupyter.pth'), `${theirs}\n`)
  return () => rmSync(environment, { recursive: true, force: true })
}, 120_000)

test('is one file for this platform, of less than 40 MB', () => {
  expect(wheel).toMatch(/\/sluice-\d+\.\d+\.\d+-py3-none-(manylinux|musllinux|macosx)_\w+\.whl$/)
  expect(statSync(wheel).size).toBeLessThan(40_000_000)
})

test('gives Jupyter a kernel, which runs a cell and distributes work', async () => {
  const listed = await own(['-m', 'jupyter_client.kernelspecapp', 'list', '--json'], { env: env() })
  const { kernelspecs } = JSON.parse(listed.stdout) as { kernelspecs: Record<string, { resource_dir: string; spec: object }> }
  expect(kernelspecs['sluice']).toMatchObject({
    resource_dir: join(environment, 'share', 'jupyter', 'kernels', 'sluice'),
    spec: { argv: ['python', '-m', 'sluice.kernel', '{connection_file}'], display_name: 'TypeScript (Sluice)', interrupt_mode: 'message' },
  })
  const cells = ['1 + 1', '%%distribute squares --each n of [1, 2, 3]\nreturn n * n', 'await squares']
  const ended = await own([join(root, 'test', 'system', 'run_cells.py'), 'sluice'], { env: env(), input: JSON.stringify(cells) })
  const results = JSON.parse(ended.stdout.trim().split('\n').at(-1)!) as { result: string | null; error: string | null }[]
  expect(results.map(({ error }) => error)).toEqual([null, null, null])
  expect(results.map(({ result }) => result)).toEqual(['2', null, '[ 1, 4, 9 ]'])
})

test('gives JupyterLab the extension, enabled', async () => {
  const { stdout, stderr } = await own(['-m', 'jupyterlab.labextensions', 'list'], { env: env() })
  expect(`${stdout}${stderr}`.replaceAll(/\x1b\[\d*m/g, '')).toMatch(/sluice-jupyterlab v\S+ enabled OK \(python, sluice\)/)
})

test('has a command that finds all it needs, and its own kernel registered', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  expect(await execute(program('sluice'), ['--version'], { env: env() })).toMatchObject({ code: 0, stdout: `${version}\n` })
  const { stdout } = await execute(program('sluice'), ['doctor', '--json'], { env: env(), cwd: environment })
  const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; detail: string }[] }
  const wrong = checks.filter(({ name, status }) => status !== 'ok' && name !== 'JupyterLab')
  expect(wrong).toEqual([])
  expect(checks.find(({ name }) => name === 'kernel')?.detail).toBe(join(environment, 'share', 'jupyter', 'kernels', 'sluice'))
})

test('says so when there is no Node, or only an old one', async () => {
  const none = await execute(program('sluice'), ['--version'], { env: { ...env(), PATH: join(environment, 'none') } })
  expect(none).toMatchObject({ code: 1, stdout: '' })
  expect(none.stderr).toMatch(/^Sluice needs Node\.js 20\.19 or newer; there is no node on PATH\.\n.*SLUICE_NODE/)

  const folder = join(environment, 'old')
  mkdirSync(folder)
  writeFileSync(join(folder, 'node'), '#!/bin/sh\necho v18.20.4\n')
  chmodSync(join(folder, 'node'), 0o755)
  const old = await own(['-m', 'sluice.kernel', 'connection.json'], { env: { ...env(), PATH: folder } })
  expect(old).toMatchObject({ code: 1 })
  expect(old.stderr).toContain(`found only: ${join(folder, 'node')} is 18.20.`)
})

test('is removed without a trace', async () => {
  await own(['-m', 'pip', 'uninstall', '--yes', 'sluice'], { env: env() })
  expect(readdirSync(join(environment, 'share', 'jupyter', 'kernels'))).toEqual([])
  expect(readdirSync(join(environment, 'share', 'jupyter', 'labextensions'))).toEqual([])
})
