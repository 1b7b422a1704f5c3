// node [--cpu-prof] --expose-gc test/bench/scheduler.mjs: what the scheduler alone costs.
import { build } from 'esbuild'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
try {
  const outfile = join(folder, 'scheduler.js')
  await build({
    entryPoints: [fileURLToPath(new URL('./scheduler.ts', import.meta.url))],
    outfile, bundle: true, platform: 'node', target: 'node20', format: 'esm', logLevel: 'warning',
  })
  await import(pathToFileURL(outfile))
} finally {
  rmSync(folder, { recursive: true })
}
