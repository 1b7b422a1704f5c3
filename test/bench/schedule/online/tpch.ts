/** Jobs of the TPC-H benchmark as measured on Spark (H. Mao et al., SIGCOMM 2019), and how they arrive. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../../../kernel/errors.ts'
import { chance } from './chance.ts'
import type { Arrival, JobKind, StageKind } from './cluster.ts'
import { FRESH, MORE, type Wave } from './jobs.ts'

/** Durations, ms, by the number of executors with which they were measured. */
export type Measured = ReadonlyMap<number, readonly number[]>

export interface MeasuredStage extends StageKind {
  readonly fresh: Measured
  readonly first: Measured
  readonly more: Measured
  /** The largest number of executors with which it was measured. */
  readonly most: number
}

export interface MeasuredJob extends JobKind {
  readonly stages: readonly MeasuredStage[]
}

const MOST_BYTES = 1 << 28
const FILE = 'tpch_jobs.json'

interface RawJob {
  readonly query: number
  readonly size: string
  readonly stages: number
  readonly edges: readonly (readonly [number, number])[]
  readonly task_duration: readonly Record<'first_wave' | 'fresh_durations' | 'rest_wave', Record<string, readonly number[]>>[]
}

/**
 * @param straight decima-sim draws the durations of 11 … 39 executors from those measured with 20 and 40 (say) with the weights the wrong way round
 *   (`sample_executor_key`): kept, unless this asks for the nearer ones to weigh more
 * @throws UserError naming the file and what is wrong with it
 */
export function readJobs(folder: string, straight = false): MeasuredJob[] {
  const path = join(folder, FILE)
  const wrong = (what: string) => new UserError('bad-instance', `${path}: ${what}. It must be a list of { query, size, stages, edges, task_duration }, as converted from decima-sim.`)
  let raw: unknown
  try {
    if (statSync(path).size > MOST_BYTES) throw wrong(`it is larger than ${MOST_BYTES >> 20} MB`)
    raw = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof UserError) throw error
    throw wrong(`it cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
  if (!Array.isArray(raw) || raw.length === 0) throw wrong('it holds no jobs')
  return raw.map((job: RawJob, i) => {
    const problem = problemWith(job)
    if (problem !== undefined) throw wrong(`job ${i}: ${problem}`)
    return jobOf(job, straight)
  })
}

function problemWith(job: RawJob): string | undefined {
  if (typeof job !== 'object' || job === null || !Array.isArray(job.task_duration) || !Array.isArray(job.edges)) return 'fields are missing'
  const count = job.task_duration.length
  if (count === 0 || count !== job.stages) return `it has durations of ${count} stages, not of ${job.stages}`
  if (!job.edges.every((edge) => Array.isArray(edge) && edge.length === 2 && edge.every((s) => Number.isInteger(s) && s >= 0 && s < count))) return 'an edge leads nowhere'
  for (const stage of job.task_duration) {
    for (const wave of ['first_wave', 'fresh_durations', 'rest_wave'] as const) {
      const lists: [string, unknown][] = Object.entries(stage?.[wave] ?? {})
      if (lists.length === 0) return `a stage has no ${wave}`
      if (!lists.every(([key, list]) => Number(key) > 0 && isDurations(list))) return `${wave} of a stage is not by number of executors`
    }
    if (!Object.values<readonly number[]>(stage.first_wave).some((list) => list.length > 0)) return 'a stage has no tasks'
  }
  return cyclic(count, job.edges) ? 'its stages wait for each other' : undefined
}

function isDurations(list: unknown): boolean {
  return Array.isArray(list) && list.every((ms: unknown) => typeof ms === 'number' && ms >= 0 && ms < Infinity)
}

function cyclic(count: number, edges: RawJob['edges']): boolean {
  const missing = new Int32Array(count)
  for (const [, to] of edges) missing[to]!++
  const free = [...missing.keys()].filter((s) => missing[s] === 0)
  for (let at = 0; at < free.length; at++) for (const [from, to] of edges) if (from === free[at] && --missing[to]! === 0) free.push(to)
  return free.length < count
}

function jobOf({ query, size, edges, task_duration }: RawJob, straight: boolean): MeasuredJob {
  return {
    name: `q${query}-${size}`,
    stages: task_duration.map(({ first_wave, fresh_durations, rest_wave }, s): MeasuredStage => {
      const keys = Object.keys(first_wave).map(Number).sort((a, b) => a - b)
      const few = keys[0]!
      const of = (wave: Record<string, readonly number[]>): Measured => new Map(keys.map((key) => [key, wave[key] ?? []]))
      const measured = {
        tasks: Math.max(1, first_wave[few]!.length + (rest_wave[few]?.length ?? 0)),
        inputs: [...new Set(edges.filter(([, to]) => to === s).map(([from]) => from))],
        fresh: of(fresh_durations), first: withoutFresh(keys, first_wave, fresh_durations), more: of(rest_wave), most: keys.at(-1)!,
      }
      return { ...measured, duration: (executors, wave, u, v) => durationOf(measured, executors, wave, u, v, straight) }
    }),
  }
}

/** First waves as measured hold the fresh executors' tasks, too; where nothing else is left, what fewer executors gave stands in (so does decima-sim). */
function withoutFresh(keys: readonly number[], first: Record<string, readonly number[]>, fresh: Record<string, readonly number[]>): Measured {
  const cleaned = new Map<number, readonly number[]>()
  let last: readonly number[] = []
  for (const key of keys) {
    const drop = new Map<number, number>()
    for (const ms of fresh[key] ?? []) drop.set(ms, (drop.get(ms) ?? 0) + 1)
    const left = first[key]!.filter((ms) => {
      const count = drop.get(ms) ?? 0
      if (count > 0) drop.set(ms, count - 1)
      return count === 0
    })
    last = left.length > 0 ? left : last
    cleaned.set(key, last)
  }
  return cleaned
}

/** What an executor's first task in a job takes longer, where that was not measured. */
const WARM_UP = 1000
/** Numbers of executors with which durations were measured, as decima-sim's `executor_data_point`. */
const POINTS = [5, 10, 20, 40, 50, 60, 80, 100]

/** @param u @param v uniform in [0, 1) */
export function durationOf(stage: Omit<MeasuredStage, 'duration'>, executors: number, wave: Wave, u: number, v: number, straight: boolean): number {
  const { fresh, first, more } = stage
  const key = keyFor(stage, executors, u, straight)
  const drawn = (from: Measured): number | undefined => {
    const list = from.get(key) ?? []
    return list[Math.floor(v * list.length)]
  }
  if (wave === FRESH) return drawn(fresh) ?? (drawn(first) ?? drawn(more) ?? 0) + WARM_UP
  return (wave === MORE ? drawn(more) : undefined) ?? drawn(first) ?? drawn(fresh) ?? drawn(more) ?? 0
}

/** With how many executors the duration was measured that stands for a task of a job that has so many (`sample_executor_key` with `executor_interval_map`). */
function keyFor(stage: Omit<MeasuredStage, 'duration'>, executors: number, u: number, straight: boolean): number {
  const right = POINTS.find((point) => point >= executors) ?? POINTS.at(-1)!
  const left = right === executors ? right : (POINTS.findLast((point) => point < executors) ?? right)
  const leans = left < right && 1 + Math.floor(u * (right - left)) <= executors - left
  const key = leans === straight ? right : left
  return stage.first.has(left === right ? left : key) ? (left === right ? left : key) : stage.most
}

/** Jobs drawn evenly, one at time 0, the others with exponential gaps. */
export function arrivals(jobs: readonly MeasuredJob[], seed: number, count: number, meanGap: number): Arrival<MeasuredJob>[] {
  let at = 0
  return Array.from({ length: count }, (_, i) => {
    if (i > 0) at += Math.floor(-Math.log(1 - chance(seed, i, 1, 77)) * meanGap)
    return { job: jobs[Math.floor(chance(seed, i, 2, 78) * jobs.length)]!, at }
  })
}
