/** The folder that tells Jupyter of this kernel: kernels/NAME with kernel.json and the logos. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, sep } from 'node:path'
import { program, programs } from '../entry.ts'
import * as errors from '../errors.ts'

export const defaultName = 'sluice'
export const defaultDisplayName = 'TypeScript (Sluice)'

/** Jupyter's own fields (jupyter-client.readthedocs.io, "Kernel specs"). */
export interface KernelSpec {
  readonly argv: readonly string[]
  readonly display_name: string
  readonly language: string
  readonly interrupt_mode: 'message' | 'signal'
  readonly kernel_protocol_version: string
  readonly metadata: Readonly<Record<string, unknown>>
}

export function describeKernel(displayName: string): KernelSpec {
  return {
    argv: [stableNode(process.execPath, process.env['PATH'] ?? ''), program('kernel'), '{connection_file}'],
    display_name: displayName,
    language: 'typescript',
    interrupt_mode: 'message',
    // `curve`: the front end may ask for encrypted sockets (jupyter_client 8.10).
    kernel_protocol_version: '5.5',
    metadata: { debugger: false, supported_encryption: ['curve'] },
  }
}

export function kernelFolder(dataFolder: string, name: string): string {
  if (!/^[A-Za-z0-9._-]+$/.test(name) || /^\.+$/.test(name)) throw errors.badKernelName(name)
  return join(dataFolder, 'kernels', name)
}

/** Writes the spec; the same call again replaces it. Returns its folder. Throws a UserError when it cannot be written. */
export function writeKernel(dataFolder: string, name: string, displayName: string): string {
  const folder = kernelFolder(dataFolder, name)
  if (!existsSync(program('kernel'))) throw errors.programMissing(program('kernel'))
  const logos = join(programs, 'kernelspec')
  try {
    mkdirSync(folder, { recursive: true })
    for (const file of readdirSync(logos)) copyFileSync(join(logos, file), join(folder, file))
    writeFileSync(join(folder, 'kernel.json'), `${JSON.stringify(describeKernel(displayName), null, 2)}\n`)
  } catch (error) {
    throw errors.cannotWrite('kernel', folder, (error as Error).message)
  }
  return folder
}

/** Returns its folder, or undefined when there was none. Throws a UserError when it cannot be removed. */
export function removeKernel(dataFolder: string, name: string): string | undefined {
  const folder = kernelFolder(dataFolder, name)
  // Only what is a kernel is removed, whatever --prefix says.
  if (!existsSync(join(folder, 'kernel.json'))) return undefined
  try {
    rmSync(folder, { recursive: true })
  } catch (error) {
    throw errors.cannotWrite('kernel', folder, (error as Error).message)
  }
  return folder
}

/** A spec as found, or undefined when the folder holds none that can be read. */
export function readKernel(folder: string): { readonly argv: readonly string[] } | undefined {
  try {
    const spec: unknown = JSON.parse(readFileSync(join(folder, 'kernel.json'), 'utf8'))
    const argv = (spec as { argv?: unknown } | null)?.argv
    return Array.isArray(argv) && argv.every((word) => typeof word === 'string') ? { argv } : undefined
  } catch {
    return undefined
  }
}

/** Whether a spec's command starts this very copy of the kernel. */
export function startsThis(argv: readonly string[]): boolean {
  if (argv.includes(program('kernel'))) return true
  // One that pip has installed is started by the Python beside it: setup/wheel/.
  return argv.includes('sluice.kernel') && existsSync(join(programs, '..', '..', 'kernel.py'))
}

/** npx runs packages from a cache of its own, `…/_npx/HASH/…`, which npm may empty: nothing lasting may point there. */
export function refuseVanishing(): void {
  if (vanishes(programs)) throw errors.vanishingProgram(programs)
}

export function vanishes(path: string): boolean {
  return path.split(sep).includes('_npx')
}

/**
 * The path by which Node should be found next time. Homebrew removes `Cellar/node/VERSION` at each upgrade, so there
 * the link on PATH that leads to it is better.
 */
export function stableNode(execPath: string, path: string): string {
  if (!execPath.split(sep).includes('Cellar')) return execPath
  const links = path.split(delimiter).map((folder) => join(folder, 'node'))
  return links.find((link) => existsSync(link) && realpathSync(link) === execPath && dirname(link) !== dirname(execPath)) ?? execPath
}
