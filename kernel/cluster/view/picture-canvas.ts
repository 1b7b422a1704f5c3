/** Pictures as files: PNG, or SVG with its letters as paths, so that it looks the same wherever it is opened. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createCanvas, GlobalFonts, SvgExportFlag } from '@napi-rs/canvas'
import { encodePng } from './picture-png.ts'
import { colours, FAMILY, ink, type Pen } from './picture-style.ts'

export interface PictureSize {
  /** CSS pixels. */
  readonly width: number
  readonly height: number
}

/** Device pixels per CSS pixel: sharp on the screens that talks and notebooks are shown on. */
const DENSITY = 2
let registered = false

export function pngOf({ width, height }: PictureSize, draw: (pen: Pen) => void): Uint8Array {
  registerFonts()
  const canvas = createCanvas(Math.ceil(width) * DENSITY, Math.ceil(height) * DENSITY)
  const pen = canvas.getContext('2d')
  pen.scale(DENSITY, DENSITY)
  draw(pen as Pen)
  return encodePng(canvas.data(), canvas.width, canvas.height, [...Object.values(ink), ...Object.values(colours)])
}

export function svgOf({ width, height }: PictureSize, draw: (pen: Pen) => void): Uint8Array {
  registerFonts()
  const canvas = createCanvas(Math.ceil(width), Math.ceil(height), SvgExportFlag.ConvertTextToPaths)
  draw(canvas.getContext('2d') as unknown as Pen)
  return canvas.getContent()
}

/** The shipped font comes first, so that pictures look the same on machines that have none. */
function registerFonts(): void {
  if (registered) return
  const fonts = join(dirname(createRequire(import.meta.url).resolve('roboto-fontface/package.json')), 'fonts', 'roboto')
  for (const style of ['Regular', 'Medium', 'Bold']) {
    if (!GlobalFonts.registerFromPath(join(fonts, `Roboto-${style}.woff2`), FAMILY)) throw new Error(`the font ${join(fonts, `Roboto-${style}.woff2`)} cannot be read`)
  }
  registered = true
}
