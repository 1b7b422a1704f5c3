// npm run wheel: dist/sluice-VERSION-py3-none-PLATFORM.whl, by which pip installs the kernel, with the npm packages that it
// needs on this platform, and the extension. Node itself is not in it: the command looks for it (sluice/node.py).
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SetupError, buildAll, execute, installPackages, installPython, npm, python, root, step } from '../environment.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(root, 'dist')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Parts of packages that nothing of ours loads, by far the largest: what is for other platforms, languages, or compiling. */
const unneeded = [
  ['typescript/lib', (name) => /^_ts|^[a-z]{2}(-[a-z]{2})?$/i.test(name)],
  ['zeromq/build', (name) => name !== process.platform && name !== 'manifest.json'],
  [`zeromq/build/${process.platform}`, (name) => name !== process.arch],
  ['zeromq', (name) => ['src', 'script'].includes(name)],
  ['', (name) => name === 'node-addon-api'],
]

try {
  await step('Packages', installPackages)
  await step('Building kernel and extension into dist/', buildAll)
  await step('What makes wheels, in .venv/', () => installPython('kernel/setup/wheel/requirements.txt'))
  await step('The wheel', makeWheel)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(`\n\n${error.message}`)
  process.exitCode = 1
}

function makeWheel() {
  const stage = mkdtempSync(join(tmpdir(), 'sluice-wheel-'))
  try {
    cpSync(join(here, 'sluice'), join(stage, 'sluice'), { recursive: true, filter: (path) => !path.includes('__pycache__') })
    placePrograms(join(stage, 'sluice', 'app'))
    placeForJupyter(join(stage, `sluice-${manifest.version}.data`, 'data'))
    describe(join(stage, `sluice-${manifest.version}.dist-info`))
    for (const file of readdirSync(dist)) if (file.endsWith('.whl')) rmSync(join(dist, file))
    const said = execute(python, ['-m', 'wheel', 'pack', stage, '-d', dist], { what: 'wheel pack' })
    const name = readdirSync(dist).find((path) => path.endsWith('.whl'))
    if (name === undefined) throw new SetupError(`wheel pack wrote no wheel:\n${said}`)
    process.stdout.write(`dist/${name}, ${(statSync(join(dist, name)).size / 1e6).toFixed(1)} MB … `)
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

/** What npm would install elsewhere: the package's files, and the packages that it needs, of the versions that the lock names. */
function placePrograms(app) {
  const packed = JSON.parse(npm(['pack', '--json', '--dry-run', '--ignore-scripts']))[0]
  for (const { path } of packed.files) {
    mkdirSync(dirname(join(app, path)), { recursive: true })
    cpSync(join(root, path), join(app, path))
  }
  const { name, version, type, engines, dependencies } = manifest
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name, version, type, engines, dependencies }, null, 2))
  cpSync(join(root, 'package-lock.json'), join(app, 'package-lock.json'))
  npm(['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--install-strategy=hoisted'], { cwd: app })
  rmSync(join(app, 'package-lock.json'))
  const modules = join(app, 'node_modules')
  for (const name of ['.package-lock.json', '.bin']) rmSync(join(modules, name), { recursive: true, force: true })
  for (const [folder, isUnneeded] of unneeded) {
    for (const name of readdirSync(join(modules, folder)).filter(isUnneeded)) rmSync(join(modules, folder, name), { recursive: true })
  }
}

/** As `sluice install` would, except for what depends on where pip puts it. */
function placeForJupyter(data) {
  execute(process.execPath, [join(dist, 'sluice.js'), 'install', '--prefix', data], { what: 'sluice install' })
  // Jupyter puts its own Python in the place of `python`.
  change(join(data, 'share', 'jupyter', 'kernels', 'sluice', 'kernel.json'), { argv: ['python', '-m', 'sluice.kernel', '{connection_file}'] })
  change(join(data, 'share', 'jupyter', 'labextensions', 'sluice-jupyterlab', 'install.json'), { packageManager: 'python', uninstallInstructions: 'Run pip uninstall sluice.' })
}

function change(file, entries) {
  writeFileSync(file, `${JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...entries }, null, 2)}\n`)
}

function describe(folder) {
  mkdirSync(folder)
  const { version, description, license } = manifest
  const tag = execute(python, ['-c', 'from packaging.tags import platform_tags; print(next(t for t in platform_tags() if not t.startswith("linux_")))']).trim()
  const classifiers = ['Framework :: Jupyter', 'Framework :: Jupyter :: JupyterLab :: 4', 'Framework :: Jupyter :: JupyterLab :: Extensions :: Prebuilt', 'Programming Language :: Python :: 3']
  const metadata = [
    'Metadata-Version: 2.4', 'Name: sluice', `Version: ${version}`, `Summary: ${description}`, `License-Expression: ${license}`, 'License-File: LICENSE', 'Requires-Python: >=3.10',
    ...classifiers.map((classifier) => `Classifier: ${classifier}`), 'Description-Content-Type: text/markdown', '', readFileSync(join(root, 'README.md'), 'utf8'),
  ]
  writeFileSync(join(folder, 'METADATA'), metadata.join('\n'))
  writeFileSync(join(folder, 'WHEEL'), `Wheel-Version: 1.0\nGenerator: sluice\nRoot-Is-Purelib: false\nTag: py3-none-${tag}\n`)
  writeFileSync(join(folder, 'entry_points.txt'), '[console_scripts]\nsluice = sluice.__main__:main\n')
  mkdirSync(join(folder, 'licenses'))
  cpSync(join(root, 'LICENSE'), join(folder, 'licenses', 'LICENSE'))
}
