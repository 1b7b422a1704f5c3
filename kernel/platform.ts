/** Everything that differs between operating systems stands here. Linux and macOS; Windows can follow. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A fresh folder that only this user can enter, for unix sockets and files of this kernel's life. Under the
 * system's temporary folder because a unix socket's path may not exceed 104 bytes (macOS) or 108 (Linux).
 */
export function makeRuntimeDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'sluice-')) // mkdtemp creates it with mode 0700
}

/** Sends `signal` to a process that was started detached, and to everything it started. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // Already gone.
  }
}

/** Resident bytes of a process, or 0 when it is gone or the system does not say. */
export function residentBytes(pid: number): number {
  if (process.platform !== 'linux') return 0
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    return pages * 4096
  } catch {
    return 0
  }
}
