// Builds the prebuilt JupyterLab extension into dist/labextension: checkers of messages and records from their schemas, our
// sources bundled by esbuild (which knows TypeScript and takes what we share with kernel/), then Jupyter's own builder.
import { Ajv } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { build } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { extensionStamp } from '../kernel/setup/environment.mjs'

const extension = dirname(fileURLToPath(import.meta.url))
const schemas = join(extension, '..', 'schema')
const require = createRequire(import.meta.url)
const development = process.argv.includes('--development')

await writeCheckers()
await bundleSources()
buildLabextension()

/** Functions that need no ajv and evaluate nothing at run time, as pages with a content security policy ask. */
async function writeCheckers() {
  // Of draft 2020 the schemas use nothing that its predecessor lacks, whose code is half as large.
  const read = (name) => ({ ...JSON.parse(readFileSync(join(schemas, name), 'utf8')), $schema: undefined })
  const live = read('live.v1.schema.json')
  const ajv = new Ajv({ strict: true, code: { source: true, esm: true } })
  ajv.addSchema([read('run.v1.schema.json'), live])
  const code = standalone.default(ajv, { checkRecord: 'urn:sluice:run:v1', checkMessage: `${live.$id}#/$defs/fromKernel` })
  // With the few lines of ajv that they call, whose modules are CommonJS.
  await build({ stdin: { contents: code, resolveDir: extension }, outfile: join(extension, 'src', 'generated', 'checkers.js'), bundle: true, format: 'esm', logLevel: 'warning' })
}

async function bundleSources() {
  rmSync(join(extension, 'lib'), { recursive: true, force: true })
  const source = (name) => join(extension, 'src', name)
  await build({
    entryPoints: { plugin: source('plugin.ts'), mime: source('mime.ts') },
    outdir: join(extension, 'lib'),
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    target: 'es2022',
    jsx: 'transform',
    charset: 'utf8',
    sourcemap: development,
    logLevel: 'warning',
  })
}

function buildLabextension() {
  const builder = join(dirname(require.resolve('@jupyter/builder/package.json')), 'lib', 'build-labextension.js')
  const corePackage = join(dirname(require.resolve('@jupyterlab/core-meta/package.json')), 'core.package.json')
  const words = [builder, ...(development ? ['--development'] : []), '--core-package-file', corePackage, extension]
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: extension, encoding: 'utf8' })
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}`)
    throw new Error('@jupyter/builder failed; what it says is above')
  }
}
