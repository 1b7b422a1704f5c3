/** All that is to be drawn, from the layout, the moment and what the view shows of it. Pure: the same steps make canvas and SVG. */
import type { TaskTable } from '../../../kernel/cluster/record/read.ts'
import type { RunRecord, StateCounts } from '../../../kernel/cluster/record/types.ts'
import type { Moment } from '../run/moment.ts'
import type { Theme } from '../view/theme.ts'
import type { Item } from '../view/view-state.ts'
import type { Place } from './arrangement.ts'
import { placeOf } from './arrangement.ts'
import type { Camera, Extent } from './camera.ts'
import type { Layout } from './layout.ts'
import { groupPlace, rowOfRun } from './layout.ts'
import type { Matches } from '../run/matching.ts'
import { edgeSteps } from './scene-edges.ts'
import { frameHeading, frameSteps, groupSteps } from './scene-groups.ts'
import { markingSteps } from './scene-marks.ts'
import { taskSteps } from './scene-tasks.ts'
import type { Measure, Step } from './steps.ts'
import type { Trans } from './words.ts'

export interface Subject {
  readonly layout: Layout
  readonly record: RunRecord
  readonly tasks: TaskTable
  readonly moment: Moment
  readonly matches: Matches | undefined
  readonly selection: Item | undefined
  readonly hover: Item | undefined
  /** The critical path is shown. */
  readonly critical: boolean
  readonly trans: Trans
}

export interface View {
  readonly camera: Camera
  readonly width: number
  readonly height: number
  readonly theme: Theme
  readonly measure: Measure
}

/** Where the buttons are, at the top right, px. */
export const CORNER: Extent = { width: 146, height: 38 }

export function sceneOf(subject: Subject, view: View): Step[] {
  const { layout } = subject
  const steps: Step[] = []
  if (layout.tasks) steps.push(...frameSteps(subject, view))
  steps.push(...edgeSteps(subject, view))
  for (let row = 0; row < layout.graph.groups.length; row++) if (!(row === 0 && layout.tasks)) steps.push(...groupSteps(subject, view, row))
  if (layout.tasks) {
    steps.push(...taskSteps(subject, view, layout.tasks))
    steps.push(...markingSteps(subject, view, layout.tasks))
    steps.push(...frameHeading(subject, view))
  }
  steps.push(...outlineSteps(subject, view))
  return steps
}

/** Where a place of the sheet is seen. */
export function seen({ camera }: View, place: Place): Place {
  place.x = (place.x - camera.x) * camera.scale
  place.y = (place.y - camera.y) * camera.scale
  place.width *= camera.scale
  place.height *= camera.scale
  return place
}

export function inView({ width, height }: View, place: Place, margin = 0): boolean {
  return place.x < width + margin && place.y < height + margin && place.x + place.width > -margin && place.y + place.height > -margin
}

/** Counts of a group at the moment that is shown; those of other runs are known of the present only. */
export function countsOf({ layout, moment }: Subject, row: number): StateCounts {
  return row === 0 ? moment.counts : layout.graph.groups[row]!.counts
}

/** Where an item stands on the sheet; tasks of a group that is not expanded stand with their group. */
export function itemPlace(layout: Layout, item: Item): Place | undefined {
  const place = { x: 0, y: 0, width: 0, height: 0 }
  const row = item.kind === 'group' ? rowOfRun(layout, item.run) : 0
  if (row === undefined) return undefined
  if (item.kind === 'group' || !layout.tasks) return groupPlace(layout, row, place)
  return item.task < layout.tasks.length ? taskPlace(layout, item.task, place) : undefined
}

/** @param place is written to, and returned */
export function taskPlace(layout: Layout, task: number, place: Place): Place {
  placeOf(layout.tasks!, task, place)
  place.x += layout.tasksX
  place.y += layout.tasksY
  return place
}

/** Selected and hovered, outside the shape itself, and never too small to be found. */
function outlineSteps({ layout, selection, hover }: Subject, view: View): Step[] {
  const steps: Step[] = []
  for (const [item, stroke, width] of [[hover, view.theme.text, 1.5], [selection, view.theme.focus, 2.5]] as const) {
    const place = item && itemPlace(layout, item)
    if (!place || !inView(view, seen(view, place), 20)) continue
    const grown = Math.max(3, (11 - place.height) / 2)
    const isGroup = item.kind === 'group' || !layout.tasks
    steps.push({
      kind: 'box', boxes: [place.x - grown, place.y - grown, place.width + 2 * grown, place.height + 2 * grown], stroke, width,
      radius: isGroup ? 8 * Math.min(1.4, view.camera.scale) + 3 : Math.min(8, place.height * 0.2 + 3),
    })
  }
  return steps
}
