// Bundles each program of the kernel into one file of dist/. What npm installs stays outside the bundles.
import { build } from 'esbuild'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const kernel = join(dirname(fileURLToPath(import.meta.url)), '..')
const programs = {
  kernel: 'main.ts',
  sluice: 'cli.ts',
  session: 'language/session-process.ts',
  watcher: 'language/watcher.ts',
  types: 'language/types/worker.ts',
  node: 'cluster/local/node-process.ts',
  slot: 'cluster/local/slot.ts',
  picture: 'cluster/picture-worker.ts',
}

const entryPoints = Object.fromEntries(
  Object.entries(programs)
    .map(([name, file]) => [name, join(kernel, file)])
    .filter(([, file]) => existsSync(file)),
)

await build({
  entryPoints,
  outdir: join(kernel, '..', 'dist'),
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  splitting: false,
  sourcemap: 'linked',
  logLevel: 'warning',
})
