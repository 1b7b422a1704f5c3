/**
 * With how many executors jobs of each name end soonest when they are alone: tried out over many runs, those limits more often that did well (UCB1: P. Auer, N.
 * Cesa-Bianchi, P. Fischer, Finite-time analysis of the multiarmed bandit problem, Machine Learning 2002).
 */

/** By name of the job, by limit: how many jobs there were, and their mean time, ms. Plain data, to be kept as JSON. */
export type LimitsTried = Record<string, Record<string, { weight: number; mean: number }>>

const MOST_JOBS = 5000
const MOST_LIMITS = 32
/** Times scatter by about this part of their mean. */
const SCATTER = 0.05
/** So many jobs must have been seen with a limit before it is relied on. */
const LEAST = 2

/** A job that was alone all the time, and had this limit all the time, took so long. */
export function jobTook(tried: LimitsTried, job: string, limit: number, time: number): void {
  if (!(time >= 0 && time < Infinity && limit >= 1 && limit < Infinity)) return
  if (!Object.hasOwn(tried, job)) {
    if (Object.keys(tried).length >= MOST_JOBS) return
    tried[job] = {}
  }
  const limits = tried[job]!
  if (!Object.hasOwn(limits, limit) && Object.keys(limits).length >= MOST_LIMITS) return
  const seen = (limits[limit] ??= { weight: 0, mean: 0 })
  seen.weight++
  seen.mean += (time - seen.mean) / seen.weight
}

/** The limit with which such jobs took least, each executor at its rent (see Levels); undefined: too little is known. */
export function bestLimit(tried: LimitsTried, job: string, { levels, rent }: { readonly levels: readonly number[]; readonly rent: number }): number | undefined {
  let best: number | undefined
  let least = Infinity
  for (const level of levels) {
    const seen = seenOf(tried, job, level)
    if (!seen || seen.weight < LEAST) continue
    // What was seen seldom may have been luck.
    const time = seen.mean * (1 + SCATTER / Math.sqrt(seen.weight)) * (1 + rent * level)
    if (time < least) [best, least] = [level, time]
  }
  return best
}

/** The limit from which most is to be learned: one that was not tried yet, else the one that may be best. */
export function limitToTry(tried: LimitsTried, job: string, levels: readonly number[]): number {
  const total = levels.reduce((sum, level) => sum + (seenOf(tried, job, level)?.weight ?? 0), 0)
  let [chosen, least] = [levels[0]!, Infinity]
  for (const level of levels) {
    const seen = seenOf(tried, job, level)
    if (!seen) return level
    const hopeful = seen.mean * (1 - SCATTER * Math.sqrt((2 * Math.log(total)) / seen.weight))
    if (hopeful < least) [chosen, least] = [level, hopeful]
  }
  return chosen
}

function seenOf(tried: LimitsTried, job: string, level: number): { weight: number; mean: number } | undefined {
  return Object.hasOwn(tried, job) ? tried[job]![level] : undefined
}
