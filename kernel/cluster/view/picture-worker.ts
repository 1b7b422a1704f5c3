/** Thread that draws pictures of runs: a record in, a PNG out. Built to dist/picture.js; `Pictures` in view.ts starts it. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { createCanvas, GlobalFonts } from '@napi-rs/canvas'
import { encodePng } from './picture-png.ts'
import { colours, FAMILY, ink } from './picture-style.ts'
import { drawPicture, pictureSize } from './picture.ts'
import type { RunRecord } from '../record/types.ts'

/** Device pixels per CSS pixel: sharp on the screens that talks and notebooks are shown on. */
const DENSITY = 2

export interface PictureRequest {
  readonly id: number
  readonly record: RunRecord
}

export type PictureReply =
  | { readonly id: number; readonly png: Uint8Array }
  | { readonly id: number; readonly error: string }

/** The shipped font comes first, so that pictures look the same on machines that have none. */
function registerFonts(): void {
  const fonts = join(dirname(createRequire(import.meta.url).resolve('roboto-fontface/package.json')), 'fonts', 'roboto')
  for (const style of ['Regular', 'Medium', 'Bold']) {
    if (!GlobalFonts.registerFromPath(join(fonts, `Roboto-${style}.woff2`), FAMILY)) throw new Error(`the font ${join(fonts, `Roboto-${style}.woff2`)} cannot be read`)
  }
}

function render(record: RunRecord): Uint8Array {
  const { width, height } = pictureSize(record)
  const canvas = createCanvas(width * DENSITY, height * DENSITY)
  const pen = canvas.getContext('2d')
  pen.scale(DENSITY, DENSITY)
  drawPicture(pen, record)
  return encodePng(canvas.data(), canvas.width, canvas.height, [...Object.values(ink), ...Object.values(colours)])
}

registerFonts()
parentPort!.on('message', ({ id, record }: PictureRequest) => {
  let reply: PictureReply
  try {
    reply = { id, png: render(record) }
  } catch (error) {
    reply = { id, error: (error as Error).message }
  }
  parentPort!.postMessage(reply)
})
