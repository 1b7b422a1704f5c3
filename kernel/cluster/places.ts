/** Positions of generated cells, as they stand in the stacks of tasks' errors, and where they are in the user's own cells. */

const generated = /cell-[\w.-]+\.js:\d+:\d+/g
/** How long a view waits for the session to say where an error was, ms: the session may be busy with a cell. */
const PATIENCE = 250

export class Places {
  readonly #known = new Map<string, string>()
  readonly #ask: (positions: readonly string[]) => Promise<readonly (string | undefined)[]>
  #asking: Promise<void> = Promise.resolve()
  #count = 0

  /** @param ask the session, which alone can tell; answers in the order asked */
  constructor(ask: (positions: readonly string[]) => Promise<readonly (string | undefined)[]>) {
    this.#ask = ask
  }

  /** How many are known: another number, and texts may be mapped better. */
  get count(): number {
    return this.#count
  }

  /** Finds out about the positions in `text`; resolves, however late, when there was anything to find out and it is known. */
  learn(text: string): Promise<void> | undefined {
    const unknown = [...new Set(text.match(generated))].filter((position) => !this.#known.has(position))
    if (unknown.length === 0) return undefined
    // Known as themselves until told otherwise, so that a thousand equal errors ask once.
    for (const position of unknown) this.#known.set(position, position)
    const told = this.#ask(unknown).then((places) => this.#told(unknown, places))
    this.#asking = Promise.all([this.#asking, told]).then(() => undefined)
    return told
  }

  /** `Cell [3]:2:5` for every position that is known. */
  map(text: string): string {
    return text.replace(generated, (position) => this.#known.get(position) ?? position)
  }

  /** The text with what can be found out about its positions in a while. */
  async mapped(text: string): Promise<string> {
    const learnt = this.learn(text)
    if (learnt) await Promise.race([learnt, new Promise((resolve) => setTimeout(resolve, PATIENCE).unref())])
    return this.map(text)
  }

  /** Resolves when all that was to be learnt is known, or has taken too long. */
  async settled(): Promise<void> {
    await Promise.race([this.#asking, new Promise((resolve) => setTimeout(resolve, PATIENCE).unref())])
  }

  #told(positions: readonly string[], places: readonly (string | undefined)[]): void {
    positions.forEach((position, i) => {
      const place = places[i]
      if (place === undefined) return
      this.#known.set(position, place)
      this.#count++
    })
  }
}
