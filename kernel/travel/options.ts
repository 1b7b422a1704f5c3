/** How sizes, durations and priorities are written, in magics and in `distribute()` alike. */
import { badOption } from '../errors.ts'

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
