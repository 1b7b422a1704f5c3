import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { execute, root, runCells } from './environment.ts'

/** A folder of somebody who has never cloned this, with the packed package installed. */
let folder: string
let packed: { filename: string; unpackedSize: number; files: { path: string }[] }
const installed = () => join(folder, 'node_modules', 'sluice')

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-pack-'))
  const pack = await execute('npm', ['pack', '--json', '--pack-destination', folder])
  expect({ code: pack.code, stderr: pack.code === 0 ? '' : pack.stderr }).toEqual({ code: 0, stderr: '' })
  packed = (JSON.parse(pack.stdout.slice(pack.stdout.indexOf('[\n'))) as [typeof packed])[0]
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const install = await execute('npm', ['install', '--no-audit', '--no-fund', join(folder, packed.filename)], { cwd: folder })
  expect({ code: install.code, stderr: install.code === 0 ? '' : install.stderr }).toEqual({ code: 0, stderr: '' })
  return () => rmSync(folder, { recursive: true, force: true })
}, 300_000)

test('holds the programs, the extension and documents, and neither sources nor tests', () => {
  const paths = packed.files.map(({ path }) => path)
  const programs = ['kernel', 'session', 'watcher', 'types', 'compiler', 'node', 'slot', 'picture', 'policy', 'experiment', 'planner', 'simulator', 'sluice'].map((name) => `dist/${name}.js`)
  expect(paths).toEqual(expect.arrayContaining([...programs, 'dist/globals.d.ts', 'dist/kernelspec/logo-svg.svg', 'dist/labextension/package.json', 'LICENSE', 'README.md', 'notebooks/quickstart.ipynb']))
  expect(paths.some((path) => /^dist\/labextension\/static\/remoteEntry\.\w+\.js$/.test(path))).toBe(true)
  const parts = /^dist\/sluice-[\w-]+\.js$|^(dist\/kernelspec|dist\/labextension|schema|notebooks)\/|^(package\.json|[A-Z]+(\.md)?)$/
  expect(paths.filter((path) => !programs.includes(path) && path !== 'dist/globals.d.ts' && !parts.test(path))).toEqual([])
  expect(packed.unpackedSize).toBeLessThan(8_000_000)
})

test('says nothing of the machine that it was packed on', () => {
  const files = packed.files.map(({ path }) => join(installed(), path)).filter((path) => statSync(path).size < 4_000_000)
  expect(files.filter((path) => readFileSync(path, 'latin1').includes(root.replace(/\/$/, '')))).toEqual([])
})

test('brings what it needs to run and none of what builds it', () => {
  const packages = readdirSync(join(folder, 'node_modules'))
  expect(packages).toContain('zeromq')
  expect(packages.filter((name) => ['esbuild', 'eslint', 'vitest', 'fast-check', 'react', 'plotly.js', '@jupyterlab', 'playwright'].includes(name))).toEqual([])
})

test('registers a kernel by npx, in which a Jupyter client runs cells and distributes work', { timeout: 120_000 }, async () => {
  const prefix = join(folder, 'prefix')
  const install = await execute('npx', ['sluice', 'install', '--prefix', prefix, '--name', 'packed'], { cwd: folder })
  expect(install).toMatchObject({ code: 0 })
  const cells = ['1 + 1', '%%distribute squares --each n of [1, 2, 3]\nreturn n * n', 'await squares']
  const results = await runCells('packed', cells, { JUPYTER_PATH: join(prefix, 'share', 'jupyter') })
  expect(results.map(({ error }) => error)).toEqual([null, null, null])
  expect(results[0]?.result).toBe('2')
  expect(results[2]?.result).toBe('[ 1, 4, 9 ]')
})

test('says what is missing by npx sluice doctor', async () => {
  const { stdout } = await execute('npx', ['sluice', 'doctor', '--json'], { cwd: folder })
  const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string }[] }
  const broken = checks.filter(({ name, status }) => status === 'fail' && name !== 'kernel')
  expect(broken).toEqual([])
})
