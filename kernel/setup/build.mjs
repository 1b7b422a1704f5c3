// Bundles each program of the kernel into one file of dist/. What npm installs stays outside the bundles. Then the extension,
// which takes longer, if anything of it has changed.
import { build } from 'esbuild'
import { chmodSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildExtension } from './environment.mjs'

const kernel = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(kernel, '..', 'dist')
const programs = {
  kernel: 'main.ts',
  session: 'language/session-process.ts',
  watcher: 'language/watcher.ts',
  types: 'language/types/process.ts',
  compiler: 'language/types/worker.ts',
  node: 'cluster/local/node-process.ts',
  slot: 'cluster/local/slot.ts',
  picture: 'cluster/view/picture-worker.ts',
  simulator: 'cluster/simulated/worker.ts',
  policy: 'cluster/user-policy-process.ts',
  experiment: 'cluster/experiment/process.ts',
  planner: 'cluster/planner/process.ts',
}

const entryPoints = Object.fromEntries(
  Object.entries(programs)
    .map(([name, file]) => [name, join(kernel, file)])
    .filter(([, file]) => existsSync(file)),
)

const shared = {
  outdir: dist,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // Paths in a map are relative to it; the sources themselves need not be in there twice.
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
}

// The logos that `sluice install` copies.
cpSync(join(kernel, 'setup', 'kernelspec'), join(dist, 'kernelspec'), { recursive: true })
// What the language service tells of the names that cells find in scope.
cpSync(join(kernel, 'language', 'globals.d.ts'), join(dist, 'globals.d.ts'))
await build({ ...shared, entryPoints })

// The command line loads a command's code only when that command is given, so it alone is split into parts.
const command = await build({
  ...shared,
  entryPoints: { sluice: join(kernel, 'cli.ts') },
  splitting: true,
  chunkNames: 'sluice-[name]-[hash]',
  metafile: true,
})
chmodSync(join(dist, 'sluice.js'), 0o755)
const written = new Set(Object.keys(command.metafile.outputs).map((path) => path.split('/').at(-1)))
for (const file of readdirSync(dist)) {
  if (file.startsWith('sluice-') && !written.has(file)) rmSync(join(dist, file))
}

await buildExtension()
