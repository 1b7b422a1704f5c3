import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { UserError } from '../../../kernel/errors.ts'

/** As schedule.mjs reads them from the command line. */
export interface Options {
  readonly data?: string
  readonly best: readonly string[]
  readonly schedules?: number
  readonly seconds?: number
  readonly seed: number
  readonly out?: string
  readonly only?: string
  readonly limit?: number
  readonly threads: number
}

/** What is reported of one contender or setting: `failed` makes the whole run fail. */
export type Figures = Readonly<Record<string, number | string>>

/** Paths of the instances in the folder, in natural order. */
export function instancesOf(options: Options, extension: string): string[] {
  const folder = options.data
  if (folder === undefined) throw new UserError('missing-option', 'Where are the instances? Name their folder: --data DIR')
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new UserError('no-such-folder', `--data ${folder}: there is no such folder.`)
  const names = readdirSync(folder).filter((name) => name.endsWith(extension) && matches(name, options.only))
  if (names.length === 0) throw new UserError('no-instances', `--data ${folder}: there is no *${extension} in it${options.only === undefined ? '' : ` that is called ${options.only}`}.`)
  names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return spread(names, options.limit).map((name) => join(folder, name))
}

function matches(name: string, glob: string | undefined): boolean {
  if (glob === undefined) return true
  const pattern = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')
  return new RegExp(`^(?:${pattern})(?:\\.[a-z]+)?$`).test(name)
}

function spread<T>(all: readonly T[], limit = all.length): T[] {
  if (limit >= all.length) return [...all]
  return Array.from({ length: limit }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / limit)]!)
}

/** Rows of all the CSV files that --best names; a folder means those in it. */
export function bestKnown(options: Options): string[][] {
  const files = options.best.flatMap((path) => {
    if (!existsSync(path)) throw new UserError('no-such-file', `--best ${path}: there is no such file or folder.`)
    if (!statSync(path).isDirectory()) return [path]
    return readdirSync(path).filter((name) => name.endsWith('.csv')).sort().map((name) => join(path, name))
  })
  return files.flatMap((path) => readFileSync(path, 'utf8').split(/\r?\n/).filter((line) => line.trim() !== '').map((line) => line.split(',').map((cell) => cell.trim())))
}

export function instanceName(path: string): string {
  return basename(path)
}

export function writeCsv(path: string | undefined, rows: readonly (readonly (string | number)[])[]): void {
  if (path !== undefined) writeFileSync(path, rows.map((row) => `${row.join(',')}\n`).join(''))
}

/** Solves `jobs` one after another, or with --threads on so many threads, each of which runs this same bundle and `serve`s. */
export async function solveAll<J, R>(jobs: readonly J[], solve: (job: J) => Promise<R> | R, threads: number): Promise<R[]> {
  const results: R[] = []
  let done = 0
  const finished = (index: number, result: R): void => {
    results[index] = result
    done++
    if (process.stderr.isTTY || done === jobs.length || done % Math.max(1, Math.ceil(jobs.length / 20)) === 0) process.stderr.write(`${process.stderr.isTTY ? '\r' : ''}${done}/${jobs.length}${process.stderr.isTTY && done < jobs.length ? '' : '\n'}`)
  }
  if (threads === 1) for (const [index, job] of jobs.entries()) finished(index, await solve(job))
  else await solveOnThreads(jobs, Math.min(threads, jobs.length), finished)
  return results
}

async function solveOnThreads<J, R>(jobs: readonly J[], threads: number, finished: (index: number, result: R) => void): Promise<void> {
  let next = 0
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url))
      let index = -1
      const give = (): void => {
        index = next++
        if (index < jobs.length) worker.postMessage(jobs[index])
        else void worker.terminate().then(() => resolve())
      }
      worker.on('message', (result: R) => {
        finished(index, result)
        give()
      })
      worker.on('error', reject)
      give()
    })
  await Promise.all(Array.from({ length: threads }, one))
}

/** To be called at the top of a format's module: answers jobs when the module runs as a thread. */
export function serve<J, R>(solve: (job: J) => Promise<R> | R): void {
  if (isMainThread || parentPort === null) return
  const port = parentPort
  port.on('message', (job: J) => {
    // A rejection ends the thread, and so reaches the main thread as its error.
    void Promise.resolve(solve(job)).then((result) => port.postMessage(result))
  })
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

export function round(value: number, digits = 3): number {
  return Number(value.toFixed(digits))
}
