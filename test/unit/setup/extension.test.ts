import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Manifest {
  readonly version: string
  readonly overrides: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')) as Manifest & { resolutions: Record<string, string> }
const own = read('package.json')
const extension = read('extension/package.json')

test('the extension has the version of the kernel', () => {
  expect(extension.version).toBe(own.version)
})

// Otherwise npm takes the newest of each, of which some want siblings that do not exist.
test("JupyterLab's packages are those of one release, as its own list has it", () => {
  const { resolutions } = read('node_modules/@jupyterlab/core-meta/core.package.json')
  const ofJupyterLab = (versions: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(versions).filter(([name]) => name.startsWith('@jupyterlab/')).sort())
  const pinned = ofJupyterLab(own.overrides)
  const listed = ofJupyterLab(resolutions)
  expect(Object.keys(listed).length).toBeGreaterThan(90)
  expect(pinned).toEqual(Object.fromEntries(Object.entries(listed).map(([name, range]) => [name, range.replace(/^[~^]/, '')])))
})

// What JupyterLab shares with extensions must be accepted as it comes: a range, not one version.
test('the extension accepts every JupyterLab from the one that it is built against', () => {
  const shared = Object.entries(extension.dependencies).filter(([name]) => /^(@jupyterlab\/|@lumino\/|react)/.test(name))
  expect(shared.filter(([, range]) => !/^\^\d+\.\d+\.\d+$/.test(range))).toEqual([])
  for (const [name, range] of shared) if (name in own.overrides) expect(range).toBe(`^${own.overrides[name]}`)
})
