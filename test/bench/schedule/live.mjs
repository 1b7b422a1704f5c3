// node [--cpu-prof] --expose-gc test/bench/schedule/live.mjs DIR [speed|large|growth] [POLICY]: the live path alone, one JSON line a figure.
import { build } from 'esbuild'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
try {
  const outfile = join(folder, 'live.js')
  const entry = fileURLToPath(new URL('./live.ts', import.meta.url))
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', target: 'node20', format: 'esm', logLevel: 'warning' })
  const { live } = await import(pathToFileURL(outfile))
  const [dir, part, policy] = process.argv.slice(2)
  live(dir, (row) => console.log(JSON.stringify(row)), { part, policy })
} finally {
  rmSync(folder, { recursive: true })
}
