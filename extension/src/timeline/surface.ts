/** The elements that a timeline is made of: canvases in a stage that scrolls, a mirror, a tooltip and a button. */
import { Tip } from '../graph/tip.ts'
import type { Theme } from '../view/theme.ts'
import { CanvasInk } from './ink.ts'
import { Mirror } from './mirror.ts'

interface Extent {
  readonly width: number
  readonly height: number
  readonly theme: Theme
}

export class Surface {
  readonly node = document.createElement('div')
  /** One stop of the tab key, and what scrolls; its rows are in the mirror. */
  readonly stage = document.createElement('div')
  /** Stays where it is while the sheet is scrolled below it. */
  readonly face = document.createElement('div')
  readonly base = document.createElement('canvas')
  /** What changes with the pointer. */
  readonly over = document.createElement('canvas')
  readonly fit = document.createElement('button')
  readonly mirror = new Mirror()
  readonly tip = new Tip()
  /** As high as all rows. */
  readonly #sheet = document.createElement('div')

  constructor(label: string, fit: string) {
    const { node, stage, face } = this
    node.className = 'sl-Timeline'
    stage.className = 'sl-TimelineStage'
    stage.tabIndex = 0
    stage.setAttribute('role', 'grid')
    stage.setAttribute('aria-label', label)
    // JupyterLab looks for shortcuts before keys arrive here: arrows would move through the notebook's cells.
    stage.setAttribute('data-lm-suppress-shortcuts', 'true')
    this.#sheet.className = 'sl-TimelineSheet'
    this.#sheet.setAttribute('role', 'presentation')
    face.className = 'sl-TimelineFace'
    face.setAttribute('aria-hidden', 'true')
    face.append(this.base, this.over)
    this.#sheet.append(face)
    stage.append(this.#sheet, this.mirror.node)
    this.fit.type = 'button'
    this.fit.className = 'sl-TimelineFit'
    this.fit.textContent = fit
    this.fit.hidden = true
    node.append(stage, this.fit, this.tip.node)
  }

  /** @param content px of all there is to be scrolled */
  size(height: number, content: number): void {
    const [px, sheet] = [`${height}px`, `${Math.max(height, content)}px`]
    if (this.stage.style.height !== px) this.stage.style.height = this.face.style.height = px
    if (this.#sheet.style.height !== sheet) this.#sheet.style.height = sheet
  }

  /** Cleared, with its resolution that of the screen. */
  inkOn(canvas: HTMLCanvasElement, { width, height, theme }: Extent): CanvasInk | undefined {
    const ratio = globalThis.devicePixelRatio
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)]
    if (w === 0 || h === 0) return undefined
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h]
    const pen = canvas.getContext('2d')
    if (!pen) return undefined
    pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    pen.clearRect(0, 0, width, height)
    return new CanvasInk(pen, theme.font)
  }
}
