/**
 * How jobs of a name are best run when they are alone: with how many executors, which stage first, and how many executors at most on each. Found by playing the
 * job with durations as they were learned, and changing one thing after the other while that helps (local search with common random numbers).
 * That few executors on one stage, or a stage put off, can be better is owed to executors that stood idle: their next task takes longer, so it pays to have
 * something for them to do until a wide stage can start.
 */
import { LearnedAgent, type KnownJob } from './agent.ts'
import { Cluster, type JobKind } from './cluster.ts'
import { expectedStages, learnedKind, type Experience } from './experience.ts'
import { shapeOf, type Shape } from './jobs.ts'
import type { Levels } from './rollout.ts'

export interface Plan {
  readonly limit: number
  readonly rank: readonly number[]
  readonly most: readonly number[]
}

export interface Planned {
  readonly shape: Shape
  readonly limit: number
}

const MOST = [1, 2, 4, 7, 10, 14, 20, 30, 40]
/** A change must make the job end so much sooner, ms. */
const WORTH_A_CHANGE = 5
/** Plays of each candidate: it is given up after the first few if it did worse or the same. */
const PLAYS = 8
const FIRST_PLAYS = 2
const MUCH_WORSE = 1.01
const SWEEPS = 2

export function planFor(experience: Experience, job: JobKind, executors: number, levels: Levels, seed: number, before?: KnownJob): Planned {
  const kind = learnedKind(experience, job, executors)
  const stages = expectedStages(experience, job, executors)
  let { rank, most } = shapeOf(stages)
  let plan: Plan = { limit: levels.alone, rank: Array.from(rank), most: Array.from(most) }
  let best = Infinity
  let times: readonly number[] = []
  const tried = (candidate: Plan): void => {
    const shape = shapeOf(stages, candidate.rank, candidate.most)
    const each: number[] = []
    for (let play = 0; play < PLAYS; play++) {
      const agent = new LearnedAgent({ executors, known: () => ({ shape, limit: candidate.limit }), levels, limit: () => candidate.limit })
      const { jobTime } = new Cluster([{ job: kind, at: 0 }], { executors, seed: seed + play, stays: true }).run(agent)
      each.push(jobTime * 1000 * (1 + levels.rent * candidate.limit))
      // What makes no difference at all was no change.
      if (play === 0 && each[0] === times[0]) return
      if (play === FIRST_PLAYS - 1 && times.length > 0 && mean(each) > mean(times.slice(0, FIRST_PLAYS)) * MUCH_WORSE) return
    }
    if (!(mean(each) < best - WORTH_A_CHANGE)) return
    best = mean(each)
    times = each
    plan = candidate
  }
  const tryLimits = () => levels.levels.forEach((limit) => limit !== plan.limit && tried({ ...plan, limit }))
  tried(plan)
  tryLimits()
  if (before?.limit !== undefined) tried({ limit: before.limit, rank: Array.from(before.shape.rank), most: Array.from(before.shape.most) })
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const before = best
    stages.forEach(({ tasks }, s) => {
      for (const bound of [...MOST.filter((count) => count < tasks), tasks]) if (bound !== plan.most[s]) tried({ ...plan, most: plan.most.with(s, bound) })
      const sorted = [...plan.rank].sort((a, b) => b - a)
      for (const rank of [sorted[0]! + 1, sorted.at(-1)! - 1, ...sorted.slice(1).map((one, i) => (one + sorted[i]!) / 2)]) tried({ ...plan, rank: plan.rank.with(s, rank) })
    })
    tryLimits()
    if (best > before - WORTH_A_CHANGE) break
  }
  ;({ rank, most } = plan)
  return { shape: shapeOf(stages, rank, most), limit: plan.limit }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
