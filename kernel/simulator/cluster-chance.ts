/**
 * Chance by name: a number that depends on nothing but the seed and what it is drawn for. So a task takes as long under one
 * policy as under another, whatever happens before it (common random numbers: A. M. Law, Simulation Modeling and Analysis, 2015,
 * chapter 11), and simulations differ in nothing but what is compared.
 */

/** Uniform in (0, 1), for the `n`-th draw of what is called `a` and `b`. */
export function uniform(seed: number, a: number, b: number, n: number): number {
  let h = mixed((seed | 0) ^ 0x9e3779b9)
  h = mixed(h ^ (a | 0))
  h = mixed(h ^ Math.imul(b | 0, 0x85ebca6b))
  h = mixed(h ^ Math.imul(n | 0, 0xc2b2ae35))
  return ((h >>> 0) + 0.5) / 2 ** 32
}

/** The finalizer of MurmurHash3 (A. Appleby, public domain): every bit of the input changes each bit of the output half of the time. */
function mixed(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** Standard normal, from two uniform numbers (G. E. P. Box, M. E. Muller, Ann. Math. Statist. 1958). */
export function normal(u: number, v: number): number {
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v)
}

/** By inversion. Shape 1 is the exponential distribution; below 1 new nodes fail more often than old ones. */
export function weibull(u: number, shape: number, mean: number): number {
  return (mean / gamma(1 + 1 / shape)) * (-Math.log(u)) ** (1 / shape)
}

/** How durations and chance come together. */
export interface Noise {
  /** Standard deviation of the logarithm of a duration; the mean stays what it is. */
  readonly spread?: number
  /** This share of the attempts takes so many times as long: a slow disk, a neighbour on the machine. */
  readonly stragglers?: { readonly share: number; readonly factor: number }
}

/** What a duration is multiplied with. */
export function noiseOf({ spread = 0, stragglers }: Noise, seed: number, task: number, attempt: number): number {
  const factor = spread > 0 ? Math.exp(spread * normal(uniform(seed, task, attempt, 1), uniform(seed, task, attempt, 2)) - (spread * spread) / 2) : 1
  return stragglers && uniform(seed, task, attempt, 3) < stragglers.share ? factor * stragglers.factor : factor
}

/** For arguments of 1 and above (C. Lanczos, SIAM J. Numer. Anal. B 1964, with g = 7). */
function gamma(x: number): number {
  const terms = [676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7]
  const z = x - 1
  const sum = terms.reduce((total, term, i) => total + term / (z + i + 1), 0.99999999999980993)
  const t = z + 7.5
  return Math.sqrt(2 * Math.PI) * t ** (z + 0.5) * Math.exp(-t) * sum
}
