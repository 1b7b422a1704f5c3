/** The rows of a timeline: lanes with their segments, node names, the critical path. */
import { plain } from '../../../kernel/cluster/view/amounts.ts'
import { Columns } from './columns.ts'
import { hatching } from './ink.ts'
import type { Ink } from './ink.ts'
import { firstFrom } from './lane.ts'
import type { Lane } from './lane.ts'
import { nodeAt, topOf, topOfNode } from './lanes.ts'
import { markAt } from './marks.ts'
import { drawAbsence, fitted, xOf } from './scene.ts'
import type { Scene } from './scene.ts'
import { CALLED_OFF, CANCELLED, FAILED, isTrouble, LOST, RUNNING, SUCCEEDED, THREW } from './segments.ts'
import type { Theme } from '../view/theme.ts'

/** Narrower segments are put together by column. */
const NARROW = 2
const FADED = 0.16

export function colourOf(theme: Theme, kind: number): string {
  switch (kind) {
    case SUCCEEDED:
      return theme.states.succeeded
    case RUNNING:
      return theme.states.running
    case CANCELLED:
    case CALLED_OFF:
      return theme.states.cancelled
    case LOST:
      return theme.states.lost
    default:
      return theme.states.failed
  }
}

export function drawLanes(ink: Ink, scene: Scene, top: number): void {
  const { lanes, rows, height, scrolled, theme, gutter, width } = scene
  if (lanes.nodes === 0) return
  const offset = top - scrolled
  const brush = new Brush(ink, scene)
  const last = nodeAt(rows, lanes, height - offset)
  let labelled = -Infinity
  for (let node = nodeAt(rows, lanes, scrolled); node <= last; node++) {
    const nodeTop = offset + topOfNode(rows, lanes, node)
    const first = lanes.first[node]!
    const count = lanes.first[node + 1]! - first
    const nodeHeight = rows.level === 'nodes' ? rows.height : count * rows.height
    for (let row = 0; row * rows.height < nodeHeight; row++) {
      const y = nodeTop + row * rows.height
      if (y > height) break
      if (y + rows.height < top) continue
      const gap = rows.height >= 6 ? 1 : rows.height >= 4 ? 0.5 : 0
      ink.rect(gutter, y, width - gutter, rows.height - gap, theme.lane, theme.forced ? 0 : 0.7)
      if (rows.level === 'slots') brush.slot(first + row, y, rows.height - gap)
      else brush.node(first, count, y, rows.height - gap)
    }
    drawAbsence(ink, scene, node, nodeTop, nodeHeight - (rows.height >= 6 ? 1 : 0))
    if (nodeTop + nodeHeight / 2 - labelled >= 12 || nodeHeight >= 12) {
      drawName(ink, scene, node, Math.max(nodeTop, top), Math.min(nodeTop + nodeHeight, height), count)
      labelled = nodeTop + nodeHeight / 2
    }
  }
  brush.criticalPath(offset)
}

function drawName(ink: Ink, { store, theme, gutter, rows }: Scene, node: number, from: number, to: number, count: number): void {
  // Of a row that is nearly scrolled away there is no room for it.
  if (to - from < Math.min(10, rows.height)) return
  const middle = (from + to) / 2
  const slots = rows.level === 'slots' && count > 1 && rows.height >= 10 && gutter > 100
  const style = { size: 11.5, weight: 500, colour: store.record.nodes[node]!.lost === undefined ? theme.text : theme.quiet } as const
  ink.text(fitted(ink, store.record.nodes[node]!.name, gutter - (slots ? 32 : 18), style), 10, middle + 4, style)
  if (!slots) return
  for (let slot = 0; slot < count; slot++) {
    const y = from + ((slot + 0.5) * (to - from)) / count
    ink.text(String(slot), gutter - 8, y + 3.5, { size: 10, colour: theme.quiet, align: 'right' })
  }
}

/** Draws the segments of one row after the other. */
class Brush {
  readonly #ink: Ink
  readonly #scene: Scene
  readonly #columns: Columns
  /** Of what must be seen where a row stands for several slots. */
  readonly #trouble: Columns
  /** Of what the filter leaves out. */
  readonly #faded: Columns | undefined
  readonly #scale: number
  readonly #name: string
  /** The run's only task has no index. */
  readonly #single: boolean
  /** Few enough are seen for each to show how long it waited. */
  #near: boolean

  constructor(ink: Ink, scene: Scene) {
    const columns = Math.max(1, Math.floor(scene.width - scene.gutter))
    this.#ink = ink
    this.#scene = scene
    this.#columns = new Columns(columns)
    this.#trouble = new Columns(columns)
    this.#faded = scene.matches && new Columns(columns)
    this.#scale = columns / (scene.span.to - scene.span.from)
    this.#name = plain(scene.store.record.run.name, 40)
    this.#single = scene.store.record.run.count === 1
    this.#near = scene.rows.level === 'slots' && scene.rows.height >= 8
  }

  slot(number: number, y: number, height: number): void {
    const lane = this.#scene.segments.lane(number)
    if (!lane) return
    this.#lane(lane, y, height, true)
    this.#flush(1, y, height)
  }

  node(first: number, count: number, y: number, height: number): void {
    for (let number = first; number < first + count; number++) {
      const lane = this.#scene.segments.lane(number)
      if (lane) this.#lane(lane, y, height, false)
    }
    this.#flush(count, y, height)
  }

  #lane(lane: Lane, y: number, height: number, single: boolean): void {
    const { span, time, store, segments, matches, gutter } = this.#scene
    const { ids, starts, ends, kinds, length } = lane
    const asOf = store.record.asOf
    const now = time ?? Infinity
    for (let i = firstFrom(lane, span.from); i < length; i++) {
      const start = starts[i]!
      if (start > span.to) break
      const end = ends[i]! < Infinity ? ends[i]! : asOf
      if (end < span.from) continue
      // In a replay what had not ended was running.
      const kind = start <= now && now < end ? RUNNING : kinds[i]!
      const left = (start - span.from) * this.#scale
      const right = (end - span.from) * this.#scale
      const faded = matches !== undefined && matches[segments.taskOf(ids[i]!)] !== 1
      if (!single || right - left < NARROW) (faded ? this.#faded! : !single && isTrouble(kind) ? this.#trouble : this.#columns).add(kind, left, right)
      else if (faded) this.#ink.rect(gutter + Math.max(0, left), y, Math.max(1, Math.min(right, this.#columnsEnd) - Math.max(0, left) - 1), height, colourOf(this.#scene.theme, kind), FADED)
      else this.#segment(lane, i, kind, gutter + left, gutter + right, y, height)
    }
  }

  get #columnsEnd(): number {
    return this.#scene.width - this.#scene.gutter
  }

  #segment(lane: Lane, i: number, kind: number, from: number, to: number, y: number, height: number): void {
    const ink = this.#ink
    const { theme, gutter, width } = this.#scene
    const left = Math.max(gutter, from)
    // A gap between one and the next; what is running is open to the right.
    const right = Math.min(width, kind === RUNNING ? to : to - (to - from > 4 ? 1 : 0.5))
    const room = right - left
    if (!(room > 0)) return
    const colour = colourOf(theme, kind)
    if (kind === LOST || kind === THREW || kind === CALLED_OFF) {
      ink.rect(left, y, room, height, colour, 0.22)
      if (room >= 3) ink.line(hatching(left, y, room, height, 5), colour, 1.2)
      ink.rect(left, y, 1.5, height, colour)
      ink.rect(right - 1.5, y, 1.5, height, colour)
    } else ink.rect(left, y, room, height, colour)
    if (this.#near && from > gutter) this.#waited(lane, i, from, y + height)
    // In low rows only what is out of the ordinary has a sign of its own without a name beside it.
    if (room >= (height < 12 && !isTrouble(kind) ? 44 : 15) && height >= 8) this.#label(lane.ids[i]!, kind, left, room, y + height / 2, height)
  }

  /** The sign, and the task's name if there is room for it. */
  #label(id: number, kind: number, left: number, room: number, middle: number, height: number): void {
    const { theme, segments } = this.#scene
    const ink = this.#ink
    const hollow = kind === LOST || kind === THREW || kind === CALLED_OFF
    const style = { size: Math.min(11, height), colour: hollow ? theme.text : theme.onState } as const
    const index = this.#single ? '' : `[${segments.taskOf(id)}]`
    const named = room >= 44 && height >= 9
    const name = named ? [`${this.#name}${index}`, index].find((text) => ink.measure(text, style) <= room - 26) : undefined
    // Over hatching, words need a ground of their own.
    if (hollow) ink.rect(left + 3, middle - height / 2, 13 + (name === undefined ? 0 : ink.measure(name, style) + 6), height, theme.background)
    ink.line(markAt(kind, left + 9, middle), hollow ? colourOf(theme, kind) : theme.onState, 1.5)
    if (name !== undefined) ink.text(name, left + 18, middle + style.size * 0.36, style)
  }

  /** How long the task had been ready, as far as the slot did nothing else. */
  #waited(lane: Lane, i: number, from: number, bottom: number): void {
    const { store, theme, gutter } = this.#scene
    const id = lane.ids[i]!
    if (id < 0) return
    const free = i > 0 ? lane.reach[i - 1]! : 0
    const x = Math.max(gutter, xOf(this.#scene, Math.max(free, store.tasks.ready[id]!)))
    if (from - x > 2) this.#ink.rect(x, bottom - 2, from - x - 1, 1.5, theme.quiet, 0.55)
  }

  #flush(capacity: number, y: number, height: number): void {
    const { theme, gutter } = this.#scene
    this.#faded?.flush(capacity, (kind, _fullness, from, to) => this.#ink.rect(gutter + from, y, to - from, height, colourOf(theme, kind), FADED))
    this.#columns.flush(capacity, (kind, fullness, from, to) => {
      if (isTrouble(kind)) this.#ink.rect(gutter + from, y, Math.max(kind === FAILED ? 2.5 : 1.5, to - from), height, colourOf(theme, kind))
      else this.#ink.rect(gutter + from, y, to - from, height, colourOf(theme, kind), 0.3 + 0.7 * fullness)
    })
    // Trouble is never too narrow nor too low to be seen, and what failed for good is seen most.
    this.#trouble.flush(capacity, (kind, fullness, from, to) => {
      const high = kind === FAILED ? height : Math.max(Math.min(height, 5), fullness * height)
      const wide = Math.max(kind === FAILED ? 2.5 : 2, to - from)
      this.#ink.rect(gutter + from, y + height - high - 1, wide, 1, theme.background, 0.6)
      this.#ink.rect(gutter + from, y + height - high, wide, high, colourOf(theme, kind))
    })
  }

  criticalPath(offset: number): void {
    const { store, segments, lanes, rows, theme, gutter, width, time } = this.#scene
    for (const task of store.record.criticalPath) {
      const lane = segments.laneOfTask(task)
      const start = store.tasks.started[task]!
      if (lane < 0 || !(start >= 0) || start > (time ?? Infinity)) continue
      const end = store.tasks.ended[task]! >= start ? store.tasks.ended[task]! : store.record.asOf
      const left = Math.max(gutter, xOf(this.#scene, start))
      const right = Math.min(width, Math.max(left + 3, xOf(this.#scene, end)))
      if (!(right > left) || left > width) continue
      const thick = rows.height >= 8 ? 3 : 2
      const y = offset + topOf(rows, lanes, lane) + rows.height - thick
      if (rows.height >= 8) this.#ink.rect(left, y - 1, right - left, 1, theme.background)
      this.#ink.rect(left, y, right - left, thick, theme.critical)
    }
  }
}
