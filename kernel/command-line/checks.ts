/** What `sluice doctor` looks at, one function each. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { program, readPackage, type Program } from '../entry.ts'
import { UserError } from '../errors.ts'
import { makeRuntimeDirectory } from '../platform.ts'
import { here } from './destination.ts'
import { extensionFolder, extensionName, readExtension } from './extension.ts'
import { candidates, dataFolders, environmentOf, findJupyterLab } from './jupyter.ts'
import { defaultName, kernelFolder, readKernel, startsThis } from './kernel-spec.ts'

export interface Check {
  readonly name: string
  readonly status: 'ok' | 'warn' | 'fail'
  /** What was found. */
  readonly detail: string
  /** What to do about it. */
  readonly remedy?: string
}

const MIB = 2 ** 20
/** Packages with a part compiled for the platform: what most often breaks in an installation. */
const nativePackages = ['zeromq', 'oxc-parser', 'oxc-transform', '@napi-rs/canvas']
const neededPrograms: readonly Program[] = ['kernel', 'session', 'watcher', 'types', 'compiler', 'node', 'slot', 'picture', 'policy', 'experiment', 'planner', 'simulator']

/** All checks, each as soon as its result is known. */
export async function* check(): AsyncGenerator<Check> {
  yield nodeVersion(process.versions.node)
  yield builtPrograms()
  for (const name of nativePackages) yield await nativePackage(name)
  yield await fonts()
  yield await unixSockets()
  yield openFiles()
  yield temporarySpace()
  yield memory()
  yield jupyterLab()
  yield registration()
  yield extension()
}

export function nodeVersion(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const enough = major > 20 || (major === 20 && minor >= 19)
  const name = 'Node.js'
  if (enough) return { name, status: 'ok', detail: `${version} (${process.execPath})` }
  return { name, status: 'fail', detail: `${version} is too old`, remedy: 'Install Node.js 20.19 or newer, and run sluice install again with it.' }
}

function builtPrograms(): Check {
  const missing = neededPrograms.map(program).filter((path) => !existsSync(path))
  const name = 'programs'
  if (missing.length === 0) return { name, status: 'ok', detail: `all ${neededPrograms.length} are there` }
  return { name, status: 'fail', detail: `missing: ${missing.join(', ')}`, remedy: 'In a clone, run npm run build; otherwise install the package again.' }
}

async function nativePackage(name: string): Promise<Check> {
  try {
    await import(name)
    return { name, status: 'ok', detail: 'loads' }
  } catch (error) {
    const [reason] = (error as Error).message.split('\n')
    const remedy = `Install again with its optional packages: npm install --include=optional. It has a build for ${process.platform} ${process.arch} if npm can find one.`
    return { name, status: 'fail', detail: reason ?? 'does not load', remedy }
  }
}

async function fonts(): Promise<Check> {
  const name = 'fonts'
  try {
    const { GlobalFonts } = await import('@napi-rs/canvas')
    const count = GlobalFonts.families.length
    if (count > 0) return { name, status: 'ok', detail: `${count} families, besides the one Sluice brings` }
    return { name, status: 'ok', detail: 'none installed; pictures use the one Sluice brings' }
  } catch {
    return { name, status: 'fail', detail: 'cannot be listed, because @napi-rs/canvas does not load', remedy: 'See @napi-rs/canvas above.' }
  }
}

/** Sluice's processes talk over unix sockets in the temporary folder: tries one, there and back. */
async function unixSockets(): Promise<Check> {
  const name = 'unix sockets'
  let folder: string | undefined
  try {
    folder = makeRuntimeDirectory()
    await connectTo(join(folder, 'doctor.sock'))
    return { name, status: 'ok', detail: `work in ${folder}` }
  } catch (error) {
    return { name, status: 'fail', detail: (error as Error).message, remedy: 'Set TMPDIR to a short path on a local disk that you may write to.' }
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
}

function connectTo(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.end())
    server.on('error', reject)
    server.listen(path, () => {
      const client = connect(path)
      client.on('error', reject)
      client.on('connect', () => {
        client.destroy()
        server.close(() => resolve())
      })
    })
  })
}

/** Each slot of a node holds a few files open. */
function openFiles(): Check {
  const name = 'open files'
  if (process.platform !== 'linux') return { name, status: 'ok', detail: 'the limit is not known on this system' }
  const limit = Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity)
  if (limit >= 1024) return { name, status: 'ok', detail: `up to ${limit}` }
  return { name, status: 'warn', detail: `only ${limit} at once`, remedy: 'Raise it before starting Jupyter: ulimit -n 4096' }
}

function temporarySpace(): Check {
  const name = 'temporary space'
  const folder = tmpdir()
  try {
    const { bavail, bsize } = statfsSync(folder)
    const free = Math.floor((bavail * bsize) / MIB)
    if (free >= 512) return { name, status: 'ok', detail: `${free} MiB free in ${folder}` }
    return { name, status: 'warn', detail: `only ${free} MiB free in ${folder}`, remedy: 'Results of tasks may not fit: free some, or set TMPDIR.' }
  } catch (error) {
    return { name, status: 'fail', detail: (error as Error).message, remedy: 'Set TMPDIR to a folder that you may write to.' }
  }
}

function memory(): Check {
  const name = 'memory'
  const limit = process.constrainedMemory?.() ?? 0
  const bytes = limit > 0 && limit < totalmem() ? limit : totalmem()
  const detail = `${Math.floor(bytes / MIB)} MiB`
  if (bytes >= 1024 * MIB) return { name, status: 'ok', detail }
  return { name, status: 'warn', detail, remedy: 'The kernel with a cluster of two slots takes about 500 MiB: start smaller clusters.' }
}

function jupyterLab(): Check {
  const name = 'JupyterLab'
  try {
    const { path, version } = findJupyterLab(here, process.cwd())
    return { name, status: 'ok', detail: `${version} (${path})` }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const [detail = '', ...remedy] = error.message.split('\n')
    // Without it there is still sluice run, and other front ends.
    return { name, status: 'warn', detail, remedy: remedy.map((text) => text.trim()).join(' ') }
  }
}

const installing = 'Run sluice install (or sluice install --sys-prefix in a Python environment).'

/** The data folders of the Jupyter that would be started here. */
function searched(): string[] {
  const [lab] = candidates('jupyter-lab', here, process.cwd())
  const environment = lab === undefined ? undefined : environmentOf(lab)
  return dataFolders(here, environment ?? here.env['VIRTUAL_ENV'] ?? here.env['CONDA_PREFIX'])
}

/** The kernel that Jupyter would start under our name: there, startable, and this one. */
function registration(): Check {
  const name = 'kernel'
  const remedy = installing
  const folder = searched().map((data) => kernelFolder(data, defaultName)).find((path) => existsSync(join(path, 'kernel.json')))
  if (folder === undefined) return { name, status: 'warn', detail: 'not registered with Jupyter', remedy }
  const argv = readKernel(folder)?.argv
  if (argv === undefined) return { name, status: 'fail', detail: `${folder}/kernel.json cannot be read`, remedy }
  const missing = argv.slice(0, 2).find((path) => path.startsWith('/') && !existsSync(path))
  if (missing !== undefined) return { name, status: 'fail', detail: `${folder} points to ${missing}, which is gone`, remedy }
  if (!startsThis(argv)) return { name, status: 'warn', detail: `${folder} starts another copy: ${argv.join(' ')}`, remedy }
  return { name, status: 'ok', detail: folder }
}

/** The extension that JupyterLab would load: there, whole, of this version, and enabled. */
function extension(): Check {
  const name = 'extension'
  const folder = searched().map(extensionFolder).find((path) => existsSync(join(path, 'package.json')))
  if (folder === undefined) return { name, status: 'warn', detail: 'not installed; runs are shown as pictures', remedy: installing }
  const found = readExtension(folder)
  if (found === undefined) return { name, status: 'fail', detail: `${folder} is not whole`, remedy: installing }
  const { version } = readPackage()
  if (found.version !== version) return { name, status: 'fail', detail: `${folder} is version ${found.version}, the kernel ${version}`, remedy: installing }
  const [program] = candidates('jupyter-labextension', here, process.cwd())
  const said = program === undefined ? undefined : verdict(program)
  if (said === undefined || said === 'enabled OK') return { name, status: 'ok', detail: said === undefined ? folder : `${folder}, ${said}` }
  const remedy = said.startsWith('disabled') ? `Enable it: ${program} enable ${extensionName}` : `Ask JupyterLab: ${program} list --verbose`
  return { name, status: 'warn', detail: `JupyterLab says of ${folder}: ${said}`, remedy }
}

/** What JupyterLab says of the extension, such as `enabled OK`; undefined when it says nothing that can be read. */
function verdict(program: string): string | undefined {
  const { stdout, stderr } = spawnSync(program, ['list'], { encoding: 'utf8', timeout: 60_000 })
  const text = `${stdout}\n${stderr}`.replaceAll(/\x1b\[[\d;]*m/g, '')
  return new RegExp(`^\\s*${extensionName} v\\S+ +(.*?) *(\\(|$)`, 'm').exec(text)?.[1]
}
