import type { RunId } from '../../scheduler/index.ts'
import type { CodeId } from '../../travel/declaration.ts'

/** Code that no run uses at present is kept for the next until there is this much of it, bytes. */
const UNUSED = 64 * 2 ** 20

/** Which code a node has, so that it is sent once and does not stay for ever. */
export class CodeLedger {
  #sizes = new Map<CodeId, number>()
  #users = new Map<CodeId, Set<RunId>>()
  #runs = new Map<RunId, CodeId>()
  /** Without users, longest unused first. */
  #unused = new Set<CodeId>()
  #unusedBytes = 0

  /** True when the node does not have the code yet. */
  add(run: RunId, code: CodeId, size: number): boolean {
    this.#runs.set(run, code)
    const users = this.#users.get(code) ?? new Set()
    this.#users.set(code, users.add(run))
    if (this.#unused.delete(code)) this.#unusedBytes -= size
    if (this.#sizes.has(code)) return false
    this.#sizes.set(code, size)
    return true
  }

  /** The codes that the node should drop now. */
  remove(run: RunId): CodeId[] {
    const code = this.#runs.get(run)
    if (code === undefined) return []
    this.#runs.delete(run)
    const users = this.#users.get(code)
    users?.delete(run)
    if (users?.size === 0) {
      this.#unused.add(code)
      this.#unusedBytes += this.#sizes.get(code)!
    }
    return this.#drop()
  }

  #drop(): CodeId[] {
    const dropped: CodeId[] = []
    for (const code of this.#unused) {
      if (this.#unusedBytes <= UNUSED) break
      this.#unusedBytes -= this.#sizes.get(code)!
      this.#unused.delete(code)
      this.#sizes.delete(code)
      this.#users.delete(code)
      dropped.push(code)
    }
    return dropped
  }
}
