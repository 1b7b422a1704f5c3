/** The checkout as the system tests use it, and how they run programs to their end. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const venv = join(root, '.venv')
export const sluice = join(root, 'dist', 'sluice.js')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Surroundings {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string
}

/** Resolves when the program has ended and closed its output. */
export function execute(program: string, words: readonly string[], { cwd = root, env = {}, input = '' }: Surroundings = {}): Promise<Ended> {
  const child = spawn(program, words, { cwd, env: { ...process.env, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** The Python of the checkout's environment, with the Jupyter that the tests pin. */
export function python(words: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  const program = join(venv, 'bin', 'python')
  if (!existsSync(program)) throw new Error('there is no .venv/: npm test makes it, as does node test/run.mjs system')
  return execute(program, words, surroundings)
}

/** What came of one cell: see run_cells.py. */
export interface CellResult {
  readonly status: string
  readonly result: string | null
  readonly stdout: string
  readonly error: string | null
}

/** Executes cells, one after another, in a kernel that Jupyter finds by its name. */
export async function runCells(kernel: string, cells: readonly string[], env: Surroundings['env'] = {}): Promise<CellResult[]> {
  const ended = await python([join(root, 'test', 'system', 'run_cells.py'), kernel], { env, input: JSON.stringify(cells) })
  if (ended.code !== 0) throw new Error(`the Jupyter client failed:\n${ended.stdout}\n${ended.stderr}`)
  return JSON.parse(ended.stdout.trim().split('\n').at(-1)!) as CellResult[]
}

/** An empty folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Resident bytes of a process. */
export function residentBytes(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024
}
