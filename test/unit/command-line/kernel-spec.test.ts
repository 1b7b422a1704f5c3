import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { nodeVersion } from '../../../kernel/command-line/checks.ts'
import { kernelFolder, readKernel, removeKernel, stableNode, vanishes } from '../../../kernel/command-line/kernel-spec.ts'

function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-test-')))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

test.each(['', '..', '.', 'a/b', '../x', 'a b', 'ä'])('%j cannot name a kernel', (name) => {
  expect(() => kernelFolder('/data', name)).toThrow('cannot name a kernel')
})

test('a kernel stands in kernels/NAME of a data folder', () => {
  expect(kernelFolder('/data', 'sluice-0.1')).toBe('/data/kernels/sluice-0.1')
})

test('what is no kernel is not removed', () => {
  const data = folder()
  mkdirSync(join(data, 'kernels', 'precious'), { recursive: true })
  expect(removeKernel(data, 'precious')).toBeUndefined()
  expect(existsSync(join(data, 'kernels', 'precious'))).toBe(true)
})

test.each(['', 'null', '[]', '{}', '{"argv": "node"}', '{"argv": [1]}'])('kernel.json with %j in it is none', (text) => {
  const data = folder()
  writeFileSync(join(data, 'kernel.json'), text)
  expect(readKernel(data)).toBeUndefined()
})

test("npx's cache is told by its folder, not by a name that resembles it", () => {
  expect(vanishes('/home/ada/.npm/_npx/4b/node_modules/sluice/dist')).toBe(true)
  expect(vanishes('/home/ada/my_npx/node_modules/sluice/dist')).toBe(false)
})

test("Homebrew's Node is named by the link that outlives an upgrade, any other by its own path", () => {
  const base = folder()
  const cellar = join(base, 'Cellar', 'node', '26.1.0', 'bin')
  mkdirSync(cellar, { recursive: true })
  mkdirSync(join(base, 'bin'))
  writeFileSync(join(cellar, 'node'), '')
  symlinkSync(join(cellar, 'node'), join(base, 'bin', 'node'))
  expect(stableNode(join(cellar, 'node'), `/nowhere:${cellar}:${join(base, 'bin')}`)).toBe(join(base, 'bin', 'node'))
  expect(stableNode(join(cellar, 'node'), '/nowhere')).toBe(join(cellar, 'node'))
  expect(stableNode('/usr/bin/node', join(base, 'bin'))).toBe('/usr/bin/node')
})

test.each([
  ['20.19.0', 'ok'],
  ['26.10.0', 'ok'],
  ['20.18.9', 'fail'],
  ['18.20.0', 'fail'],
])('Node %s is %s', (version, status) => {
  expect(nodeVersion(version).status).toBe(status)
})
