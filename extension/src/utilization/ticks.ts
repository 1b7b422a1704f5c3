/** Where a time axis is marked, in ms since the declaration. */
import { duration } from '../../../kernel/cluster/view/amounts.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const parts = [10_000, 15_000, 20_000, 30_000, ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), ...[1, 2, 3, 6, 12].map((n) => n * HOUR), DAY]

export interface Tick {
  readonly time: number
  readonly text: string
}

/** @param most how many marks there is room for */
export function timeTicks(end: number, most: number): Tick[] {
  if (!(end > 0) || !Number.isFinite(end)) return [{ time: 0, text: '0' }]
  const step = niceStep(end / Math.max(1, most))
  const ticks: Tick[] = []
  for (let i = 0; i * step <= end * 1.0001; i++) ticks.push({ time: i * step, text: i === 0 ? '0' : duration(i * step) })
  return ticks
}

/** The next of 1, 2, 5 × 10ⁿ ms; above ten seconds, of the usual parts of minutes, hours and days. */
function niceStep(least: number): number {
  if (least > 10_000) return parts.find((part) => part >= least) ?? Math.ceil(least / DAY) * DAY
  const power = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * 0.999)!
}
