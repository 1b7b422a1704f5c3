/** Which part of the sheet is seen, and how large: a point of the sheet is drawn at `(point - corner) × scale`. */
import type { Place } from './arrangement.ts'

export interface Camera {
  readonly x: number
  readonly y: number
  readonly scale: number
}

export interface Extent {
  readonly width: number
  readonly height: number
}

const MARGIN = 14
/** So much of the view stays on the content. */
const KEPT = 0.4
/** A task is never shown larger than this, px. */
const LARGEST_CELL = 120

/** All of it, in the middle, and never larger than it was made. */
export function fit(content: Extent, view: Extent): Camera {
  const scale = fitScale(content, view)
  return { x: content.width / 2 - view.width / 2 / scale, y: content.height / 2 - view.height / 2 / scale, scale }
}

/** As `fit`, but nothing comes under the corner at the top right where the buttons are: beside or below it, where more room is. */
export function fitBeside(content: Extent, view: Extent, corner: Extent, isFree: (place: Place) => boolean): Camera {
  const covered = (camera: Camera): boolean => {
    const { x, y } = toSheet(camera, view.width - corner.width, 0)
    return !isFree({ x, y, width: corner.width / camera.scale, height: corner.height / camera.scale })
  }
  const whole = fit(content, view)
  if (!covered(whole)) return whole
  const beside = fit(content, { width: Math.max(1, view.width - corner.width + MARGIN), height: view.height })
  const below = fit(content, { width: view.width, height: Math.max(1, view.height - corner.height + MARGIN) })
  return beside.scale >= below.scale ? beside : { ...below, y: below.y - (corner.height - MARGIN) / below.scale }
}

function fitScale(content: Extent, view: Extent): number {
  const wide = (view.width - 2 * MARGIN) / Math.max(1, content.width)
  const high = (view.height - 2 * MARGIN) / Math.max(1, content.height)
  return Math.max(1e-4, Math.min(1, wide, high))
}

/** How high the content comes out where it is as wide as the view. */
export function fittedHeight(content: Extent, width: number): number {
  return content.height * fitScale(content, { width, height: Infinity }) + 2 * MARGIN
}

/** @param cell the smallest task's height on the sheet */
export function bounded({ x, y, scale }: Camera, content: Extent, view: Extent, cell: number): Camera {
  const most = Math.max(3, LARGEST_CELL / Math.max(1e-6, cell))
  const bound = Math.min(most, Math.max(0.6 * fitScale(content, view), scale || 0))
  return { scale: bound, x: boundedAxis(x, content.width, view.width / bound), y: boundedAxis(y, content.height, view.height / bound) }
}

function boundedAxis(corner: number, content: number, view: number): number {
  const least = Math.min(KEPT * view, content)
  return Math.min(content - least, Math.max(least - view, Number.isFinite(corner) ? corner : 0))
}

/** The point under (x, y) of the view stays there. */
export function zoomed(camera: Camera, factor: number, x: number, y: number): Camera {
  const scale = camera.scale * factor
  return { scale, x: camera.x + x / camera.scale - x / scale, y: camera.y + y / camera.scale - y / scale }
}

export function panned(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / camera.scale, y: camera.y - dy / camera.scale }
}

/** The least movement that shows a place; what is larger than the view shows its beginning. */
export function revealing(camera: Camera, place: Place, view: Extent): Camera {
  const margin = Math.min(40, view.width / 6, view.height / 6) / camera.scale
  return {
    ...camera,
    x: revealed(camera.x, view.width / camera.scale, place.x, place.width, margin),
    y: revealed(camera.y, view.height / camera.scale, place.y, place.height, margin),
  }
}

function revealed(corner: number, view: number, start: number, size: number, margin: number): number {
  if (start < corner || size > view - 2 * margin) return start >= corner && start < corner + view * 0.8 ? corner : start - margin
  return start + size > corner + view ? start + size + margin - view : corner
}

export function toSheet(camera: Camera, x: number, y: number): { readonly x: number; readonly y: number } {
  return { x: camera.x + x / camera.scale, y: camera.y + y / camera.scale }
}
