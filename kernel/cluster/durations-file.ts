/** The text of the file that durations are kept in, and which policies won on graphs of which shape. What is read is not trusted. */
import { emptyEstimate, type Estimate } from '../scheduler/index.ts'

export interface Entry {
  /** Another one whenever it is written. */
  readonly revision: number
  /** When something was learned last, ms since 1970. */
  readonly used: number
  readonly estimate: Estimate
}

/** How often each policy won, by the shape of the graph; the shape seen last at the end. */
export type Wins = Map<string, Map<string, number>>

export interface Kept {
  readonly entries: ReadonlyMap<string, Entry>
  readonly wins: Wins
}

/** What is wrong with a file. */
export class Bad extends Error {}

/** Names beyond so many are forgotten, those first that were not used for longest. */
const MOST = 1000
const LONGEST_NAME = 200
const MOST_SHAPES = 500
const MOST_POLICIES = 50
const VERSION = 1

/** @throws Bad */
export function readDurations(text: string): Kept {
  const file = parsed(text)
  if (!isObject(file) || file['version'] !== VERSION || !Array.isArray(file['names'])) throw new Bad('it is no file of durations')
  const entries = new Map<string, Entry>()
  for (const row of (file['names'] as unknown[]).slice(0, 2 * MOST)) {
    if (!isObject(row)) throw new Bad('an entry is no object')
    const { name, revision, used, ...estimate } = row
    if (typeof name !== 'string' || name.length > LONGEST_NAME || !isNumber(revision) || !isNumber(used)) throw new Bad('an entry has no name or date')
    entries.set(name, { revision, used, estimate: estimateOf(name, estimate) })
  }
  return { entries, wins: winsOf(file['wins']) }
}

/** Files of earlier versions have none. */
function winsOf(given: unknown): Wins {
  const wins: Wins = new Map()
  if (given === undefined) return wins
  if (!Array.isArray(given)) throw new Bad('what won is no list')
  for (const row of (given as unknown[]).slice(0, MOST_SHAPES)) {
    const [shape, counts] = Array.isArray(row) ? (row as unknown[]) : []
    if (typeof shape !== 'string' || shape.length > LONGEST_NAME || !Array.isArray(counts)) throw new Bad('what won has no shape')
    const policies = (counts as unknown[]).slice(0, MOST_POLICIES).filter(isCount)
    wins.set(shape, new Map(policies))
  }
  return wins
}

function isCount(row: unknown): row is [string, number] {
  if (!Array.isArray(row) || row.length !== 2) return false
  const [policy, count] = row as unknown[]
  return typeof policy === 'string' && policy.length <= LONGEST_NAME && isNumber(count) && count > 0 && count < 1e9
}

export function writtenDurations(entries: ReadonlyMap<string, Entry>, wins: Wins = new Map()): string {
  const kept = [...entries].filter(([name]) => name.length <= LONGEST_NAME).sort(([, a], [, b]) => b.used - a.used).slice(0, MOST)
  const short = (_key: string, value: unknown): unknown => (typeof value === 'number' ? brief(value) : value)
  const rows = kept.map(([name, { revision, used, estimate }]) => JSON.stringify({ name, revision, used, ...estimate }, short))
  const won = [...wins].slice(-MOST_SHAPES).map(([shape, policies]) => JSON.stringify([shape, [...policies]]))
  return `{"version":${VERSION},"names":[\n${rows.join(',\n')}\n],"wins":[\n${won.join(',\n')}\n]}\n`
}

/** Six digits tell durations well enough; dates and revisions keep all of theirs. */
function brief(value: number): number {
  return Number.isSafeInteger(value) ? value : Number(value.toPrecision(6))
}

const numbers = Object.entries(emptyEstimate()).filter(([, value]) => typeof value === 'number').map(([key]) => key)
const buckets = emptyEstimate().residuals.length
/** Sums that cannot be negative. */
const sums = ['weight', 'xx', 'count', 'factors', 'size']

function estimateOf(name: string, given: Record<string, unknown>): Estimate {
  const wrong = (what: string) => new Bad(`the entry of ${JSON.stringify(name.slice(0, 60))} has no ${what}`)
  const estimate: Record<string, unknown> = {}
  for (const key of numbers) {
    const value = given[key]
    if (!isNumber(value) || Math.abs(value) > 1e15 || (sums.includes(key) && value < 0)) throw wrong(key)
    estimate[key] = value
  }
  const { residuals } = given
  const sound = (value: unknown): boolean => isNumber(value) && value >= 0 && value < 1e9
  if (!Array.isArray(residuals) || residuals.length !== buckets || !residuals.every(sound)) throw wrong('residuals')
  estimate['residuals'] = [...(residuals as number[])]
  // What it rests on and what it consists of belong together.
  if ((estimate['weight'] as number) > 0 !== (estimate['count'] as number) > 0) throw wrong('weight')
  if (Math.abs(estimate['y'] as number) > 50) throw wrong('duration')
  return estimate as unknown as Estimate
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Bad('it is no JSON')
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
