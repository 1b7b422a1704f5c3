/** The folder of one cluster's sockets: made for it alone, removed with it, and cleared away later when its kernel was killed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeRuntimeDirectory } from '../../platform.ts'

/** Holds the id of the process that made the folder. */
const OWNER = 'owner'

/** @param within the kernel's own runtime folder, if it has one; else the system's temporary folder */
export function makeSocketDirectory(within: string | undefined): string {
  removeStaleDirectories(tmpdir())
  const directory = within === undefined ? makeRuntimeDirectory() : mkdtempSync(join(within, 'local-'))
  writeFileSync(join(directory, OWNER), String(process.pid))
  return directory
}

export function removeSocketDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
}

/** Removes what killed kernels left. Only folders that name a process that is no more, and only those we may remove. */
export function removeStaleDirectories(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith('sluice-')) continue
    try {
      const owner = Number(readFileSync(join(parent, name, OWNER), 'utf8'))
      if (Number.isInteger(owner) && owner > 0 && !isAlive(owner)) rmSync(join(parent, name), { recursive: true, force: true })
    } catch {
      // Another user's, or another program's.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
