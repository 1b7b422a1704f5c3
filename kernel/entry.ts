import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The programs that the build makes: each becomes `dist/NAME.js` (see setup/build.mjs). */
export type Program = 'kernel' | 'sluice' | 'session' | 'watcher' | 'types' | 'compiler' | 'node' | 'slot' | 'picture' | 'simulator' | 'policy' | 'experiment' | 'planner'

const here = dirname(fileURLToPath(import.meta.url))
/** Where the built programs are: beside this file once bundled, in ../dist when run from the sources (tests). */
export const programs = basename(here) === 'dist' ? here : join(here, '..', 'dist')

/** Path of a built program, to be spawned or loaded as a worker thread. */
export function program(name: Program): string {
  return join(programs, `${name}.js`)
}

/** Sluice's own package.json. */
export function readPackage(): { readonly version: string; readonly dependencies: Readonly<Record<string, string>> } {
  return JSON.parse(readFileSync(join(programs, '..', 'package.json'), 'utf8')) as ReturnType<typeof readPackage>
}

/** Lines of a stack that are Sluice's own, or Node's that lead to user's code: they say nothing to the user, but where Sluice is installed. */
export function isInternalFrame(line: string): boolean {
  if (!/^\s+at /.test(line)) return false
  return line.includes(programs) || /node:(?:inspector|async_hooks|internal\/(?:async_|process\/task_queues|timers|vm\b|inspector))/.test(line)
}
