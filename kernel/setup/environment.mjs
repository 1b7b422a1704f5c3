// What `npm start`, `npm test` and `npm run bench` need around the code: packages, programs, a Python environment.
// Node's own modules only, because it runs before anything is installed. Each step is skipped when its inputs are as
// they were when it last succeeded.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
export const venv = join(root, '.venv')
export const python = join(venv, 'bin', 'python')
/** Downloads and stamps; goes with node_modules. */
export const cache = join(root, 'node_modules', '.cache', 'sluice')

/** Expected failures: what went wrong, and what to do. */
export class SetupError extends Error {}

/** Runs a step: says what, and how long it took. `work` returns false when there was nothing to do. */
export async function step(title, work, output = process.stdout) {
  const began = performance.now()
  output.write(`• ${title} … `)
  const result = await work()
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  output.write(result === false ? `up to date (${seconds} s)\n` : `done (${seconds} s)\n`)
}

/** Installs one npm package, apart from ours, in the cache. Returns its folder; `version` is exact. */
export function cachedPackage(name, version) {
  const place = join(cache, `${name}-${version}`)
  const folder = join(place, 'node_modules', name)
  if (!existsSync(join(folder, 'package.json'))) npm(['install', '--no-save', '--no-audit', '--no-fund', '--prefix', place, `${name}@${version}`])
  return folder
}

/** Runs a program to its end. Throws a SetupError with what it said when it fails. */
export function execute(program, words, { what = program, env = process.env, cwd = root } = {}) {
  const result = spawnSync(program, words, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 })
  if (result.error) throw new SetupError(`${what} could not be started: ${result.error.message}`)
  if (result.status !== 0) {
    const lines = `${result.stdout}\n${result.stderr}`.trim().split('\n')
    // Some say at the beginning what is wrong, some at the end.
    const said = lines.length <= 60 ? lines : [...lines.slice(0, 20), '…', ...lines.slice(-40)]
    throw new SetupError(`${what} failed (${result.signal ?? `exit code ${result.status}`}):\n${said.join('\n')}`)
  }
  return result.stdout
}

/** The npm that runs us, or else the one on PATH. */
export function npm(words, options = {}) {
  const cli = process.env.npm_execpath
  const own = cli !== undefined && /npm-cli\.[cm]?js$/.test(cli)
  return execute(own ? process.execPath : 'npm', own ? [cli, ...words] : words, { what: `npm ${words[0]}`, ...options })
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new SetupError(`Node.js ${process.versions.node} is too old: Sluice needs 20.19 or newer (nodejs.org).`)
}

/** Installs what package-lock.json says, unless exactly that is there. Returns false when it was. */
export function installPackages() {
  if (packagesInstalled()) return false
  // No package's install script is needed: what is native comes built.
  npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  return true
}

/** Compares the lock file with npm's record of what it installed. */
function packagesInstalled() {
  const record = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(record)) return false
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const present = JSON.parse(readFileSync(record, 'utf8')).packages
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.link || present[path]?.version === entry.version || (entry.optional && !(path in present)),
  )
}

/** What the extension is built from. */
const extensionInputs = ['extension/src', 'extension/style', 'extension/schema', 'extension/build.mjs', 'extension/package.json', 'schema', 'package-lock.json']
const generated = join('extension', 'src', 'generated', 'checkers.js')
export const extensionStamp = join(cache, 'extension.stamp')
export const labextension = join(root, 'dist', 'labextension')

/** Builds dist/. Returns false when it was built from the same sources. */
export async function buildAll() {
  const built = existsSync(join(root, 'dist', 'sluice.js')) && existsSync(join(labextension, 'package.json'))
  return stamped(join(cache, 'build.stamp'), ['kernel', ...extensionInputs], built, () => {
    execute(process.execPath, [join(root, 'kernel', 'setup', 'build.mjs')], { what: 'the build' })
  })
}

/** Builds dist/labextension. Returns false when it was built from the same sources. */
export async function buildExtension() {
  const built = existsSync(join(labextension, 'package.json'))
  return stamped(extensionStamp, ['kernel/cluster', ...extensionInputs], built, () => {
    execute(process.execPath, [join(root, 'extension', 'build.mjs')], { what: 'the build of the extension' })
  })
}

/** Makes .venv if need be, and installs what a requirements file pins. Returns false when it was all there. */
export async function installPython(requirements) {
  const made = makeVirtualEnvironment()
  const stamp = join(venv, `${requirements.replaceAll('/', '-')}.stamp`)
  const installed = await stamped(stamp, withIncluded(requirements), true, () => {
    execute(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '-r', join(root, requirements)], {
      what: `pip install -r ${requirements}`,
    })
  })
  return made || installed
}

/** A requirements file and those that it includes by `-r`. */
function withIncluded(requirements) {
  const included = readFileSync(join(root, requirements), 'utf8').matchAll(/^-r (.+)$/gm)
  return [requirements, ...[...included].flatMap(([, path]) => withIncluded(join(dirname(requirements), path)))]
}

/** Installs kernel and extension in .venv: the kernel for the Node that runs this, the extension as it is built from now on. */
export function installSluice(node = process.execPath) {
  execute(node, [join(root, 'dist', 'sluice.js'), 'install', '--prefix', venv, '--develop'], { what: 'sluice install' })
}

/** The Chromium that tests in a browser use: `CHROMIUM` if set, or the first of these on PATH. */
const chromiumNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Path of a Chromium, or undefined when there is none. Throws a SetupError when `CHROMIUM` leads nowhere. */
export function findChromium() {
  const named = process.env.CHROMIUM
  if (named === undefined || named === '') return chromiumNames.map(onPath).find((path) => path !== undefined)
  if (existsSync(named)) return named
  throw new SetupError(`CHROMIUM is ${named}, which is not there. Set it to the path of a Chromium or Chrome, or unset it.`)
}

/** Sees that there is a Chromium; as root on Debian and its like, installs theirs. Returns false when there was one. */
export function installChromium() {
  if (findChromium() !== undefined) return false
  const apt = process.getuid?.() === 0 ? onPath('apt-get') : undefined
  if (apt === undefined) {
    throw new SetupError(
      `The tests in a browser need Chromium; none was found (tried ${chromiumNames.join(', ')} on PATH).\n` +
        'Install it (apt install chromium, brew install --cask chromium), or set CHROMIUM to the path of a Chromium or Chrome.',
    )
  }
  process.stdout.write('there is none: installing chromium through apt … ')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execute(apt, ['update', '-qq'], { what: 'apt-get update', env })
  execute(apt, ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { what: 'apt-get install chromium', env })
  if (findChromium() === undefined) throw new SetupError('apt installed chromium, but there is none on PATH. Set CHROMIUM to its path.')
  return true
}

function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

function makeVirtualEnvironment() {
  // A venv whose Python has since been removed or upgraded does not run: make it anew.
  if (existsSync(python) && spawnSync(python, ['-c', 'import pip']).status === 0) return false
  const base = findPython()
  rmSync(venv, { recursive: true, force: true })
  const { status, stdout, stderr } = spawnSync(base, ['-m', 'venv', venv], { encoding: 'utf8' })
  if (status === 0) {
    // JupyterLab's own JavaScript in there is CommonJS, which our package.json above it would deny.
    writeFileSync(join(venv, 'package.json'), '{ "type": "commonjs" }\n')
    return true
  }
  rmSync(venv, { recursive: true, force: true })
  throw new SetupError(
    `${base} could not make the environment .venv:\n${`${stdout}${stderr}`.trim()}\n` +
      'On Debian and Ubuntu its venv module is a package of its own: apt install python3-venv',
  )
}

/** A Python of at least 3.10: `PYTHON` if set, or the newest on PATH. Throws a SetupError that lists what was found. */
function findPython() {
  const names = process.env.PYTHON ? [process.env.PYTHON] : ['python3', 'python', ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)]
  const found = []
  for (const name of names) {
    const { status, stdout } = spawnSync(name, ['-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])'], { encoding: 'utf8' })
    if (status !== 0) continue
    const version = stdout.trim()
    const [major, minor] = version.split('.').map(Number)
    if (major === 3 && minor >= 10) return name
    found.push(`${name} is ${version}`)
  }
  throw new SetupError(
    `JupyterLab needs Python 3.10 or newer; ${found.length > 0 ? `found only: ${found.join(', ')}` : `none was found (tried ${names.join(', ')})`}.\n` +
      'Install one (python.org, or your system: apt install python3 python3-venv, brew install python), or set PYTHON to its path.',
  )
}

/** Does `work` unless the stamp says that it was done with the same inputs (files or folders) and its product is there. */
async function stamped(stamp, inputs, productThere, work) {
  const hash = fingerprint(inputs)
  if (productThere && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return false
  await work()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, hash)
  return true
}

function fingerprint(inputs) {
  const hash = createHash('sha256')
  for (const file of inputs.flatMap((input) => filesOf(join(root, input)))) hash.update(`${relative(root, file)}\0`).update(readFileSync(file))
  return hash.digest('hex')
}

function filesOf(path) {
  if (!existsSync(path)) return []
  // What the build itself writes among its sources.
  if (path === join(root, generated)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesOf(join(path, name)))
}
