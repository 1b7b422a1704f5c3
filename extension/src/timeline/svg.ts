/** The timeline as a picture of its own: all of the run, plain shapes and escaped text, nothing that could run. */
import type { TranslationBundle } from '@jupyterlab/translation'
import { escaped } from '../graph/svg-text.ts'
import type { PaneContext } from '../view/pane.ts'
import type { Ink, Points, TextStyle } from './ink.ts'
import { rowsOf } from './lanes.ts'
import { Model } from './model.ts'
import { drawScene, heightOf } from './scene.ts'
import type { Words } from './scene.ts'

const WIDTH = 1200
const ROWS = 600
const GUTTER = 120

export function timelineWords(trans: Pick<TranslationBundle, '__'>): Words {
  return {
    waiting: trans.__('ready'),
    received: trans.__('received'),
    lostAt: (time) => trans.__('lost at %1', time),
    noNodes: trans.__('No node has joined yet.'),
  }
}

export function timelineSvg({ store, state, trans, matches, theme }: PaneContext): string {
  const model = new Model(store)
  model.update()
  const rows = rowsOf(model.lanes, ROWS)
  // Of more nodes than there is room for the first are shown.
  const height = heightOf(Math.min(ROWS, Math.max(16, rows.total)), model.receives)
  const look = theme()
  const ink = new SvgInk()
  const { segments, lanes, end } = model
  const span = { from: 0, to: end }
  const series = model.series(span, WIDTH - GUTTER)
  const shape = { theme: look, words: timelineWords(trans), width: WIDTH, height, gutter: GUTTER, scrolled: 0 }
  drawScene(ink, { store, segments, lanes, rows, span, end, matches: matches()?.kept, time: state.time, ...shape, ...series })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="${escaped(look.font)}" stroke-linecap="round" stroke-linejoin="round" fill="none"><rect width="${WIDTH}" height="${height}" fill="${escaped(look.background)}"/>${ink.toString()}</svg>`
}

/** About as wide as the letters of most fonts are. */
const LETTER = 0.56

export class SvgInk implements Ink {
  #parts: string[] = []
  /** Rectangles of one colour that follow each other are one path. */
  #rects: { readonly fill: string; path: string } | undefined

  rect(x: number, y: number, width: number, height: number, colour: string, alpha = 1): void {
    if (!(width > 0 && height > 0) || alpha === 0) return
    const fill = `fill="${escaped(colour)}"${alpha < 1 ? ` opacity="${number(alpha)}"` : ''}`
    if (this.#rects?.fill !== fill) {
      this.#end()
      this.#rects = { fill, path: '' }
    }
    this.#rects!.path += `M${number(x)} ${number(y)}h${number(width)}v${number(height)}h${number(-width)}Z`
  }

  #end(): void {
    if (this.#rects) this.#parts.push(`<path d="${this.#rects.path}" ${this.#rects.fill}/>`)
    this.#rects = undefined
  }

  #add(part: string): void {
    this.#end()
    this.#parts.push(part)
  }

  outline(x: number, y: number, width: number, height: number, colour: string, lineWidth: number): void {
    this.#add(`<rect x="${number(x)}" y="${number(y)}" width="${number(Math.max(0, width))}" height="${number(Math.max(0, height))}" stroke="${escaped(colour)}" stroke-width="${number(lineWidth)}"/>`)
  }

  line(points: Points, colour: string, width: number, dash: readonly number[] = []): void {
    const path = pathOf(points)
    if (path !== '') this.#add(`<path d="${path}" stroke="${escaped(colour)}" stroke-width="${number(width)}"${dash.length > 0 ? ` stroke-dasharray="${dash.map(number).join(' ')}"` : ''}/>`)
  }

  area(points: Points, colour: string, alpha: number): void {
    this.#add(`<path d="${pathOf(points)}Z" fill="${escaped(colour)}" opacity="${number(alpha)}"/>`)
  }

  text(text: string, x: number, y: number, { size, colour, align = 'left', weight = 400 }: TextStyle): void {
    if (text === '') return
    const anchor = { left: 'start', right: 'end', center: 'middle' }[align]
    this.#add(`<text x="${number(x)}" y="${number(y)}" font-size="${number(size)}" font-weight="${weight}" text-anchor="${anchor}" fill="${escaped(colour)}">${escaped(text)}</text>`)
  }

  measure(text: string, { size }: TextStyle): number {
    return text.length * size * LETTER
  }

  /** An svg within the svg cuts off what is outside of it, and needs no definition. */
  clipped(x: number, y: number, width: number, height: number, draw: () => void): void {
    const [w, h] = [number(Math.max(0, width)), number(Math.max(0, height))]
    this.#add(`<svg x="${number(x)}" y="${number(y)}" width="${w}" height="${h}" viewBox="${number(x)} ${number(y)} ${w} ${h}" overflow="hidden">`)
    draw()
    this.#add('</svg>')
  }

  toString(): string {
    this.#end()
    return this.#parts.join('')
  }
}

/** NaN lifts the pen. */
function pathOf(points: Points): string {
  let path = ''
  let down = false
  for (let i = 0; i + 1 < points.length; i += 2) {
    if (Number.isNaN(points[i]!)) down = false
    else {
      path += `${down ? 'L' : 'M'}${number(points[i]!)} ${number(points[i + 1]!)}`
      down = true
    }
  }
  return path
}

function number(value: number): string {
  return String(Number.isFinite(value) ? Math.round(value * 100) / 100 : 0)
}
