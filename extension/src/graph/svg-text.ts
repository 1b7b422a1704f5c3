/** A scene as SVG: plain shapes and escaped text, no definitions, nothing that could run. */
import { NOTHING } from './steps.ts'
import type { CellsStep, Step } from './steps.ts'

export function svgOf(steps: readonly Step[], width: number, height: number, font: string, background: string): string {
  const [w, h] = [number(width), number(height)]
  const shapes = steps.map(shapeOf).join('')
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-family="${escaped(font)}" stroke-linecap="round" stroke-linejoin="round">`
  return `${open}<rect width="${w}" height="${h}" fill="${escaped(background)}"/>${shapes}</svg>`
}

function shapeOf(step: Step): string {
  switch (step.kind) {
    case 'cells':
      return cellsOf(step)
    case 'text': {
      if (step.text === '') return ''
      const anchor = { left: 'start', right: 'end', center: 'middle' }[step.align]
      return `<text x="${number(step.x)}" y="${number(step.y)}" font-size="${number(step.size)}" font-weight="${step.weight}" text-anchor="${anchor}"${ink(step)}>${escaped(step.text)}</text>`
    }
    case 'circle':
      return `<circle cx="${number(step.x)}" cy="${number(step.y)}" r="${number(Math.max(0, step.radius))}"${ink(step)}/>`
    case 'box':
      return `<path d="${boxesOf(step.boxes, step.radius)}"${ink(step)}/>`
    case 'line':
      return `<path d="M${pairs(step.points, 0)}${step.closed ? 'Z' : ''}"${ink(step)}/>`
    case 'segments':
      return `<path d="${chunks(step.points, 4).map((points) => `M${pairs(points, 0)}`).join('')}"${ink(step)}/>`
    case 'curve':
      return `<path d="${step.curves.map((curve) => `M${pairs(curve.slice(0, 2), 0)}C${pairs(curve, 2)}`).join('')}"${ink(step)}/>`
  }
}

function ink({ fill, stroke, width, alpha, dash }: Exclude<Step, CellsStep>): string {
  return [
    ` fill="${fill === undefined ? 'none' : escaped(fill)}"`,
    stroke === undefined ? '' : ` stroke="${escaped(stroke)}" stroke-width="${number(width ?? 1)}"`,
    alpha === undefined || alpha === 1 ? '' : ` opacity="${number(alpha)}"`,
    dash ? ` stroke-dasharray="${dash.map(number).join(' ')}"` : '',
  ].join('')
}

function boxesOf(boxes: readonly number[], radius: number): string {
  return chunks(boxes, 4)
    .map(([x, y, w, h]) => {
      const r = Math.max(0, Math.min(radius, w! / 2, h! / 2))
      const corner = (dx: number, dy: number): string => (r === 0 ? '' : `a${number(r)} ${number(r)} 0 0 1 ${number(dx)} ${number(dy)}`)
      return `M${number(x! + r)} ${number(y!)}h${number(w! - 2 * r)}${corner(r, r)}v${number(h! - 2 * r)}${corner(-r, r)}h${number(2 * r - w!)}${corner(-r, -r)}v${number(2 * r - h!)}${corner(r, -r)}Z`
    })
    .join('')
}

/** Neighbours of one colour in a row become one rectangle where nothing is between them; all of a colour are one path. */
function cellsOf({ x, y, columns, rows, pitch, gap, codes, colours }: CellsStep): string {
  const paths = colours.map((): string[] => [])
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; ) {
      const code = codes[row * columns + column]!
      let end = column + 1
      if (gap === 0) while (end < columns && codes[row * columns + end] === code) end++
      if (code !== NOTHING) paths[code]!.push(`M${number(x + column * pitch)} ${number(y + row * pitch)}h${number((end - column) * pitch - gap)}v${number(pitch - gap)}h${number(gap - (end - column) * pitch)}Z`)
      column = end
    }
  }
  return paths.map((path, code) => (path.length === 0 ? '' : `<path d="${path.join('')}" fill="${escaped(colours[code]!.fill)}"${colours[code]!.alpha < 1 ? ` opacity="${number(colours[code]!.alpha)}"` : ''}/>`)).join('')
}

function chunks(values: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.floor(values.length / size) }, (_, i) => values.slice(i * size, (i + 1) * size))
}

function pairs(values: readonly number[], from: number): string {
  return values.slice(from).map(number).join(' ')
}

function number(value: number): string {
  return String(Number.isFinite(value) ? Math.round(value * 100) / 100 : 0)
}

/** Characters that XML does not allow go; those that mean something in it are written out. */
export function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
