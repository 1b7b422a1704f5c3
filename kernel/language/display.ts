/** What a value is shown as: a MIME bundle, always with text/plain. Pure; no getter of a value is run but through its own display protocol. */
import { inspect, types } from 'node:util'
import type { MimeBundle } from './messages.ts'
import { data, descriptorOf, isObject, method } from './properties.ts'
import { recordsTable, tableOf } from './table.ts'

/** Longest text/plain, UTF-16 units. */
const longestText = 100_000
const protocol = Symbol.for('Jupyter.display')

/**
 * A bundle, or the promise of one when the value's own `Symbol.for('Jupyter.display')` method is asynchronous. Where that
 * gives null the value is not to be shown: the bundle is empty.
 */
export function bundleOf(value: unknown): MimeBundle | Promise<MimeBundle> {
  const own = method(value, protocol)
  if (!own) return { ...richOf(value), 'text/plain': plainText(value) }
  const made: unknown = own.call(value)
  const complete = (bundle: unknown): MimeBundle => (bundle === null ? {} : isObject(bundle) ? { 'text/plain': plainText(value), ...bundle } : { 'text/plain': plainText(value) })
  return types.isPromise(made) ? made.then(complete) : complete(made)
}

/** As Node's REPL prints it, without colours; cut when very long. */
export function plainText(value: unknown): string {
  const text = inspect(value, { depth: 4, maxArrayLength: 200, maxStringLength: longestText, breakLength: 100 })
  return text.length <= longestText ? text : `${text.slice(0, longestText)}\n… ${text.length - longestText} more characters`
}

/** The MIME types besides text/plain that a value's shape suggests. */
function richOf(value: unknown): MimeBundle {
  if (!isObject(value) || types.isProxy(value)) return {}
  if (value instanceof Uint8Array) return image(value)
  const table = tableOf(value) ?? recordsTable(value)
  if (table !== undefined) return { 'text/html': table }
  return vega(value) ?? plotly(value) ?? element(value) ?? {}
}

const signatures: readonly (readonly [string, RegExp])[] = [
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF.{4}WEBP/s],
]

function image(bytes: Uint8Array): MimeBundle {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(16, bytes.byteLength)).toString('latin1')
  const found = signatures.find(([, signature]) => signature.test(head))
  return found ? { [found[0]]: base64(bytes) } : {}
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** Vega and Vega-Lite specifications name their schema; objects of vega-lite-api make one. */
function vega(value: object): MimeBundle | undefined {
  const schema = data(value, '$schema')
  if (typeof schema === 'string') return vegaBundle(schema, value)
  const make = method(value, 'toSpec')
  if (!make) return undefined
  const spec: unknown = make.call(value)
  if (!isObject(spec)) return undefined
  const named = data(spec, '$schema')
  return vegaBundle(typeof named === 'string' ? named : 'https://vega.github.io/schema/vega-lite/v5.json', spec)
}

function vegaBundle(schema: string, spec: object): MimeBundle | undefined {
  const [, kind, version] = /\/schema\/(vega|vega-lite)\/v(\d+)/.exec(schema) ?? []
  return kind === undefined ? undefined : { [`application/vnd.${kind.replace('-', '')}.v${version}+json`]: spec }
}

function plotly(value: object): MimeBundle | undefined {
  const [traces, layout] = [data(value, 'data'), data(value, 'layout')]
  const isFigure = Array.isArray(traces) && isObject(layout) && traces.every((trace) => isObject(trace) && (data(trace, 'type') !== undefined || data(trace, 'x') !== undefined || data(trace, 'y') !== undefined))
  if (!isFigure) return undefined
  const config = data(value, 'config')
  return { 'application/vnd.plotly.v1+json': { data: traces, layout, ...(isObject(config) && { config }) } }
}

/** A DOM element, e.g. a figure of Observable Plot: asked for its markup through the DOM's own property. */
function element(value: object): MimeBundle | undefined {
  if (!descriptorOf(value, 'outerHTML') || !(descriptorOf(value, 'nodeType') ?? descriptorOf(value, 'tagName'))) return undefined
  const markup = (value as { outerHTML: unknown }).outerHTML
  if (typeof markup !== 'string') return undefined
  return /^<svg[\s>]/i.test(markup) ? { 'image/svg+xml': markup, 'text/html': markup } : { 'text/html': markup }
}
