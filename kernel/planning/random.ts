/** Seeded random numbers: mulberry32 (T. Ettinger, public domain). The same seed gives the same sequence everywhere. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** Uniform in [0, 1). */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** An integer, 0 … limit - 1. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit)
  }
}
