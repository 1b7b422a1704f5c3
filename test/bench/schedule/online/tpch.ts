/** Jobs of the TPC-H benchmark as measured on Spark (H. Mao et al., SIGCOMM 2019), and how they arrive. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../../../kernel/errors.ts'

/** Durations, ms, by the number of executors with which they were measured. */
export type Measured = ReadonlyMap<number, readonly number[]>

export interface MeasuredStage {
  readonly tasks: number
  readonly inputs: readonly number[]
  readonly fresh: Measured
  readonly first: Measured
  readonly more: Measured
  /** The largest number of executors with which it was measured. */
  readonly most: number
}

export interface MeasuredJob {
  readonly name: string
  readonly stages: readonly MeasuredStage[]
}

export interface Arrival {
  readonly job: MeasuredJob
  /** ms. */
  readonly at: number
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

/** @throws UserError naming the file and what is wrong with it */
export function readJobs(folder: string): MeasuredJob[] {
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
    return jobOf(job)
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

function jobOf({ query, size, edges, task_duration }: RawJob): MeasuredJob {
  return {
    name: `q${query}-${size}`,
    stages: task_duration.map(({ first_wave, fresh_durations, rest_wave }, s): MeasuredStage => {
      const keys = Object.keys(first_wave).map(Number).sort((a, b) => a - b)
      const few = keys[0]!
      const of = (wave: Record<string, readonly number[]>): Measured => new Map(keys.map((key) => [key, wave[key] ?? []]))
      return {
        tasks: Math.max(1, first_wave[few]!.length + (rest_wave[few]?.length ?? 0)),
        inputs: [...new Set(edges.filter(([, to]) => to === s).map(([from]) => from))],
        fresh: of(fresh_durations), first: withoutFresh(keys, first_wave, fresh_durations), more: of(rest_wave), most: keys.at(-1)!,
      }
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

/** Uniform in [0, 1), the same for the same numbers: so every policy meets the same jobs and, task by task, the same luck. */
export function chance(seed: number, a: number, b: number, c: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15) ^ a, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 13) ^ b, 0x27d4eb2f)
  hash = Math.imul(hash ^ (hash >>> 16) ^ c, 0x165667b1)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
}

/** Jobs drawn evenly, one at time 0, the others with exponential gaps. */
export function arrivals(jobs: readonly MeasuredJob[], seed: number, count: number, meanGap: number): Arrival[] {
  let at = 0
  return Array.from({ length: count }, (_, i) => {
    if (i > 0) at += Math.floor(-Math.log(1 - chance(seed, i, 1, 77)) * meanGap)
    return { job: jobs[Math.floor(chance(seed, i, 2, 78) * jobs.length)]!, at }
  })
}
