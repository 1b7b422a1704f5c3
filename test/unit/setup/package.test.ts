import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Entry {
  version?: string
  resolved?: string
  optionalDependencies?: Record<string, string>
}

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const manifest = JSON.parse(read('package.json')) as Record<'dependencies' | 'devDependencies', Record<string, string>>
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Entry> }

test('every dependency is pinned to one version', () => {
  const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  const requirements = ['kernel/setup', 'kernel/setup/wheel', 'test', 'test/bench'].flatMap((folder) => read(`${folder}/requirements.txt`).split('\n'))
  expect(requirements.filter((line) => line !== '' && !/^(#|-r )/.test(line) && !/^[\w.-]+==[\w.]+( ;.*)?$/.test(line))).toEqual([])
})

test('the lock file says nothing of where a machine got its packages', () => {
  expect(Object.entries(lock.packages).filter(([, { resolved }]) => resolved !== undefined && resolved.includes(':'))).toEqual([])
})

// npm ci refuses a lock file that lacks one, on every platform; and installs nothing native where its entry is missing.
test('the lock file has the build of every native package for every platform', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !(`${path}/node_modules/${name}` in lock.packages) && !(`node_modules/${name}` in lock.packages)),
  )
  expect(missing).toEqual([])
})
