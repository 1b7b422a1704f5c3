/**
 * How jobs of a name are best run, alone and with fewer executors: with how many, which stage first, and how many at most on each. Found by playing the
 * job with durations as they were learned, and changing one thing after the other while that helps (local search with common random numbers).
 * That few executors on one stage, or a stage put off, can be better is owed to executors that stood idle: their next task takes longer, so it pays to have
 * something for them to do until a wide stage can start.
 */
import { LearnedAgent } from './agent.ts'
import { Cluster, type JobKind } from './cluster.ts'
import { expectedStages, learnedKind, type Experience } from './experience.ts'
import { longestFirst, shapeOf, type Order } from './jobs.ts'
import type { Levels } from './rollout.ts'
import type { Plan } from './trials.ts'

/** Bounds that are tried for the number of executors on a stage. */
const MOST = [1, 2, 4, 7, 10, 14, 20, 30, 40, Infinity]
/** A change must make the job end so much sooner, ms. */
const WORTH_A_CHANGE = 5
/** Plays of each candidate: it is given up after the first few if it did worse or the same. */
const PLAYS = 8
const FIRST_PLAYS = 2
const WORSE = 1.01
const SWEEPS = 2

/** @param before what was planned when less was known */
export function planFor(experience: Experience, job: JobKind, executors: number, levels: Levels, seed: number, before?: Plan): Plan {
  const kind = learnedKind(experience, job, executors)
  const stages = expectedStages(experience, job, executors)
  const took = (order: Order, play: number): number => {
    const known = { shape: shapeOf(stages, [order]), limit: order.limit }
    const agent = new LearnedAgent({ executors, known: () => known, levels, limit: () => order.limit })
    const { jobTime } = new Cluster([{ job: kind, at: 0 }], { executors, seed: seed + play, stays: true }).run(agent)
    return jobTime * 1000 * (1 + levels.rent * order.limit)
  }
  const alone = searched(took, [{ ...longestFirst(stages), limit: levels.alone }, ...(before?.shape.orders ?? [])], levels.levels)
  if (alone.limit <= levels.shared) return { shape: shapeOf(stages, [alone]), limit: alone.limit }
  const shared = searched(took, [alone, ...(before?.shape.orders ?? [])].map((order) => ({ ...order, limit: levels.shared })), [levels.shared])
  return { shape: shapeOf(stages, [shared, alone]), limit: alone.limit }
}

/** @param start orders to begin with: the best of them is improved */
function searched(took: (order: Order, play: number) => number, start: readonly Order[], limits: readonly number[]): Order {
  let order = start[0]!
  let times: readonly number[] = []
  const tried = (candidate: Order): void => {
    const each: number[] = []
    for (let play = 0; play < PLAYS; play++) {
      each.push(took(candidate, play))
      // What makes no difference at all was no change.
      if (play === 0 && each[0] === times[0]) return
      if (play === FIRST_PLAYS - 1 && times.length > 0 && mean(each) > mean(times.slice(0, FIRST_PLAYS)) * WORSE) return
    }
    if (times.length > 0 && !(mean(each) < mean(times) - WORTH_A_CHANGE)) return
    times = each
    order = candidate
  }
  const tryLimits = (): void => limits.forEach((limit) => limit !== order.limit && tried({ ...order, limit }))
  for (const candidate of start) if (limits.includes(candidate.limit)) tried(candidate)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const before = mean(times)
    tryLimits()
    order.rank.forEach((_, s) => {
      for (const bound of MOST) if (bound !== order.most[s]) tried({ ...order, most: order.most.with(s, bound) })
      const sorted = [...order.rank].sort((a, b) => b - a)
      for (const rank of [sorted[0]! + 1, sorted.at(-1)! - 1, ...sorted.slice(1).map((one, i) => (one + sorted[i]!) / 2)]) tried({ ...order, rank: order.rank.with(s, rank) })
    })
    if (mean(times) > before - WORTH_A_CHANGE) break
  }
  return order
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
