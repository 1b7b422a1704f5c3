import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { destination } from '../../../kernel/command-line/destination.ts'
import { candidates, dataFolders, environmentOf, userDataFolder } from '../../../kernel/command-line/jupyter.ts'

const linux = { env: {}, platform: 'linux' as const, home: '/home/ada' }
const mac = { env: {}, platform: 'darwin' as const, home: '/Users/ada' }

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

describe("the user's data folder", () => {
  test.each([
    ['Linux', linux, '/home/ada/.local/share/jupyter'],
    ['Linux with XDG_DATA_HOME', { ...linux, env: { XDG_DATA_HOME: '/data' } }, '/data/jupyter'],
    ['Linux with JUPYTER_DATA_DIR', { ...linux, env: { XDG_DATA_HOME: '/data', JUPYTER_DATA_DIR: '/own' } }, '/own'],
    ['macOS', mac, '/Users/ada/Library/Jupyter'],
    ['macOS with JUPYTER_PLATFORM_DIRS', { ...mac, env: { JUPYTER_PLATFORM_DIRS: '1' } }, '/Users/ada/Library/Application Support/Jupyter'],
  ])('on %s is where Jupyter has it', (_, surroundings, expected) => {
    expect(userDataFolder(surroundings)).toBe(expected)
  })
})

test('folders are searched in the order of Jupyter: named, environment, user, system', () => {
  const env = { JUPYTER_PATH: '/one:/two' }
  expect(dataFolders({ ...linux, env }, '/env')).toEqual([
    '/one', '/two', '/env/share/jupyter', '/home/ada/.local/share/jupyter', '/usr/local/share/jupyter', '/usr/share/jupyter',
  ])
})

describe('a destination', () => {
  test('is the user, the active environment, or a prefix', () => {
    expect(destination('install', {}, linux)).toBe('/home/ada/.local/share/jupyter')
    expect(destination('install', { prefix: '/opt/env' }, linux)).toBe('/opt/env/share/jupyter')
    expect(destination('install', { 'sys-prefix': true }, { ...linux, env: { VIRTUAL_ENV: '/venv', CONDA_PREFIX: '/conda' } })).toBe('/venv/share/jupyter')
    expect(destination('install', { 'sys-prefix': true }, { ...linux, env: { CONDA_PREFIX: '/conda' } })).toBe('/conda/share/jupyter')
  })

  test('is one of them only', () => {
    expect(() => destination('install', { user: true, prefix: '/x' }, linux)).toThrow('--user and --prefix exclude each other')
  })

  test('asks python3 where no environment is active, and says so when there is none', () => {
    const bin = folder()
    expect(() => destination('install', { 'sys-prefix': true }, { ...linux, env: { PATH: bin } })).toThrow('python3 is not on PATH')
    writeFileSync(join(bin, 'python3'), '#!/bin/sh\necho /found\n')
    chmodSync(join(bin, 'python3'), 0o755)
    expect(destination('install', { 'sys-prefix': true }, { ...linux, env: { PATH: bin } })).toBe('/found/share/jupyter')
  })
})

test('programs are looked for in the active environment, then in .venv here, then on PATH, and must be executable', () => {
  const base = folder()
  for (const place of ['active/bin', '.venv/bin', 'path', 'other']) {
    mkdirSync(join(base, place), { recursive: true })
    writeFileSync(join(base, place, 'jupyter-lab'), '')
    chmodSync(join(base, place, 'jupyter-lab'), place === 'other' ? 0o644 : 0o755)
  }
  const env = { VIRTUAL_ENV: join(base, 'active'), CONDA_PREFIX: join(base, 'none'), PATH: `${join(base, 'other')}:${join(base, 'path')}` }
  const found = candidates('jupyter-lab', { ...linux, env }, base)
  expect(found).toEqual(['active/bin', '.venv/bin', 'path'].map((place) => join(base, place, 'jupyter-lab')))
})

test('a program belongs to the virtual or conda environment around it, or to none', () => {
  const base = folder()
  mkdirSync(join(base, 'conda', 'conda-meta'), { recursive: true })
  mkdirSync(join(base, 'venv'))
  writeFileSync(join(base, 'venv', 'pyvenv.cfg'), '')
  expect(environmentOf(join(base, 'venv', 'bin', 'jupyter-lab'))).toBe(join(base, 'venv'))
  expect(environmentOf(join(base, 'conda', 'bin', 'jupyter-lab'))).toBe(join(base, 'conda'))
  expect(environmentOf(join(base, 'usr', 'bin', 'jupyter-lab'))).toBeUndefined()
})
