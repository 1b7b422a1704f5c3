/** A run saved as a file: as a picture of what the view shows, or as the record itself. Each tells the file's name. */
import type { PaneContext } from '../view/pane.ts'
import { download } from './download.ts'
import { fileName } from './file-name.ts'

/** Dots of a PNG for each px. */
const SCALE = 2
/** Dots of the largest: four bytes each. */
const MOST_DOTS = 64e6

export async function exportSvg(context: PaneContext): Promise<string> {
  const { pictureOf } = await import('./picture.ts')
  return save(context, new Blob([(await pictureOf(context)).svg], { type: 'image/svg+xml' }), 'svg')
}

export async function exportPng(context: PaneContext): Promise<string> {
  const { pictureOf } = await import('./picture.ts')
  const { svg, width, height } = await pictureOf(context)
  const scale = Math.min(SCALE, Math.sqrt(MOST_DOTS / (width * height)))
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  try {
    return save(context, await drawn(url, width * scale, height * scale, context), 'png')
  } finally {
    URL.revokeObjectURL(url)
  }
}

export async function exportJson(context: PaneContext): Promise<string> {
  return save(context, new Blob([JSON.stringify(context.store.toRecord())], { type: 'application/json' }), 'sluice.json')
}

function save(context: PaneContext, content: Blob, extension: string): string {
  const name = fileName(context.store.record.run.name, extension)
  download(content, name)
  return name
}

async function drawn(url: string, width: number, height: number, { trans }: PaneContext): Promise<Blob> {
  const image = new Image()
  image.src = url
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.floor(width))
  canvas.height = Math.max(1, Math.floor(height))
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  if (!blob) throw new Error(trans.__('The browser could not draw a picture of this size: export SVG instead.'))
  return blob
}
