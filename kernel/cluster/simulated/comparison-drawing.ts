/** The picture of a comparison as a file: PNG, or SVG with its letters as paths, so that it looks the same wherever it is opened. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createCanvas, GlobalFonts, SvgExportFlag } from '@napi-rs/canvas'
import { encodePng } from '../view/picture-png.ts'
import { colours, FAMILY, ink, type Pen } from '../view/picture-style.ts'
import { comparisonSize, drawComparison, type ComparisonPicture } from './comparison-picture.ts'

/** Device pixels per CSS pixel. */
const DENSITY = 2
let registered = false

function registerFonts(): void {
  if (registered) return
  registered = true
  const fonts = join(dirname(createRequire(import.meta.url).resolve('roboto-fontface/package.json')), 'fonts', 'roboto')
  for (const style of ['Regular', 'Medium', 'Bold']) GlobalFonts.registerFromPath(join(fonts, `Roboto-${style}.woff2`), FAMILY)
}

export function comparisonPng(picture: ComparisonPicture): Uint8Array {
  registerFonts()
  const { width, height } = comparisonSize(picture)
  const canvas = createCanvas(width * DENSITY, Math.ceil(height) * DENSITY)
  const pen = canvas.getContext('2d')
  pen.scale(DENSITY, DENSITY)
  drawComparison(pen as Pen, picture)
  return encodePng(canvas.data(), canvas.width, canvas.height, [...Object.values(ink), ...Object.values(colours)])
}

export function comparisonSvg(picture: ComparisonPicture): Uint8Array {
  registerFonts()
  const { width, height } = comparisonSize(picture)
  const canvas = createCanvas(width, Math.ceil(height), SvgExportFlag.ConvertTextToPaths)
  drawComparison(canvas.getContext('2d') as unknown as Pen, picture)
  return canvas.getContent()
}
