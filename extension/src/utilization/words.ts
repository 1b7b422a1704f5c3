/** What is said of a plot: names of rows, the summary for those who do not see it, its table, and what a pointer finds. */
import type { TranslationBundle } from '@jupyterlab/translation'
import { count, duration, plain } from '../../../kernel/cluster/view/amounts.ts'
import type { RunRecord } from '../../../kernel/cluster/record/types.ts'
import { latestValue, statisticsOf, valueAt } from './grid.ts'
import type { Grid } from './grid.ts'
import { capacityOf, capacityText, percentText, valueText } from './measure.ts'
import type { Measure } from './measure.ts'
import type { GridRow } from './rows.ts'
import { onlyNode } from './scene.ts'

/** Longest name of a node that is shown in full. */
const NAME = 60
/** Rows that the summary tells of one by one. */
const TOLD = 4

export function measureName(measure: Measure, trans: TranslationBundle): string {
  return { slots: trans.__('Slots'), cpu: trans.__('CPU'), memory: trans.__('Memory'), transfers: trans.__('Transfers'), gpu: trans.__('GPU') }[measure]
}

export function measureTitle(measure: Measure, trans: TranslationBundle): string {
  return {
    slots: trans.__('Slots in use, by whatever run'),
    cpu: trans.__('CPU in use'),
    memory: trans.__('Memory in use'),
    transfers: trans.__('Received and sent'),
    gpu: trans.__('GPUs held by tasks of this run'),
  }[measure]
}

export function rowName({ first, nodes }: GridRow, record: RunRecord): string {
  const name = (node: number): string => plain(record.nodes[node]!.name, NAME) || `#${node + 1}`
  return nodes === 1 ? name(first) : span(name(first), name(first + nodes - 1))
}

/** `node-17 – 32`: what both names begin with is said once, but numbers are not torn apart. */
export function span(first: string, last: string): string {
  let same = 0
  while (same < first.length && first[same] === last[same]) same++
  while (same > 0 && /[\p{L}\p{N}\p{M}\p{Cs}]/u.test(last[same - 1]!)) same--
  return `${first} – ${last.slice(same) || last}`
}

/** What its node has of what is shown; empty for several nodes, and where it does not say. */
export function rowCapacity(row: GridRow, measure: Measure, record: RunRecord): string {
  const node = onlyNode(row, record.nodes)
  const capacity = node && capacityOf(measure, record.specs[node.spec])
  return capacity === undefined ? '' : capacityText(measure, capacity)
}

/** A value beside a row, and what is said below it. */
export interface RowValue {
  readonly value: string
  readonly further: string
  readonly lost: boolean
}

/** @param time replayed; undefined: what is known last, or, of a run that has ended, what it came to */
export function rowValue(grid: Grid, number: number, record: RunRecord, time: number | undefined, trans: TranslationBundle): RowValue {
  const row = grid.rows[number]!
  const lost = onlyNode(row, record.nodes)?.lost
  if (lost !== undefined && lost <= (time ?? Infinity)) return { value: trans.__('lost'), further: trans.__('at %1', duration(lost)), lost: true }
  const { mean, most } = statisticsOf(grid, number)
  const ended = time === undefined && record.final
  const value = ended ? mean : time === undefined ? latestValue(grid, number) : valueAt(grid, number, time)
  if (Number.isNaN(value)) return { value: '–', further: '', lost: false }
  const text = valueText(grid.unit, value)
  if (ended) {
    const highest = partOfMemory(grid, row, most, record) ?? valueText(grid.unit, most)
    return { value: trans.__('avg %1', text), further: trans.__('max %1', highest), lost: false }
  }
  return { value: text, further: partOfMemory(grid, row, value, record) ?? trans.__('avg %1', valueText(grid.unit, mean)), lost: false }
}

function partOfMemory(grid: Grid, row: GridRow, value: number, record: RunRecord): string | undefined {
  const node = onlyNode(row, record.nodes)
  const capacity = grid.measure === 'memory' && node ? capacityOf('memory', record.specs[node.spec]) : undefined
  return capacity === undefined ? undefined : percentText(value / capacity)
}

/** What a pointer finds in a row at a time. */
export function found(grid: Grid, number: number, time: number, record: RunRecord, trans: TranslationBundle): string[] {
  const row = grid.rows[number]!
  const node = onlyNode(row, record.nodes)
  const lines = [row.nodes === 1 ? rowName(row, record) : trans.__('%1 (%2 nodes)', rowName(row, record), count(row.nodes)), trans.__('at %1', duration(time))]
  if (node?.joined !== undefined && time < node.joined) return [...lines, trans.__('joined at %1', duration(node.joined))]
  if (node?.lost !== undefined && time >= node.lost) {
    return [...lines, trans.__('lost at %1', duration(node.lost)), ...(node.reason ? [plain(node.reason, 120)] : [])]
  }
  const value = valueAt(grid, number, time)
  if (Number.isNaN(value)) return [...lines, trans.__('nothing was reported')]
  const capacity = rowCapacity(row, grid.measure, record)
  const part = partOfMemory(grid, row, value, record)
  const text = valueText(grid.unit, value)
  lines.push(part ? trans.__('%1, %2 of %3', text, part, capacity) : capacity && grid.unit === 'fraction' ? trans.__('%1 of %2', text, capacity) : text)
  const lost = lostOf(row, record, time)
  return lost > 0 ? [...lines, trans._n('%2 node lost until then', '%2 nodes lost until then', lost, count(lost))] : lines
}

function lostOf({ first, nodes }: GridRow, record: RunRecord, time: number): number {
  if (nodes === 1) return 0
  let lost = 0
  for (let node = first; node < first + nodes; node++) if (record.nodes[node]!.lost! <= time) lost++
  return lost
}

/** `Slots in use: node-1 87 % on average, … and 60 more.` */
export function summary(grid: Grid, record: RunRecord, trans: TranslationBundle): string {
  const told = grid.rows.slice(0, TOLD).map((row, number) => {
    const { mean } = statisticsOf(grid, number)
    const name = rowName(row, record)
    const lost = onlyNode(row, record.nodes)?.lost
    const text = Number.isNaN(mean) ? trans.__('%1 nothing reported', name) : trans.__('%1 %2 on average', name, valueText(grid.unit, mean))
    return lost === undefined ? text : trans.__('%1, lost at %2', text, duration(lost))
  })
  const more = grid.rows.length - told.length
  const rest = more > 0 ? [trans._n('and %2 more row', 'and %2 more rows', more, count(more))] : []
  return `${measureTitle(grid.measure, trans)}: ${[...told, ...rest].join('; ')}.`
}

/** Rows of the table: node, average, most. */
export function tableRows(grid: Grid, record: RunRecord, trans: TranslationBundle): [string, string, string][] {
  return grid.rows.map((row, number) => {
    const { mean, most } = statisticsOf(grid, number)
    const text = (value: number): string => (Number.isNaN(value) ? trans.__('nothing reported') : valueText(grid.unit, value))
    const lost = onlyNode(row, record.nodes)?.lost
    const name = lost === undefined ? rowName(row, record) : trans.__('%1 (lost at %2)', rowName(row, record), duration(lost))
    return [name, text(mean), text(most)]
  })
}

/** Why there is no plot, if so. */
export function absence(reported: boolean, record: RunRecord, trans: TranslationBundle): string | undefined {
  if (record.nodes.length === 0) return trans.__('No node has joined.')
  if (reported) return undefined
  return record.final ? trans.__('The run ended before the nodes reported twice.') : trans.__('The nodes have not reported twice yet.')
}

/** Plotly takes some tags and entities for what they are in HTML. */
export function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}
