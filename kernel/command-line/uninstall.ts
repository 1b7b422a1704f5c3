import * as errors from '../errors.ts'
import { destination, destinationOptions } from './destination.ts'
import { extensionFolder, removeExtension } from './extension.ts'
import { defaultName, kernelFolder, removeKernel } from './kernel-spec.ts'
import { parseOptions } from './options.ts'

export const help = `usage: sluice uninstall [--user | --sys-prefix | --prefix DIR] [--name NAME]

Removes the kernel and the extension that sluice install with the same options wrote.
`

export async function run(words: readonly string[]): Promise<number> {
  const options = parseOptions('uninstall', words, { ...destinationOptions, name: 'value' })
  const folder = destination('uninstall', options)
  const name = options.name ?? defaultName
  const removed = [removeKernel(folder, name), removeExtension(folder)].filter((path) => path !== undefined)
  if (removed.length === 0) throw errors.notInstalled(kernelFolder(folder, name), extensionFolder(folder))
  for (const path of removed) console.log(`Removed ${path}`)
  return 0
}
