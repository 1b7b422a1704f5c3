/** A run's picture: what is seen of it where no extension draws it live. */
import { bytes, count, counted, duration, plain, rate } from './amounts.ts'
import { drawGraph, layoutGraph } from './picture-graph.ts'
import { box, colours, hatch, ink, shownStates, sign, stateBar, stateWords, textWidth, write } from './picture-style.ts'
import type { Pen } from './picture-style.ts'
import { drawTimeline, layoutTimeline } from './picture-timeline.ts'
import type { Drawn } from './picture-timeline.ts'
import { readAttempts, readTasks } from '../record/read.ts'
import type { AttemptTable, RecordedState, TaskTable } from '../record/read.ts'
import type { RunRecord } from '../record/types.ts'

export const PICTURE_WIDTH = 960
const PADDING = 28
const INNER = PICTURE_WIDTH - 2 * PADDING
const HEADER = 116
const STRIP = 50
const LEGEND = 34
/** Room for the timeline's rows, with and without a graph above it. */
const ROWS = 256
const ROWS_BESIDE_GRAPH = 190

interface Layout {
  readonly graph: ReturnType<typeof layoutGraph>
  readonly timeline: ReturnType<typeof layoutTimeline>
  readonly strip: boolean
  readonly height: number
}

function layoutPicture(record: RunRecord): Layout {
  const graph = layoutGraph(record)
  const timeline = layoutTimeline(record, graph.height > 0 ? ROWS_BESIDE_GRAPH : ROWS)
  const strip = record.errors.length > 0 || record.counts.skipped > 0
  const height = PADDING + HEADER + (strip ? STRIP : 0) + graph.height + (graph.height > 0 ? 10 : 0) + timeline.height + LEGEND + 18
  return { graph, timeline, strip, height: Math.ceil(height) }
}

/** The picture's size in CSS pixels. */
export function pictureSize(record: RunRecord): { readonly width: number; readonly height: number } {
  return { width: PICTURE_WIDTH, height: layoutPicture(record).height }
}

/**
 * Draws a record as a card at (0, 0).
 * @throws BadRecord
 */
export function drawPicture(pen: Pen, record: RunRecord): void {
  const layout = layoutPicture(record)
  const tasks = readTasks(record)
  const attempts = readAttempts(record)
  box(pen, 0.5, 0.5, PICTURE_WIDTH - 1, layout.height - 1, 12, ink.card, ink.line)
  let y = PADDING
  drawHeader(pen, record, y)
  y += HEADER
  if (layout.strip) {
    drawStrip(pen, record, tasks, y)
    y += STRIP
  }
  if (layout.graph.height > 0) {
    drawGraph(pen, layout.graph, PADDING, y, INNER)
    y += layout.graph.height + 10
  }
  const drawn = drawTimeline(pen, record, tasks, attempts, layout.timeline, PADDING, y, INNER)
  y += layout.timeline.height + 14
  drawLegend(pen, record, drawn, attempts, y)
}

function drawHeader(pen: Pen, record: RunRecord, y: number): void {
  const metrics = drawMetrics(pen, record, y)
  const state = overallState(record)
  const words = record.final ? stateWords[state] : `${stateWords[state]}, as of ${duration(record.asOf)}`
  const pill = textWidth(pen, words, { size: 12, weight: 500 }) + 34
  const room = INNER - metrics - 24
  const name = write(pen, record.run.name, PADDING, y + 20, { size: 23, weight: 700, width: room - pill - 14 })
  const left = PADDING + name + 14
  box(pen, left, y + 1.5, pill, 23, 11.5, ink.lane)
  sign(pen, state, left + 14, y + 13)
  write(pen, words, left + 25, y + 17, { size: 12, weight: 500 })
  write(pen, description(record), PADDING, y + 44, { size: 12.5, colour: ink.quiet, width: room })
  stateBar(pen, record.counts, PADDING, y + 60, INNER, 8)
  drawChips(pen, record, y + 86)
}

/** What is to be said first of a run: that it goes on, or the worst that has happened. */
function overallState(record: RunRecord): RecordedState {
  const { counts, final } = record
  if (!final) return counts.running > 0 ? 'running' : counts.ready > 0 ? 'ready' : counts['backing-off'] > 0 ? 'backing-off' : 'waiting'
  return counts.failed > 0 ? 'failed' : counts.cancelled > 0 ? 'cancelled' : counts.skipped > 0 ? 'skipped' : 'succeeded'
}

function description({ run, upstream }: RunRecord): string {
  const { options, kind } = run
  const tree = kind === 'reduce' ? 'in a reduction tree' : ''
  const asked = Object.entries(options.request)
    .filter(([resource, amount]) => !(resource === 'cpu' && amount === 1))
    .map(([resource, amount]) => `${resource} ${resource === 'memory' ? bytes(amount) : amount}`)
  return [
    [counted(run.count, 'task'), tree].filter(Boolean).join(' '),
    ...(upstream.length > 0 ? [`after ${plain(upstream[0]!.name, 40)}${upstream.length > 1 ? ` and ${counted(upstream.length - 1, 'other run')}` : ''}`] : []),
    ...(options.priority !== 0 ? [`priority ${{ '10': 'high', '-10': 'low' }[String(options.priority)] ?? options.priority}`] : []),
    ...(options.retries > 0 ? [options.retries === 1 ? 'one retry' : `up to ${count(options.retries)} retries`] : []),
    ...(options.replicas > 1 ? [`${options.replicas} copies each`] : []),
    ...asked,
  ].join('  ·  ')
}

/** Figures at the top right, from the right; returns how wide they came out. */
function drawMetrics(pen: Pen, record: RunRecord, y: number): number {
  const { counts, makespan, nodes, specs, run } = record
  const ended = counts.succeeded + counts.failed
  const slots = nodes.reduce((sum, { spec }) => sum + specs[spec]!.slots, 0)
  const metrics = [
    [duration(makespan), record.final ? 'makespan' : 'so far'],
    ...(ended > 1 && makespan > 0 ? [[rate((ended / makespan) * 1000), 'tasks/s']] : []),
    [`${count(nodes.length)} × ${nodes.length > 0 ? count(slots / nodes.length) : 0}`, 'nodes × slots'],
    ...(run.options.policy !== undefined ? [[run.options.policy, 'policy']] : []),
  ] as [string, string][]
  let right = PADDING + INNER
  for (const [value, label] of metrics.reverse()) {
    const width = Math.max(write(pen, value, right, y + 19, { size: 19, weight: 500, align: 'right', width: 150 }), write(pen, label, right, y + 37, { size: 11, colour: ink.faint, align: 'right' }))
    right -= width + 26
  }
  return PADDING + INNER - right - 26
}

function drawChips(pen: Pen, { counts, attempts }: RunRecord, y: number): void {
  let x = PADDING
  for (const state of shownStates) {
    if (counts[state] === 0) continue
    sign(pen, state, x + 6, y)
    x += 18
    x += write(pen, count(counts[state]), x, y + 4.5, { size: 13, weight: 500 }) + 5
    x += write(pen, stateWords[state], x, y + 4.5, { size: 13, colour: ink.quiet }) + 20
  }
  const again = attempts.length + attempts.omitted
  if (again > 0) write(pen, `${counted(again, 'attempt')} retried or lost`, PADDING + INNER, y + 4.5, { size: 12.5, colour: ink.quiet, align: 'right' })
}

/** The first failure in its own words, and what it took with it. */
function drawStrip(pen: Pen, record: RunRecord, tasks: TaskTable, y: number): void {
  const { left, right } = failureWords(record, tasks)
  box(pen, PADDING, y, INNER, 30, 7, ink.alarm)
  sign(pen, record.errors.length > 0 ? 'failed' : 'skipped', PADDING + 17, y + 15)
  const taken = right === '' ? 0 : write(pen, right, PADDING + INNER - 14, y + 19.5, { size: 12.5, colour: ink.quiet, align: 'right' }) + 20
  write(pen, left, PADDING + 31, y + 19.5, { size: 12.5, weight: 500, width: INNER - 45 - taken })
}

function failureWords(record: RunRecord, tasks: TaskTable): { left: string; right: string } {
  const { errors, counts, run, nodes, upstream } = record
  const error = errors[0]
  const skipped = counts.skipped > 0 ? `${counted(counts.skipped, 'task')} skipped behind ${counts.failed > 1 ? 'these' : 'it'}` : ''
  if (!error) {
    const first = tasks.rootRun.findIndex((rootRun) => rootRun > 0)
    const root = first < 0 ? undefined : upstream[tasks.rootRun[first]! - 1]
    return { left: root ? `Skipped because ${plain(root.name, 60)}[${tasks.root[first]}] failed` : counted(counts.skipped, 'skipped task'), right: '' }
  }
  const node = nodes[tasks.node[error.task] ?? -1]
  const task = run.count === 1 ? plain(run.name, 60) : `${plain(run.name, 60)}[${error.task}]`
  const where = node ? ` on ${plain(node.name, 40)}${tasks.attempts[error.task]! > 1 ? `, attempt ${tasks.attempts[error.task]}` : ''}` : ''
  const others = counts.failed > 1 ? `${count(counts.failed - 1)} more failed` : ''
  return { left: `${task}${where}: ${error.name}: ${error.message}`, right: [others, skipped].filter(Boolean).join('  ·  ') }
}

function drawLegend(pen: Pen, record: RunRecord, drawn: Drawn, attempts: AttemptTable, y: number): void {
  let x = PADDING
  const swatch = (label: string, paint: (left: number) => void) => {
    paint(x)
    x += 22
    x += write(pen, label, x, y + 9, { size: 11, colour: ink.quiet }) + 18
  }
  for (const kind of ['succeeded', 'running', 'failed', 'cancelled'] as const) {
    if (drawn.kinds.has(kind)) swatch(kind, (left) => box(pen, left, y, 16, 10, 2.5, colours[kind]))
  }
  if (attempts.length > 0) {
    swatch('retried or lost', (left) => {
      box(pen, left, y, 16, 10, 2.5, '#fbe7bd')
      hatch(pen, left, y, 16, 10, colours.lost)
    })
  }
  if (drawn.density) swatch('paler: partly busy', (left) => [0.35, 0.65, 1].forEach((alpha, i) => {
    pen.globalAlpha = alpha
    pen.fillStyle = colours.succeeded
    pen.fillRect(left + i * 5.5, y, 5, 10)
    pen.globalAlpha = 1
  }))
  if (drawn.lostNodes) swatch('node lost', (left) => sign(pen, 'failed', left + 8, y + 5))
  const { environment, declared } = record
  const day = Math.abs(declared) < 8.64e15 ? new Date(declared).toISOString().slice(0, 16).replace('T', ' ') : ''
  const made = [`${day} UTC`, `Sluice ${environment.sluice}`, `Node.js ${environment.node}`, environment.platform].join('  ·  ')
  write(pen, made, PADDING + INNER, y + 9, { size: 11, colour: ink.faint, align: 'right', width: PADDING + INNER - x })
}
