/** The part of a run's picture that shows which runs it takes from. */
import { count } from './amounts.ts'
import { box, colours, ink, sign, stateBar, stroke, write } from './picture-style.ts'
import type { Pen } from './picture-style.ts'
import type { RecordedDependency, RunRecord, UpstreamRun } from '../record/types.ts'

const BOX_HEIGHT = 54
const ROW_GAP = 14
const MOST_COLUMNS = 4
const MOST_ROWS = 3
const HEADING = 30

interface Placed {
  readonly group: UpstreamRun
  readonly column: number
  readonly row: number
}

export interface GraphLayout {
  readonly placed: readonly Placed[]
  readonly columns: number
  readonly hidden: number
  /** 0 when there is nothing to show. */
  readonly height: number
}

/** Columns from the earliest runs to this one; of long chains the last four, of wide ones three runs each. */
export function layoutGraph(record: RunRecord): GraphLayout {
  const { run, counts, dependencies } = record
  const own: UpstreamRun = { run: run.id, name: run.name, kind: run.kind, count: run.count, counts, dependencies }
  const distances = distancesFrom(own, record.upstream)
  const columns = Math.min(MOST_COLUMNS, 1 + Math.max(0, ...distances.values()))
  const placed: Placed[] = []
  const filled = new Array<number>(columns).fill(0)
  for (const group of [own, ...record.upstream]) {
    const column = columns - 1 - (distances.get(group.run) ?? Infinity)
    if (column < 0 || filled[column]! >= MOST_ROWS) continue
    placed.push({ group, column, row: filled[column]!++ })
  }
  const rows = Math.max(...filled)
  const hidden = 1 + record.upstream.length - placed.length
  return { placed, columns, hidden, height: columns === 1 ? 0 : HEADING + rows * BOX_HEIGHT + (rows - 1) * ROW_GAP + 16 }
}

/** Longest way from each run to this one. A record may claim a cycle: no way is longer than there are runs. */
function distancesFrom(own: UpstreamRun, upstream: readonly UpstreamRun[]): Map<number, number> {
  const groups = new Map(upstream.map((group) => [group.run, group]))
  const distances = new Map([[own.run, 0]])
  let frontier = [own]
  for (let distance = 1; frontier.length > 0 && distance <= Math.min(upstream.length, 50); distance++) {
    const next = new Map<number, UpstreamRun>()
    for (const { dependencies } of frontier) {
      for (const { on } of dependencies) {
        const group = on === undefined || on === own.run ? undefined : groups.get(on)
        if (group) next.set(group.run, group)
      }
    }
    for (const run of next.keys()) distances.set(run, distance)
    frontier = [...next.values()]
  }
  return distances
}

export function drawGraph(pen: Pen, layout: GraphLayout, x: number, y: number, width: number): void {
  write(pen, 'Task graph', x, y + 12, { size: 12, weight: 500, colour: ink.quiet })
  const boxWidth = Math.min(248, (width - (layout.columns - 1) * 56) / layout.columns)
  const gap = Math.min(132, (width - layout.columns * boxWidth) / (layout.columns - 1))
  const rows = Math.max(...layout.placed.map(({ row }) => row)) + 1
  const inColumn = (column: number) => layout.placed.filter((other) => other.column === column).length
  const place = ({ column, row }: Placed) => ({
    x: x + column * (boxWidth + gap),
    y: y + HEADING + (row + (rows - inColumn(column)) / 2) * (BOX_HEIGHT + ROW_GAP),
  })
  const byRun = new Map(layout.placed.map((placed) => [placed.group.run, placed]))
  for (const target of layout.placed) {
    for (const dependency of target.group.dependencies) {
      const source = dependency.on === undefined ? undefined : byRun.get(dependency.on)
      if (!source || source.column >= target.column) continue
      const from = place(source)
      const to = place(target)
      drawEdge(pen, dependency.how, from.x + boxWidth, from.y + BOX_HEIGHT / 2, to.x, to.y + BOX_HEIGHT / 2, source.group.counts.failed > 0)
    }
  }
  for (const placed of layout.placed) drawGroup(pen, placed.group, place(placed).x, place(placed).y, boxWidth, placed.column === layout.columns - 1)
  if (layout.hidden > 0) write(pen, `and ${count(layout.hidden)} more runs upstream`, x + 80, y + 12, { size: 11, colour: ink.faint })
}

function drawGroup(pen: Pen, group: UpstreamRun, x: number, y: number, width: number, own: boolean): void {
  box(pen, x, y, width, BOX_HEIGHT, 8, ink.card, own ? ink.text : '#c3cbd3', own ? 1.5 : 1)
  let right = x + width - 14
  if (group.counts.failed > 0) {
    right -= write(pen, count(group.counts.failed), right, y + 24, { size: 12, weight: 500, colour: colours.failed, align: 'right' }) + 11
    sign(pen, 'failed', right, y + 20)
    right -= 14
  }
  if (group.kind === 'reduce') {
    drawTree(pen, right - 10, y + 20)
    right -= 28
  }
  const total = write(pen, group.count === 1 ? '' : `× ${count(group.count)}`, right, y + 24, { size: 12, colour: ink.quiet, align: 'right' })
  write(pen, group.name, x + 14, y + 24, { size: 13, weight: 500, width: right - x - 22 - total })
  stateBar(pen, group.counts, x + 14, y + 36, width - 28, 6)
}

/** The sign of a reduction: two into one, twice. */
function drawTree(pen: Pen, x: number, y: number): void {
  for (const side of [-1, 1]) {
    for (const leaf of [-1, 1]) stroke(pen, ink.quiet, 1.2, [x - 7, y + side * 3.6 + leaf * 1.9], [x, y + side * 3.6])
    stroke(pen, ink.quiet, 1.2, [x, y + side * 3.6], [x + 7, y])
  }
  pen.beginPath()
  pen.arc(x + 7, y, 1.8, 0, 2 * Math.PI)
  pen.fillStyle = ink.quiet
  pen.fill()
}

/** Threads side by side: each to each. Crossing: all to all. Into one: a tree. One alone: single tasks. */
function drawEdge(pen: Pen, how: RecordedDependency['how'], x1: number, y1: number, x2: number, y2: number, failed: boolean): void {
  const spread = [-9, 0, 9]
  const threads = {
    each: spread.map((at) => [at, at]),
    all: spread.flatMap((from) => spread.map((to) => [from, to])),
    tree: spread.map((at) => [at, 0]),
    tasks: [[0, 0]],
  }[how]
  const bend = (x2 - x1) * 0.45
  for (const [from, to] of threads) {
    pen.beginPath()
    pen.moveTo(x1 + 3, y1 + from!)
    pen.bezierCurveTo(x1 + bend, y1 + from!, x2 - bend, y2 + to!, x2 - 5, y2 + to!)
    pen.strokeStyle = failed ? colours.failed : '#9aa7b4'
    pen.lineWidth = 1.1
    pen.stroke()
  }
  for (const to of new Set(threads.map(([, end]) => end!))) {
    pen.beginPath()
    pen.moveTo(x2 - 1.5, y2 + to)
    pen.lineTo(x2 - 7, y2 + to - 2.8)
    pen.lineTo(x2 - 7, y2 + to + 2.8)
    pen.closePath()
    pen.fillStyle = failed ? colours.failed : '#7d8a97'
    pen.fill()
  }
}
