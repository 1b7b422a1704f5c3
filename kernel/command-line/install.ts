import { destination, destinationOptions } from './destination.ts'
import { extensionFolder, writeExtension } from './extension.ts'
import { defaultDisplayName, defaultName, describeKernel, kernelFolder, refuseVanishing, writeKernel } from './kernel-spec.ts'
import { parseOptions } from './options.ts'

export const help = `usage: sluice install [--user | --sys-prefix | --prefix DIR] [options]

Puts the kernel and the JupyterLab extension that shows its runs where Jupyter finds them. Doing it again replaces
what is there.

  --user               for this user (the default)
  --sys-prefix         in the active Python environment
  --prefix DIR         in DIR/share/jupyter, e.g. a virtual environment's folder
  --name NAME          the kernel's name (default: ${defaultName})
  --display-name TEXT  what launchers show (default: ${defaultDisplayName})
  --develop            link the extension instead of copying it, so that a page reloaded after a build has the new one
  --dry-run            say what would be written, and write nothing
`

export async function run(words: readonly string[]): Promise<number> {
  const options = parseOptions('install', words, { ...destinationOptions, name: 'value', 'display-name': 'value', develop: 'flag', 'dry-run': 'flag' })
  refuseVanishing()
  const folder = destination('install', options)
  const name = options.name ?? defaultName
  const displayName = options['display-name'] ?? defaultDisplayName
  if (options['dry-run'] === true) {
    console.log(`Would write ${kernelFolder(folder, name)}/kernel.json:\n${JSON.stringify(describeKernel(displayName), null, 2)}`)
    console.log(`Would ${options.develop ? 'link' : 'copy'} the extension to ${extensionFolder(folder)}`)
    return 0
  }
  console.log(`Installed the kernel ${JSON.stringify(displayName)} in ${writeKernel(folder, name, displayName)}`)
  console.log(`Installed the extension in ${writeExtension(folder, options.develop)}`)
  return 0
}
