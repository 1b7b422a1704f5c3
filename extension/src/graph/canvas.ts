/** Paints a scene on a canvas. */
import { NOTHING } from './steps.ts'
import type { CellsStep, Measure, Step } from './steps.ts'

type Pen = CanvasRenderingContext2D

export class CanvasPainter {
  readonly #pen: Pen
  readonly #canvas: HTMLCanvasElement
  #ratio = 1
  #font = ''
  /** Of cells, which are painted pixel by pixel. */
  readonly #sheet = document.createElement('canvas')
  readonly #pixels = new Map<string, number>()
  readonly #widths = new Map<string, number>()

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas
    this.#pen = canvas.getContext('2d')!
  }

  /** @param font the family */
  readonly measure = (font: string): Measure => (text, size, weight) => {
    const key = `${weight} ${size.toFixed(1)} ${text}`
    let width = this.#widths.get(key)
    if (width === undefined) {
      if (this.#widths.size > 5000) this.#widths.clear()
      this.#pen.font = `${weight} ${size}px ${font}`
      width = this.#pen.measureText(text).width
      this.#widths.set(key, width)
    }
    return width
  }

  /** Other colours or another font: nothing that was measured holds. */
  forget(): void {
    this.#pixels.clear()
    this.#widths.clear()
  }

  /** @param width px, > 0 */
  paint(steps: readonly Step[], width: number, height: number, font: string): void {
    this.#ratio = Math.min(4, Math.max(0.5, globalThis.devicePixelRatio || 1))
    const [wide, high] = [Math.round(width * this.#ratio), Math.round(height * this.#ratio)]
    if (this.#canvas.width !== wide) this.#canvas.width = wide
    if (this.#canvas.height !== high) this.#canvas.height = high
    const pen = this.#pen
    pen.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0)
    pen.clearRect(0, 0, width, height)
    pen.lineCap = 'round'
    pen.lineJoin = 'round'
    this.#font = font
    for (const step of steps) this.#step(step)
  }

  #step(step: Step): void {
    const pen = this.#pen
    if (step.kind === 'cells') return this.#cells(step)
    pen.globalAlpha = step.alpha ?? 1
    if (step.kind === 'text') {
      pen.font = `${step.weight} ${step.size}px ${this.#font}`
      pen.textAlign = step.align
      pen.fillStyle = step.fill ?? ''
      pen.fillText(step.text, step.x, step.y)
      pen.globalAlpha = 1
      return
    }
    pen.beginPath()
    trace(pen, step)
    if (step.fill !== undefined) {
      pen.fillStyle = step.fill
      pen.fill()
    }
    if (step.stroke !== undefined) {
      pen.strokeStyle = step.stroke
      pen.lineWidth = step.width ?? 1
      if (step.dash) pen.setLineDash(step.dash as number[])
      pen.stroke()
      if (step.dash) pen.setLineDash([])
    }
    pen.globalAlpha = 1
  }

  /** The cells of a row are written once, and copied down its pixels. */
  #cells({ x, y, columns, rows, pitch, gap, codes, colours }: CellsStep): void {
    const ratio = this.#ratio
    const [startX, startY] = [Math.floor(x * ratio), Math.floor(y * ratio)]
    const fromX = Math.max(0, startX)
    const fromY = Math.max(0, startY)
    const width = Math.min(this.#canvas.width, Math.ceil((x + columns * pitch) * ratio)) - fromX
    const height = Math.min(this.#canvas.height, Math.ceil((y + rows * pitch) * ratio)) - fromY
    if (width <= 0 || height <= 0) return
    const pen = this.#clean(width, height)
    const image = pen.createImageData(width, height)
    const words = new Uint32Array(image.data.buffer)
    const palette = Uint32Array.from(colours, ({ fill, alpha }) => this.#pixel(fill, alpha))
    // A gap that is less than half a pixel is none.
    const space = gap * ratio < 0.5 ? 0 : Math.max(1, Math.round(gap * ratio))
    const edgesX = edges(x * ratio - fromX, pitch * ratio, columns, width)
    const edgesY = edges(y * ratio - fromY, pitch * ratio, rows, height)
    for (let row = 0; row < rows; row++) {
      const top = edgesY[row]!
      const bottom = Math.min(height, Math.max(top + 1, edgesY[row + 1]! - space))
      if (bottom <= 0 || top >= height) continue
      const line = Math.max(0, top) * width
      for (let column = 0; column < columns; column++) {
        const code = codes[row * columns + column]!
        if (code === NOTHING) continue
        const left = edgesX[column]!
        const right = Math.min(width, Math.max(left + 1, edgesX[column + 1]! - space))
        if (right > left) words.fill(palette[code]!, line + left, line + right)
      }
      for (let copy = Math.max(0, top) + 1; copy < bottom; copy++) words.copyWithin(copy * width, line, line + width)
    }
    pen.putImageData(image, 0, 0)
    this.#pen.drawImage(this.#sheet, 0, 0, width, height, fromX / ratio, fromY / ratio, width / ratio, height / ratio)
  }

  #clean(width: number, height: number): Pen {
    if (this.#sheet.width < width) this.#sheet.width = width
    if (this.#sheet.height < height) this.#sheet.height = height
    return this.#sheet.getContext('2d', { willReadFrequently: true })!
  }

  /** Any colour of CSS as the bytes of a pixel. */
  #pixel(fill: string, alpha: number): number {
    const key = `${alpha} ${fill}`
    const known = this.#pixels.get(key)
    if (known !== undefined) return known
    const pen = this.#clean(1, 1)
    pen.clearRect(0, 0, 1, 1)
    pen.fillStyle = fill
    pen.fillRect(0, 0, 1, 1)
    const { data } = pen.getImageData(0, 0, 1, 1)
    data[3] = Math.round(data[3]! * alpha)
    const pixel = new Uint32Array(data.buffer)[0]!
    this.#pixels.set(key, pixel)
    return pixel
  }
}

/** Where cells begin, in whole pixels. */
function edges(start: number, pitch: number, count: number, most: number): Int32Array {
  const all = new Int32Array(count + 1)
  for (let i = 0; i <= count; i++) all[i] = Math.max(0, Math.min(most, Math.round(start + i * pitch)))
  return all
}

function trace(pen: Pen, step: Exclude<Step, { kind: 'cells' } | { kind: 'text' }>): void {
  switch (step.kind) {
    case 'box':
      for (let i = 0; i + 3 < step.boxes.length; i += 4) pen.roundRect(step.boxes[i]!, step.boxes[i + 1]!, step.boxes[i + 2]!, step.boxes[i + 3]!, Math.max(0, step.radius))
      return
    case 'line':
      for (let i = 0; i + 1 < step.points.length; i += 2) i === 0 ? pen.moveTo(step.points[0]!, step.points[1]!) : pen.lineTo(step.points[i]!, step.points[i + 1]!)
      if (step.closed) pen.closePath()
      return
    case 'segments':
      for (let i = 0; i + 3 < step.points.length; i += 4) {
        pen.moveTo(step.points[i]!, step.points[i + 1]!)
        pen.lineTo(step.points[i + 2]!, step.points[i + 3]!)
      }
      return
    case 'curve':
      for (const curve of step.curves) {
        pen.moveTo(curve[0]!, curve[1]!)
        for (let i = 2; i + 5 < curve.length; i += 6) pen.bezierCurveTo(curve[i]!, curve[i + 1]!, curve[i + 2]!, curve[i + 3]!, curve[i + 4]!, curve[i + 5]!)
      }
      return
    case 'circle':
      pen.arc(step.x, step.y, Math.max(0, step.radius), 0, 2 * Math.PI)
  }
}
