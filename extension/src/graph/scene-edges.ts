/** Lines between groups, and between tasks where they can be told apart. */
import { RUNNING, stateNames } from '../../../kernel/cluster/record/read.ts'
import type { Arrangement, Place } from './arrangement.ts'
import type { GroupEdge, Manner } from './groups.ts'
import { groupPlace } from './layout.ts'
import type { Layout } from './layout.ts'
import { countsOf, seen, taskPlace } from './scene.ts'
import type { Subject, View } from './scene.ts'
import type { Step } from './steps.ts'

type Kind = 'quiet' | 'running' | 'failed' | 'near' | 'critical'

/** Threads side by side: each to each. Crossing: all to all. Into one: a tree. One alone: single tasks. */
const threads: Record<Manner, readonly (readonly [number, number])[]> = {
  each: [[-1, -1], [0, 0], [1, 1]],
  all: [[-1, -1], [-1, 0], [-1, 1], [0, -1], [0, 0], [0, 1], [1, -1], [1, 0], [1, 1]],
  tree: [[-1, 0], [0, 0], [1, 0]],
  tasks: [[0, 0]],
}
/** More edges than this are drawn with one thread each. */
const MANY_EDGES = 40
/** Into more groups than this, lines end at the frame rather than at every task. */
const MOST_FANS = 3

interface Lines {
  readonly curves: Record<Kind, number[][]>
  readonly heads: Record<Kind, number[]>
}

export function edgeSteps(subject: Subject, view: View): Step[] {
  const { layout } = subject
  const lines: Lines = { curves: { quiet: [], running: [], failed: [], near: [], critical: [] }, heads: { quiet: [], running: [], failed: [], near: [], critical: [] } }
  const into = layout.graph.edges.filter(({ to }) => to === 0)
  const late = criticalSource(subject, into)
  layout.graph.edges.forEach((edge, i) => {
    if (edge.to === 0 && layout.tasks?.form === 'labels' && into.length <= MOST_FANS) addFan(lines, subject, view, edge, layout.bends[i]!, layout.tasks, edge === late)
    else addEdge(lines, subject, view, edge, layout.bends[i]!, edge === late)
  })
  if (layout.tasks?.tree) addTree(lines, subject, view, layout.tasks)
  const { theme } = view
  const width = Math.min(1.3, Math.max(0.7, view.camera.scale))
  const looks: Record<Kind, { stroke: string; width: number; alpha?: number }> = {
    quiet: { stroke: theme.quiet, width, alpha: 0.5 },
    running: { stroke: theme.states.running, width: width * 1.6 },
    failed: { stroke: theme.states.failed, width: width * 1.3 },
    near: { stroke: theme.focus, width: width * 1.4, alpha: 0.85 },
    critical: { stroke: theme.critical, width: width * 2.6 },
  }
  return (Object.keys(looks) as Kind[]).flatMap((kind): Step[] => [
    ...(lines.curves[kind].length > 0 ? [{ kind: 'curve', curves: lines.curves[kind], ...looks[kind] } as const] : []),
    ...headsOf(lines.heads[kind], Math.min(1.2, Math.max(0.6, view.camera.scale))).map((points) => ({ kind: 'line', points, closed: true, fill: looks[kind].stroke, alpha: Math.min(1, (looks[kind].alpha ?? 1) * 1.3) }) as const),
  ])
}

/** Arrowheads that point right at x, y. */
function headsOf(ends: readonly number[], scale: number): number[][] {
  const heads: number[][] = []
  for (let i = 0; i + 1 < ends.length; i += 2) {
    const [x, y] = [ends[i]!, ends[i + 1]!]
    heads.push([x, y, x - 6 * scale, y - 3 * scale, x - 6 * scale, y + 3 * scale])
  }
  return heads
}

function ends(layout: Layout, view: View, { from, to }: GroupEdge): { readonly source: Place; readonly target: Place } {
  const place = (row: number): Place => seen(view, groupPlace(layout, row, { x: 0, y: 0, width: 0, height: 0 }))
  return { source: place(from), target: place(to) }
}

/** A selected group's edges are shown, and those of a selected task's group. */
function isNear({ layout, selection, hover }: Subject, edge: GroupEdge): boolean {
  return [selection, hover].some((item) => item?.kind === 'group' && [edge.from, edge.to].some((row) => layout.graph.groups[row]!.run === item.run))
}

function kindOf(subject: Subject, edge: GroupEdge, late: boolean): Kind {
  if (isNear(subject, edge)) return 'near'
  if (late) return 'critical'
  const [source, target] = [countsOf(subject, edge.from), countsOf(subject, edge.to)]
  if (source.failed > 0 && target.skipped > 0) return 'failed'
  return target.running > 0 ? 'running' : 'quiet'
}

/**
 * The path's first task waited for an input, and only one run can have been late with it: the path comes from there. What
 * was critical in other runs their own records tell.
 */
function criticalSource({ critical, record, tasks }: Subject, into: readonly GroupEdge[]): GroupEdge | undefined {
  const first = record.criticalPath[0]
  return critical && first !== undefined && into.length === 1 && tasks.ready[first]! > 1 ? into[0] : undefined
}

function addEdge({ curves, heads }: Lines, subject: Subject, view: View, edge: GroupEdge, bends: readonly number[], late: boolean): void {
  const { layout } = subject
  const { source, target } = ends(layout, view, edge)
  const kind = kindOf(subject, edge, late)
  const spread = Math.min(10, 9 * view.camera.scale, source.height * 0.3)
  const single = layout.graph.edges.length > MANY_EDGES || view.camera.scale < 0.4
  const x = target.x - 2
  for (const [from, to] of single ? threads.tasks : threads[edge.how]) {
    const y = target.y + target.height / 2 + to * spread
    curves[kind].push(through(view, source.x + source.width, source.y + source.height / 2 + from * spread, bends, x - 3, y))
  }
  for (const to of new Set((single ? threads.tasks : threads[edge.how]).map(([, end]) => end))) heads[kind].push(x, target.y + target.height / 2 + to * spread)
}

/** One line to each task that takes something. */
function addFan({ curves, heads }: Lines, subject: Subject, view: View, edge: GroupEdge, bends: readonly number[], arrangement: Arrangement, late: boolean): void {
  const { source } = ends(subject.layout, view, edge)
  const { states } = subject.moment
  const place = { x: 0, y: 0, width: 0, height: 0 }
  const critical = late ? subject.record.criticalPath[0] : undefined
  for (let task = 0; task < arrangement.length; task++) {
    if (arrangement.tree && arrangement.tree.operands(task).every((operand) => operand < 0)) continue
    seen(view, taskPlace(subject.layout, task, place))
    const state = stateNames[states[task]!]
    const near = isNear(subject, edge) || [subject.selection, subject.hover].some((item) => item?.kind === 'task' && item.task === task)
    const kind = near ? 'near' : task === critical ? 'critical' : state === 'running' ? 'running' : state === 'skipped' && countsOf(subject, edge.from).failed > 0 ? 'failed' : 'quiet'
    const y = place.y + place.height / 2
    curves[kind].push(through(view, source.x + source.width, source.y + source.height / 2, bends, place.x - 5, y))
    heads[kind].push(place.x - 1, y)
  }
}

/** From operands to the tasks that take them, where a level is one column. */
function addTree({ curves }: Lines, subject: Subject, view: View, arrangement: Arrangement): void {
  const { tree, blocks } = arrangement
  const [from, to] = [{ x: 0, y: 0, width: 0, height: 0 }, { x: 0, y: 0, width: 0, height: 0 }]
  for (const block of blocks.slice(1)) {
    const before = blocks[blocks.indexOf(block) - 1]!
    if (before.columns > 1 || before.pitchY * view.camera.scale < 3) continue
    for (let task = block.first; task < block.first + block.length; task++) {
      seen(view, taskPlace(subject.layout, task, to))
      for (const operand of tree!.operands(task)) {
        if (operand >= 0) continue
        const source = -1 - operand
        seen(view, taskPlace(subject.layout, source, from))
        if (Math.max(from.y, to.y) < -20 || Math.min(from.y, to.y) > view.height + 20) continue
        const near = [subject.selection, subject.hover].some((item) => item?.kind === 'task' && (item.task === task || item.task === source))
        const state = subject.moment.states[task]!
        const kind = near ? 'near' : state === RUNNING ? 'running' : stateNames[state] === 'skipped' && ['failed', 'skipped'].includes(stateNames[subject.moment.states[source]!]!) ? 'failed' : 'quiet'
        curves[kind].push(through(view, from.x + from.width, from.y + from.height / 2, [], to.x, to.y + to.height / 2))
      }
    }
  }
}

/** A curve that leaves and arrives level. @param bends points of the sheet */
export function through({ camera }: View, x1: number, y1: number, bends: readonly number[], x2: number, y2: number): number[] {
  const curve = [x1, y1]
  let [x, y] = [x1, y1]
  const to = (toX: number, toY: number): void => {
    const bend = Math.max((toX - x) * 0.45, Math.min(40, Math.abs(toX - x) + Math.abs(toY - y)) * 0.3)
    curve.push(x + bend, y, toX - bend, toY, toX, toY)
    ;[x, y] = [toX, toY]
  }
  for (let i = 0; i + 1 < bends.length; i += 2) to((bends[i]! - camera.x) * camera.scale, (bends[i + 1]! - camera.y) * camera.scale)
  to(x2, y2)
  return curve
}
