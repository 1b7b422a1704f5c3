/** What a timeline is drawn with: the same steps go to a canvas and to an SVG file. */

export interface TextStyle {
  readonly size: number
  readonly colour: string
  readonly align?: 'left' | 'center' | 'right'
  readonly weight?: number
}

/** Points as x, y, x, y … */
export type Points = readonly number[]

export interface Ink {
  rect(x: number, y: number, width: number, height: number, colour: string, alpha?: number): void
  outline(x: number, y: number, width: number, height: number, colour: string, lineWidth: number): void
  line(points: Points, colour: string, width: number, dash?: readonly number[]): void
  area(points: Points, colour: string, alpha: number): void
  text(text: string, x: number, y: number, style: TextStyle): void
  measure(text: string, style: TextStyle): number
  /** What `draw` draws outside is not seen. */
  clipped(x: number, y: number, width: number, height: number, draw: () => void): void
}

export class CanvasInk implements Ink {
  readonly #pen: CanvasRenderingContext2D
  readonly #font: string
  #fontSet = ''

  constructor(pen: CanvasRenderingContext2D, font: string) {
    this.#pen = pen
    this.#font = font
  }

  rect(x: number, y: number, width: number, height: number, colour: string, alpha = 1): void {
    const pen = this.#pen
    if (pen.fillStyle !== colour) pen.fillStyle = colour
    pen.globalAlpha = alpha
    pen.fillRect(x, y, width, height)
  }

  outline(x: number, y: number, width: number, height: number, colour: string, lineWidth: number): void {
    this.#pen.globalAlpha = 1
    this.#pen.strokeStyle = colour
    this.#pen.lineWidth = lineWidth
    this.#pen.strokeRect(x, y, width, height)
  }

  line(points: Points, colour: string, width: number, dash: readonly number[] = []): void {
    const pen = this.#pen
    pen.globalAlpha = 1
    pen.strokeStyle = colour
    pen.lineWidth = width
    pen.lineCap = 'round'
    pen.lineJoin = 'round'
    pen.setLineDash(dash as number[])
    this.#path(points)
    pen.stroke()
    if (dash.length > 0) pen.setLineDash([])
  }

  area(points: Points, colour: string, alpha: number): void {
    this.#pen.globalAlpha = alpha
    this.#pen.fillStyle = colour
    this.#path(points)
    this.#pen.fill()
  }

  /** NaN lifts the pen. */
  #path(points: Points): void {
    const pen = this.#pen
    pen.beginPath()
    let down = false
    for (let i = 0; i + 1 < points.length; i += 2) {
      const x = points[i]!
      if (Number.isNaN(x)) down = false
      else if (down) pen.lineTo(x, points[i + 1]!)
      else {
        pen.moveTo(x, points[i + 1]!)
        down = true
      }
    }
  }

  text(text: string, x: number, y: number, style: TextStyle): void {
    this.#setFont(style)
    this.#pen.globalAlpha = 1
    this.#pen.fillStyle = style.colour
    this.#pen.textAlign = style.align ?? 'left'
    this.#pen.textBaseline = 'alphabetic'
    this.#pen.fillText(text, x, y)
  }

  measure(text: string, style: TextStyle): number {
    this.#setFont(style)
    return this.#pen.measureText(text).width
  }

  #setFont({ size, weight = 400 }: TextStyle): void {
    const font = `${weight} ${size}px ${this.#font}`
    if (font !== this.#fontSet) this.#pen.font = this.#fontSet = font
  }

  clipped(x: number, y: number, width: number, height: number, draw: () => void): void {
    this.#pen.save()
    this.#pen.beginPath()
    this.#pen.rect(x, y, width, height)
    this.#pen.clip()
    draw()
    this.#pen.restore()
    this.#fontSet = ''
  }
}

/** Slanted lines across a rectangle, cut off at its edges: one path for `line`, NaN between its strokes. */
export function hatching(x: number, y: number, width: number, height: number, step: number): number[] {
  const points: number[] = []
  const steps = Math.min(2000, Math.ceil((width + height) / step))
  // Each goes from the left or lower edge up to the right or upper one; all stand in one raster, whatever the rectangle.
  const raster = Math.ceil((x + y) / step) * step
  for (let n = 0; n < steps; n++) {
    const sum = raster + n * step
    const left = Math.max(x, sum - y - height)
    const right = Math.min(x + width, sum - y)
    if (right > left) points.push(left, sum - left, right, sum - right, NaN, NaN)
  }
  return points
}
