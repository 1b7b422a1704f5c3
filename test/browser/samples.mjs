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
  const samples = await loaded
  if (!Object.hasOwn(samples, name)) throw new Error(`there is no sample ${name}: ${Object.keys(samples).join(', ')}`)
  const record = structuredClone(samples[name]())
  record.run.uid = Buffer.from(name).toString('hex').padEnd(16, '0').slice(-16)
  return record
}

async function load() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-samples-'))
  try {
    const outfile = join(folder, 'samples.mjs')
    const entry = fileURLToPath(new URL('../unit/cluster/sample-runs.ts', import.meta.url))
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', target: 'node20', format: 'esm', logLevel: 'warning' })
    const { samples } = await import(pathToFileURL(outfile).href)
    return samples
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
