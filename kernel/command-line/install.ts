import { destination, destinationOptions } from './destination.ts'
import { defaultDisplayName, defaultName, describeKernel, kernelFolder, refuseVanishing, writeKernel } from './kernel-spec.ts'
import { parseOptions } from './options.ts'

export const help = `usage: sluice install [--user | --sys-prefix | --prefix DIR] [options]

Registers the kernel where Jupyter finds it. Doing it again replaces what is there.

  --user               for this user (the default)
  --sys-prefix         in the active Python environment
  --prefix DIR         in DIR/share/jupyter, e.g. a virtual environment's folder
  --name NAME          the kernel's name (default: ${defaultName})
  --display-name TEXT  what launchers show (default: ${defaultDisplayName})
  --dry-run            say what would be written, and write nothing
`

export async function run(words: readonly string[]): Promise<number> {
  const options = parseOptions('install', words, { ...destinationOptions, name: 'value', 'display-name': 'value', 'dry-run': 'flag' })
  refuseVanishing()
  const folder = destination('install', options)
  const name = options.name ?? defaultName
  const displayName = options['display-name'] ?? defaultDisplayName
  if (options['dry-run'] === true) {
    console.log(`Would write ${kernelFolder(folder, name)}/kernel.json:\n${JSON.stringify(describeKernel(displayName), null, 2)}`)
    return 0
  }
  console.log(`Installed the kernel ${JSON.stringify(displayName)} in ${writeKernel(folder, name, displayName)}`)
  return 0
}
