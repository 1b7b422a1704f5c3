/**
 * How long tasks of one name take, learned from those that ended: a distribution, not a point. The logarithm of the duration (on
 * a node of speed 1) is taken to grow linearly with the logarithm of the input's size, which is a power law; around that
 * line stands a histogram of what was seen (as in 3Sigma: J. W. Park et al., EuroSys 2018). Plain data, to be kept as JSON.
 */
export interface Estimate {
  /** How many durations it rests on; old ones count less and less. */
  weight: number
  /** Means of x = log(1 + bytes) and of y = log(duration), and the sums of squares and products around them. */
  x: number
  y: number
  xx: number
  xy: number
  /** How many residuals fell into each bucket of `WIDTH`, the middle one around 0; how many there are, and the sum of their exponentials. */
  residuals: number[]
  count: number
  factors: number
  /** Mean size of a result, bytes. */
  size: number
}

/** Logarithmic buckets: each a tenth wide, so that all reach from 1/55 to 55 times the expected duration. */
const WIDTH = 0.1
const BUCKETS = 80
const MIDDLE = BUCKETS / 2
/** Durations below a microsecond are taken as one. */
const SHORTEST = 0.001
/** From this weight on the past is halved, so that what is newer counts more. */
const HEAVIEST = 2000
/** Keeps the slope near 0 while all inputs were of about one size. */
const RIDGE = 0.5
const STEEPEST = 2
/** Of a duration that determines the line by more than the rest the residual says nothing. */
const LEAST_FREE = 0.1

const residualOf = (bucket: number) => (bucket - MIDDLE) * WIDTH
const FACTORS = Float64Array.from({ length: BUCKETS }, (_, bucket) => Math.exp(residualOf(bucket)))
/** What is believed of the spread before anything was seen: about a factor of two either way. Weighs as much as one duration. */
const PRIOR = normal(0.7)

function normal(deviation: number): Float64Array {
  const density = Float64Array.from({ length: BUCKETS }, (_, bucket) => Math.exp(-((residualOf(bucket) / deviation) ** 2) / 2))
  const total = density.reduce((sum, each) => sum + each, 0)
  return density.map(each => each / total)
}

export function emptyEstimate(): Estimate {
  return { weight: 0, x: 0, y: 0, xx: 0, xy: 0, residuals: new Array<number>(BUCKETS).fill(0), count: 0, factors: 0, size: 0 }
}

/** Whether this, read from somewhere, is one that can be gone by. */
export function isEstimate(value: unknown): value is Estimate {
  const estimate = value as Estimate | null
  if (typeof estimate !== 'object' || estimate === null || !Array.isArray(estimate.residuals) || estimate.residuals.length !== BUCKETS) return false
  const { weight, count, factors, size, xx } = estimate
  const amounts: readonly unknown[] = [weight, count, factors, size, xx, ...estimate.residuals]
  const numbers: readonly unknown[] = [estimate.x, estimate.y, estimate.xy, ...amounts]
  if (!numbers.every(each => typeof each === 'number' && Number.isFinite(each)) || !amounts.every(each => (each as number) >= 0)) return false
  return weight > 0 === count > 0 && count > 0 === factors > 0
}

/** Takes in how long a task with so many input bytes took; changes `estimate`, and answers it. What makes no sense is ignored. */
export function learned(estimate: Estimate, bytes: number, duration: number, size?: number): Estimate {
  if (!(duration >= 0 && duration < Infinity && bytes >= 0 && bytes < Infinity)) return estimate
  if (estimate.weight >= HEAVIEST) faded(estimate)
  const x = Math.log1p(bytes)
  const y = Math.log(Math.max(duration, SHORTEST))
  estimate.weight++
  const offX = x - estimate.x
  estimate.x += offX / estimate.weight
  const offY = y - estimate.y
  estimate.y += offY / estimate.weight
  estimate.xx += offX * (x - estimate.x)
  estimate.xy += offX * (y - estimate.y)
  if (size !== undefined && size >= 0 && size < Infinity) estimate.size += (size - estimate.size) / estimate.weight
  // The line follows what it has just been shown, so that residuals come out too small, the first ones most: as much as this takes back
  // (recursive residuals: R. L. Brown, J. Durbin, J. M. Evans, J. R. Stat. Soc. B 1975). The first one says nothing.
  const free = 1 - 1 / estimate.weight - (x - estimate.x) ** 2 / (estimate.xx + RIDGE)
  const bucket = bucketOf(free > LEAST_FREE ? (y - lineAt(estimate, x)) / Math.sqrt(free) : 0)
  estimate.residuals[bucket]!++
  estimate.count++
  estimate.factors += FACTORS[bucket]!
  return estimate
}

/** What was learned so far counts half. */
export function faded(estimate: Estimate): Estimate {
  for (const sum of ['weight', 'xx', 'xy', 'count', 'factors'] as const) estimate[sum] /= 2
  for (let bucket = 0; bucket < BUCKETS; bucket++) estimate.residuals[bucket]! /= 2
  return estimate
}

/** Both together; a new one. */
export function merged(a: Estimate, b: Estimate): Estimate {
  const weight = a.weight + b.weight
  if (weight === 0) return emptyEstimate()
  const share = b.weight / weight
  const dx = b.x - a.x
  const dy = b.y - a.y
  return {
    weight, x: a.x + dx * share, y: a.y + dy * share, size: a.size + (b.size - a.size) * share,
    xx: a.xx + b.xx + dx * dx * a.weight * share, xy: a.xy + b.xy + dx * dy * a.weight * share,
    residuals: a.residuals.map((each, bucket) => each + b.residuals[bucket]!), count: a.count + b.count, factors: a.factors + b.factors,
  }
}

/** Expected duration, ms; without `bytes` that of the inputs seen so far. 1 where nothing is known. */
export function mean(estimate: Estimate, bytes?: number): number {
  return estimate.weight === 0 ? 1 : Math.exp(center(estimate, bytes)) * (estimate.factors / estimate.count)
}

/** The duration, ms, that a share `q` of such tasks does not exceed. */
export function quantile(estimate: Estimate, bytes: number | undefined, q: number): number {
  const { residuals, count } = estimate
  let left = Math.min(Math.max(q, 0), 1) * (count + 1)
  let bucket = 0
  while (bucket < BUCKETS - 1 && left > residuals[bucket]! + PRIOR[bucket]!) left -= residuals[bucket]! + PRIOR[bucket++]!
  const within = Math.min(left / (residuals[bucket]! + PRIOR[bucket]!), 1)
  return Math.exp(center(estimate, bytes) + (bucket + within - 0.5 - MIDDLE) * WIDTH)
}

/** A duration drawn from the distribution; `u` is uniform in [0, 1). */
export function sample(estimate: Estimate, bytes: number | undefined, u: number): number {
  return quantile(estimate, bytes, u)
}

/**
 * Expected ms until a task ends that has run for `elapsed`: the mean of the durations that exceed that. Beyond all that was
 * seen it will take as long again, as in a distribution with a heavy tail.
 */
export function timeLeft(estimate: Estimate, bytes: number | undefined, elapsed: number): number {
  const base = Math.exp(center(estimate, bytes))
  let mass = 0
  let sum = 0
  for (let bucket = BUCKETS - 1; bucket >= 0 && base * FACTORS[bucket]! > elapsed; bucket--) {
    mass += estimate.residuals[bucket]!
    sum += estimate.residuals[bucket]! * FACTORS[bucket]!
  }
  return mass > 0 ? (base * sum) / mass - elapsed : Math.max(elapsed, mean(estimate, bytes) - elapsed)
}

function center(estimate: Estimate, bytes: number | undefined): number {
  return bytes === undefined ? estimate.y : lineAt(estimate, Math.log1p(bytes))
}

/** Ridge regression: y = a + b·x, b between 0 and `STEEPEST`. */
function lineAt({ x, y, xx, xy }: Estimate, at: number): number {
  return y + Math.min(Math.max(xy / (xx + RIDGE), 0), STEEPEST) * (at - x)
}

function bucketOf(residual: number): number {
  return Math.min(Math.max(Math.floor(residual / WIDTH + 0.5) + MIDDLE, 0), BUCKETS - 1)
}
