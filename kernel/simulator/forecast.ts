/**
 * When runs will have ended, as quantiles: what is left is played many times with durations drawn from their distributions,
 * by list scheduling (R. L. Graham, Bounds on multiprocessing timing anomalies, SIAM J. Appl. Math. 1969) with the longest
 * remaining path first. That the expectations themselves are uncertain is drawn once for each run and time: with few
 * tasks seen, this is most of the uncertainty, and it does not average out over a thousand tasks (J. Geweke, Contemporary
 * Bayesian Econometrics and Statistics, 2005: parameters are drawn with the data).
 */
import type { Problem } from '../planning/index.ts'
import { Playing } from './playing.ts'
import { deviation, factorAt, rankOf, type Spread } from './spread.ts'

/** With the chance of one in ten before `early`, one in two before `middle`, nine in ten before `late`; ms from now. */
export interface Expected {
  readonly early: number
  readonly middle: number
  readonly late: number
}

/** What is left, and how sure its durations are. Plain data, to be sent to another thread. */
export interface ForecastProblem {
  readonly problem: Problem
  /** Row in `spreads` of each task's run. */
  readonly of: Int32Array
  readonly spreads: readonly Spread[]
  /** Expected duration of tasks that run as a whole, and how long they have run, both at speed 1; 0 for others. */
  readonly whole: Float64Array
  readonly elapsed: Float64Array
}

export interface Forecast {
  /** By row of `spreads`; nothing where the durations of the run, or of what it waits for, are not known. */
  readonly runs: readonly (Expected | undefined)[]
  readonly all: Expected | undefined
}

const SAMPLES = 64
/** Fewer when there is much to play. */
const LEAST_SAMPLES = 8
/** Steps in all, of which a task takes one for each node that it might start on. */
const STEPS = 8_000_000

export function forecast(input: ForecastProblem, seed: number): Forecast {
  const { problem, of, spreads } = input
  const known = knownRuns(input)
  const samples = Math.max(LEAST_SAMPLES, Math.min(SAMPLES, Math.floor(STEPS / Math.max(1, problem.count * Math.min(problem.nodes.length, 64)))))
  const random = generator(seed)
  const playing = new Playing(problem)
  const ends = spreads.map(() => new Float64Array(samples))
  const all = new Float64Array(samples)
  const durations = new Float64Array(problem.count)
  const shifts = new Float64Array(spreads.length)
  for (let sample = 0; sample < samples; sample++) {
    for (let run = 0; run < spreads.length; run++) shifts[run] = Math.exp(spreads[run]!.doubt * normal(random))
    for (let task = 0; task < problem.count; task++) durations[task] = drawn(input, task, shifts[of[task]!]!, random())
    const finish = playing.play(durations)
    for (let task = 0; task < problem.count; task++) {
      const end = finish[task]!
      const run = ends[of[task]!]!
      if (end > run[sample]!) run[sample] = end
      if (end > all[sample]!) all[sample] = end
    }
  }
  const runs = ends.map((run, row) => (known[row] ? quantiles(run) : undefined))
  return { runs, all: known.every(Boolean) && problem.count > 0 ? quantiles(all) : undefined }
}

/** Whether each run's tasks, and all that they wait for, have known durations. */
function knownRuns({ problem, of, spreads }: ForecastProblem): boolean[] {
  const known = spreads.map((spread) => spread.known)
  const fine = new Uint8Array(problem.count)
  for (let task = 0; task < problem.count; task++) {
    let good = spreads[of[task]!]!.known ? 1 : 0
    for (let at = problem.starts[task]!; at < problem.starts[task + 1]! && good === 1; at++) good = fine[problem.inputs[at]!]!
    fine[task] = good
    if (good === 0) known[of[task]!] = false
  }
  return known
}

/** A duration: of a task that runs, what is left of one that has lasted so long already. */
function drawn({ problem, of, spreads, whole, elapsed }: ForecastProblem, task: number, shift: number, u: number): number {
  const { factors } = spreads[of[task]!]!
  const lasted = elapsed[task]!
  if (!(lasted > 0)) return (whole[task]! || problem.duration[task]!) * shift * factorAt(factors, u)
  const expected = whole[task]! * shift
  const before = expected > 0 ? rankOf(factors, lasted / expected) : 1
  // Beyond all that was ever seen: what has lasted long goes on for long (J. R. Gott, Nature 1993).
  if (before >= 1) return lasted * u
  return Math.max(0, expected * factorAt(factors, before + u * (1 - before)) - lasted)
}

function quantiles(ends: Float64Array): Expected {
  const sorted = ends.slice().sort()
  const at = (q: number): number => {
    // Of few samples the outer ones lie within what they stand for (W. Weibull, 1939).
    const place = Math.min(Math.max(q * (sorted.length + 1) - 1, 0), sorted.length - 1)
    const below = Math.floor(place)
    return sorted[below]! + (place - below) * ((sorted[below + 1] ?? sorted[below]!) - sorted[below]!)
  }
  return { early: at(0.1), middle: at(0.5), late: at(0.9) }
}

// ── a closed form ──────────────────────────────────────────────────────────────────────────────────────────

/** A run whose tasks are too many to be played. */
export interface LargeRun {
  /** Tasks left. */
  readonly tasks: number
  /** Expected duration of one at speed 1, and the longest path through what waits for the run, ms. */
  readonly duration: number
  readonly spread: Spread
  readonly priority: number
  /** How many such tasks the cluster executes at once, each counted by its node's speed. */
  readonly capacity: number
}

/** z of 90 %. */
const NINE_IN_TEN = 1.2816

/**
 * By work over capacity, in order of priority and then of declaration, each run's last task on top; the work of many tasks
 * is as good as normal. @param runs as declared
 */
export function roughForecast(runs: readonly LargeRun[]): Forecast {
  const order = runs.map((_, row) => row).sort((a, b) => runs[b]!.priority - runs[a]!.priority || a - b)
  const expected = new Array<Expected | undefined>(runs.length)
  let [time, variance, doubt, known] = [0, 0, 0, true]
  let all: Expected | undefined
  for (const row of order) {
    const { tasks, duration, spread, capacity } = runs[row]!
    known &&= spread.known && capacity > 0
    if (!known) continue
    const part = (tasks * duration) / capacity
    time += Math.max(part, duration)
    variance += tasks * (deviation(spread.factors) * duration / capacity) ** 2
    // Doubts about one run's expectation hold for all of its tasks alike.
    doubt += (part * spread.doubt) ** 2
    const off = NINE_IN_TEN * Math.sqrt(variance + doubt)
    expected[row] = { early: Math.max(0, time - off), middle: time, late: time + off }
    all = expected[row]
  }
  return { runs: expected, all: known ? all : undefined }
}

// ── chance ─────────────────────────────────────────────────────────────────────────────────────────────────

/** mulberry32 (T. Ettinger, public domain). */
export function generator(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** G. E. P. Box, M. E. Muller, A note on the generation of random normal deviates, 1958. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
