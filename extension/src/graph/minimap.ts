/** All of the sheet, small, in a corner, with the part that is seen; only while there is more than is seen. */
import { shownStates } from '../../../kernel/cluster/view/picture-style.ts'
import type { Place } from './arrangement.ts'
import type { Camera } from './camera.ts'
import { countsOf } from './scene.ts'
import type { Subject, View } from './scene.ts'
import type { Step } from './steps.ts'

const WIDTH = 132
const HEIGHT = 64
const INSET = 8

interface Minimap {
  readonly box: Place
  readonly scale: number
}

export function minimapOf({ layout }: Pick<Subject, 'layout'>, { camera, width, height }: Pick<View, 'camera' | 'width' | 'height'>): Minimap | undefined {
  const seenAll = camera.x <= 0 && camera.y <= 0 && camera.x + width / camera.scale >= layout.width && camera.y + height / camera.scale >= layout.height
  if (seenAll || width < 3 * WIDTH || height < 1.6 * HEIGHT) return undefined
  const scale = Math.min(WIDTH / layout.width, HEIGHT / layout.height)
  const box = { width: layout.width * scale, height: layout.height * scale }
  return { scale, box: { ...box, x: width - box.width - INSET, y: height - box.height - INSET } }
}

export function minimapSteps(subject: Subject, view: View): Step[] {
  const map = minimapOf(subject, view)
  if (!map) return []
  const { layout } = subject
  const { theme, camera } = view
  const { box, scale } = map
  const boxes: number[] = []
  const steps: Step[] = [{ kind: 'box', boxes: [box.x - 4, box.y - 4, box.width + 8, box.height + 8], radius: 5, fill: theme.background, stroke: theme.line, width: 1, alpha: 0.94 }]
  layout.graph.groups.forEach((_, row) => {
    const place = { x: box.x + layout.x[row]! * scale, y: box.y + layout.y[row]! * scale, width: Math.max(1.5, layout.widths[row]! * scale), height: Math.max(1.5, layout.heights[row]! * scale) }
    if (layout.graph.groups.length > 60) return void boxes.push(place.x, place.y, place.width, place.height)
    let x = place.x
    const counts = countsOf(subject, row)
    const total = shownStates.reduce((sum, state) => sum + counts[state], 0)
    for (const state of shownStates) {
      if (counts[state] === 0) continue
      const width = (place.width * counts[state]) / total
      steps.push({ kind: 'box', boxes: [x, place.y, width, place.height], radius: 0, fill: theme.states[state], alpha: 0.75 })
      x += width
    }
  })
  if (boxes.length > 0) steps.push({ kind: 'box', boxes, radius: 0, fill: theme.quiet, alpha: 0.6 })
  const left = Math.max(0, camera.x) * scale
  const top = Math.max(0, camera.y) * scale
  const right = Math.min(layout.width, camera.x + view.width / camera.scale) * scale
  const bottom = Math.min(layout.height, camera.y + view.height / camera.scale) * scale
  steps.push({ kind: 'box', boxes: [box.x + left - 1, box.y + top - 1, Math.max(3, right - left) + 2, Math.max(3, bottom - top) + 2], radius: 2, stroke: theme.focus, width: 1.5 })
  return steps
}

/** The camera that has in its middle what the minimap shows at (x, y); undefined beside the minimap. */
export function minimapTarget(map: Minimap | undefined, camera: Camera, view: { readonly width: number; readonly height: number }, x: number, y: number, held: boolean): Camera | undefined {
  if (!map) return undefined
  const { box, scale } = map
  const inside = x >= box.x - 4 && y >= box.y - 4 && x <= box.x + box.width + 4 && y <= box.y + box.height + 4
  if (!inside && !held) return undefined
  return { ...camera, x: (x - box.x) / scale - view.width / camera.scale / 2, y: (y - box.y) / scale - view.height / camera.scale / 2 }
}
