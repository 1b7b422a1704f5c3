/** From where the graph is seen: it fits all until somebody moves or zooms, and stays where it was put from then on. */
import type { Place } from './arrangement.ts'
import { bounded, fit, fitBeside, fittedHeight, revealing, zoomed } from './camera.ts'
import type { Camera, Extent } from './camera.ts'
import { isFree, onto } from './layout.ts'
import type { Layout } from './layout.ts'
import { CORNER } from './scene.ts'

/** Of the nearest group so much stays in view, px. */
const KEPT = 60

export class Viewpoint {
  /** There is none before the first `adapt`. */
  camera: Camera | undefined
  size: Extent = { width: 0, height: 0 }
  #layout: Layout | undefined
  /** All is shown, and is to stay so while the layout or the room changes. */
  #fits = true

  /** Brings it up to date with what there is to be seen and the room for it. */
  adapt(layout: Layout, size: Extent): Camera {
    const before = this.#layout
    const resized = size.width !== this.size.width || size.height !== this.size.height
    const grown = before !== undefined && (before.width !== layout.width || before.height !== layout.height)
    this.#layout = layout
    this.size = size
    if (!this.camera || !before || (this.#fits && (resized || grown))) return (this.camera = fitted(layout, size))
    // The own group stays where it is seen, whatever has changed around it.
    const { x, y, scale } = this.camera
    const moved = before === layout || this.#fits ? this.camera : { scale, x: x + layout.x[0]! - before.x[0]!, y: y + layout.y[0]! - before.y[0]! }
    return (this.camera = bounded(moved, layout, size, cellOf(layout)))
  }

  fit(): void {
    this.#fits = true
    this.camera = undefined
  }

  /** @returns whether that is another view than before */
  show(camera: Camera): boolean {
    const layout = this.#layout
    const before = this.camera
    if (!layout || !before) return false
    const { scale, ...corner } = bounded(camera, layout, this.size, cellOf(layout))
    const after = { scale, ...onto(layout, { ...corner, width: this.size.width / scale, height: this.size.height / scale }, KEPT / scale) }
    if (after.x === before.x && after.y === before.y && after.scale === before.scale) return false
    this.camera = after
    this.#fits = false
    return true
  }

  /** About a point of the view. */
  zoom(factor: number, x: number, y: number): boolean {
    if (!this.#layout || !this.camera) return false
    // The bound comes first, so that a zoom against it does not become a move.
    const { scale } = bounded({ ...this.camera, scale: this.camera.scale * factor }, this.#layout, this.size, cellOf(this.#layout))
    return scale !== this.camera.scale && this.show(zoomed(this.camera, scale / this.camera.scale, x, y))
  }

  reveal(place: Place): void {
    if (this.camera) this.show(revealing(this.camera, place, this.size))
  }
}

function fitted(layout: Layout, size: Extent): Camera {
  return fitBeside(layout, size, CORNER, (corner) => isFree(layout, corner))
}

/** The height of the smallest task. */
function cellOf({ tasks }: Layout): number {
  return tasks?.blocks[0]?.cellHeight ?? 24
}

/** So much that all can be seen beside or below the buttons. */
export function wantedHeight(layout: Layout, width: number): number {
  const height = fittedHeight(layout, width)
  const size = { width, height }
  return fitted(layout, size).scale < fit(layout, size).scale ? height + CORNER.height - 14 : height
}
