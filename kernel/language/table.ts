/** Tables and records as HTML. Everything from the data is escaped. */
import { inspect, types } from 'node:util'
import { data, isObject, method } from './properties.ts'

const mostRows = 50
const mostColumns = 20
const longestCell = 500

/** Apache Arrow's and Arquero's tables, told by their methods. */
export function tableOf(value: object): string | undefined {
  return arrow(value) ?? arquero(value)
}

function arrow(value: object): string | undefined {
  const fields = isObject(data(value, 'schema')) ? data(data(value, 'schema') as object, 'fields') : undefined
  const columnAt = method(value, 'getChildAt')
  if (!Array.isArray(fields) || !columnAt || !Array.isArray(data(value, 'batches'))) return undefined
  const { numRows } = value as { numRows: number }
  const columns = fields.slice(0, mostColumns).map((_, index) => columnAt.call(value, index) as { get(row: number): unknown } | null)
  const rows = Array.from({ length: Math.min(numRows, mostRows) }, (_, row) => columns.map((column) => cellText(column?.get(row))))
  return html(fields.slice(0, mostColumns).map((field) => String((field as { name: unknown }).name)), rows, numRows, fields.length)
}

function arquero(value: object): string | undefined {
  const [names, count, objects] = ['columnNames', 'numRows', 'objects'].map((name) => method(value, name))
  if (!names || !count || !objects) return undefined
  const columns = names.call(value) as string[]
  const shown = columns.slice(0, mostColumns)
  const rows = (objects.call(value, { limit: mostRows }) as object[]).map((row) => shown.map((name) => cellText(data(row, name))))
  return html(shown, rows, count.call(value) as number, columns.length)
}

/** An array of plain objects with more or less the same keys: each has at least half of all. */
export function recordsTable(value: object): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const rows = value.slice(0, mostRows) as unknown[]
  if (!rows.every(isRecord)) return undefined
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  if (columns.length === 0 || rows.some((row) => Object.keys(row).length * 2 < columns.length)) return undefined
  const shown = columns.slice(0, mostColumns)
  const cells = rows.map((row) => shown.map((name) => recordCell(row, name)))
  return html(shown, cells, value.length, columns.length)
}

function recordCell(row: object, name: string): string {
  const descriptor = Object.getOwnPropertyDescriptor(row, name)
  if (!descriptor) return ''
  return 'value' in descriptor ? cellText(descriptor.value) : '[Getter]'
}

function isRecord(row: unknown): row is object {
  if (!isObject(row) || types.isProxy(row) || Array.isArray(row)) return false
  const prototype: unknown = Object.getPrototypeOf(row)
  return prototype === null || prototype === Object.prototype
}

function cellText(value: unknown): string {
  const text = typeof value === 'string' ? value : value === null || value === undefined ? '' : inspect(value, { depth: 1, breakLength: Infinity, maxArrayLength: 10 })
  return text.length <= longestCell ? text : `${text.slice(0, longestCell)}…`
}

function html(columns: readonly string[], rows: readonly (readonly string[])[], rowCount: number, columnCount: number): string {
  const head = columns.map((name) => `<th>${escapeHtml(name)}</th>`).join('')
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`).join('\n')
  const missing = [rowCount > rows.length && `${rowCount - rows.length} more rows`, columnCount > columns.length && `${columnCount - columns.length} more columns`].filter(Boolean)
  const note = missing.length > 0 ? `\n<p>${missing.join(', ')}</p>` : ''
  return `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>${note}`
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
