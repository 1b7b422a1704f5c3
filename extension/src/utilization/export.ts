/** The utilization of a run's nodes as a picture of its own. */
import type { PaneContext } from '../view/pane.ts'
import { css } from './colours.ts'
import { config, figureOf, middleOf, placesIn } from './figure.ts'
import type { Figure, Scene } from './figure.ts'
import { GridBuilder } from './grid.ts'
import { valueText } from './measure.ts'
import type { Measure } from './measure.ts'
import { paletteOf } from './palette.ts'
import { boxIn, hasReports, heightFor, LINE, sceneOf } from './scene.ts'
import { escaped, measureTitle, rowName, rowValue } from './words.ts'

const TITLE = 24

/** SVG text; undefined where there is nothing to show. Rejects when plotly cannot be loaded. */
export async function utilizationSvg(context: PaneContext, measure: Measure = 'slots', width = 720): Promise<string | undefined> {
  const { store } = context
  const { record } = store
  const grid = new GridBuilder().build(store, measure)
  if (!hasReports(grid, store)) return undefined
  const { drawn } = await import('./plotly.ts')
  const theme = context.theme()
  const box = boxIn(width, heightFor(grid.rows.length), grid)
  const scene = sceneOf(grid, record.nodes, paletteOf(theme), theme.font, { ...box, height: box.height + TITLE, top: box.top + TITLE })
  const { data, layout } = figureOf(scene)
  const figure: Figure = { data, layout: { ...layout, paper_bgcolor: css(scene.palette.background), annotations: texts(scene, context) } }
  const { height } = scene.box
  return drawn.toImage({ ...figure, config }, { format: 'svg', width, height, imageDataOnly: true })
}

/** What the pane says in the page's own text stands in the picture as annotations. */
function texts({ grid, box, palette, top }: Scene, { store: { record }, trans, theme }: PaneContext): object[] {
  const common = { showarrow: false, xref: 'paper', yref: 'y', font: { family: theme().font, size: 11, color: css(palette.text) } }
  const each = Math.max(1, Math.ceil(LINE / placesIn(box, grid.rows.length).height))
  const rows = grid.rows.flatMap((row, number) => {
    const y = middleOf(grid, number)
    const name = number % each === 0 ? [{ ...common, x: 0, xanchor: 'right', xshift: -8, y, text: escaped(clipped(rowName(row, record), 18)) }] : []
    if (box.right < 40) return name
    return [...name, { ...common, x: 1, xanchor: 'left', xshift: 8, y, text: escaped(rowValue(grid, number, record, undefined, trans).value) }]
  })
  const title = trans.__('%1: 0 – %2', measureTitle(grid.measure, trans), valueText(grid.unit, top))
  return [{ ...common, yref: 'paper', x: 0, y: 1, xanchor: 'left', yanchor: 'bottom', yshift: 8, text: escaped(title) }, ...rows]
}

function clipped(text: string, longest: number): string {
  const letters = Array.from(text)
  return letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : text
}
