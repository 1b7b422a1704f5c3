/** Thread that draws pictures of runs: a record in, a PNG out. Built to dist/picture.js; `Pictures` in view.ts starts it. */
import { parentPort } from 'node:worker_threads'
import { pngOf } from './picture-canvas.ts'
import { drawPicture, pictureSize } from './picture.ts'
import type { RunRecord } from '../record/types.ts'

export interface PictureRequest {
  readonly id: number
  readonly record: RunRecord
}

export type PictureReply =
  | { readonly id: number; readonly png: Uint8Array }
  | { readonly id: number; readonly error: string }

parentPort!.on('message', ({ id, record }: PictureRequest) => {
  let reply: PictureReply
  try {
    reply = { id, png: pngOf(pictureSize(record), (pen) => drawPicture(pen, record)) }
  } catch (error) {
    reply = { id, error: (error as Error).message }
  }
  parentPort!.postMessage(reply)
})
