import { homedir } from 'node:os'
import { resolve } from 'node:path'
import * as errors from '../errors.ts'
import { activePrefix, prefixDataFolder, userDataFolder, type Surroundings } from './jupyter.ts'

export const here: Surroundings = { env: process.env, platform: process.platform, home: homedir() }

/** The options by which Jupyter's own installers say where to. */
export const destinationOptions = { user: 'flag', 'sys-prefix': 'flag', prefix: 'value' } as const

export interface Destination {
  readonly user?: true
  readonly 'sys-prefix'?: true
  readonly prefix?: string
}

/** The data folder that is meant; the user's own when nothing is said. */
export function destination(command: string, options: Destination, surroundings: Surroundings = here): string {
  const given = (['user', 'sys-prefix', 'prefix'] as const).filter((name) => options[name] !== undefined)
  if (given.length > 1) throw errors.conflictingFlags(command, given.map((name) => `--${name}`))
  if (options.prefix !== undefined) return prefixDataFolder(resolve(options.prefix))
  return options['sys-prefix'] === true ? prefixDataFolder(activePrefix(surroundings)) : userDataFolder(surroundings)
}
