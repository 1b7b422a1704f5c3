/** Sent and not acknowledged: as much as one view may have of both before it gets no more. */
const MOST_MESSAGES = 8
const MOST_CHARACTERS = 1_000_000

/** How much a view has been sent that it has not said it took in. */
export class Window {
  readonly #unacknowledged: { readonly seq: number; readonly size: number }[] = []
  #size = 0

  /** Nothing is to be sent until the view acknowledges some of it. However large a message, one is let through. */
  get full(): boolean {
    return this.#unacknowledged.length >= MOST_MESSAGES || this.#size >= MOST_CHARACTERS
  }

  sent(seq: number, size: number): void {
    this.#unacknowledged.push({ seq, size })
    this.#size += size
  }

  /** Everything up to this number was taken in. */
  acknowledged(seq: number): void {
    while (this.#unacknowledged.length > 0 && this.#unacknowledged[0]!.seq <= seq) this.#size -= this.#unacknowledged.shift()!.size
  }

  clear(): void {
    this.#unacknowledged.length = this.#size = 0
  }
}

/** About how many characters a message takes as JSON; strings of columns are most of it. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return 6
  let size = 2
  for (const key in value) size += key.length + 4 + sizeOf((value as Record<string, unknown>)[key])
  return size
}
