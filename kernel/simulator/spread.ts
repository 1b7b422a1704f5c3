import { type Estimate, quantile } from '../scheduler/index.ts'

/** How durations lie around what is expected of them. Plain data, to be sent to other threads. */
export interface Spread {
  /** Something is known of them. */
  readonly known: boolean
  /** Duration / expected duration at evenly spaced quantiles, ascending. */
  readonly factors: readonly number[]
  /** Relative standard deviation of the expectation itself. */
  readonly doubt: number
}

/** Quantiles that are kept of a distribution; of its ends so much is left out. */
const QUANTILES = 33
const END = 0.004
/** The doubt in the mean of a single duration, where nothing better is known. */
const MOST_DOUBT = 0.8

export function spreadOf(estimate: Estimate | undefined): Spread {
  if (!estimate || !(estimate.weight > 0)) return { known: false, factors: [1], doubt: 0 }
  const durations = Array.from({ length: QUANTILES }, (_, i) => quantile(estimate, undefined, Math.min(Math.max(i / (QUANTILES - 1), END), 1 - END)))
  const factors = durations.map((duration) => duration / meanOf(durations))
  return { known: true, factors, doubt: Math.min(MOST_DOUBT, (deviation(factors) / Math.sqrt(estimate.weight)) * caution(estimate.weight)) }
}

/** With few durations their spread is not known either: about as much as Student's t is wider than the normal distribution, at nine in ten. */
function caution(weight: number): number {
  return 1 + 0.9 / Math.max(weight - 1, 0.5)
}

/** Of a distribution that is given by evenly spaced quantiles. */
function meanOf(quantiles: readonly number[]): number {
  const inner = quantiles.slice(1, -1).reduce((sum, each) => sum + each, 0)
  return quantiles.length < 2 ? (quantiles[0] ?? 1) : (inner + (quantiles[0]! + quantiles[quantiles.length - 1]!) / 2) / (quantiles.length - 1)
}

/** The factor at quantile `u`. */
export function factorAt(factors: readonly number[], u: number): number {
  if (factors.length === 0) return 1
  const at = u * (factors.length - 1)
  const below = Math.min(Math.floor(at), factors.length - 1)
  const above = Math.min(below + 1, factors.length - 1)
  return factors[below]! + (at - below) * (factors[above]! - factors[below]!)
}

/** The share of durations that are shorter; 1: all are. */
export function rankOf(factors: readonly number[], factor: number): number {
  let below = 0
  while (below < factors.length && factors[below]! < factor) below++
  if (below === factors.length) return 1
  if (below === 0) return 0
  const [low, high] = [factors[below - 1]!, factors[below]!]
  return (below - 1 + (high > low ? (factor - low) / (high - low) : 0)) / (factors.length - 1)
}

/** What is left, on average, of a duration that was expected to be `whole` and has lasted `elapsed` already. */
export function expectedLeft({ factors }: Spread, whole: number, elapsed: number): number {
  const steps = 16
  const before = whole > 0 ? rankOf(factors, elapsed / whole) : 1
  // Beyond all that was ever seen: what has lasted long goes on for long (J. R. Gott, Nature 1993).
  if (before >= 1) return elapsed / 2
  let sum = 0
  for (let i = 0; i < steps; i++) sum += Math.max(0, whole * factorAt(factors, before + ((i + 0.5) / steps) * (1 - before)) - elapsed)
  return sum / steps
}

export function deviation(factors: readonly number[]): number {
  if (factors.length < 2) return 0
  const mean = meanOf(factors)
  return Math.sqrt(meanOf(factors.map((factor) => (factor - mean) ** 2)))
}

export function deviationOfLogarithm(factors: readonly number[]): number {
  return deviation(factors.map((factor) => Math.log(Math.max(factor, 1e-6))))
}
