/** How busy the nodes were over time. Plotly is loaded when the first of these panes is to be seen, and serves them all. */
import type { Pane, PaneContext } from '../view/pane.ts'
import type { Theme } from '../view/theme.ts'
import { Chart } from './chart.ts'
import type { Palette } from './colours.ts'
import { element } from './element.ts'
import type { Plotly, Scene } from './figure.ts'
import { GridBuilder } from './grid.ts'
import { Head } from './head.ts'
import { measuresOf } from './measure.ts'
import type { Measure } from './measure.ts'
import { paletteOf } from './palette.ts'
import { rowsOf } from './rows.ts'
import { boxIn, hasReports, heightFor, sceneOf } from './scene.ts'
import { Table } from './table.ts'
import { absence, measureTitle, summary, tableRows } from './words.ts'

/** Least time between two plots while a run lasts, ms. */
const BETWEEN = 500

export function createUtilization(context: PaneContext): Pane {
  return new Utilization(context)
}

class Utilization implements Pane {
  readonly node = element('sl-Utilization')
  readonly #context: PaneContext
  readonly #head = new Head((measure) => this.#choose(measure))
  readonly #body = element('sl-Utilization-body')
  readonly #chart = new Chart()
  readonly #note = element('sl-Utilization-note', 'p')
  readonly #table = new Table()
  readonly #grids = new GridBuilder()
  readonly #sizes: ResizeObserver
  #measure: Measure = 'slots'
  #plotly: Plotly | 'loading' | 'failed' | undefined
  #palette: { readonly theme: Theme; readonly palette: Palette } | undefined
  /** What the plot shows, but for the store's version. */
  #look: readonly unknown[] = []
  #version = -1
  #drawnAt = -Infinity
  #disposed = false
  /** People who do not see the plot are told of what they chose. */
  #announce = false

  constructor(context: PaneContext) {
    this.#context = context
    this.#body.append(this.#chart.node, this.#note)
    this.node.append(this.#head.node, this.#body, this.#table.node)
    // The view itself may stay as wide as it is while this pane becomes narrower.
    this.#sizes = new ResizeObserver(() => context.invalidate())
    this.#sizes.observe(this.#body)
  }

  draw(): void {
    const { store, state, trans } = this.#context
    const rows = rowsOf(store.record.nodes.length).length
    this.#body.style.minHeight = `${this.#plotly === 'failed' ? 64 : heightFor(rows)}px`
    if (this.#plotly === undefined) void this.#load()
    if (this.#due()) {
      this.#head.offer(measuresOf(store.record), this.#measure, trans)
      this.#plot()
    }
    this.#chart.showTime(state.time)
  }

  /** What people do is seen at once, new data twice a second, and the end in any case. */
  #due(): boolean {
    const { store } = this.#context
    const { clientWidth, clientHeight } = this.#body
    const look = [this.#measure, this.#plotly, clientWidth, clientHeight, this.#context.theme()]
    const now = performance.now()
    if (look.every((part, i) => part === this.#look[i])) {
      if (store.version === this.#version) return false
      if (store.live && !store.record.final && now - this.#drawnAt < BETWEEN) return false
    }
    this.#look = look
    this.#version = store.version
    this.#drawnAt = now
    return true
  }

  #plot(): void {
    const { store, trans } = this.#context
    const { record } = store
    const grid = this.#grids.build(store, this.#measure)
    const failed = this.#plotly === 'failed'
    const absent = absence(hasReports(grid, store), record, trans)
    const label = absent ?? summary(grid, record, trans)
    this.#chart.node.setAttribute('aria-label', label)
    if (this.#announce) this.#context.announce(label)
    this.#announce = false
    this.#chart.node.hidden = failed || absent !== undefined
    const title = measureTitle(this.#measure, trans)
    this.#table.write(title, [trans.__('Node'), trans.__('Average'), trans.__('Most')], absent ? [] : tableRows(grid, record, trans))
    this.#table.show(failed && !absent, title)
    this.#note.textContent = absent ?? this.#waiting()
    this.#note.hidden = this.#note.textContent === ''
    const { clientWidth: width, clientHeight: height } = this.#body
    // Without a size, the pane is in a part of the page that is not laid out now.
    const scene = !absent && width > 0 && height > 0 ? this.#scene(grid, width, height) : undefined
    this.#head.explain(scene, trans)
    if (absent) this.#chart.clear()
    else if (scene && typeof this.#plotly === 'object') this.#chart.draw(this.#plotly, scene, record, trans).catch(() => this.#fail())
  }

  /** The other panes go on. */
  #fail(): void {
    this.#plotly = 'failed'
    this.#chart.clear()
    if (!this.#disposed) this.#context.invalidate()
  }

  #scene(grid: Parameters<typeof sceneOf>[0], width: number, height: number): Scene {
    const theme = this.#context.theme()
    if (this.#palette?.theme !== theme) this.#palette = { theme, palette: paletteOf(theme) }
    return sceneOf(grid, this.#context.store.record.nodes, this.#palette.palette, theme.font, boxIn(width, height, grid))
  }

  #waiting(): string {
    const { trans } = this.#context
    if (this.#plotly === 'failed') {
      return trans.__('The plot could not be loaded or drawn. Check the connection to the Jupyter server, then reload the page. The figures are below.')
    }
    return typeof this.#plotly === 'object' ? '' : trans.__('Loading the plot …')
  }

  async #load(): Promise<void> {
    this.#plotly = 'loading'
    try {
      const { drawn } = await import('./plotly.ts')
      this.#plotly = drawn
      if (!this.#disposed) this.#context.invalidate()
    } catch {
      this.#fail()
    }
  }

  #choose(measure: Measure): void {
    if (measure === this.#measure) return
    this.#measure = measure
    this.#announce = true
    this.#context.invalidate()
  }

  dispose(): void {
    this.#disposed = true
    this.#sizes.disconnect()
    this.#chart.dispose()
    this.node.remove()
  }
}
