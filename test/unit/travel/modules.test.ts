/** Modules needs flags of Node's, so each test is a short program in a process that has them. */
import { build } from 'esbuild'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const flags = ['--experimental-vm-modules', '--experimental-import-meta-resolve', '--disable-warning=ExperimentalWarning']
let directory: string
let bundle: string

beforeAll(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-modules-')))
  // Inside the checkout, where its packages are found.
  mkdirSync(join(root, 'node_modules', '.cache'), { recursive: true })
  bundle = join(mkdtempSync(join(root, 'node_modules', '.cache', 'modules-')), 'modules.mjs')
  await build({ entryPoints: [join(root, 'kernel/travel/modules.ts')], outfile: bundle, bundle: true, packages: 'external', platform: 'node', format: 'esm', logLevel: 'error' })
})
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
  rmSync(dirname(bundle), { recursive: true, force: true })
})

function write(name: string, content: string): void {
  const path = join(directory, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

/** Runs the body of an async function that knows `modules` and `write`; gives what it returns. */
async function program(body: string): Promise<unknown> {
  const code = `import { Modules } from ${JSON.stringify(bundle)}; import { writeFileSync } from 'node:fs'
    const modules = new Modules(${JSON.stringify(directory)})
    const write = (name, content) => writeFileSync(${JSON.stringify(directory)} + '/' + name, content)
    const caught = async (promise) => { try { await promise } catch (error) { return error } }
    console.log(JSON.stringify(await (async () => { ${body} })()))`
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '--input-type=module', '-e', code])
  return JSON.parse(stdout) as unknown
}

test('a module is evaluated again only when it or what it reaches has changed, and bindings stay live', async () => {
  write('a/leaf.ts', 'export let n = 1; export const bump = () => { n++ }')
  write('a/middle.ts', "export { n, bump } from './leaf.js'; globalThis.middle = (globalThis.middle ?? 0) + 1")
  write('a/aside.ts', 'globalThis.aside = (globalThis.aside ?? 0) + 1; export {}')
  write('a/top.ts', "import './aside'; export { n, bump } from './middle'")
  const seen = await program(`
    const first = await modules.import('./a/top.ts'); first.bump()
    const same = await modules.import('./a/top')
    write('a/leaf.ts', 'export let n = 10; export const bump = () => {}')
    const changed = await modules.import('./a/top')
    return [first.n, same === first, changed.n, globalThis.middle, globalThis.aside]`)
  expect(seen).toEqual([2, true, 10, 2, 1])
})

test('an export is known again by identity, and loaded by its reference', async () => {
  write('b/lib.ts', 'export const f = () => 1; export default class K {}; export const plain = 3')
  const seen = (await program(`
    const ns = await modules.import('./b/lib.ts'); const os = await modules.import('node:os'); const path = modules.require('path')
    const refs = [ns.f, ns.default, ns, os.cpus, path].map((one) => modules.exportOf(one))
    const loaded = await Promise.all(refs.map((ref) => modules.load(ref)))
    return { refs, same: loaded.map((one, i) => (refs[i].name === '*' ? one : one[refs[i].name]) === [ns.f, ns.default, ns, os.cpus, path][i]), none: modules.exportOf({}) ?? null }`)) as { refs: { url: string; name: string; version: string }[]; same: boolean[]; none: null }
  expect(seen.refs.map((ref) => ref.name)).toEqual(['f', 'default', '*', 'cpus', 'default'])
  expect(seen.refs[0]!.url).toMatch(/^file:.*\/b\/lib\.ts$/)
  expect(seen.refs[0]!.version).toMatch(/^[0-9a-f]{16}$/)
  expect(seen.refs[3]).toMatchObject({ url: 'node:os', version: '' })
  expect(seen.same).toEqual([true, true, true, true, true])
  expect(seen.none).toBeNull()
})

test('packages are resolved as ESM does, and a CommonJS one gives names that Node itself does not see', async () => {
  write('node_modules/conditional/package.json', '{ "name": "conditional", "exports": { ".": { "import": "./i.mjs", "require": "./r.cjs" }, "./sub": "./sub.mjs" } }')
  write('node_modules/conditional/i.mjs', 'export const how = "import"')
  write('node_modules/conditional/r.cjs', 'exports.how = "require"')
  write('node_modules/conditional/sub.mjs', 'export const sub = 1')
  write('node_modules/dynamic-cjs/index.js', 'const make = () => ({ hidden: 1 }); module.exports = make()')
  write('c/uses.ts', "import { how } from 'conditional'; import { sub } from 'conditional/sub'; export const both = how + sub")
  const seen = await program(`
    return [(await modules.import('./c/uses')).both, modules.require('conditional').how, (await modules.import('dynamic-cjs', { names: ['hidden'] })).hidden,
      (await caught(modules.import('conditional/none'))).message.includes('conditional/none'), (await caught(modules.import('dynamic-cjs', { names: ['hiden'] }))).message]`)
  expect(seen).toEqual(['import1', 'require', 1, true, expect.stringMatching(/^dynamic-cjs has no export named hiden/)])
})

test('a failed module is tried anew, and two imports at once share what they share', async () => {
  write('d/fails.ts', 'if (!globalThis.ready) throw new Error("not yet"); export const ok: boolean = true')
  write('d/shared.ts', 'globalThis.shared = (globalThis.shared ?? 0) + 1; export const id: object = {}')
  write('d/one.ts', "export { id } from './shared'; await null")
  write('d/two.ts', "export { id } from './shared'; await null")
  const seen = await program(`
    const error = await caught(modules.import('./d/fails')); globalThis.ready = true
    const [one, two] = await Promise.all([modules.import('./d/one'), modules.import('./d/two')])
    return [error.message, modules.mapStack(error.stack).includes('d/fails.ts:1:30'), (await modules.import('./d/fails')).ok, one.id === two.id, globalThis.shared]`)
  expect(seen).toEqual(['not yet', true, true, true, 1])
})

test('what cannot be found is named with the folder and the nearest file', async () => {
  write('e/flights.ts', 'export {}')
  const seen = await program(`return [await caught(modules.import('./e/flihgts')), await caught(modules.import('no-such')), await caught(modules.import('@scope/none/sub')), await caught(modules.import('./e/broken.ts'))].map((error) => error.code + ' ' + error.message)`)
  expect(seen).toEqual([
    `ERR_MODULE_NOT_FOUND Cannot find ./e/flihgts, imported from ${directory} (did you mean flights?).`,
    expect.stringMatching(/Cannot find package no-such, imported from .*%npm install no-such/),
    expect.stringContaining('%npm install @scope/none in'),
    expect.stringContaining('Cannot find ./e/broken.ts'),
  ])
})
