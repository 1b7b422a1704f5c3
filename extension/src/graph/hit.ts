/** What is under a point of the view. */
import { FAILED } from '../../../kernel/cluster/record/read.ts'
import type { Item } from '../view/view-state.ts'
import { taskAt } from './arrangement.ts'
import { toSheet } from './camera.ts'
import { groupPlace } from './layout.ts'
import type { Layout } from './layout.ts'
import { headingPlace } from './scene-groups.ts'
import { inView, seen } from './scene.ts'
import type { View } from './scene.ts'

/** A failure so near is meant, where tasks are smaller than a pointer can point at, px. */
const NEAR = 5

export function itemAt(layout: Layout, view: View, states: ArrayLike<number>, x: number, y: number): Item | undefined {
  const { groups } = layout.graph
  const at = toSheet(view.camera, x, y)
  for (let row = 0; row < groups.length; row++) {
    const [left, top] = [layout.x[row]!, layout.y[row]!]
    if (at.x < left || at.y < top || at.x > left + layout.widths[row]! || at.y > top + layout.heights[row]!) continue
    const task = row === 0 && layout.tasks && !inHeading(layout, view, y) ? taskNear(layout, view, states, x, y) : undefined
    return task === undefined ? { kind: 'group', run: groups[row]!.run } : { kind: 'task', task }
  }
  return undefined
}

function inHeading(layout: Layout, view: View, y: number): boolean {
  const heading = headingPlace(layout, view)
  return heading.floats && y < heading.height
}

function taskNear(layout: Layout, view: View, states: ArrayLike<number>, x: number, y: number): number | undefined {
  const arrangement = layout.tasks!
  const find = (toX: number, toY: number): number | undefined => {
    const at = toSheet(view.camera, toX, toY)
    return taskAt(arrangement, at.x - layout.tasksX, at.y - layout.tasksY)
  }
  const exact = find(x, y)
  const block = arrangement.blocks[0]
  const pitch = block ? block.pitchY * view.camera.scale : Infinity
  if (pitch > NEAR || (exact !== undefined && states[exact] === FAILED)) return exact
  const step = Math.max(1, pitch)
  for (let distance = step; distance <= NEAR; distance += step) {
    for (let dx = -distance; dx <= distance; dx += step) {
      for (let dy = -distance; dy <= distance; dy += step) {
        const task = find(x + dx, y + dy)
        if (task !== undefined && states[task] === FAILED) return task
      }
    }
  }
  return exact
}

/** The triangle at the own group's name. */
export function togglesAt(layout: Layout, view: View, x: number, y: number): boolean {
  if (layout.tasks) {
    const { x: left, y: top, height } = headingPlace(layout, view)
    return x >= left && x < left + 28 && y >= top && y < top + Math.max(24, height)
  }
  const place = seen(view, groupPlace(layout, 0, { x: 0, y: 0, width: 0, height: 0 }))
  return inView(view, place) && x >= place.x && x < place.x + 28 && y >= place.y && y < place.y + 34 && place.height >= 44
}
