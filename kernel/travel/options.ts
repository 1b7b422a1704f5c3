/** How sizes, durations and priorities are written, in magics and in `distribute()` alike. */
import { badOption, unknownOption } from '../errors.ts'
import type { RunOptions } from './declaration.ts'

const byteUnits: Readonly<Record<string, number>> = {
  b: 1, k: 1e3, kb: 1e3, kib: 1024, m: 1e6, mb: 1e6, mib: 1024 ** 2, g: 1e9, gb: 1e9, gib: 1024 ** 3, t: 1e12, tb: 1e12, tib: 1024 ** 4,
}
const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 }
const priorities: Readonly<Record<string, number>> = { low: -10, normal: 0, high: 10 }

/** Bytes: a number, or `2GiB`, `500MB`, `1.5g`. */
export function parseBytes(given: string | number, option: string): number {
  return Math.round(measure(given, byteUnits, 'b', option, 'a size such as 512MiB, 2GiB or a number of bytes'))
}

/** Milliseconds: a number, or `250ms`, `30s`, `5m`, `1h`. */
export function parseDuration(given: string | number, option: string): number {
  return measure(given, timeUnits, 'ms', option, 'a duration such as 250ms, 30s, 5m or 1h')
}

/** low = -10, normal = 0, high = 10, or the number itself. */
export function parsePriority(given: string | number, option: string): number {
  const value = typeof given === 'string' && given in priorities ? priorities[given]! : given === '' ? NaN : Number(given)
  if (!Number.isFinite(value)) throw badOption(option, String(given), 'low, normal, high or a number')
  return value
}

function measure(given: string | number, units: Readonly<Record<string, number>>, plain: string, option: string, accepted: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(String(given))
  const unit = match && Object.hasOwn(units, (match[2] || plain).toLowerCase()) ? units[(match[2] || plain).toLowerCase()]! : undefined
  if (!match || unit === undefined) throw badOption(option, String(given), accepted)
  return Number(match[1]) * unit
}

const codeOptions = ['priority', 'cpu', 'gpu', 'memory', 'resources', 'node', 'retries', 'backoff', 'timeout', 'replicas', 'mode', 'policy', 'speculate', 'after', 'seed'] as const

/**
 * Options of `distribute()` and `reduce()` as a run carries them; `after` is left to the caller, who knows handles.
 * @throws UserError that names the option and what it takes
 */
export function normaliseOptions(given: unknown): RunOptions {
  if (given === undefined) return {}
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw badOption('options', show(given), 'an object such as { retries: 2 }')
  const options = given as Record<string, unknown>
  for (const key of Object.keys(options)) {
    if (!(codeOptions as readonly string[]).includes(key)) throw unknownOption(key, 'distribute', codeOptions)
  }
  const resources: Record<string, number> = {}
  for (const name of ['cpu', 'gpu'] as const) if (options[name] !== undefined) resources[name] = amount(options[name], name)
  if (options['memory'] !== undefined) resources['memory'] = parseBytes(scalar(options['memory'], 'memory', 'a size such as 2GiB or a number of bytes'), 'memory')
  if (options['resources'] !== undefined) Object.assign(resources, customResources(options['resources']))
  return {
    ...(Object.keys(resources).length > 0 && { resources }),
    ...(options['priority'] !== undefined && { priority: parsePriority(scalar(options['priority'], 'priority', 'low, normal, high or a number'), 'priority') }),
    ...(options['node'] !== undefined && placement(options['node'])),
    ...(options['retries'] !== undefined && { retries: whole(options['retries'], 'retries', 0) }),
    ...(options['backoff'] !== undefined && { backoff: parseDuration(scalar(options['backoff'], 'backoff', 'a duration such as 1s'), 'backoff') }),
    ...(options['timeout'] !== undefined && { timeout: parseDuration(scalar(options['timeout'], 'timeout', 'a duration such as 30s'), 'timeout') }),
    ...(options['replicas'] !== undefined && { replicas: whole(options['replicas'], 'replicas', 1) }),
    ...(options['mode'] !== undefined && { mode: mode(options['mode']) }),
    ...(options['policy'] !== undefined && { policy: word(options['policy'], 'policy', 'the name of a policy (see %policy)') }),
    ...(options['speculate'] !== undefined && { speculate: flag(options['speculate'], 'speculate') }),
    ...(options['seed'] !== undefined && { seed: whole(options['seed'], 'seed', 0) }),
  }
}

function scalar(value: unknown, option: string, accepted: string): string | number {
  if (typeof value !== 'string' && typeof value !== 'number') throw badOption(option, show(value), accepted)
  return value
}

function word(value: unknown, option: string, accepted: string): string {
  if (typeof value !== 'string' || value === '') throw badOption(option, show(value), accepted)
  return value
}

function amount(value: unknown, option: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw badOption(option, show(value), 'a number, 0 or more')
  return value
}

function whole(value: unknown, option: string, least: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) throw badOption(option, show(value), `a whole number, ${least} or more`)
  return value
}

function flag(value: unknown, option: string): boolean {
  if (typeof value !== 'boolean') throw badOption(option, show(value), 'true or false')
  return value
}

function mode(value: unknown): 'async' | 'sync' {
  if (value !== 'async' && value !== 'sync') throw badOption('mode', show(value), 'async or sync')
  return value
}

function placement(value: unknown): Pick<RunOptions, 'node' | 'labels'> {
  const text = word(value, 'node', 'the name of a node, or label=value')
  const equals = text.indexOf('=')
  if (equals < 0) return { node: text }
  if (equals === 0 || equals === text.length - 1) throw badOption('node', text, 'the name of a node, or label=value')
  return { labels: { [text.slice(0, equals)]: text.slice(equals + 1) } }
}

function customResources(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badOption('resources', show(value), 'amounts by name, e.g. { license: 1 }')
  return Object.fromEntries(Object.entries(value).map(([name, given]) => [name, amount(given, `resources.${name}`)]))
}

function show(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'object' && value !== null ? (Array.isArray(value) ? 'an array' : 'an object') : String(value)
}
