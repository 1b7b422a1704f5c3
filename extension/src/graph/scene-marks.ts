/** What is to be found at a glance among the tasks: failures at their root, the critical path, and what a selected task hangs on. */
import { plain } from '../../../kernel/cluster/view/amounts.ts'
import { stateNames } from '../../../kernel/cluster/record/read.ts'
import type { Arrangement, Place } from './arrangement.ts'
import { groupPlace, rowOfRun } from './layout.ts'
import { through } from './scene-edges.ts'
import { inView, seen, taskPlace } from './scene.ts'
import type { Subject, View } from './scene.ts'
import type { Step } from './steps.ts'

/** Failures that are each marked; more are seen by their number. */
const MOST_MARKED = 400
const MOST_NAMED = 5
const FAILED = stateNames.indexOf('failed')
const SKIPPED = stateNames.indexOf('skipped')

export function markingSteps(subject: Subject, view: View, arrangement: Arrangement): Step[] {
  return [...criticalSteps(subject, view, arrangement), ...failureSteps(subject, view, arrangement), ...linkSteps(subject, view, arrangement)]
}

function seenTask({ layout }: Subject, view: View, task: number): Place {
  return seen(view, taskPlace(layout, task, { x: 0, y: 0, width: 0, height: 0 }))
}

/** A rim around tasks, and lines from each to the next. */
function criticalSteps(subject: Subject, view: View, arrangement: Arrangement): Step[] {
  const { critical, record } = subject
  if (!critical) return []
  const path = record.criticalPath.filter((task) => task < arrangement.length)
  const boxes: number[] = []
  const curves: number[][] = []
  let before: Place | undefined
  for (const task of path) {
    const place = seenTask(subject, view, task)
    const grown = Math.max(0.5, (7 - place.height) / 2)
    if (inView(view, place, 20)) boxes.push(place.x - grown, place.y - grown, place.width + 2 * grown, place.height + 2 * grown)
    if (before) curves.push(linkBetween(view, before, place))
    before = place
  }
  const { theme } = view
  const radius = arrangement.form === 'labels' ? 6 : 4
  return [
    ...(curves.length > 0 ? [{ kind: 'curve', curves, stroke: theme.critical, width: 2.6 } as const] : []),
    ...(boxes.length > 0 ? [{ kind: 'box', boxes, radius, stroke: theme.critical, width: 2.4 } as const] : []),
  ]
}

/** From the right side to the left where there is room between, else from middle to middle. */
function linkBetween(view: View, from: Place, to: Place): number[] {
  if (to.x >= from.x + from.width) return through(view, from.x + from.width, from.y + from.height / 2, [], to.x, to.y + to.height / 2)
  return through(view, from.x + from.width / 2, from.y + from.height / 2, [], to.x + to.width / 2, to.y + to.height / 2)
}

/** Root failures stand out from any number of tasks; the first few in view say what was thrown. */
function failureSteps(subject: Subject, view: View, arrangement: Arrangement): Step[] {
  const { moment, matches, tasks, record } = subject
  if (arrangement.form === 'labels' || moment.counts.failed === 0) return []
  const { theme } = view
  const rims: number[] = []
  const cells: number[] = []
  const named: Place[] = []
  const steps: Step[] = []
  let marked = 0
  // Not over the heading.
  const top = Math.max(2, (subject.layout.tasksY - view.camera.y) * view.camera.scale)
  for (let task = 0; task < arrangement.length && marked < MOST_MARKED; task++) {
    if (moment.states[task] !== FAILED || matches?.kept[task] === 0) continue
    const place = seenTask(subject, view, task)
    if (!inView(view, place, 4) || place.height >= 58) continue
    marked++
    // Large enough to be seen among a hundred thousand.
    const grown = Math.max(0, (5 - place.height) / 2)
    cells.push(place.x - grown, place.y - grown, place.width + 2 * grown, place.height + 2 * grown)
    const rim = grown + 1.6
    rims.push(place.x - rim, place.y - rim, place.width + 2 * rim, place.height + 2 * rim)
    const error = record.errors[tasks.error[task]!]
    if (error && named.length < MOST_NAMED) steps.push(...calloutSteps(plain(error.name, 40), place, named, view, top))
  }
  if (cells.length === 0) return []
  const small = cells[3]! < 8
  return [
    { kind: 'box', boxes: rims, radius: 4, stroke: theme.card, width: 1.6 },
    ...(small ? [{ kind: 'box', boxes: cells, radius: 1.5, fill: theme.states.failed } as const] : []),
    { kind: 'box', boxes: rims.map((at, i) => at + [-1.4, -1.4, 2.8, 2.8][i % 4]!), radius: 5, stroke: theme.states.failed, width: 1.4 },
    ...steps,
  ]
}

/** A small label beside a task, where it covers no other. */
function calloutSteps(text: string, place: Place, named: Place[], { theme, measure, width, height }: View, top: number): Step[] {
  const wide = measure(text, 10.5, 600) + 12
  const high = 17
  const left = place.x + place.width + 9 + wide < width ? place.x + place.width + 7 : place.x - wide - 7
  const callout = { x: left, y: Math.min(height - high - 2, Math.max(top, place.y + place.height / 2 - high / 2 - 7)), width: wide, height: high }
  const covers = named.some((other) => callout.x < other.x + other.width + 4 && other.x < callout.x + wide + 4 && callout.y < other.y + other.height + 3 && other.y < callout.y + high + 3)
  if (covers || left < 0) return []
  named.push(callout)
  return [
    { kind: 'box', boxes: [callout.x, callout.y, wide, high], radius: 4, fill: theme.card, stroke: theme.states.failed, width: 1 },
    { kind: 'text', text, x: callout.x + 6, y: callout.y + 12.2, size: 10.5, weight: 600, align: 'left', fill: theme.states.failed },
  ]
}

/** Of the selected and the hovered task: what it takes from and gives to, and the failure that it was skipped for. */
function linkSteps(subject: Subject, view: View, arrangement: Arrangement): Step[] {
  const steps: Step[] = []
  for (const item of [subject.hover, subject.selection]) {
    if (item?.kind !== 'task' || item.task >= arrangement.length) continue
    const place = seenTask(subject, view, item.task)
    const near = nearTasks(arrangement, item.task).map((task) => seenTask(subject, view, task))
    const curves = arrangement.form === 'tree' ? near.map((other) => (other.x < place.x ? linkBetween(view, other, place) : linkBetween(view, place, other))) : []
    // Between cards the line would strike their words through.
    if (arrangement.form !== 'labels' && place.height < 58) curves.push(...sourceLinks(subject, view, item.task, place, arrangement))
    if (curves.length > 0) steps.push({ kind: 'curve', curves, stroke: view.theme.focus, width: 1.6 })
    if (near.length > 0) steps.push({ kind: 'box', boxes: near.flatMap((other) => [other.x - 2, other.y - 2, other.width + 4, other.height + 4]), radius: 5, stroke: view.theme.focus, width: 1.4 })
    steps.push(...rootLink(subject, view, item.task, place, arrangement))
  }
  return steps
}

/** The tasks of the same run at the other ends of a task's edges. */
export function nearTasks({ tree, length }: Arrangement, task: number): number[] {
  if (!tree || length === 0) return []
  const operands = tree.operands(task).flatMap((operand) => (operand < 0 ? [-1 - operand] : []))
  const consumer = tree.consumer(task)
  return consumer === undefined ? operands : [...operands, consumer]
}

function sourceLinks(subject: Subject, view: View, task: number, place: Place, arrangement: Arrangement): number[][] {
  const { layout } = subject
  if (arrangement.tree && arrangement.tree.operands(task).every((operand) => operand < 0)) return []
  const edges = layout.graph.edges.flatMap((edge, i) => (edge.to === 0 ? [{ from: edge.from, bends: layout.bends[i]! }] : []))
  return edges.slice(0, 8).map(({ from, bends }) => {
    const source = seen(view, groupPlace(layout, from, { x: 0, y: 0, width: 0, height: 0 }))
    return through(view, source.x + source.width, source.y + source.height / 2, bends, place.x - 1, place.y + place.height / 2)
  })
}

function rootLink({ record, tasks, moment, layout }: Subject, view: View, task: number, place: Place, arrangement: Arrangement): Step[] {
  if (moment.states[task] !== SKIPPED) return []
  const rootRun = tasks.rootRun[task]!
  const root = tasks.root[task]!
  let from: Place | undefined
  if (rootRun === 0) from = root < arrangement.length ? seen(view, taskPlace(layout, root, { x: 0, y: 0, width: 0, height: 0 })) : undefined
  else {
    const row = rowOfRun(layout, record.upstream[rootRun - 1]?.run ?? -1)
    from = row === undefined ? undefined : seen(view, groupPlace(layout, row, { x: 0, y: 0, width: 0, height: 0 }))
  }
  if (!from) return []
  return [{ kind: 'curve', curves: [linkBetween(view, from, place)], stroke: view.theme.states.failed, width: 2, dash: [5, 4] }]
}
