/** Policies compared, as a picture: a row each, with what its slots did over time, all on the same axis. */
import type { Comparison, TaskGraph } from '../../simulator/index.ts'
import { bestOf } from '../../simulator/index.ts'
import { count, counted, duration, percent } from '../view/amounts.ts'
import type { PictureSize } from '../view/picture-canvas.ts'
import { box, colours, ink, stroke, textWidth, write, type Pen } from '../view/picture-style.ts'

const COMPARISON_WIDTH = 960
const PADDING = 28
const INNER = COMPARISON_WIDTH - 2 * PADDING
const HEADER = 84
const LABELS = 250
const CHART = INNER - LABELS
const LEFT = PADDING + LABELS
const ROW_GAP = 12
const AXIS = 26
const LEGEND = 30
/** With more slots than these the rows show how many are busy, not which. */
const MOST_LANES = 24
const MOST_ROWS = 24
/** Makespans that differ by less are equally good. */
const AS_GOOD = 1.0005
/** Bars that are drawn one by one, in one row. */
const MOST_BARS = 20_000

/** Of runs: Okabe and Ito, Color Universal Design, 2008. What is beyond them is grey. */
const palette = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#b5a800'] as const
const OTHERS = '#9aa7b4'

export interface ComparisonSubject {
  readonly graph: TaskGraph
  readonly comparison: Comparison
  readonly title: string
  /** How a time is written; absent: as a duration. */
  readonly time?: (ms: number) => string
}

type Result = NonNullable<Comparison['policies'][number]['result']>

/** Where everything goes: `size` first, then `draw`. */
export class ComparisonPicture {
  readonly size: PictureSize
  readonly #subject: ComparisonSubject
  readonly #time: (ms: number) => string
  readonly #shown: Comparison['policies']
  readonly #slots: number
  /** Lanes of a row; 0: it shows how many slots are busy, not which. */
  readonly #lanes: number
  readonly #rowHeight: number
  /** The shortest makespan, ms. */
  readonly #best: number
  /** The end of the axis, ms. */
  readonly #longest: number
  readonly #colour: ReadonlyMap<string, string>

  constructor(subject: ComparisonSubject) {
    const { graph, comparison, time = duration } = subject
    this.#subject = subject
    this.#time = time
    this.#shown = comparison.policies.slice(0, MOST_ROWS)
    this.#slots = comparison.nodes.reduce((sum, { slots }) => sum + slots, 0)
    // Where nodes have more slots than anybody uses, those that are used.
    const lanes = this.#slots <= MOST_LANES ? this.#slots : Math.max(0, ...this.#shown.map(({ result }) => (result ? lanesOf(result).size : 0)))
    this.#lanes = lanes <= MOST_LANES && graph.count <= MOST_BARS ? lanes : 0
    this.#rowHeight = this.#lanes === 0 ? 58 : Math.max(44, Math.min(lanes * 9, 132))
    this.#best = bestOf(comparison)
    this.#longest = Math.max(comparison.lowerBound, ...this.#shown.map(({ result }) => result?.makespan ?? 0), 1e-9)
    this.#colour = coloursOf(graph)
    this.size = { width: COMPARISON_WIDTH, height: PADDING + HEADER + this.#shown.length * (this.#rowHeight + ROW_GAP) + AXIS + LEGEND + PADDING / 2 }
  }

  draw(pen: Pen): void {
    const { width, height } = this.size
    const { lowerBound } = this.#subject.comparison
    box(pen, 0.5, 0.5, width - 1, height - 1, 12, ink.card, ink.line)
    write(pen, this.#subject.title, PADDING, PADDING + 20, { size: 20, weight: 700, width: INNER })
    write(pen, this.#description(), PADDING, PADDING + 44, { size: 12.5, colour: ink.quiet, width: INNER })
    const top = PADDING + HEADER
    let y = top
    for (const one of this.#shown) {
      this.#drawRow(pen, one, y)
      y += this.#rowHeight + ROW_GAP
    }
    const bound = LEFT + (lowerBound / this.#longest) * CHART
    pen.setLineDash([4, 3])
    stroke(pen, ink.text, 1, [bound, top - 6], [bound, y - ROW_GAP + 4])
    pen.setLineDash([])
    this.#drawAxis(pen, y)
    this.#drawLegend(pen, y + AXIS + 8)
  }

  #description(): string {
    const { graph, comparison } = this.#subject
    const limited = graph.of === undefined || graph.of.problem.nodes.every(({ slots }) => slots < Infinity)
    return [
      counted(graph.count, 'task'), counted(graph.runs.length, 'run'), counted(comparison.nodes.length, 'node'), ...(limited ? [counted(this.#slots, 'slot')] : []),
      `no schedule is shorter than ${this.#time(comparison.lowerBound)} (dashed)`,
    ].join('  ·  ')
  }

  #drawRow(pen: Pen, { policy, result, error, utilization }: Comparison['policies'][number], y: number): void {
    const tall = this.#rowHeight
    const middle = y + tall / 2
    const first = result !== undefined && result.makespan <= this.#best * AS_GOOD
    write(pen, policy, PADDING, middle - 3, { size: 13, weight: first ? 700 : 500, width: LABELS - 120 })
    if (result) {
      write(pen, this.#time(result.makespan), LEFT - 20, middle - 3, { size: 13, weight: first ? 700 : 500, align: 'right', ...(first && { colour: colours.succeeded }) })
      const failed = result.failed > 0 ? [`${count(result.failed)} failed`] : []
      const words = [first ? 'best' : `× ${(result.makespan / this.#best).toFixed(2)}`, `${percent(utilization)} busy`, ...failed]
      write(pen, words.join('  ·  '), PADDING, middle + 14, { size: 11, colour: ink.faint, width: LABELS - 20 })
    } else write(pen, error ?? '', PADDING, middle + 14, { size: 11, colour: colours.failed, width: LABELS - 20 })
    box(pen, LEFT, y, CHART, tall, 4, ink.lane)
    if (result) (this.#lanes > 0 ? this.#drawBars : this.#drawBusy).call(this, pen, result, y)
  }

  /** A lane for each slot. */
  #drawBars(pen: Pen, result: Result, y: number): void {
    const { comparison, graph } = this.#subject
    const { node, slot, start, began, end } = result
    const lanes = this.#slots <= MOST_LANES ? everyLane(comparison) : lanesOf(result)
    const lane = this.#rowHeight / this.#lanes
    for (const { spec } of graph.runs) {
      pen.fillStyle = this.#colour.get(spec.name)!
      for (let task = spec.first; task < spec.first + spec.count; task++) {
        if (node[task]! < 0) continue
        const at = y + lanes.get(laneKey(node[task]!, slot[task]!))! * lane + lane * 0.1
        const [from, body, to] = [start[task]!, began[task]!, end[task]!].map((time) => LEFT + (time / this.#longest) * CHART) as [number, number, number]
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
  #drawBusy(pen: Pen, { node, start, end }: Result, y: number): void {
    const cells = Math.round(CHART)
    const kinds = [...new Set(this.#colour.values())]
    const busy = kinds.map(() => new Float64Array(cells + 2))
    for (const { spec } of this.#subject.graph.runs) {
      const sums = busy[kinds.indexOf(this.#colour.get(spec.name)!)]!
      for (let task = spec.first; task < spec.first + spec.count; task++) {
        if (node[task]! >= 0) addRamp(sums, (start[task]! / this.#longest) * cells, (end[task]! / this.#longest) * cells)
      }
    }
    const unit = (this.#rowHeight - 2) / Math.max(1, this.#slots)
    const heights = busy.map((sums) => integrated(sums))
    for (let cell = 0; cell < cells; cell++) {
      let bottom = y + this.#rowHeight
      kinds.forEach((kind, k) => {
        const high = heights[k]![cell]! * unit
        if (high < 0.05) return
        pen.fillStyle = kind
        pen.fillRect(LEFT + cell, bottom - high, 1, high)
        bottom -= high
      })
    }
  }

  #drawAxis(pen: Pen, y: number): void {
    for (let tick = 0; tick <= 4; tick++) {
      const x = LEFT + (tick / 4) * CHART
      stroke(pen, ink.line, 1, [x, y - ROW_GAP + 4], [x, y - ROW_GAP + 9])
      const text = tick === 0 ? '0' : this.#time((this.#longest * tick) / 4)
      write(pen, text, x, y + 12, { size: 11, colour: ink.faint, align: tick === 0 ? 'left' : tick === 4 ? 'right' : 'center' })
    }
  }

  #drawLegend(pen: Pen, y: number): void {
    let x = PADDING
    const entries = [...this.#colour].filter(([, one]) => one !== OTHERS)
    const others = this.#colour.size - entries.length
    const more = this.#subject.comparison.policies.length - this.#shown.length
    for (const [name, one] of [...entries, ...(others > 0 ? [[counted(others, 'other name'), OTHERS] as const] : [])]) {
      const wide = Math.min(150, textWidth(pen, name, { size: 11 }))
      if (x + 22 + wide > COMPARISON_WIDTH - PADDING) break
      box(pen, x, y, 16, 10, 2.5, one)
      x += 22
      write(pen, name, x, y + 9, { size: 11, colour: ink.quiet, width: 150 })
      x += wide + 18
    }
    if (more > 0) write(pen, `and ${count(more)} more policies`, COMPARISON_WIDTH - PADDING, y + 9, { size: 11, colour: ink.faint, align: 'right' })
    else if (this.#lanes > 0 && x < COMPARISON_WIDTH - 240) write(pen, 'pale: inputs are fetched', COMPARISON_WIDTH - PADDING, y + 9, { size: 11, colour: ink.faint, align: 'right' })
  }
}

function laneKey(node: number, slot: number): number {
  return node * 65_536 + slot
}

function everyLane({ nodes }: Comparison): Map<number, number> {
  return numbered(nodes.flatMap(({ slots }, node) => Array.from({ length: slots }, (_, slot) => laneKey(node, slot))))
}

/** Of the slots that were used. */
function lanesOf({ node, slot }: Result): Map<number, number> {
  const used = new Set<number>()
  node.forEach((one, task) => one >= 0 && used.add(laneKey(one, slot[task]!)))
  return numbered([...used].sort((a, b) => a - b))
}

function numbered(keys: readonly number[]): Map<number, number> {
  return new Map(keys.map((key, lane) => [key, lane]))
}

/** A colour for the tasks of each name: those with the most work have their own. */
function coloursOf({ runs }: TaskGraph): Map<string, string> {
  const work = new Map<string, number>()
  for (const { spec, durations } of runs) work.set(spec.name, (work.get(spec.name) ?? 0) + durations.reduce((sum, one) => sum + one, 0))
  const names = [...work].sort(([, a], [, b]) => b - a).map(([name]) => name)
  const many = names.length > palette.length
  return new Map(names.map((name, i) => [name, palette[i] !== undefined && !(many && i >= palette.length - 1) ? palette[i] : OTHERS]))
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
