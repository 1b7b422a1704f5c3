import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter } from 'node:path'
import { programs } from '../entry.ts'
import { makeRuntimeDirectory } from '../platform.ts'
import { here } from './destination.ts'
import { dataFolders, environmentOf, findJupyterLab, prefixDataFolder, userDataFolder } from './jupyter.ts'
import { extensionFolder, ownExtension, readExtension, writeExtension } from './extension.ts'
import { defaultDisplayName, defaultName, kernelFolder, readKernel, startsThis, vanishes, writeKernel } from './kernel-spec.ts'

export const help = `usage: sluice lab [options of jupyter lab]

Starts JupyterLab (4 or newer), with kernel and extension installed in the environment that it runs in. It is looked for
in VIRTUAL_ENV, CONDA_PREFIX, .venv in this folder, and on PATH. All options go to jupyter lab, e.g. --no-browser.
`

export async function run(words: readonly string[]): Promise<number> {
  const lab = findJupyterLab(here, process.cwd())
  console.log(`JupyterLab ${lab.version}: ${lab.path}`)
  const environment = environmentOf(lab.path)
  // What npx fetched may vanish: such a kernel is known to this JupyterLab only, and forgotten with it.
  if (vanishes(programs)) {
    const folder = makeRuntimeDirectory()
    try {
      writeKernel(folder, defaultName, defaultDisplayName)
      writeExtension(folder)
      return await start(lab.path, words, [folder, ...(process.env['JUPYTER_PATH'] ?? '').split(delimiter)])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  const folder = environment === undefined ? userDataFolder(here) : prefixDataFolder(environment)
  if (!registered(environment)) console.log(`Registered the kernel in ${writeKernel(folder, defaultName, defaultDisplayName)}`)
  if (!extended(environment)) console.log(`Installed the extension in ${writeExtension(folder)}`)
  return start(lab.path, words, undefined)
}

/** Whether the first kernel of our name that this Jupyter would find is this very one. */
function registered(environment: string | undefined): boolean {
  const found = dataFolders(here, environment).map((folder) => readKernel(kernelFolder(folder, defaultName)))
  return startsThis(found.find((spec) => spec !== undefined)?.argv ?? [])
}

/** Whether the first extension of ours that this Jupyter would find is of this very build. */
function extended(environment: string | undefined): boolean {
  const found = dataFolders(here, environment).map((folder) => readExtension(extensionFolder(folder)))
  return found.find((extension) => extension !== undefined)?.load === ownExtension()?.load
}

/** Runs until JupyterLab ends; signals that reach us reach it. Resolves with its exit code. */
function start(path: string, words: readonly string[], jupyterPath: readonly string[] | undefined): Promise<number> {
  const env = jupyterPath === undefined ? process.env : { ...process.env, JUPYTER_PATH: jupyterPath.filter(Boolean).join(delimiter) }
  const child = spawn(path, [...words], { stdio: 'inherit', env })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const pass = (signal: NodeJS.Signals) => {
    // Ctrl-C in a terminal has reached the child already, as a member of the same group.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  for (const signal of signals) process.on(signal, pass)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, pass)
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM'])
    })
  })
}
