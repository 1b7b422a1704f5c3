/** The part of a run's picture that shows what every slot of every node did, and how loaded the nodes were. */
import { count, counted, duration, percent } from './amounts.ts'
import { Density, forEachBar } from './picture-bars.ts'
import type { BarKind } from './picture-bars.ts'
import { laneOf, layoutRows } from './picture-rows.ts'
import type { Row, RowLayout } from './picture-rows.ts'
import { box, colours, hatch, ink, sign, stroke, textWidth, write } from './picture-style.ts'
import type { Pen } from './picture-style.ts'
import { readLoad } from '../record/read.ts'
import type { AttemptTable, TaskTable } from '../record/read.ts'
import type { RunRecord } from '../record/types.ts'

const HEADING = 26
const ROW_GAP = 4
const AXIS = 26
const LABELS = 132
const LOAD = 124

export interface TimelineLayout {
  readonly rows: RowLayout
  readonly height: number
}

/** @param room height for the rows, in px */
export function layoutTimeline(record: RunRecord, room: number): TimelineLayout {
  const rows = layoutRows(record, room)
  const body = rows.rows.length === 0 ? 30 : rows.height + (rows.rows.length - 1) * ROW_GAP + AXIS
  return { rows, height: HEADING + body }
}

/** What the legend has to explain. */
export interface Drawn {
  readonly kinds: ReadonlySet<BarKind>
  /** Some lanes show how full they were instead of single tasks. */
  readonly density: boolean
  readonly lostNodes: boolean
}

interface Area {
  readonly x: number
  readonly width: number
  readonly tops: readonly number[]
  /** ms at the right edge */
  readonly end: number
}

export function drawTimeline(pen: Pen, record: RunRecord, tasks: TaskTable, attempts: AttemptTable, layout: TimelineLayout, x: number, y: number, width: number): Drawn {
  write(pen, 'Nodes and slots', x, y + 12, { size: 12, weight: 500, colour: ink.quiet })
  const { rows } = layout.rows
  if (rows.length === 0) {
    write(pen, 'No node has joined yet.', x, y + HEADING + 16, { size: 12, colour: ink.faint })
    return { kinds: new Set(), density: false, lostNodes: false }
  }
  const hasLoad = record.nodes.some(({ load }) => load !== undefined)
  const tops: number[] = []
  rows.forEach((_, i) => tops.push(i === 0 ? y + HEADING : tops[i - 1]! + rows[i - 1]!.height + ROW_GAP))
  const end = Math.max(record.makespan, record.final ? 0 : record.asOf, 0.1)
  const area: Area = { x: x + LABELS, width: width - LABELS - (hasLoad ? LOAD : 0), tops, end }
  if (hasLoad) write(pen, 'CPU', x + width - LOAD + 16, y + 12, { size: 12, weight: 500, colour: ink.quiet })

  const bottom = tops.at(-1)! + rows.at(-1)!.height
  drawLanes(pen, rows, area)
  drawAxis(pen, area, y + HEADING, bottom)
  const drawn = drawBars(pen, record, tasks, attempts, layout.rows, area)
  drawAbsences(pen, record, layout.rows, area)
  rows.forEach((row, i) => {
    drawLabel(pen, record, row, x, tops[i]!)
    if (hasLoad) drawLoad(pen, record, row, x + width - LOAD + 16, tops[i]!, LOAD - 16, end)
  })
  return { ...drawn, lostNodes: record.nodes.some(({ lost }) => lost !== undefined) }
}

function drawLanes(pen: Pen, rows: readonly Row[], area: Area): void {
  rows.forEach((row, i) => box(pen, area.x, area.tops[i]!, area.width, row.height, 4, ink.lane))
}

function drawAxis(pen: Pen, area: Area, top: number, bottom: number): void {
  const step = niceStep(area.end / Math.max(2, Math.floor(area.width / 110)))
  for (let time = 0; time <= area.end * 1.0001; time += step) {
    const x = Math.round(area.x + (time / area.end) * area.width)
    pen.fillStyle = ink.line
    pen.fillRect(x - 0.5, top, 1, bottom - top + 5)
    const last = time + step > area.end * 1.0001 && x > area.x + area.width - 30
    write(pen, time === 0 ? '0' : duration(time), last ? area.x + area.width : x, bottom + 18, { size: 11, colour: ink.quiet, align: last ? 'right' : time === 0 ? 'left' : 'center' })
  }
}

/** The next of 1, 2, 5 × 10ⁿ ms; above a minute, of the usual parts of minutes, hours and days. */
function niceStep(least: number): number {
  const minute = 60_000
  for (const step of [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * minute)) {
    if (least > 20_000 && step >= least) return step
  }
  const power = 10 ** Math.floor(Math.log10(least))
  const unit = least > 20_000 ? 1440 * minute : 1
  if (unit > 1) return Math.ceil(least / unit) * unit
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * 0.999)!
}

/** A row whose attempts are too short to be seen one by one, or whose slots share lanes, shows how busy it was instead. */
function drawBars(pen: Pen, record: RunRecord, tasks: TaskTable, attempts: AttemptTable, layout: RowLayout, area: Area): Pick<Drawn, 'kinds' | 'density'> {
  const kinds = new Set<BarKind>()
  const scale = area.width / area.end
  const dense = denseRows(record, tasks, attempts, layout, scale)
  const densities = new Map<number, Density>()
  const later: (() => void)[] = []
  forEachBar(tasks, attempts, record.asOf, (kind, node, slot, from, to) => {
    kinds.add(kind)
    const row = layout.rowOf[node]!
    const lane = laneOf(layout, record, node, slot)
    if (!dense[row]) {
      const { laneHeight } = layout.rows[row]!
      const draw = () => drawBar(pen, kind, area.x + from * scale, area.tops[row]! + 3 + lane * laneHeight, (to - from) * scale, laneHeight)
      // What went wrong is drawn over what went well.
      if (kind === 'succeeded') draw()
      else later.push(draw)
      return
    }
    const key = row * 1000 + lane
    let density = densities.get(key)
    if (!density) densities.set(key, (density = new Density(Math.floor(area.width))))
    density.add(kind, from * scale, to * scale)
  })
  for (const [key, density] of densities) {
    const { slots, lanes, laneHeight } = layout.rows[Math.floor(key / 1000)]!
    drawDensity(pen, density, slots / lanes, area.x, area.tops[Math.floor(key / 1000)]! + 3 + (key % 1000) * laneHeight, laneHeight)
  }
  for (const draw of later) draw()
  return { kinds, density: densities.size > 0 }
}

function denseRows(record: RunRecord, tasks: TaskTable, attempts: AttemptTable, layout: RowLayout, scale: number): boolean[] {
  const bars = new Float64Array(layout.rows.length)
  const lengths = new Float64Array(layout.rows.length)
  forEachBar(tasks, attempts, record.asOf, (_kind, node, _slot, from, to) => {
    bars[layout.rowOf[node]!]!++
    lengths[layout.rowOf[node]!]! += (to - from) * scale
  })
  return layout.rows.map(({ lanes, slots }, row) => lanes < slots || lengths[row]! < 3 * bars[row]!)
}

function drawBar(pen: Pen, kind: BarKind, x: number, y: number, width: number, height: number): void {
  const inset = height >= 6 ? 1 : 0.5
  const [left, top, w, h] = [x + 0.25, y + inset / 2, Math.max(1, width - (width > 4 ? 1 : 0.5)), height - inset]
  const radius = Math.min(2.5, h / 3, w / 3)
  if (kind === 'lost') {
    box(pen, left, top, w, h, radius, '#fbe7bd')
    return hatch(pen, left, top, w, h, colours.lost)
  }
  box(pen, left, top, w, h, radius, colours[kind])
  if (kind === 'failed' && w >= 14 && h >= 12) sign(pen, 'failed', left + w / 2, top + h / 2)
  // A running task is open to the right.
  if (kind === 'running') pen.fillRect(left + w - radius, top, radius + 1, h)
}

const LEVELS = 6

function drawDensity(pen: Pen, density: Density, capacity: number, x: number, y: number, laneHeight: number): void {
  const { busy, kind } = density.read()
  const height = laneHeight >= 2.5 ? laneHeight - 0.5 : laneHeight
  const levelAt = (cell: number) => (kind[cell] === undefined ? 0 : Math.max(1, Math.min(LEVELS, Math.round((busy[cell]! / capacity) * LEVELS))))
  for (let start = 0; start < density.cells; ) {
    const name = kind[start]
    const level = levelAt(start)
    let end = start + 1
    while (end < density.cells && kind[end] === name && levelAt(end) === level) end++
    if (name !== undefined) {
      const ordinary = name === 'succeeded' || name === 'running'
      pen.globalAlpha = ordinary ? 0.1 + (0.9 * level) / LEVELS : 1
      pen.fillStyle = colours[name]
      // Trouble is never too pale nor too small to see.
      pen.fillRect(x + start, y, ordinary ? end - start : Math.max(2, end - start), height)
    }
    start = end
  }
  pen.globalAlpha = 1
}

/** Where a node was not: hatched, with the moment of its loss marked. */
function drawAbsences(pen: Pen, record: RunRecord, layout: RowLayout, area: Area): void {
  layout.rows.forEach((row, i) => {
    const node = row.nodes.length === 1 ? record.nodes[row.nodes[0]!]! : undefined
    if (!node) return
    const top = area.tops[i]!
    const at = (time: number) => area.x + Math.min(1, time / area.end) * area.width
    if (node.joined !== undefined && node.joined > 0) absence(pen, area.x, top, at(node.joined) - area.x, row.height)
    if (node.lost === undefined) return
    const x = at(node.lost)
    absence(pen, x, top, area.x + area.width - x, row.height)
    stroke(pen, colours.failed, 1.5, [x, top], [x, top + row.height])
    const middle = top + row.height / 2
    const text = `lost at ${duration(node.lost)}`
    const room = area.x + area.width - x
    if (room > 110) {
      const style = { size: 11, weight: 500, colour: colours.failed } as const
      box(pen, x + 6, middle - 9, textWidth(pen, text, style) + 28, 18, 9, ink.card)
      write(pen, text, x + 25, middle + 4, style)
      sign(pen, 'failed', x + 15, middle)
    } else sign(pen, 'failed', x, middle)
  })
}

function absence(pen: Pen, x: number, y: number, width: number, height: number): void {
  if (width <= 0) return
  pen.fillStyle = ink.card
  pen.fillRect(x, y, width, height)
  hatch(pen, x, y, width, height, '#e3e8ec', 6)
}

function drawLabel(pen: Pen, record: RunRecord, row: Row, x: number, top: number): void {
  const middle = top + row.height / 2
  const one = row.nodes.length === 1
  const name = one ? record.nodes[row.nodes[0]!]!.name : `and ${count(row.nodes.length)} more`
  const slots = one ? counted(row.slots, 'slot') : `${count(row.slots)} slots`
  if (row.height >= 30) {
    write(pen, name, x, middle - 1, { size: 12.5, weight: 500, width: LABELS - 14 })
    write(pen, slots, x, middle + 13, { size: 11, colour: ink.faint, width: LABELS - 14 })
    return
  }
  const width = write(pen, slots, x + LABELS - 14, middle + 4, { size: 11, colour: ink.faint, align: 'right' })
  write(pen, name, x, middle + 4, { size: 12, weight: 500, width: LABELS - 22 - width })
}

/** CPU in use over time, as a part of what the row's nodes have, and its mean. */
function drawLoad(pen: Pen, record: RunRecord, row: Row, x: number, top: number, width: number, end: number): void {
  const points = 48
  const sums = new Float64Array(points)
  const samples = new Float64Array(points)
  let used = 0
  let periods = 0
  for (const number of row.nodes) {
    const { load, spec } = record.nodes[number]!
    const cores = record.specs[spec]!.resources['cpu'] ?? 0
    if (!load || !(cores > 0)) continue
    const { times, cpu } = readLoad(load)
    for (let i = 0; i < times.length; i++) {
      const point = Math.min(points - 1, Math.floor((times[i]! / end) * points))
      sums[point]! += cpu[i]! / cores
      samples[point]! += 1
      used += cpu[i]! / cores
      periods++
    }
  }
  if (periods === 0) return
  const height = Math.min(row.height - 6, 40)
  const bottom = top + (row.height + height) / 2
  const chart = width - 44
  box(pen, x, bottom - height, chart, height, 3, ink.lane)
  drawArea(pen, sums, samples, x, bottom, chart, height)
  write(pen, percent(used / periods), x + width, top + row.height / 2 + 4, { size: 12, weight: 500, colour: ink.quiet, align: 'right' })
}

function drawArea(pen: Pen, sums: Float64Array, samples: Float64Array, x: number, bottom: number, width: number, height: number): void {
  const line: [number, number][] = []
  sums.forEach((sum, i) => {
    if (samples[i]! > 0) line.push([x + (i / (sums.length - 1)) * width, bottom - Math.min(1, sum / samples[i]!) * (height - 1)])
  })
  if (line.length === 1) line.push([x + width, line[0]![1]])
  pen.beginPath()
  pen.moveTo(line[0]![0], bottom)
  for (const [px, py] of line) pen.lineTo(px, py)
  pen.lineTo(line.at(-1)![0], bottom)
  pen.closePath()
  pen.globalAlpha = 0.16
  pen.fillStyle = colours.running
  pen.fill()
  pen.globalAlpha = 1
  stroke(pen, colours.running, 1.3, ...line)
}
