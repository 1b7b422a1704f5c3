// npm run bench -- kernel|tasks|lab [--json] [--only NAME,NAME]
// npm run bench -- schedule --format FORMAT … [--json]
//   kernel   round trips, output, completion: Sluice beside ipykernel and Deno, through one Jupyter client
//   tasks    rates and latency of tasks: Sluice beside Ray and Dask, each with two workers
//   lab      the extension in a real JupyterLab in Chromium: see lab.mjs for what each figure is
//   schedule how good the schedules are on published instances, and how fast they are found: see schedule/schedule.mjs for its options
// Progress goes to standard error; with --json, standard output is one JSON document.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import {
  SetupError, buildAll, cachedPackage, checkNode, installChromium, installPackages, installPython, python, installSluice, root, step, venv,
} from '../../kernel/setup/environment.mjs'

const run = promisify(execFile)
const bench = join(root, 'test', 'bench')
const DENO = '2.9.6'
// Each measurement begins knowing nothing, and leaves nothing behind.
process.env.SLUICE_DURATIONS ??= 'off'

/** What is measured: by name, in the order of the report. `measure` gives each one's figures, or why it has none. */
const suites = {
  kernel: { names: ['sluice', 'python3', 'deno'], prepare: registerDeno, measure: measureKernels },
  tasks: { names: ['sluice', 'sluice-jupyter', 'ray', 'dask'], measure: measureTasks },
  lab: { names: ['saved-1000', 'saved-10000', 'saved-100000', 'live', 'sizes'], prepare: () => quietly('Chromium', installChromium), measure: measureLab },
  // Node alone: it has options of its own, and needs neither Python nor peers nor what is built.
  schedule: { own: async (words) => (await import('./schedule/schedule.mjs')).main(words) },
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(`\n\n${error.message}`)
  process.exitCode = 1
}

async function main() {
  const own = suites[process.argv[2]]?.own
  if (own !== undefined) {
    checkNode()
    const { json, results } = await own(process.argv.slice(3))
    return report(process.argv[2], results, json)
  }
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' }, only: { type: 'string' } } })
  const suite = suites[positionals[0]]
  if (suite === undefined || positionals.length > 1) throw new SetupError(`usage: npm run bench -- ${Object.keys(suites).join('|')} [--json] [--only NAME,NAME]`)
  const names = values.only?.split(',') ?? suite.names
  const unknown = names.find((name) => !suite.names.includes(name))
  if (unknown !== undefined) throw new SetupError(`There is no ${unknown} to measure; there are ${suite.names.join(', ')}.`)
  await setUp()
  await suite.prepare?.(names)
  return report(positionals[0], await suite.measure(names), values.json)
}

/** Ends with 1 if anything failed. */
function report(suite, results, json) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.versions.node, platform: process.platform }
  if (json) console.log(JSON.stringify({ suite, machine, results }, null, 2))
  else print(results)
  return Object.values(results).some((result) => result.failed) ? 1 : 0
}

function quietly(title, work) {
  return step(title, work, process.stderr)
}

async function setUp() {
  checkNode()
  await quietly('Packages', installPackages)
  await quietly('Building kernel and extension', buildAll)
  await quietly('Python with the peers in .venv/', () => installPython('test/bench/requirements.txt'))
  await quietly('Installing both in .venv/', () => installSluice())
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

/** All in one go, for they take turns, so that a busy moment of the machine falls on all alike. */
async function measureKernels(names) {
  let results = {}
  await quietly(`Measuring ${names.join(', ')} by turns`, async () => {
    const lines = await attempt(() => printed(python, [join(bench, 'kernel.py'), '--json', ...names]))
    results = Array.isArray(lines) ? Object.fromEntries(lines.map(({ kernel, ...figures }) => [kernel, figures])) : { all: lines }
  })
  return results
}

/** One after another, for each wants both cores. */
async function measureTasks(names) {
  const results = {}
  for (const name of names) {
    await quietly(`Measuring ${name}`, async () => {
      const own = { sluice: [], 'sluice-jupyter': [python] }[name]
      const lines = await attempt(() => (own ? printed(process.execPath, [join(bench, 'tasks.mjs'), ...own]) : printed(python, [join(bench, 'peers.py'), name])))
      results[name] = Array.isArray(lines) ? lines.at(-1) : lines
    })
  }
  return results
}

/** One after another, each in a JupyterLab and browser of its own. */
async function measureLab(names) {
  const { measures } = await import('./lab.mjs')
  const results = {}
  for (const name of names) {
    await quietly(`Measuring ${name}`, async () => {
      results[name] = await attempt(measures[name])
    })
  }
  return results
}

/** The lines of JSON among what a program prints. */
async function printed(program, words) {
  const { stdout } = await run(program, words, { cwd: root, maxBuffer: 2 ** 26, timeout: 15 * 60_000 })
  return stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
}

/** One that fails does not keep the others from being measured. */
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
  const cell = (value) => (value !== null && typeof value === 'object' ? JSON.stringify(value) : (value ?? '–'))
  const row = (figure) => Object.fromEntries(Object.entries(results).map(([name, result]) => [name, cell(result[figure])]))
  console.table(Object.fromEntries(figures.map((figure) => [figure, row(figure)])))
}
