import type { CodeId } from '../travel/declaration.ts'

/** Bytes of code kept though no run uses it at present. */
const SPARE = 64 * 1024 ** 2

/**
 * Encoded bodies by their id, so that the session sends each once. What runs use is kept; of the rest the least recently
 * used goes when it becomes too much, and the session is asked for it again should it be needed.
 */
export class Bundles {
  readonly #known = new Map<CodeId, { readonly bytes: Uint8Array; users: number }>()
  /** Unused ones, the one unused for longest first. */
  readonly #spare = new Set<CodeId>()
  #spareBytes = 0

  /** Takes what came with a declaration and gives the code to use; undefined when it must be sent (again). */
  use(code: CodeId, sent: Uint8Array | undefined): Uint8Array | undefined {
    if (sent && !this.#known.has(code)) this.#known.set(code, { bytes: sent, users: 0 })
    const known = this.#known.get(code)
    if (!known) return undefined
    if (this.#spare.delete(code)) this.#spareBytes -= known.bytes.length
    known.users++
    return known.bytes
  }

  /** One run fewer uses it. */
  release(code: CodeId): void {
    const known = this.#known.get(code)
    if (!known || --known.users > 0) return
    this.#spare.add(code)
    this.#spareBytes += known.bytes.length
    for (const oldest of this.#spare) {
      if (this.#spareBytes <= SPARE) break
      this.#spareBytes -= this.#known.get(oldest)!.bytes.length
      this.#spare.delete(oldest)
      this.#known.delete(oldest)
    }
  }
}
