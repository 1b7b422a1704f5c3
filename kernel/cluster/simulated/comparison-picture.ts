/** Policies compared, as a picture: a row each, with what its slots did over time, all on the same axis. */
import type { Comparison, TaskGraph } from '../../simulator/index.ts'
import { bestOf } from '../../simulator/index.ts'
import { count, counted, duration, percent } from '../view/amounts.ts'
import { box, colours, ink, stroke, textWidth, write, type Pen } from '../view/picture-style.ts'

export const COMPARISON_WIDTH = 960
const PADDING = 28
const INNER = COMPARISON_WIDTH - 2 * PADDING
const HEADER = 84
const LABELS = 250
const CHART = INNER - LABELS
const ROW_GAP = 12
const AXIS = 26
const LEGEND = 30
/** With more slots than these the rows show how many are busy, not which. */
const MOST_LANES = 24
const MOST_ROWS = 24
/** Bars that are drawn one by one, in one row. */
const MOST_BARS = 20_000

/** Of runs: Okabe and Ito, Color Universal Design, 2008. What is beyond them is grey. */
const palette = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#b5a800'] as const
const OTHERS = '#9aa7b4'

export interface ComparisonPicture {
  readonly graph: TaskGraph
  readonly comparison: Comparison
  readonly title: string
  /** How a time is written; absent: as a duration. */
  readonly time?: (ms: number) => string
}

export function comparisonSize(picture: ComparisonPicture): { readonly width: number; readonly height: number } {
  const rows = Math.min(MOST_ROWS, picture.comparison.policies.length)
  return { width: COMPARISON_WIDTH, height: PADDING + HEADER + rows * (rowHeight(picture) + ROW_GAP) + AXIS + LEGEND + PADDING / 2 }
}

function lanesOf({ comparison }: ComparisonPicture): number {
  return comparison.nodes.reduce((sum, { slots }) => sum + slots, 0)
}

function rowHeight(picture: ComparisonPicture): number {
  const lanes = lanesOf(picture)
  return lanes > MOST_LANES ? 58 : Math.max(44, Math.min(lanes * 9, 132))
}

export function drawComparison(pen: Pen, picture: ComparisonPicture): void {
  const { comparison, graph, title, time = duration } = picture
  const { width, height } = comparisonSize(picture)
  const shown = comparison.policies.slice(0, MOST_ROWS)
  const longest = Math.max(comparison.lowerBound, ...shown.map(({ result }) => result?.makespan ?? 0), 1e-9)
  const best = bestOf(comparison)
  const colour = coloursOf(graph)
  box(pen, 0.5, 0.5, width - 1, height - 1, 12, ink.card, ink.line)
  write(pen, title, PADDING, PADDING + 20, { size: 20, weight: 700, width: INNER })
  write(pen, description(picture, time), PADDING, PADDING + 44, { size: 12.5, colour: ink.quiet, width: INNER })
  const top = PADDING + HEADER
  let y = top
  for (const { policy, result, error, utilization } of shown) {
    const tall = rowHeight(picture)
    const middle = y + tall / 2
    const first = result?.makespan === best
    write(pen, policy, PADDING, middle - 3, { size: 13, weight: first ? 700 : 500, width: LABELS - 120 })
    if (result) {
      write(pen, time(result.makespan), PADDING + LABELS - 20, middle - 3, { size: 13, weight: first ? 700 : 500, align: 'right', ...(first && { colour: colours.succeeded }) })
      const failed = result.failed > 0 ? [`${count(result.failed)} failed`] : []
      const words = [first ? 'best' : `× ${(result.makespan / best).toFixed(2)}`, `${percent(utilization)} busy`, ...failed]
      write(pen, words.join('  ·  '), PADDING, middle + 14, { size: 11, colour: ink.faint, width: LABELS - 20 })
    } else write(pen, error ?? '', PADDING, middle + 14, { size: 11, colour: colours.failed, width: LABELS - 20 })
    box(pen, PADDING + LABELS, y, CHART, tall, 4, ink.lane)
    if (result && lanesOf(picture) <= MOST_LANES && graph.count <= MOST_BARS) drawBars(pen, picture, result, colour, PADDING + LABELS, y, tall, longest)
    else if (result) drawBusy(pen, picture, result, colour, PADDING + LABELS, y, tall, longest)
    y += tall + ROW_GAP
  }
  const bound = PADDING + LABELS + (comparison.lowerBound / longest) * CHART
  pen.setLineDash([4, 3])
  stroke(pen, ink.text, 1, [bound, top - 6], [bound, y - ROW_GAP + 4])
  pen.setLineDash([])
  drawAxis(pen, longest, time, y)
  drawLegend(pen, picture, colour, y + AXIS + 8, comparison.policies.length - shown.length)
}

function description({ graph, comparison }: ComparisonPicture, time: (ms: number) => string): string {
  return [
    counted(graph.count, 'task'), counted(graph.runs.length, 'run'), counted(comparison.nodes.length, 'node'), counted(comparison.nodes.reduce((sum, { slots }) => sum + slots, 0), 'slot'),
    `no schedule is shorter than ${time(comparison.lowerBound)} (dashed)`,
  ].join('  ·  ')
}

/** A colour for the tasks of each name: those with the most work have their own. */
function coloursOf({ runs }: TaskGraph): Map<string, string> {
  const work = new Map<string, number>()
  for (const { spec, durations } of runs) work.set(spec.name, (work.get(spec.name) ?? 0) + durations.reduce((sum, one) => sum + one, 0))
  const names = [...work].sort(([, a], [, b]) => b - a).map(([name]) => name)
  const many = names.length > palette.length
  return new Map(names.map((name, i) => [name, palette[i] !== undefined && !(many && i >= palette.length - 1) ? palette[i] : OTHERS]))
}

type Result = NonNullable<Comparison['policies'][number]['result']>

/** A lane for each slot. */
function drawBars(pen: Pen, { comparison, graph }: ComparisonPicture, result: Result, colour: Map<string, string>, x: number, y: number, tall: number, longest: number): void {
  const { node, slot, start, began, end } = result
  const firsts: number[] = []
  let lanes = 0
  for (const { slots } of comparison.nodes) {
    firsts.push(lanes)
    lanes += slots
  }
  const lane = tall / lanes
  for (const { spec } of graph.runs) {
    pen.fillStyle = colour.get(spec.name)!
    for (let task = spec.first; task < spec.first + spec.count; task++) {
      if (node[task]! < 0) continue
      const at = y + (firsts[node[task]!]! + slot[task]!) * lane + lane * 0.1
      const [from, body, to] = [start[task]!, began[task]!, end[task]!].map((time) => x + (time / longest) * CHART) as [number, number, number]
      if (body - from > 0.4) {
        pen.globalAlpha = 0.35
        pen.fillRect(from, at, body - from, lane * 0.8)
        pen.globalAlpha = 1
      }
      const long = Math.max(to - body, 0.4)
      // A gap where one ends and the next begins.
      pen.fillRect(body, at, long > 3 ? long - 0.7 : long, lane * 0.8)
    }
  }
}

/** How many slots were busy with what, stacked. */
function drawBusy(pen: Pen, picture: ComparisonPicture, { node, start, end }: Result, colour: Map<string, string>, x: number, y: number, tall: number, longest: number): void {
  const cells = Math.round(CHART)
  const kinds = [...new Set(colour.values())]
  const busy = kinds.map(() => new Float64Array(cells + 2))
  for (const { spec } of picture.graph.runs) {
    const sums = busy[kinds.indexOf(colour.get(spec.name)!)]!
    for (let task = spec.first; task < spec.first + spec.count; task++) if (node[task]! >= 0) addRamp(sums, (start[task]! / longest) * cells, (end[task]! / longest) * cells)
  }
  const unit = (tall - 2) / Math.max(1, lanesOf(picture))
  const heights = busy.map((sums) => integrated(sums))
  for (let cell = 0; cell < cells; cell++) {
    let bottom = y + tall
    kinds.forEach((kind, k) => {
      const high = heights[k]![cell]! * unit
      if (high < 0.05) return
      pen.fillStyle = kind
      pen.fillRect(x + cell, bottom - high, 1, high)
      bottom -= high
    })
  }
}

/** Second differences of the area under a bar: two sums over them give how full each cell is, whatever the number of bars. */
function addRamp(sums: Float64Array, from: number, to: number): void {
  const last = sums.length - 2
  const step = (at: number, sign: number) => {
    const cell = Math.min(Math.floor(at), last)
    const part = Math.min(at, last) - cell
    sums[cell]! += sign * (1 - part)
    sums[cell + 1]! += sign * part
  }
  step(from, 1)
  step(to, -1)
}

function integrated(steps: Float64Array): Float64Array {
  const level = new Float64Array(steps.length)
  let sum = 0
  for (let cell = 0; cell < steps.length; cell++) level[cell] = Math.max(0, (sum += steps[cell]!))
  return level
}

function drawAxis(pen: Pen, longest: number, time: (ms: number) => string, y: number): void {
  for (let tick = 0; tick <= 4; tick++) {
    const x = PADDING + LABELS + (tick / 4) * CHART
    stroke(pen, ink.line, 1, [x, y - ROW_GAP + 4], [x, y - ROW_GAP + 9])
    write(pen, tick === 0 ? '0' : time((longest * tick) / 4), x, y + 12, { size: 11, colour: ink.faint, align: tick === 0 ? 'left' : tick === 4 ? 'right' : 'center' })
  }
}

function drawLegend(pen: Pen, picture: ComparisonPicture, colour: Map<string, string>, y: number, more: number): void {
  let x = PADDING
  const entries = [...colour].filter(([, one]) => one !== OTHERS)
  const others = colour.size - entries.length
  for (const [name, one] of [...entries, ...(others > 0 ? [[counted(others, 'other name'), OTHERS] as const] : [])]) {
    const wide = Math.min(150, textWidth(pen, name, { size: 11 }))
    if (x + 22 + wide > COMPARISON_WIDTH - PADDING) break
    box(pen, x, y, 16, 10, 2.5, one)
    x += 22
    write(pen, name, x, y + 9, { size: 11, colour: ink.quiet, width: 150 })
    x += wide + 18
  }
  if (more > 0) write(pen, `and ${count(more)} more policies`, COMPARISON_WIDTH - PADDING, y + 9, { size: 11, colour: ink.faint, align: 'right' })
  else if (lanesOf(picture) <= MOST_LANES && x < COMPARISON_WIDTH - 240) write(pen, 'pale: inputs are fetched', COMPARISON_WIDTH - PADDING, y + 9, { size: 11, colour: ink.faint, align: 'right' })
}
