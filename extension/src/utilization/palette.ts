/** The theme's colours as numbers: they are mixed, and plotly knows no names of system colours. */
import type { Theme } from '../view/theme.ts'
import type { Palette, Rgb } from './colours.ts'

/** The browser's own reader of colours: a canvas of one pixel. */
export function paletteOf({ text, quiet, grid, background, states }: Theme): Palette {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 1
  const pen = canvas.getContext('2d', { willReadFrequently: true })!
  const read = (colour: string): Rgb => {
    // Colours that let something through, as JupyterLab's of text do, let the background through.
    for (const layer of [background, colour]) {
      pen.fillStyle = layer
      pen.fillRect(0, 0, 1, 1)
    }
    const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data
    return [red!, green!, blue!]
  }
  return { text: read(text), quiet: read(quiet), grid: read(grid), background: read(background), busy: read(states.running), lost: read(states.failed) }
}
