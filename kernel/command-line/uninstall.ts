import { destination, destinationOptions } from './destination.ts'
import { defaultName, removeKernel } from './kernel-spec.ts'
import { parseOptions } from './options.ts'

export const help = `usage: sluice uninstall [--user | --sys-prefix | --prefix DIR] [--name NAME]

Removes what sluice install with the same options wrote.
`

export async function run(words: readonly string[]): Promise<number> {
  const options = parseOptions('uninstall', words, { ...destinationOptions, name: 'value' })
  console.log(`Removed ${removeKernel(destination('uninstall', options), options.name ?? defaultName)}`)
  return 0
}
