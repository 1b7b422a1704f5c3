// Records of runs of all sizes and fates, as test/unit/cluster/sample-runs.ts plays them, each with a uid of its own.
import { build } from 'esbuild'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

let loaded

/** @param {string} name see there
 *  @returns {Promise<import('../../kernel/cluster/record/types.ts').RunRecord>} */
export async function sample(name) {
  loaded ??= load()
  const { samples } = await loaded
  if (!Object.hasOwn(samples, name)) throw new Error(`there is no sample ${name}: ${Object.keys(samples).join(', ')}`)
  const record = structuredClone(samples[name]())
  record.run.uid = Buffer.from(name).toString('hex').padEnd(16, '0').slice(-16)
  return record
}

/** A run of `count` tasks of a few milliseconds on 64 slots, some of which failed at first. */
export async function eachRun(count) {
  loaded ??= load()
  const { play, runFacts, nodeSpecs, randomNumbers } = await loaded
  const random = randomNumbers(count)
  const facts = runFacts({ name: `tasks-${count}`, uid: count.toString(16).padStart(16, '0'), count, nodes: nodeSpecs(8, 8) })
  return play({ facts, duration: () => 1 + 6 * random(), throws: (index, attempt) => attempt === 1 && index % 503 === 17 }).record(1e6)
}

async function load() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-samples-'))
  try {
    const outfile = join(folder, 'samples.mjs')
    const entry = fileURLToPath(new URL('../unit/cluster/sample-runs.ts', import.meta.url))
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', target: 'node20', format: 'esm', logLevel: 'warning' })
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
