// npm run bench -- schedule --format FORMAT --data DIR --best CSV [--best CSV …] [--schedules N | --seconds S] [--seed K] [--json] [--out results.csv]
//                           [--only GLOB] [--limit N] [--threads N]
//   FORMAT      see `formats` below; a module may know more options: it says so in its `options`
//   --data      a folder of instances
//   --best      what is known of them: a CSV file, several (the option given again), or a folder of such
//   --schedules how many schedules may be generated for an instance; each forward or backward pass counts as one
//   --seconds   wall-clock time for an instance
//   --only      instances whose file name matches (`*` and `?`); --limit N: N of them, spread evenly
// Every schedule is checked by validate.ts, which knows nothing of the planners, before it counts; one that fails makes the run fail.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { SetupError, cache } from '../../../kernel/setup/environment.mjs'

/** Format → the module beside this file that measures it: `measure(options)` gives { contender: { figure: value } }; `options`, if any, are those of parseArgs. */
const formats = { psplib: 'psplib.ts', stg: 'stg.ts', wf: 'wf.ts', online: 'online/measure.ts', live: 'live.ts' }

const shared = {
  format: { type: 'string' },
  data: { type: 'string' },
  best: { type: 'string', multiple: true, default: [] },
  schedules: { type: 'string' },
  seconds: { type: 'string' },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  out: { type: 'string' },
  only: { type: 'string' },
  limit: { type: 'string' },
  threads: { type: 'string', default: '1' },
}

/** What `words` ask for, and whether it is to be printed as JSON. */
export async function main(words) {
  const { format } = parseArgs({ args: words, options: shared, strict: false }).values
  if (!Object.hasOwn(formats, format ?? '')) throw new SetupError(`usage: npm run bench -- schedule --format ${Object.keys(formats).join('|')} --data DIR …`)
  const { folder, url } = await bundled(formats[format])
  try {
    const module = await import(url)
    const values = optionsOf(words, { ...shared, ...module.options })
    return { json: values.json, results: await module.measure(values) }
  } catch (error) {
    if (error.name === 'SluiceError') throw new SetupError(error.message)
    throw error
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** In a folder of the project, so that packages that are not bundled are found. */
async function bundled(file) {
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'bench-'))
  const outfile = join(folder, 'measure.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    outfile, bundle: true, platform: 'node', target: 'node20', format: 'esm', packages: 'external', logLevel: 'warning',
  })
  return { folder, url: pathToFileURL(outfile).href }
}

const numbers = ['schedules', 'seconds', 'seed', 'limit', 'threads']

function optionsOf(words, options) {
  let values
  try {
    values = parseArgs({ args: words, options }).values
  } catch (error) {
    throw new SetupError(error.message)
  }
  for (const name of numbers) {
    if (values[name] === undefined) continue
    const value = Number(values[name])
    const whole = name === 'seconds' || Number.isInteger(value)
    if (!(value > 0 || (name === 'seed' && value === 0)) || !whole) throw new SetupError(`--${name} must be a positive ${name === 'seconds' ? 'number' : 'integer'}, not ${values[name]}.`)
    values[name] = value
  }
  return values
}
