import type { Decoder } from './decode.ts'

/**
 * The tasks whose inputs have their places, as a schedule grows. Only those of the highest priority among them are offered.
 */
export class ReadyTasks {
  readonly #decoder: Decoder
  readonly #missing: Int32Array
  readonly #ready = new Set<number>()
  /** How many have not been placed. */
  left: number

  constructor(decoder: Decoder) {
    this.#decoder = decoder
    const { count, problem: { starts } } = decoder.graph
    this.left = count
    this.#missing = Int32Array.from({ length: count }, (_, i) => starts[i + 1]! - starts[i]!)
    for (let i = 0; i < count; i++) if (this.#missing[i] === 0) this.#admit(i)
  }

  /** What may be placed next. */
  offered(): number[] {
    const ready = [...this.#ready]
    const { priority } = this.#decoder.graph.problem
    if (!priority) return ready
    const highest = ready.reduce((most, task) => Math.max(most, priority[task]!), -Infinity)
    return ready.filter(task => priority[task] === highest)
  }

  /** The task has been placed. Returns those that are ready thereby. */
  placed(task: number): number[] {
    this.#ready.delete(task)
    this.left--
    const { outStarts, outputs } = this.#decoder.graph
    const fresh: number[] = []
    for (let at = outStarts[task]!; at < outStarts[task + 1]!; at++) {
      const output = outputs[at]!
      if (--this.#missing[output]! > 0) continue
      this.#admit(output)
      if (this.#ready.has(output)) fresh.push(output)
    }
    return fresh
  }

  /** Tasks that run already have their places. */
  #admit(task: number): void {
    if (this.#decoder.isRunning(task)) this.placed(task)
    else this.#ready.add(task)
  }
}
