// npm run bench -- kernel|tasks [--json] [--only NAME,NAME]
//   kernel   round trips, output, completion: Sluice beside ipykernel and Deno, through one Jupyter client
//   tasks    rates and latency of tasks: Sluice beside Ray and Dask, each with two workers
// Progress goes to standard error; with --json, standard output is one JSON document.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import {
  SetupError, buildPrograms, cachedPackage, checkNode, installPackages, installPython, python, registerKernel, root, step, venv,
} from '../../kernel/setup/environment.mjs'

const run = promisify(execFile)
const bench = join(root, 'test', 'bench')
const DENO = '2.9.6'

const suites = {
  kernel: {
    prepare: registerDeno,
    contenders: Object.fromEntries(['sluice', 'python3', 'deno'].map((name) => [name, () => measure(python, [join(bench, 'kernel.py'), '--json', name])])),
  },
  tasks: {
    contenders: {
      sluice: () => measure(process.execPath, [join(bench, 'tasks.mjs')]),
      ray: () => measure(python, [join(bench, 'peers.py'), 'ray']),
      dask: () => measure(python, [join(bench, 'peers.py'), 'dask']),
    },
  },
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(`\n\n${error.message}`)
  process.exitCode = 1
}

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' }, only: { type: 'string' } } })
  const suite = suites[positionals[0]]
  if (suite === undefined || positionals.length > 1) throw new SetupError(`usage: npm run bench -- ${Object.keys(suites).join('|')} [--json] [--only NAME,NAME]`)
  const names = values.only?.split(',') ?? Object.keys(suite.contenders)
  const unknown = names.find((name) => !Object.hasOwn(suite.contenders, name))
  if (unknown !== undefined) throw new SetupError(`There is no ${unknown} to measure; there are ${Object.keys(suite.contenders).join(', ')}.`)
  await setUp()
  await suite.prepare?.(names)
  const results = {}
  for (const name of names) await quietly(`Measuring ${name}`, async () => void (results[name] = await attempt(suite.contenders[name])))
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.versions.node, platform: process.platform }
  if (values.json) console.log(JSON.stringify({ suite: positionals[0], machine, results }, null, 2))
  else print(results)
  return Object.values(results).some((result) => result.failed) ? 1 : 0
}

const quietly = (title, work) => step(title, work, process.stderr)

async function setUp() {
  checkNode()
  await quietly('Packages', installPackages)
  await quietly('Building the programs', buildPrograms)
  await quietly('Python with the peers in .venv/', () => installPython('test/bench/requirements.txt'))
  await quietly('Registering the kernel in .venv/', () => registerKernel())
}

/** Deno's kernel, from its npm package. */
async function registerDeno(names) {
  if (!names.includes('deno')) return
  await quietly(`Deno ${DENO}`, () => {
    const program = join(cachedPackage('deno', DENO), 'deno')
    if (!existsSync(program)) throw new SetupError(`The npm package deno ${DENO} brings no program for this platform. Leave it out: --only sluice,python3`)
    const folder = join(venv, 'share', 'jupyter', 'kernels', 'deno')
    mkdirSync(folder, { recursive: true })
    const argv = [program, 'jupyter', '--kernel', '--conn', '{connection_file}']
    writeFileSync(join(folder, 'kernel.json'), JSON.stringify({ argv, display_name: 'Deno', language: 'typescript' }))
  })
}

/** What a program prints last, as JSON. */
async function measure(program, words) {
  const { stdout } = await run(program, words, { cwd: root, maxBuffer: 2 ** 26, timeout: 15 * 60_000 })
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

/** A contender that fails does not keep the others from being measured. */
async function attempt(work) {
  try {
    return await work()
  } catch (error) {
    return { failed: error.message.trim().split('\n').slice(-5).join('\n') }
  }
}

/** One row a figure, one column a contender. */
function print(results) {
  const figures = [...new Set(Object.values(results).flatMap((result) => Object.keys(result)))]
  console.table(Object.fromEntries(figures.map((figure) => [figure, Object.fromEntries(Object.entries(results).map(([name, result]) => [name, result[figure] ?? '–']))])))
}
