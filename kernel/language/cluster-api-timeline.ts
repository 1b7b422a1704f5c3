/** Schedules as drawings: one small timeline beside the other, all on the same scale of time. Everything from the data is escaped. */
import { duration } from '../errors.ts'
import { escapeHtml } from './table.ts'

export interface Timeline {
  readonly title: string
  readonly note: string
  /** Names of the nodes. */
  readonly lanes: readonly string[]
  readonly bars: readonly { readonly name: string; readonly lane: number; readonly start: number; readonly end: number }[]
}

const WIDTH = 460
const LABELS = 84
const ROW = 18
const HEAD = 40
const FOOT = 22
const GAP = 24
/** Rows of one drawing, and drawings in all: more are only counted. */
const MOST_ROWS = 64
const MOST_TIMELINES = 24
/** Bars in all, about: those that would be too narrow for that are drawn together. */
const MOST_BARS = 3000
/** The grey of what stands for several tasks. */
const SEVERAL = '#8a95a1'
/** Okabe and Ito's colours (Color Universal Design, 2008), which people with any kind of colour vision can tell apart; dark enough for white or black text. */
const fills = ['#56b4e9', '#009e73', '#e69f00', '#cc79a7', '#0072b2', '#d55e00', '#f0e442', '#7bd3b5']

interface Bar {
  readonly name: string
  readonly row: number
  readonly start: number
  readonly end: number
  readonly fill: string
}

export function drawTimelines(all: readonly Timeline[]): string {
  const shown = all.slice(0, MOST_TIMELINES)
  const until = Math.max(1e-9, ...shown.map((one) => Math.max(0, ...lasts(one))))
  const columns = shown.length > 1 ? 2 : 1
  const drawn = shown.map((one) => draw(one, until, shown.length))
  const parts: string[] = []
  let y = 0
  for (let i = 0; i < drawn.length; i += columns) {
    const row = drawn.slice(i, i + columns)
    row.forEach(({ svg }, column) => parts.push(`<g transform="translate(${column * (WIDTH + GAP)} ${y})">${svg}</g>`))
    y += Math.max(...row.map(({ height }) => height)) + GAP
  }
  const width = columns * WIDTH + (columns - 1) * GAP
  const rest = all.length > shown.length ? `<text x="0" y="${y - 4}" class="q">and ${all.length - shown.length} more</text>` : ''
  const height = y - (rest === '' ? GAP - 8 : 0) + 8
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -4 ${width + 16} ${height}" width="${width + 16}" height="${height}" font-family="system-ui, sans-serif" font-size="11">
<style>.t{font-size:14px;font-weight:600;fill:#1b2733}.q{fill:#5b6876}</style><rect x="-8" y="-4" width="${width + 16}" height="${height}" fill="#ffffff"/>
${parts.join('\n')}${rest}
</svg>`
}

function lasts({ bars }: Timeline): number[] {
  let last = 0
  for (const { end } of bars) if (end > last && Number.isFinite(end)) last = end
  return [last]
}

function draw(timeline: Timeline, until: number, drawings: number): { svg: string; height: number } {
  const { bars: single, labels, rows, left } = rowsOf(timeline)
  const height = HEAD + rows * ROW + FOOT
  const scale = (WIDTH - LABELS) / until
  const x = (time: number) => LABELS + time * scale
  const bars = together(single, Math.max(0.5, (rows * (WIDTH - LABELS) * drawings) / MOST_BARS) / scale)
  const lanes = labels.map(({ name, row, count }, i) => {
    const lane = `<rect x="${LABELS}" y="${HEAD + row * ROW}" width="${WIDTH - LABELS}" height="${count * ROW - 2}" fill="${i % 2 === 0 ? '#f1f4f6' : '#f7f9fa'}"/>`
    return `${lane}<text x="${LABELS - 6}" y="${HEAD + row * ROW + 12}" text-anchor="end" class="q">${escapeHtml(clipped(name, 13))}</text>`
  })
  const drawn = bars.map(({ name, row, start, end, fill }) => {
    const width = Math.max(0.6, (end - start) * scale - 0.5)
    const room = Math.floor((width - 6) / 6.2)
    const dark = fill === '#0072b2' || fill === '#d55e00' || fill === '#009e73'
    const label = room >= Math.min(4, name.length) ? `<text x="${round(x(start) + 3)}" y="${HEAD + row * ROW + 12}" fill="${dark ? '#ffffff' : '#1b2733'}">${escapeHtml(clipped(name, room))}</text>` : ''
    const title = `<title>${escapeHtml(name)}: ${round(start)} to ${round(end)} ms</title>`
    return `<rect x="${round(x(start))}" y="${HEAD + row * ROW + 1}" width="${round(width)}" height="${ROW - 4}" rx="2" fill="${fill}">${title}</rect>${label}`
  })
  const axis = [0, 0.25, 0.5, 0.75, 1].map((part) => `<text x="${round(x(part * until))}" y="${HEAD + rows * ROW + 14}" text-anchor="${part === 1 ? 'end' : part === 0 ? 'start' : 'middle'}" class="q">${part === 0 ? '0' : time(part * until)}</text>`)
  const more = left > 0 ? ` (${left} not drawn)` : ''
  const head = `<text x="0" y="14" class="t">${escapeHtml(clipped(timeline.title, 40))}</text><text x="0" y="30" class="q">${escapeHtml(timeline.note)}${more}</text>`
  return { svg: `${head}${lanes.join('')}${drawn.join('')}${axis.join('')}`, height }
}

/** Neighbours on a row that are both shorter than `least`, or one after the other within it, become one. */
function together(bars: readonly Bar[], least: number): Bar[] {
  const drawn: Bar[] = []
  const last = new Map<number, number>()
  for (const bar of bars) {
    const at = last.get(bar.row)
    const before = at === undefined ? undefined : drawn[at]!
    const close = before !== undefined && bar.start - before.end < least && bar.end - bar.start < least && (before.fill === SEVERAL || before.end - before.start < least)
    if (close) drawn[at!] = { name: 'several tasks', row: bar.row, start: before.start, end: bar.end, fill: SEVERAL }
    else last.set(bar.row, drawn.push(bar) - 1)
  }
  return drawn
}

/** Each bar on the first row of its node that is free: as many rows as tasks run there at once. */
function rowsOf({ lanes, bars }: Timeline): { bars: Bar[]; labels: { name: string; row: number; count: number }[]; rows: number; left: number } {
  const placed: Bar[] = []
  const labels: { name: string; row: number; count: number }[] = []
  const byLane: Timeline['bars'][number][][] = lanes.map(() => [])
  for (const bar of bars) byLane[bar.lane]?.push(bar)
  // The same task has the same colour in all drawings.
  const order = new Map(bars.map((bar, i) => [bar, i]))
  let row = 0
  for (const [lane, name] of lanes.entries()) {
    const ends: number[] = []
    for (const bar of byLane[lane]!.sort((a, b) => a.start - b.start || a.end - b.end)) {
      let at = ends.findIndex((end) => end <= bar.start + 1e-9)
      if (at < 0) at = ends.length
      ends[at] = bar.end
      if (row + at < MOST_ROWS) placed.push({ name: bar.name, row: row + at, start: bar.start, end: bar.end, fill: fills[order.get(bar)! % fills.length]! })
    }
    if (row >= MOST_ROWS) break
    const count = Math.min(Math.max(1, ends.length), MOST_ROWS - row)
    labels.push({ name, row, count })
    row += count
  }
  return { bars: placed, labels, rows: row, left: bars.length - placed.length }
}

/** Short ones exactly, as in exercises on paper. */
export function time(ms: number): string {
  return ms < 1000 ? `${Number(ms.toPrecision(4))} ms` : duration(ms)
}

function clipped(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(1, length - 1))}…`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
