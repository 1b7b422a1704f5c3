/**
 * The tasks of the expanded group, in as much detail as there is room for: coloured cells (several in one where they are too
 * small to be seen), cells with signs, or names with duration and node.
 */
import { stateNames } from '../../../kernel/cluster/record/read.ts'
import type { RecordedState } from '../../../kernel/cluster/record/read.ts'
import { placeOf } from './arrangement.ts'
import type { Arrangement, Block, Place } from './arrangement.ts'
import type { Layout } from './layout.ts'
import { inView, seen } from './scene.ts'
import type { Subject, View } from './scene.ts'
import { fitted, hatching, markSteps, NOTHING, signSteps } from './steps.ts'
import type { CellsStep, Step } from './steps.ts'
import { stateOf, taskDuration, taskError, taskName, taskPlace as placeName } from './words.ts'
import { stateWord } from '../run/state-word.ts'

/** Cells lower than this are painted, not drawn, px. */
const LEAST_DRAWN = 7
/** Lower than this, several are put into one. */
const LEAST_PITCH = 1.5
const LEAST_MARK = 13
const LEAST_CARD = 58
/** What the filter leaves out. */
const FADED = 0.14
const STATES = stateNames.length
/** Of how much of its colour a cell is filled: what went well is not to drown what did not. */
const fills = stateNames.map((state) => (state === 'succeeded' ? 0.78 : state === 'skipped' ? 0.5 : 1))
const FAILED = stateNames.indexOf('failed')
/** Of several tasks in one cell, the one whose state is most to be seen. */
const prominence: Record<RecordedState, number> = { failed: 8, running: 7, 'backing-off': 6, cancelled: 5, skipped: 4, ready: 3, waiting: 2, succeeded: 1 }
const byProminence = stateNames.map((state) => prominence[state])

export function taskSteps(subject: Subject, view: View, arrangement: Arrangement): Step[] {
  if (arrangement.form === 'labels') return Array.from({ length: arrangement.length }, (_, task) => labelSteps(subject, view, arrangement, task)).flat()
  return arrangement.blocks.flatMap((block) => blockSteps(subject, view, arrangement, block))
}

function blockSteps(subject: Subject, view: View, arrangement: Arrangement, block: Block): Step[] {
  const { scale } = view.camera
  const cell = block.cellHeight * scale
  // The late levels of a tree have few tasks, far apart.
  if (cell < LEAST_DRAWN && block.pitchX === block.pitchY) return painted(subject, view, block)
  return drawn(subject, view, arrangement, block, Math.max(cell, 2))
}

/** Rows and columns of a block that are in the view. */
function visible(layout: Layout, { camera, width, height }: View, block: Block): { left: number; right: number; top: number; bottom: number } {
  const rows = Math.ceil(block.length / block.columns)
  const x = camera.x - layout.tasksX - block.x
  const y = camera.y - layout.tasksY - block.y
  const within = (at: number, most: number): number => Math.min(most, Math.max(0, at))
  return {
    left: within(Math.floor(x / block.pitchX), block.columns),
    right: within(Math.ceil((x + width / camera.scale) / block.pitchX), block.columns),
    top: within(Math.floor(y / block.pitchY), rows),
    bottom: within(Math.ceil((y + height / camera.scale) / block.pitchY), rows),
  }
}

function painted({ moment: { states }, matches, layout }: Subject, view: View, block: Block): Step[] {
  const { camera, theme } = view
  const pitch = block.pitchX * camera.scale
  const several = pitch < LEAST_PITCH ? Math.ceil(LEAST_PITCH / pitch) : 1
  const { left, right, top, bottom } = visible(layout, view, block)
  const [column, row] = [Math.floor(left / several), Math.floor(top / several)]
  const columns = Math.ceil(right / several) - column
  const rows = Math.ceil(bottom / several) - row
  if (columns <= 0 || rows <= 0) return []
  const codes = new Uint8Array(columns * rows).fill(NOTHING)
  const rank = new Uint8Array(several > 1 ? codes.length : 0)
  const kept = matches?.kept
  for (let y = row * several; y < bottom; y++) {
    const line = (Math.floor(y / several) - row) * columns - column
    const end = Math.min(block.length, y * block.columns + right)
    let x = column * several
    for (let at = y * block.columns + x; at < end; at++, x++) {
      const state = states[block.first + at]!
      const isKept = kept === undefined || kept[block.first + at] === 1
      const code = isKept ? state : state + STATES
      if (several === 1) {
        codes[line + x] = code
        continue
      }
      const to = line + Math.floor(x / several)
      const high = byProminence[state]! + (isKept ? STATES : 0)
      if (high <= rank[to]!) continue
      rank[to] = high
      codes[to] = code
    }
  }
  const step: CellsStep = {
    kind: 'cells', columns, rows, codes, pitch: pitch * several, gap: several > 1 ? 0 : pitch - block.cellWidth * camera.scale,
    x: (layout.tasksX + block.x - camera.x) * camera.scale + column * several * pitch,
    y: (layout.tasksY + block.y - camera.y) * camera.scale + row * several * pitch,
    colours: [1, FADED].flatMap((alpha) => stateNames.map((state, i) => ({ fill: theme.states[state], alpha: alpha * fills[i]! }))),
  }
  return [step]
}

function drawn(subject: Subject, view: View, arrangement: Arrangement, block: Block, cell: number): Step[] {
  const { moment, matches } = subject
  const { theme } = view
  const { left, right, top, bottom } = visible(subject.layout, view, block)
  const boxes: number[][] = []
  const over: Step[] = []
  const place = { x: 0, y: 0, width: 0, height: 0 }
  const add = (task: number): void => {
    placeOf(arrangement, task, place)
    place.x += subject.layout.tasksX
    place.y += subject.layout.tasksY
    if (!inView(view, seen(view, place))) return
    const state = moment.states[task]!
    const alpha = matches && matches.kept[task] === 0 ? FADED : 1
    if (cell >= LEAST_CARD) return void over.push(...cardSteps(subject, view, task, place, alpha))
    const code = alpha < 1 ? state + STATES : state
    ;(boxes[code] ??= []).push(place.x, place.y, Math.max(2, place.width), Math.max(2, place.height))
    const name = stateNames[state]!
    if (cell >= LEAST_MARK || state === FAILED) {
      const colour = name === 'backing-off' || name === 'skipped' ? theme.text : theme.onState
      for (const step of markSteps(name, place.x + place.width / 2, place.y + place.height / 2, Math.min(2.4, cell / 14), colour)) over.push({ ...step, alpha: alpha * (name === 'skipped' ? 0.7 : 1) })
    }
  }
  for (let row = top; row < bottom; row++) {
    const end = Math.min(block.length, row * block.columns + right)
    for (let at = row * block.columns + left; at < end; at++) add(block.first + at)
  }
  const last = block.length - 1
  if (block.lastY !== undefined && (Math.floor(last / block.columns) >= bottom || Math.floor(last / block.columns) < top)) add(block.first + last)
  const radius = Math.min(5, cell * 0.2)
  const cells = boxes.flatMap((rectangles, code): Step[] => {
    const state = stateNames[code % STATES]!
    const alpha = (code >= STATES ? FADED : 1) * fills[code % STATES]!
    const outline = state === 'waiting' && cell >= LEAST_MARK
    return [{ kind: 'box', boxes: rectangles, radius, alpha, fill: theme.states[state], ...(theme.forced && { stroke: theme.text, width: 1 }), ...(outline && { stroke: theme.quiet, width: 1, dash: [2, 2.5] }) }]
  })
  return [...cells, ...over]
}

/** A cell with room for words. */
function cardSteps(subject: Subject, view: View, task: number, place: Place, alpha: number): Step[] {
  const { theme, measure } = view
  const words = subject
  const state = stateOf(words, task)
  const size = Math.min(13, Math.max(10, place.width / 9))
  const padding = place.width * 0.1
  const room = place.width - 2 * padding
  const error = taskError(words, task)
  const lines: readonly (readonly [string, 400 | 600, string])[] = [
    [nameFor(subject, task, room, size, view), 600, theme.text],
    [error?.name ?? (taskDuration(words, task) || stateWord(subject.trans, state)), 400, error ? theme.states.failed : theme.quiet],
    [placeName(words, task), 400, theme.quiet],
  ]
  const steps: Step[] = [{ kind: 'box', boxes: [place.x, place.y, place.width, place.height], radius: 6, fill: theme.card, stroke: theme.states[state], width: state === 'failed' || state === 'running' ? 2.5 : 1.5, alpha, ...(state === 'waiting' && { dash: [4, 4] }) }]
  const sign = size * 1.15
  for (const step of signSteps(state, place.x + padding + sign / 2, place.y + padding + sign / 2, sign, signColour(state, view), theme.card)) steps.push({ ...step, alpha })
  let y = place.y + padding + sign + size * 1.45
  for (const [text, weight, fill] of lines) {
    if (text === '' || y > place.y + place.height - padding * 0.5) continue
    const shown = fitted(text, room, size, weight, measure)
    steps.push({ kind: 'text', text: shown, x: place.x + padding, y, size, weight, align: 'left', fill, alpha })
    y += size * 1.35
  }
  return steps
}

/** The index tells tasks apart: where a name is too long for it, the index stays. */
function nameFor({ record }: Subject, task: number, room: number, size: number, { measure }: View): string {
  const name = taskName(record, task)
  return measure(name, size, 600) <= room ? name : `[${task}]`
}

function signColour(state: RecordedState, { theme }: View): string {
  return state === 'waiting' || state === 'ready' || state === 'skipped' ? theme.quiet : theme.states[state]
}

/** One of few tasks: sign, name, and how long it took or why it did not. */
function labelSteps(subject: Subject, view: View, arrangement: Arrangement, task: number): Step[] {
  const place = placeOf(arrangement, task, { x: 0, y: 0, width: 0, height: 0 })
  place.x += subject.layout.tasksX
  place.y += subject.layout.tasksY
  if (!inView(view, seen(view, place))) return []
  const { theme, measure } = view
  const state = stateOf(subject, task)
  const kept = !subject.matches || subject.matches.kept[task] === 1
  const alpha = !kept ? FADED : state === 'skipped' ? 0.62 : 1
  const scale = place.height / 24
  const radius = Math.min(7, 5 * scale)
  const box = [place.x, place.y, place.width, place.height]
  const strong = state === 'failed' || state === 'running'
  const steps: Step[] = [{ kind: 'box', boxes: box, radius, fill: theme.card, alpha: kept ? 1 : 0.4 }]
  if (state !== 'waiting' && state !== 'skipped') steps.push({ kind: 'box', boxes: box, radius, fill: theme.states[state], alpha: strong ? 0.16 : 0.09 })
  if (state === 'skipped') steps.push({ kind: 'segments', points: hatching(place.x, place.y, place.width, place.height, 7), stroke: theme.states.skipped, width: 1, alpha: 0.35 * alpha })
  steps.push({ kind: 'box', boxes: box, radius, stroke: strong ? theme.states[state] : state === 'waiting' ? theme.quiet : theme.line, width: strong ? 1.6 : 1, alpha: kept ? 1 : 0.3, ...(state === 'waiting' && { dash: [3, 3] }) })
  const sign = Math.min(15, 12 * scale)
  for (const step of signSteps(state, place.x + 14 * scale, place.y + place.height / 2, sign, signColour(state, view), theme.card)) steps.push({ ...step, alpha })
  const size = Math.min(13, Math.max(9.5, 11.5 * scale))
  if (place.height < size + 3) return steps
  const line = place.y + place.height / 2 + size * 0.36
  const right = place.x + place.width - 9 * scale
  const error = taskError(subject, task)
  const name = taskName(subject.record, task)
  const left = place.x + 26 * scale
  const room = right - left
  const words = fitted(error?.name ?? taskDuration(subject, task), place.width * 0.5, size * 0.94, 400, measure)
  // The name matters more than the duration, the error more than the whole name.
  const both = measure(name, size, 500) + measure(words, size * 0.94, 400) + 8 <= room
  const side = both || error || place.width > 170 * scale ? words : ''
  steps.push({ kind: 'text', text: side, x: right, y: line, size: size * 0.94, weight: 400, align: 'right', fill: error ? theme.states.failed : theme.quiet, alpha })
  const space = room - (side === '' ? 0 : measure(side, size * 0.94, 400) + 8)
  // The index stays when the name is cut.
  const index = subject.record.run.count === 1 ? '' : `[${task}]`
  const text = measure(name, size, 500) <= space ? name : fitted(name.slice(0, name.length - index.length), space - measure(index, size, 500), size, 500, measure) + index
  steps.push({ kind: 'text', text, x: left, y: line, size, weight: 500, align: 'left', fill: theme.text, alpha })
  if (place.height >= 44) steps.push({ kind: 'text', text: fitted(placeName(subject, task), place.width - 40 * scale, 10.5, 400, measure), x: left, y: line + 15, size: 10.5, weight: 400, align: 'left', fill: theme.quiet, alpha })
  return steps
}
