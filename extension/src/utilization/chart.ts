/**
 * The plot and what lies upon it: names and values of rows, the replay's cursor, what the pointer finds. Plotly draws the
 * data only; texts of nodes are never given to it, and it listens to nothing.
 */
import type { TranslationBundle } from '@jupyterlab/translation'
import type { RunRecord } from '../../../kernel/cluster/record/types.ts'
import { Tip } from '../graph/tip.ts'
import { css } from './colours.ts'
import { element } from './element.ts'
import { config, figureOf, placesIn } from './figure.ts'
import type { Plotly, Scene } from './figure.ts'
import { LINE, TWO_LINES } from './scene.ts'
import { found, rowCapacity, rowName, rowValue } from './words.ts'

export class Chart {
  readonly node = element('sl-Utilization-chart')
  /** Plotly's SVG has `<defs>`, for which JupyterLab would keep cells in the page that are scrolled away; it does not look in here. */
  readonly #host = element('sl-Utilization-plot')
  readonly #plot: HTMLElement
  readonly #names = element('sl-Utilization-names')
  readonly #values = element('sl-Utilization-values')
  readonly #cursor = element('sl-Utilization-cursor')
  readonly #pointer = element('sl-Utilization-pointer')
  readonly #tip = new Tip()
  #scene: Scene | undefined
  #record: RunRecord | undefined
  #trans: TranslationBundle | undefined
  #plotly: Plotly | undefined
  /** Where the pointer is, px. */
  #at: { readonly x: number; readonly y: number } | undefined

  constructor() {
    this.#plot = inShadow(this.#host)
    this.node.setAttribute('role', 'img')
    this.node.append(this.#host, this.#names, this.#values, this.#cursor, this.#pointer, this.#tip.node)
    this.node.addEventListener('pointermove', this.#moved)
    this.node.addEventListener('pointerdown', this.#moved)
    this.node.addEventListener('pointerleave', this.#left)
    this.#point(undefined)
  }

  /** Rejects when plotly could not draw it. */
  async draw(plotly: Plotly, scene: Scene, record: RunRecord, trans: TranslationBundle): Promise<void> {
    this.#plotly = plotly
    this.#scene = scene
    this.#record = record
    this.#trans = trans
    this.#writeNames(scene, record)
    this.#point(this.#at)
    const { data, layout } = figureOf(scene)
    await plotly.react(this.#plot, data, layout, config)
  }

  /** Cheap: called while a run is replayed. */
  showTime(time: number | undefined): void {
    const scene = this.#scene
    if (!scene || !this.#record || !this.#trans) return
    this.#cursor.hidden = time === undefined
    if (time !== undefined) place(this.#cursor, scene, time)
    const { grid, box } = scene
    if (box.right < 40) return void this.#values.replaceChildren()
    const { height } = placesIn(box, grid.rows.length)
    rows(this.#values, grid.rows.length, (row, number) => {
      const { value, further, lost } = rowValue(grid, number, this.#record!, time, this.#trans!)
      stand(row, scene, number)
      row.classList.toggle('sl-mod-lost', lost)
      lines(row, value, height >= TWO_LINES ? further : '')
    })
    this.#values.style.width = `${box.right - 8}px`
  }

  #writeNames(scene: Scene, record: RunRecord): void {
    const { grid, box } = scene
    const { height } = placesIn(box, grid.rows.length)
    const each = Math.max(1, Math.ceil(LINE / height))
    rows(this.#names, Math.ceil(grid.rows.length / each), (row, name) => {
      const gridRow = grid.rows[name * each]!
      stand(row, scene, name * each)
      lines(row, rowName(gridRow, record), height >= TWO_LINES ? rowCapacity(gridRow, grid.measure, record) : '')
    })
    this.#names.style.width = `${box.left - 8}px`
  }

  readonly #moved = (event: PointerEvent): void => {
    const { left, top } = this.node.getBoundingClientRect()
    this.#point({ x: event.clientX - left, y: event.clientY - top })
  }

  readonly #left = (): void => this.#point(undefined)

  #point(at: { readonly x: number; readonly y: number } | undefined): void {
    this.#at = at
    const words = at && this.#found(at)
    this.#pointer.hidden = !words
    if (!at || !words) return this.#tip.hide()
    const { box, palette } = this.#scene!
    place(this.#pointer, this.#scene!, this.#timeAt(at.x)!)
    this.#tip.show(words, at.x, at.y, box.width, box.height, css(palette.busy))
  }

  #found({ x, y }: { readonly x: number; readonly y: number }): string[] | undefined {
    const time = this.#timeAt(x)
    if (time === undefined) return undefined
    const { grid, box } = this.#scene!
    const row = Math.floor((y - box.top) / placesIn(box, grid.rows.length).pitch)
    return row >= 0 && row < grid.rows.length ? found(grid, row, time, this.#record!, this.#trans!) : undefined
  }

  #timeAt(x: number): number | undefined {
    if (!this.#scene) return undefined
    const { grid, box } = this.#scene
    const part = (x - box.left) / (box.width - box.left - box.right)
    return part >= 0 && part <= 1 ? part * grid.end : undefined
  }

  /** Nothing is shown any more; plotly's listeners and nodes are gone. */
  clear(): void {
    this.#scene = undefined
    this.#point(undefined)
    this.#cursor.hidden = true
    this.#names.replaceChildren()
    this.#values.replaceChildren()
    this.#plotly?.purge(this.#plot)
    this.#plot.replaceChildren()
  }

  dispose(): void {
    this.clear()
    this.node.removeEventListener('pointermove', this.#moved)
    this.node.removeEventListener('pointerdown', this.#moved)
    this.node.removeEventListener('pointerleave', this.#left)
    this.node.remove()
  }
}

/** Plotly's rules are in the page's head, where they do not reach what is in a shadow; these are all it needs. */
function inShadow(host: HTMLElement): HTMLElement {
  const root = host.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync('.main-svg { position: absolute; top: 0; left: 0; pointer-events: none; overflow: hidden } .crisp { shape-rendering: crispEdges }')
  root.adoptedStyleSheets = [sheet]
  const plot = document.createElement('div')
  root.append(plot)
  return plot
}

/** At a time, over all rows. */
function place(line: HTMLElement, { grid, box }: Scene, time: number): void {
  const x = box.left + (Math.min(time, grid.end) / grid.end) * (box.width - box.left - box.right)
  line.style.transform = `translateX(${x.toFixed(1)}px)`
  line.style.top = `${box.top}px`
  line.style.height = `${box.height - box.top - box.bottom}px`
}

function stand(row: HTMLElement, { grid, box }: Scene, number: number): void {
  const { pitch, height } = placesIn(box, grid.rows.length)
  row.style.top = `${box.top + number * pitch + height / 2}px`
}

/** Makes, keeps or takes away children until there are `count`. */
function rows(parent: HTMLElement, count: number, each: (row: HTMLElement, number: number) => void): void {
  while (parent.childElementCount > count) parent.lastElementChild!.remove()
  while (parent.childElementCount < count) parent.append(element('sl-Utilization-row'))
  Array.from(parent.children as HTMLCollectionOf<HTMLElement>).forEach(each)
}

function lines(parent: HTMLElement, ...texts: readonly string[]): void {
  const written = texts.filter((text) => text !== '')
  while (parent.childElementCount > written.length) parent.lastElementChild!.remove()
  while (parent.childElementCount < written.length) parent.append(document.createElement('div'))
  written.forEach((text, i) => {
    const line = parent.children[i]!
    if (line.textContent !== text) line.textContent = text
  })
}
