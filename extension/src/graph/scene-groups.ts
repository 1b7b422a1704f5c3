/** Groups as boxes with a bar of their tasks' states, and the frame of the one that is expanded. */
import { count, plain } from '../../../kernel/cluster/view/amounts.ts'
import { shownStates } from '../../../kernel/cluster/view/picture-style.ts'
import type { RecordedState } from '../../../kernel/cluster/record/read.ts'
import type { StateCounts } from '../../../kernel/cluster/record/types.ts'
import type { Theme } from '../view/theme.ts'
import type { Place } from './arrangement.ts'
import type { Group } from './groups.ts'
import { FRAME, groupPlace } from './layout.ts'
import { CORNER, countsOf, inView, seen } from './scene.ts'
import type { Subject, View } from './scene.ts'
import { fitted, hatching, signSteps } from './steps.ts'
import type { Step, TextStep } from './steps.ts'
import { progress } from './words.ts'

/** Boxes lower than this have no text, px. */
const LEAST_NAMED = 17
const LEAST_FULL = 44

export function groupSteps(subject: Subject, view: View, row: number): Step[] {
  const place = seen(view, groupPlace(subject.layout, row, { x: 0, y: 0, width: 0, height: 0 }))
  if (!inView(view, place, 8)) return []
  const group = subject.layout.graph.groups[row]!
  const counts = countsOf(subject, row)
  const { theme } = view
  const scale = place.height / 64
  const text = Math.min(1.25, Math.max(0.72, scale))
  const failed = counts.failed > 0
  const steps: Step[] = [
    { kind: 'box', boxes: [place.x, place.y, place.width, place.height], radius: 8 * Math.min(1.4, scale), fill: theme.card, stroke: failed ? theme.states.failed : group.own ? theme.quiet : theme.line, width: failed || group.own ? 1.5 : 1 },
  ]
  if (place.height < LEAST_NAMED) {
    steps.push({ kind: 'box', boxes: [place.x, place.y, place.width, place.height], radius: 3, fill: theme.states[worst(counts)], alpha: 0.85 })
    return steps
  }
  const padding = Math.min(14, 13 * scale)
  const full = place.height >= LEAST_FULL
  const baseline = place.y + (full ? 24 * text : place.height / 2 + 2)
  steps.push(...headline(group, counts, { x: place.x + padding, y: baseline, width: place.width - 2 * padding, height: 0 }, text, view, group.own && full ? 'closed' : undefined))
  const bar = full ? 6 : Math.min(4, place.height * 0.16)
  steps.push(...stateBar(counts, place.x + padding, full ? place.y + 34 * text : place.y + place.height - bar - 2.5, place.width - 2 * padding, bar, theme))
  if (full) {
    const size = 10.5 * text
    const words = fitted(progress(counts, group.count, subject.trans), place.width - 2 * padding, size, 400, view.measure)
    steps.push({ kind: 'text', text: words, x: place.x + padding, y: place.y + 54 * text, size, weight: 400, align: 'left', fill: theme.quiet })
  }
  return steps
}

/** Name, kind and number of tasks in one line. */
function headline(group: Group, counts: StateCounts, place: Place, scale: number, { theme, measure }: View, twisty: 'open' | 'closed' | undefined): Step[] {
  const steps: Step[] = []
  let left = place.x
  let right = place.x + place.width
  const write = (text: string, x: number, size: number, weight: TextStep['weight'], align: 'left' | 'right', fill: string): number => {
    steps.push({ kind: 'text', text, x, y: place.y, size, weight, align, fill })
    return measure(text, size, weight)
  }
  if (twisty) {
    steps.push(...twistySteps(left + 4 * scale, place.y - 4.5 * scale, scale, twisty, theme.quiet))
    left += 16 * scale
  }
  if (counts.failed > 0) {
    right -= write(count(counts.failed), right, 12 * scale, 600, 'right', theme.states.failed) + 11 * scale
    steps.push(...signSteps('failed', right, place.y - 4.2 * scale, 12 * scale, theme.states.failed, theme.card))
    right -= 14 * scale
  }
  if (group.kind === 'reduce') {
    steps.push(...treeSign(right - 10 * scale, place.y - 4.2 * scale, scale, theme.quiet))
    right -= 28 * scale
  }
  const times = `× ${count(group.count)}`
  const wide = measure(plain(group.name, 80), 13 * scale, 600)
  // Where there is not room for both, the name matters more.
  const both = right - left - measure(times, 12 * scale, 400) - 10 * scale >= Math.min(wide, 70 * scale)
  if (group.kind !== 'single' && both) right -= write(times, right, 12 * scale, 400, 'right', theme.quiet) + 10 * scale
  write(fitted(plain(group.name, 80), Math.max(0, right - left), 13 * scale, 600, measure), left, 13 * scale, 600, 'left', theme.text)
  return steps
}

/** How much room it takes with all that belongs in it. */
function headlineWidth({ name, kind, count: tasks }: Group, counts: StateCounts, scale: number, { measure }: View): number {
  const times = kind === 'single' ? 0 : measure(`× ${count(tasks)}`, 12 * scale, 400) + 24 * scale
  const failed = counts.failed > 0 ? measure(count(counts.failed), 12 * scale, 600) + 26 * scale : 0
  return measure(plain(name, 80), 13 * scale, 600) + 20 * scale + times + failed + (kind === 'reduce' ? 28 * scale : 0)
}

function twistySteps(x: number, y: number, scale: number, twisty: 'open' | 'closed', stroke: string): Step[] {
  const [a, b] = [2.2 * scale, 3.8 * scale]
  const points = twisty === 'open' ? [x - b, y - a, x, y + a, x + b, y - a] : [x - a, y - b, x + a, y, x - a, y + b]
  return [{ kind: 'line', points, stroke, width: 1.6 * scale }]
}

/** Two into one, twice. */
function treeSign(x: number, y: number, scale: number, stroke: string): Step[] {
  const points = [-1, 1].flatMap((side) => [...[-1, 1].flatMap((leaf) => [-7, side * 3.6 + leaf * 1.9, 0, side * 3.6]), 0, side * 3.6, 7, 0])
  return [
    { kind: 'segments', points: points.map((at, i) => (i % 2 === 0 ? x : y) + at * scale), stroke, width: 1.2 * scale },
    { kind: 'circle', x: x + 7 * scale, y, radius: 1.8 * scale, fill: stroke },
  ]
}

/** What is to be said first of a group. */
function worst(counts: StateCounts): RecordedState {
  const order: readonly RecordedState[] = ['failed', 'running', 'skipped', 'cancelled', 'backing-off', 'ready', 'waiting', 'succeeded']
  return order.find((state) => counts[state] > 0) ?? 'waiting'
}

/** No state that there is gets less than 2 px. */
export function stateBar(counts: StateCounts, x: number, y: number, width: number, height: number, theme: Theme): Step[] {
  const present = shownStates.filter((state) => counts[state] > 0)
  const total = present.reduce((sum, state) => sum + counts[state], 0)
  const steps: Step[] = [{ kind: 'box', boxes: [x, y, width, height], radius: height / 2, fill: theme.grid }]
  const gaps = Math.max(0, present.length - 1)
  const spare = width - 2 * present.length - gaps
  let at = x
  for (const state of present) {
    const part = 2 + (Math.max(0, spare) * counts[state]) / total
    steps.push({ kind: 'box', boxes: [at, y, part, height], radius: Math.min(height / 2, part / 2), fill: theme.states[state] })
    if (state === 'failed' || state === 'skipped') steps.push({ kind: 'segments', points: hatching(at, y, part, height, 4), stroke: theme.card, width: 1.2, alpha: 0.6 })
    at += part + 1
  }
  return steps
}

export function frameSteps({ layout, moment }: Subject, view: View): Step[] {
  const place = seen(view, groupPlace(layout, 0, { x: 0, y: 0, width: 0, height: 0 }))
  const { theme } = view
  const stroke = moment.counts.failed > 0 ? theme.states.failed : theme.line
  // Cut to what is seen: the radius of a frame that is zoomed far into is not.
  return [{ kind: 'box', boxes: [place.x, place.y, place.width, place.height], radius: 10 * Math.min(1.4, view.camera.scale), fill: theme.card, stroke, width: 1 }]
}

/** Where the heading of the frame is seen: it stays at the top while tasks below it are. */
export function headingPlace(layout: Subject['layout'], view: View): Place & { readonly floats: boolean } {
  const place = seen(view, groupPlace(layout, 0, { x: 0, y: 0, width: 0, height: 0 }))
  const high = FRAME.header * view.camera.scale
  const height = Math.min(30, Math.max(15, high))
  const top = place.y + Math.max(0, high - height) * 0.5
  const floats = top < 0 && place.y + place.height > 3 * height
  const x = floats ? Math.max(0, place.x) : place.x
  const right = Math.min(floats ? view.width - CORNER.width : view.width, place.x + place.width)
  return { x, y: floats ? 0 : top, width: right - x, height, floats }
}

export function frameHeading(subject: Subject, view: View): Step[] {
  const { layout, trans } = subject
  const { theme } = view
  const place = headingPlace(layout, view)
  const scale = Math.min(1.1, Math.max(0.72, view.camera.scale))
  const padding = FRAME.padding * Math.min(1, scale)
  if (place.width < 60 || !inView(view, place)) return []
  const group = layout.graph.groups[0]!
  const counts = countsOf(subject, 0)
  const baseline = place.y + place.height / 2 + 5 * scale
  const size = 10.5 * scale
  const words = progress(counts, group.count, trans)
  const room = place.width - 2 * padding
  const side = view.measure(words, size, 400) + 16
  const name = Math.min(room, headlineWidth(group, counts, scale, view))
  const beside = name + side < room
  const steps: Step[] = []
  if (place.floats) {
    const right = Math.min(view.width, (layout.x[0]! + layout.widths[0]! - view.camera.x) * view.camera.scale)
    steps.push({ kind: 'box', boxes: [place.x, -1, right - place.x, place.height + 2], radius: 0, fill: theme.card })
    steps.push({ kind: 'segments', points: [place.x, place.height + 1, right, place.height + 1], stroke: theme.line, width: 1 })
  }
  steps.push(...headline(group, counts, { ...place, x: place.x + padding, y: baseline, width: beside ? name : room }, scale, view, 'open'))
  if (beside) steps.push({ kind: 'text', text: words, x: place.x + place.width - padding, y: baseline, size, weight: 400, align: 'right', fill: theme.quiet })
  return steps
}
