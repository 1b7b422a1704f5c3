/** Schedules as a picture: one small timeline beside the other, all on the same scale of time, each task by its name where that fits. */
import { box, ink, write, type Pen } from '../view/picture-style.ts'
import type { PictureSize } from '../view/picture-canvas.ts'

export interface Timeline {
  readonly title: string
  readonly note: string
  /** Names of the nodes. */
  readonly lanes: readonly string[]
  readonly bars: readonly TimelineBar[]
}

export interface TimelineBar {
  readonly name: string
  /** Number of its node. */
  readonly lane: number
  /** ms */
  readonly start: number
  readonly end: number
}

const PADDING = 20
const WIDTH = 460
const LABELS = 84
const ROW = 20
const HEAD = 46
const FOOT = 22
const GAP = 28
/** Rows of one timeline, and timelines in all: more are only counted. */
const MOST_ROWS = 64
const MOST_TIMELINES = 24
/** Bars in all, about: those that would be too narrow for that are drawn together. */
const MOST_BARS = 3000
const TEXT = 11
/** The grey of what stands for several tasks. */
const SEVERAL = ink.faint
/** Okabe and Ito's colours (Color Universal Design, 2008), which people with any kind of colour vision can tell apart; dark enough for white or black text. */
const fills = ['#56b4e9', '#009e73', '#e69f00', '#cc79a7', '#0072b2', '#d55e00', '#f0e442', '#7bd3b5']
const dark = new Set(['#009e73', '#0072b2', '#d55e00'])

/** A bar where it is drawn. */
interface Bar {
  readonly name: string
  readonly row: number
  readonly start: number
  readonly end: number
  readonly fill: string
}

interface Laid {
  readonly timeline: Timeline
  readonly bars: readonly Bar[]
  readonly labels: readonly { readonly name: string; readonly row: number; readonly count: number }[]
  readonly rows: number
  /** Bars that are not drawn. */
  readonly left: number
}

/** Where everything goes: `size` first, then `draw`. */
export class TimelinesPicture {
  readonly size: PictureSize
  readonly #shown: readonly Laid[]
  readonly #more: number
  readonly #columns: number
  /** The last moment of all. */
  readonly #until: number
  readonly #time: (ms: number) => string

  constructor(all: readonly Timeline[], time: (ms: number) => string) {
    this.#time = time
    this.#until = Math.max(1e-9, ...all.map(({ bars }) => bars.reduce((last, { end }) => Math.max(last, end), 0)))
    this.#shown = all.slice(0, MOST_TIMELINES).map((one) => laid(one))
    this.#more = all.length - this.#shown.length
    this.#columns = this.#shown.length > 1 ? 2 : 1
    const height = this.#lines().reduce((sum, line) => sum + heightOf(line) + GAP, this.#more > 0 ? 0 : -GAP)
    this.size = { width: 2 * PADDING + this.#columns * WIDTH + (this.#columns - 1) * GAP, height: 2 * PADDING + height }
  }

  draw(pen: Pen): void {
    const { width, height } = this.size
    box(pen, 0.5, 0.5, width - 1, height - 1, 12, ink.card, ink.line)
    let y = PADDING
    for (const line of this.#lines()) {
      line.forEach((one, column) => this.#drawOne(pen, one, PADDING + column * (WIDTH + GAP), y))
      y += heightOf(line) + GAP
    }
    if (this.#more > 0) write(pen, `and ${this.#more} more`, PADDING, y, { size: TEXT, colour: ink.quiet })
  }

  #lines(): Laid[][] {
    const lines: Laid[][] = []
    for (let i = 0; i < this.#shown.length; i += this.#columns) lines.push(this.#shown.slice(i, i + this.#columns))
    return lines
  }

  #drawOne(pen: Pen, { timeline, bars, labels, rows, left }: Laid, x: number, y: number): void {
    const scale = (WIDTH - LABELS) / this.#until
    const at = (time: number): number => x + LABELS + time * scale
    write(pen, timeline.title, x, y + 15, { size: 14, weight: 700, width: WIDTH })
    write(pen, `${timeline.note}${left > 0 ? ` (${left} not drawn)` : ''}`, x, y + 33, { size: TEXT, colour: ink.quiet, width: WIDTH })
    const top = y + HEAD
    for (const { name, row, count } of labels) {
      box(pen, x + LABELS, top + row * ROW, WIDTH - LABELS, count * ROW - 2, 3, ink.lane)
      write(pen, name, x + LABELS - 8, top + row * ROW + 13, { size: TEXT, colour: ink.quiet, align: 'right', width: LABELS - 10 })
    }
    const least = Math.max(0.5, (rows * (WIDTH - LABELS) * this.#shown.length) / MOST_BARS) / scale
    for (const { name, row, start, end, fill } of together(bars, least)) {
      const wide = Math.max(0.6, (end - start) * scale - 0.7)
      box(pen, at(start), top + row * ROW + 1, wide, ROW - 4, Math.min(2, wide / 2), fill)
      if (wide > 18) write(pen, name, at(start) + 5, top + row * ROW + 13, { size: TEXT, colour: dark.has(fill) ? ink.card : ink.text, width: wide - 8 })
    }
    for (const part of [0, 0.25, 0.5, 0.75, 1]) {
      const align = part === 1 ? 'right' : part === 0 ? 'left' : 'center'
      write(pen, part === 0 ? '0' : this.#time(part * this.#until), at(part * this.#until), top + rows * ROW + 14, { size: TEXT, colour: ink.faint, align })
    }
  }
}

function heightOf(line: readonly Laid[]): number {
  return Math.max(...line.map(({ rows }) => HEAD + rows * ROW + FOOT))
}

/** Neighbours on a row that are both shorter than `least`, or one after the other within it, become one. */
function together(bars: readonly Bar[], least: number): Bar[] {
  const drawn: Bar[] = []
  const last = new Map<number, number>()
  for (const bar of bars) {
    const at = last.get(bar.row)
    const before = at === undefined ? undefined : drawn[at]!
    const close = before !== undefined && bar.start - before.end < least && bar.end - bar.start < least && (before.fill === SEVERAL || before.end - before.start < least)
    if (close) drawn[at!] = { name: 'several', row: bar.row, start: before.start, end: bar.end, fill: SEVERAL }
    else last.set(bar.row, drawn.push(bar) - 1)
  }
  return drawn
}

/** Each bar on the first row of its node that is free: as many rows as tasks run there at once. */
function laid(timeline: Timeline): Laid {
  const { lanes, bars } = timeline
  const placed: Bar[] = []
  const labels: { name: string; row: number; count: number }[] = []
  const byLane: { bar: TimelineBar; number: number }[][] = lanes.map(() => [])
  bars.forEach((bar, number) => byLane[bar.lane]?.push({ bar, number }))
  let row = 0
  for (const [lane, name] of lanes.entries()) {
    const ends: number[] = []
    for (const { bar: { name, start, end }, number } of byLane[lane]!.sort((a, b) => a.bar.start - b.bar.start || a.bar.end - b.bar.end)) {
      let at = ends.findIndex((earlier) => earlier <= start + 1e-9)
      if (at < 0) at = ends.length
      ends[at] = end
      // By its number: the same task has the same colour in all timelines.
      if (row + at < MOST_ROWS) placed.push({ name, row: row + at, start, end, fill: fills[number % fills.length]! })
    }
    if (row >= MOST_ROWS) break
    const count = Math.min(Math.max(1, ends.length), MOST_ROWS - row)
    labels.push({ name, row, count })
    row += count
  }
  return { timeline, bars: placed, labels, rows: row, left: bars.length - placed.length }
}
