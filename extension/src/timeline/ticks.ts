/** Times on an axis, and how they are written. No DOM. */
import type { Span } from './window.ts'

const SECOND = 1000
const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000

const roundSteps = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND).concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), [1, 2, 3, 6, 12].map((n) => n * HOUR))

/** A step that people count in: 1, 2, 5 × 10ⁿ ms, the usual parts of minutes and hours, whole days. */
export function niceStep(least: number): number {
  if (!(least > 0.1)) return 0.1
  if (least <= SECOND) return decimalStep(least, 1)
  return roundSteps.find((step) => step >= least) ?? decimalStep(least, DAY)
}

function decimalStep(least: number, unit: number): number {
  const power = 10 ** Math.floor(Math.log10(least / unit)) * unit
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * 0.9999) ?? least
}

export interface Ticks {
  readonly step: number
  readonly times: readonly number[]
}

/** @param most number of them, about */
export function ticksOf({ from, to }: Span, most: number): Ticks {
  const step = niceStep((to - from) / Math.max(1, Math.min(100, most)))
  const times: number[] = []
  const first = Math.ceil(from / step - 1e-9)
  for (let n = first; n * step <= to * (1 + 1e-9) && times.length < 200; n++) times.push(n * step)
  return { step, times }
}

/** `0`, `250 ms`, `1.5 s`, `45 s`, `2:30 min`, `1:05 h`: as exact as steps of that length need. */
export function tickLabel(time: number, step: number, end: number): string {
  if (time < 1e-6) return '0'
  if (end <= 1.5 * SECOND && step < SECOND) return `${fixed(time, step, 1)} ms`
  if (step < SECOND) return `${fixed(time / SECOND, step / SECOND, 3)} s`
  if (step < MINUTE) return end < 3 * MINUTE ? `${Math.round(time / SECOND)} s` : `${parts(time, MINUTE, SECOND)} min`
  if (end < 2 * HOUR) return `${Math.round(time / MINUTE)} min`
  if (step < DAY) return `${parts(time, HOUR, MINUTE)} h`
  return `${Math.round(time / DAY)} d`
}

/** With the decimals that tell multiples of `step` apart. */
function fixed(value: number, step: number, most: number): string {
  const decimals = Math.min(most, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)))
  return value.toFixed(decimals)
}

function parts(time: number, large: number, small: number): string {
  const units = Math.round(time / small)
  const per = large / small
  return `${Math.floor(units / per)}:${String(units % per).padStart(2, '0')}`
}
