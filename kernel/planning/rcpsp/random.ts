/** A generator of the xorshift family (Marsaglia, "Xorshift RNGs", Journal of Statistical Software, 2003): small, fast, and the same everywhere for a seed. */
export class Random {
  #state: number

  constructor(seed: number) {
    // Neighbouring seeds must not give similar sequences: scrambled as in SplitMix (Steele, Lea and Flood, OOPSLA 2014); never 0.
    let z = (Math.imul(seed | 0, 0x9e3779b9) + 0x7f4a7c15) | 0
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    this.#state = (z ^ (z >>> 16)) || 1
  }

  #next(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return x >>> 0
  }

  /** 0 ≤ … < 1. */
  unit(): number {
    return this.#next() / 4294967296
  }

  /** An integer 0 ≤ … < limit. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit)
  }
}
