/**
 * How long tasks of each stage take, by wave and by how many executors their job had: learned from tasks that ended, in earlier runs of the same
 * stages. (That tasks slow down as their job gets more executors is what H. Mao et al., Learning scheduling algorithms for data processing
 * clusters, SIGCOMM 2019, found to matter most.) Plain data, to be kept as JSON.
 */
import type { JobKind } from './cluster.ts'
import { FIRST, FRESH, MORE, type Stage, type Wave } from './jobs.ts'

/** By wave: numbers of executors, how many tasks were seen with each, and their mean duration; in parallel arrays. */
export interface Seen {
  readonly executors: number[]
  readonly weight: number[]
  readonly mean: number[]
  /** The latest durations as parts of the mean that was expected, in a ring. */
  readonly ratios: number[]
  next: number
}
export interface Experience {
  /** By name of the stage. */
  readonly stages: Record<string, [Seen, Seen, Seen]>
  /** How much longer tasks of an executor's first wave in a job take than those of a stage's first wave: weight and mean, over all stages. */
  readonly warmUp: { weight: number; mean: number }
}

/** Further stages are not learned of; further numbers of executors join the nearest that there is. */
const MOST_STAGES = 20_000
const MOST_LEVELS = 64
/** From this weight on, the past counts less and less. */
const HEAVIEST = 1000
/** So many durations must have been seen before others are compared with their mean; and so many of these are kept. */
const KNOWN = 4
const MOST_RATIOS = 100
/** A deviation counts as no more than twice the mean: few long ones shall not hide how the others lie. */
const MOST_OFF = 4
/** What was seen with other numbers of executors counts by how near they are: a factor e less for this ratio. */
const NEAR = 0.005
const FAR = 0.3
const FAR_WEIGHT = 0.01

export function noExperience(): Experience {
  return { stages: Object.create(null) as Experience['stages'], warmUp: { weight: 0, mean: 0 } }
}

/** A task that ended; changes `experience`. What makes no sense is ignored. */
export function experienced(experience: Experience, stage: string, wave: Wave, executors: number, duration: number): void {
  if (!(duration >= 0 && duration < Infinity && executors >= 1 && executors < Infinity)) return
  const seen = experience.stages[stage] ?? begun(experience, stage)
  if (!seen) return
  const level = levelOf(seen[wave], Math.round(executors))
  const { weight, mean } = seen[wave]
  if (weight[level]! >= KNOWN && mean[level]! > 0) {
    seen[wave].ratios[seen[wave].next] = duration / mean[level]!
    seen[wave].next = (seen[wave].next + 1) % MOST_RATIOS
  }
  weight[level] = Math.min(weight[level]! + 1, HEAVIEST)
  mean[level]! += (duration - mean[level]!) / weight[level]!
  if (wave !== FRESH) return
  const usual = near(seen[FIRST], executors)
  if (usual === undefined) return
  const { warmUp } = experience
  warmUp.weight = Math.min(warmUp.weight + 1, HEAVIEST)
  warmUp.mean += (duration - usual - warmUp.mean) / warmUp.weight
}

function begun({ stages }: Experience, stage: string): Experience['stages'][string] | undefined {
  if (Object.keys(stages).length >= MOST_STAGES) return undefined
  const none = (): Seen => ({ executors: [], weight: [], mean: [], ratios: [], next: 0 })
  return (stages[stage] = [none(), none(), none()])
}

function levelOf(seen: Seen, executors: number): number {
  const known = seen.executors.indexOf(executors)
  if (known >= 0) return known
  if (seen.executors.length < MOST_LEVELS) {
    seen.weight.push(0)
    seen.mean.push(0)
    return seen.executors.push(executors) - 1
  }
  let nearest = 0
  seen.executors.forEach((level, i) => {
    if (Math.abs(level - executors) < Math.abs(seen.executors[nearest]! - executors)) nearest = i
  })
  return nearest
}

/** Mean of what was seen, by nearness. */
function near({ executors, weight, mean }: Seen, at: number): number | undefined {
  let [sum, weights] = [0, 0]
  for (let i = 0; i < executors.length; i++) {
    const off = Math.abs(Math.log(executors[i]! / at))
    const counts = weight[i]! * (Math.exp(-off / NEAR) + FAR_WEIGHT * Math.exp(-off / FAR))
    sum += counts * mean[i]!
    weights += counts
  }
  return weights > 0 ? sum / weights : undefined
}

/** Expected durations by wave and by number of executors, from 0 (as 1) to `most`. What was never seen is taken from the other waves; `unknown` if there is none. */
export function expectedDurations({ stages, warmUp }: Experience, stage: string, most: number, unknown: number): [Float64Array, Float64Array, Float64Array] {
  const seen = stages[stage]
  const tables: [Float64Array, Float64Array, Float64Array] = [new Float64Array(most + 1), new Float64Array(most + 1), new Float64Array(most + 1)]
  for (let executors = 0; executors <= most; executors++) {
    const known = [FRESH, FIRST, MORE].map((wave) => seen && near(seen[wave as Wave], Math.max(1, executors)))
    const first = known[FIRST] ?? (known[FRESH] === undefined ? undefined : Math.max(known[FRESH] - warmUp.mean, 0)) ?? known[MORE] ?? unknown
    tables[FRESH][executors] = known[FRESH] ?? first + warmUp.mean
    tables[FIRST][executors] = first
    tables[MORE][executors] = known[MORE] ?? first
  }
  return tables
}

/** Standard deviation of durations as part of what is expected, by wave. */
export function expectedSpread({ stages }: Experience, stage: string): [number, number, number] {
  const seen = stages[stage]
  return [FRESH, FIRST, MORE].map((wave) => {
    const ratios = seen?.[wave as Wave].ratios ?? []
    return Math.sqrt(ratios.reduce((sum, ratio) => sum + Math.min((ratio - 1) ** 2, MOST_OFF), 0) / Math.max(1, ratios.length))
  }) as [number, number, number]
}

/** Of stages that were never seen, ms. */
const UNKNOWN = 1000

export const stageName = (job: JobKind, stage: number): string => `${job.name}/${stage}`

/** What is expected of a job's stages. */
export function expectedStages(experience: Experience, job: JobKind, most: number): Stage[] {
  return job.stages.map(({ tasks, inputs }, s) => {
    const name = stageName(job, s)
    return { tasks, inputs, duration: expectedDurations(experience, name, most, UNKNOWN), spread: expectedSpread(experience, name) }
  })
}

/** The job as it was learned: durations are drawn from what is expected and by how much it was off. */
export function learnedKind(experience: Experience, job: JobKind, most: number): JobKind {
  const stages = expectedStages(experience, job, most).map(({ tasks, inputs, duration }, s) => {
    const ratios = ([FRESH, FIRST, MORE] as const).map((wave) => experience.stages[stageName(job, s)]?.[wave].ratios ?? [])
    return {
      tasks, inputs,
      duration: (executors: number, wave: Wave, _u: number, v: number) => Math.round(duration[wave][Math.min(executors, most)]! * (ratios[wave]![Math.floor(v * ratios[wave]!.length)] ?? 1)),
    }
  })
  return { name: job.name, stages }
}
