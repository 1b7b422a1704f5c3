/** Everything that differs between operating systems stands here. Linux and macOS; Windows can follow. */
import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
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

/** A process as the system lists it. `cpu` in percent of one core. */
interface ListedProcess {
  readonly pid: number
  readonly parent: number
  /** Bytes. */
  readonly memory: number
  readonly cpu: number
}

/** What `pid` and everything it started use together: memory in bytes, cpu in percent of one core. */
export async function treeUsage(pid: number): Promise<{ memory: number; cpu: number }> {
  const all = await listProcesses()
  const children = new Map<number, ListedProcess[]>()
  for (const one of all) children.set(one.parent, [...(children.get(one.parent) ?? []), one])
  const total = { memory: 0, cpu: 0 }
  const pending = all.filter((one) => one.pid === pid)
  for (let one = pending.pop(); one; one = pending.pop()) {
    total.memory += one.memory
    total.cpu += one.cpu
    pending.push(...(children.get(one.pid) ?? []))
  }
  return total
}

/** `ps` says the same on Linux and macOS; it answers in some 10 ms and is asked a few times a minute. */
function listProcesses(): Promise<ListedProcess[]> {
  return new Promise((resolve) => {
    execFile('ps', ['-A', '-o', 'pid=,ppid=,rss=,pcpu='], { maxBuffer: 16 * 1024 ** 2 }, (_error, out) => {
      const rows = out.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
      resolve(rows.filter((row) => row.length === 4).map(([pid, parent, rss, cpu]) => ({ pid: pid!, parent: parent!, memory: rss! * 1024, cpu: cpu! })))
    })
  })
}
