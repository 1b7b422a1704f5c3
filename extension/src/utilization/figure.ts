/** What plotly is asked to draw: a step line with its area for each of a few nodes, a heat map of many. */
import { css, heatScale, mix } from './colours.ts'
import type { Palette } from './colours.ts'
import type { Grid } from './grid.ts'
import { COLUMNS } from './rows.ts'

/** More nodes than this are a heat map. */
export const MOST_LINES = 6

/** How much of a row its line may take; between lines there is air. */
const FILL = 0.86

export interface Box {
  readonly width: number
  readonly height: number
  /** Room beside the plot. */
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** A mark on the time axis, ms. */
export interface Tick {
  readonly time: number
  readonly text: string
}

/** When a node is lost, and in which row. */
export interface Loss {
  readonly row: number
  readonly time: number
}

/** From when to when a row's node is there, ms. */
export interface Presence {
  readonly from: number
  readonly to: number
}

export interface Scene {
  readonly grid: Grid
  /** The value at the top of a row, or of the colours. */
  readonly top: number
  /** By row, as long as there are few. */
  readonly presence: readonly Presence[]
  readonly losses: readonly Loss[]
  readonly ticks: readonly Tick[]
  readonly palette: Palette
  readonly font: string
  readonly box: Box
}

type Coordinates = (number | null)[]

export interface Trace {
  readonly type: 'scatter' | 'heatmap'
  readonly [attribute: string]: unknown
}

export interface Figure {
  readonly data: readonly Trace[]
  readonly layout: Readonly<Record<string, unknown>>
}

export interface Plotly {
  react(node: HTMLElement, data: readonly Trace[], layout: Figure['layout'], config: Readonly<Record<string, unknown>>): Promise<unknown>
  purge(node: HTMLElement): void
  toImage(figure: Figure & { readonly config: Readonly<Record<string, unknown>> }, options: Readonly<Record<string, unknown>>): Promise<string>
}

/** Nothing reacts, nothing is fetched, and dollar signs in names are no formulas. */
export const config = {
  staticPlot: true, displayModeBar: false, displaylogo: false, showLink: false, plotlyServerURL: '', typesetMath: false, responsive: false,
} as const

export function isHeat(grid: Grid): boolean {
  return grid.rows.length > MOST_LINES
}

/** Where rows stand, px from the top of the plot. */
export interface Places {
  /** From one row's top to the next one's. */
  readonly pitch: number
  /** Of a row itself. */
  readonly height: number
}

export function placesIn({ height, top, bottom }: Box, rows: number): Places {
  const fill = rows > MOST_LINES ? 1 : FILL
  const pitch = (height - top - bottom) / (rows - 1 + fill)
  return { pitch, height: pitch * fill }
}

export function figureOf(scene: Scene): Figure {
  const traces = isHeat(scene.grid) ? [heatTrace(scene)] : lineTraces(scene)
  return { data: scene.losses.length > 0 ? [...traces, lossTrace(scene)] : traces, layout: layoutOf(scene) }
}

/** All rows in one trace each for areas and lines: row r stands on rows - 1 - r. */
function lineTraces({ grid, top, presence, palette }: Scene): Trace[] {
  const areas: { x: Coordinates; y: Coordinates } = { x: [], y: [] }
  const lines: { x: Coordinates; y: Coordinates } = { x: [], y: [] }
  grid.rows.forEach((_, row) => {
    const base = grid.rows.length - 1 - row
    forEachStretch(grid, row, presence[row]!, (steps) => {
      lines.x.push(...steps.map(([x]) => x), null)
      lines.y.push(...steps.map(([, y]) => base + Math.min(1, y / top) * FILL), null)
      areas.x.push(steps[0]![0], ...steps.map(([x]) => x), steps.at(-1)![0], null)
      areas.y.push(base, ...steps.map(([, y]) => base + Math.min(1, y / top) * FILL), base, null)
    })
  })
  const common = { type: 'scatter', mode: 'lines', hoverinfo: 'skip', showlegend: false } as const
  return [
    { ...common, ...areas, fill: 'toself', fillcolor: css(palette.busy, 0.2), line: { width: 0 } },
    { ...common, ...lines, line: { width: 1.5, color: css(palette.busy), simplify: false } },
  ]
}

/** Calls `each` with the steps [time, value] of every stretch of time without a gap. */
export function forEachStretch(grid: Grid, row: number, { from, to }: Presence, each: (steps: readonly (readonly [number, number])[]) => void): void {
  let steps: [number, number][] = []
  const finish = () => {
    if (steps.length > 0) each(steps)
    steps = []
  }
  for (let column = 0; column < grid.columns; column++) {
    const value = grid.values[row * COLUMNS + column]!
    const start = Math.max(from, column * grid.width)
    const end = Math.min(to, grid.end, (column + 1) * grid.width)
    if (Number.isNaN(value) || !(end > start)) {
      finish()
      continue
    }
    const last = steps.at(-1)
    // A step that goes on at the same height is but longer.
    if (last && last[1] === value) last[0] = end
    else steps.push([start, value], [end, value])
  }
  finish()
}

function heatTrace({ grid, top, palette, box }: Scene): Trace {
  const { rows, columns, width, values } = grid
  const { height } = placesIn(box, rows.length)
  return {
    type: 'heatmap',
    z: rows.map((_, row) => values.subarray(row * COLUMNS, row * COLUMNS + columns)),
    x0: width / 2, dx: width, y0: rows.length - 0.5, dy: -1,
    zmin: 0, zmax: top, colorscale: heatScale(palette), showscale: false, hoverinfo: 'skip',
    // Lines between rows that are high enough for them.
    ygap: height >= 9 ? 1 : 0,
  }
}

/** A row's middle on the y axis. */
export function middleOf(grid: Grid, row: number): number {
  return grid.rows.length - 1 - row + (isHeat(grid) ? 1 : FILL) / 2
}

function lossTrace({ grid, losses, palette, box }: Scene): Trace {
  const { height } = placesIn(box, grid.rows.length)
  return {
    type: 'scatter', mode: 'markers', hoverinfo: 'skip', showlegend: false, cliponaxis: false,
    x: losses.map(({ time }) => time),
    y: losses.map(({ row }) => middleOf(grid, row)),
    marker: { symbol: 'x', size: Math.min(9, Math.max(7, height * 0.8)), color: css(palette.lost), line: { width: 1, color: css(palette.background) } },
  }
}

function layoutOf({ grid, presence, losses, ticks, palette, font, box }: Scene): Figure['layout'] {
  const clear = 'rgba(0, 0, 0, 0)'
  const lines = !isHeat(grid)
  const rows = grid.rows.length
  // A line at the edge of the plot is not cut in half.
  const edge = lines ? 1 / placesIn(box, rows).pitch : 0
  return {
    width: box.width, height: box.height, margin: { l: box.left, r: box.right, t: box.top, b: box.bottom, pad: 0, autoexpand: false },
    paper_bgcolor: clear, plot_bgcolor: clear, showlegend: false, hovermode: false, dragmode: false, autosize: false,
    font: { family: font, size: 11, color: css(palette.quiet) },
    xaxis: {
      range: [0, grid.end], tickvals: ticks.map(({ time }) => time), ticktext: ticks.map(({ text }) => text), tickangle: 0,
      ticks: 'outside', ticklen: 4, tickcolor: css(mix(palette.background, palette.quiet, 0.4)),
      showgrid: lines, gridcolor: css(mix(palette.background, palette.quiet, 0.22)), zeroline: false, showline: false, fixedrange: true, automargin: false,
    },
    yaxis: { range: [-edge, rows - 1 + (lines ? FILL : 1) + edge], visible: false, fixedrange: true, automargin: false },
    shapes: lines
      ? [...presence.flatMap((present, row) => track(present, rows - 1 - row, palette)), ...losses.map((loss) => lossLine(loss, grid, palette))]
      : [],
  }
}

/** The ground on which a node's line stands, as long as the node is there. */
function track({ from, to }: Presence, base: number, { background, quiet }: Palette): object[] {
  if (!(to > from)) return []
  return [{ type: 'rect', layer: 'below', x0: from, x1: to, y0: base, y1: base + FILL, fillcolor: css(mix(background, quiet, 0.09)), line: { width: 0 } }]
}

function lossLine({ row, time }: Loss, grid: Grid, palette: Palette): object {
  const base = grid.rows.length - 1 - row
  return { type: 'line', x0: time, x1: time, y0: base, y1: base + FILL, line: { width: 1.5, color: css(palette.lost) } }
}
