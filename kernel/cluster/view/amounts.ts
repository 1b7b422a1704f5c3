/** Numbers and names as people read them, in pictures and summaries. */

/** `1,234` */
export function count(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 task`, `1,234 tasks` */
export function counted(n: number, noun: string): string {
  return `${count(n)} ${noun}${Math.round(n) === 1 ? '' : 's'}`
}

/** `0.4 ms`, `850 ms`, `3.2 s`, `2 min 5 s`, `1 h 40 min`, `3 d 4 h` */
export function duration(ms: number): string {
  if (ms < 10) return `${trimmed(ms)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9950) return `${trimmed(ms / 1000)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return ms < 99_950 ? `${trimmed(ms / 1000)} s` : `${seconds} s`
  if (seconds < 7200) return two(seconds, 60, 'min', 's')
  if (seconds < 172_800) return two(Math.round(seconds / 60), 60, 'h', 'min')
  return two(Math.round(seconds / 3600), 24, 'd', 'h')
}

/** What is left of a run's time, in one unit: `about 2 min left (1.5–3)`. Coarse, as it is a guess. */
export interface TimeLeft {
  readonly about: string
  /** Between these two with eight chances in ten; absent where they say no more than `about` does. */
  readonly range?: { readonly from: string; readonly to: string }
}

/** All in ms from now. */
export function timeLeft(early: number, middle: number, late: number): TimeLeft {
  const [unit, size] = middle < 100_000 ? ['s', 1000] as const : middle < 7_200_000 ? ['min', 60_000] as const : middle < 172_800_000 ? ['h', 3_600_000] as const : ['d', 86_400_000] as const
  const amount = (ms: number): string => {
    const units = Math.max(0, ms) / size
    // Up to ten minutes, hours or days in halves.
    const rounded = unit === 's' || units >= 10 ? Math.round(units) : Math.round(units * 2) / 2
    return rounded === 0 ? '<1' : String(rounded)
  }
  const [from, about, to] = [amount(early), amount(middle), amount(late)]
  return { about: `${about} ${unit}`, ...((from !== about || to !== about) && { range: { from, to } }) }
}

/** `about 2 min left (1.5–3)` */
export function timeLeftWords({ about, range }: TimeLeft): string {
  return `about ${about} left${range ? ` (${range.from}–${range.to})` : ''}`
}

function two(amount: number, per: number, large: string, small: string): string {
  const rest = amount % per
  return `${Math.floor(amount / per)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`
}

function trimmed(n: number): string {
  return n.toFixed(1).replace(/\.0$/, '')
}

/** `312`, `45`, `4.5`, `0.12`: per second. */
export function rate(perSecond: number): string {
  if (perSecond >= 1000) return count(Number(perSecond.toPrecision(3)))
  if (perSecond >= 10 || perSecond === 0) return String(Math.round(perSecond))
  return String(Number(perSecond.toPrecision(2)))
}

/** `512 B`, `1.5 MiB` */
export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let unit = 0
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024
    unit++
  }
  return `${unit === 0 || n >= 100 ? Math.round(n) : trimmed(n)} ${units[unit]}`
}

/** `87 %`, and never 100 or 0 unless it is. */
export function percent(fraction: number): string {
  const rounded = Math.round(fraction * 100)
  if (rounded >= 100 && fraction < 1) return '99 %'
  if (rounded <= 0 && fraction > 0) return '1 %'
  return `${Math.min(100, Math.max(0, rounded))} %`
}

/**
 * Text from outside, made safe to show in one line: without control characters, without those that change the direction
 * of writing or cannot be seen, with at most three accents on a letter, and of bounded length.
 */
export function plain(text: string, longest = 300): string {
  const line = text
    .slice(0, longest * 4)
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/gu, '')
    .replace(/(\p{M}{3})\p{M}+/gu, '$1')
    .trim()
  const letters = Array.from(line)
  return letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : line
}
