/** The prebuilt JupyterLab extension, in the folder where JupyterLab finds it: labextensions/NAME. */
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { programs } from '../entry.ts'
import * as errors from '../errors.ts'

export const extensionName = 'sluice-jupyterlab'
/** As built. */
const product = join(programs, 'labextension')

/** What is to be known of an installed extension: `load` is a file whose name holds a digest of the build. */
export interface InstalledExtension {
  readonly version: string
  readonly load: string
}

export function extensionFolder(dataFolder: string): string {
  return join(dataFolder, 'labextensions', extensionName)
}

/**
 * Writes the extension, or with `develop` a link to where it is built; either replaces what is there. Returns its folder.
 * Throws a UserError when it cannot be written.
 */
export function writeExtension(dataFolder: string, develop = false): string {
  const folder = extensionFolder(dataFolder)
  if (readExtension(product) === undefined) throw errors.extensionMissing(product)
  try {
    mkdirSync(dirname(folder), { recursive: true })
    rmSync(folder, { recursive: true, force: true })
    if (develop) symlinkSync(product, folder)
    else {
      cpSync(product, folder, { recursive: true })
      writeFileSync(join(folder, 'install.json'), `${JSON.stringify(installation, null, 2)}\n`)
    }
  } catch (error) {
    throw errors.cannotWrite('extension', folder, (error as Error).message)
  }
  return folder
}

/** What JupyterLab tells people who want to remove the extension. */
const installation = { packageManager: 'npm', packageName: 'sluice', uninstallInstructions: 'Run sluice uninstall, with the options given to sluice install.' }

/** Returns its folder, or undefined when there was none. Throws a UserError when it cannot be removed. */
export function removeExtension(dataFolder: string): string | undefined {
  const folder = extensionFolder(dataFolder)
  // A link is there even when what it leads to is gone.
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return undefined
  try {
    rmSync(folder, { recursive: true })
  } catch (error) {
    throw errors.cannotWrite('extension', folder, (error as Error).message)
  }
  return folder
}

/** An extension as found, or undefined when the folder holds none that can be loaded. */
export function readExtension(folder: string): InstalledExtension | undefined {
  try {
    const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown; jupyterlab?: { _build?: { load?: unknown } } }
    const load = found.jupyterlab?._build?.load
    if (typeof found.version !== 'string' || typeof load !== 'string' || !existsSync(join(folder, load))) return undefined
    return { version: found.version, load }
  } catch {
    return undefined
  }
}

/** The extension that this copy of Sluice brings. */
export function ownExtension(): InstalledExtension | undefined {
  return readExtension(product)
}
