/**
 * The form of everything that V8's serialization does not reproduce by itself. An encoding with such things is a
 * copy of the value in which each is replaced by a record (a `Special`), and where the records stand is listed, so
 * that one serialization of it all keeps shared identity and cycles.
 */
import type { HandleRef } from './declaration.ts'
import type { ModuleExport } from './module-export.ts'

/** Own properties: ordinary ones (writable, enumerable, configurable, string key) in `data`; if any is not, all in `exact`. */
export interface Properties {
  data?: Record<string, unknown>
  exact?: { keys: unknown[]; values: unknown[]; flags: number[] }
  integrity?: 'frozen' | 'sealed' | 'closed'
}

export const writable = 1
export const enumerable = 2
export const configurable = 4

export interface SymbolSpecial {
  readonly kind: 'symbol'
  /** Of the global registry. */
  readonly registered?: string
  readonly wellKnown?: string
}

/** `path` from globalThis, e.g. `Math.max`. */
export interface BuiltinSpecial {
  readonly kind: 'builtin'
  readonly path: string
}

export interface ExportSpecial {
  readonly kind: 'export'
  /** One of the encoding's list of imports. */
  readonly ref: ModuleExport
}

export interface HandleSpecial {
  readonly kind: 'handle'
  /** Place in the encoding's list of handles. */
  readonly handle: number
}

export type Base = 'object' | 'array' | 'map' | 'set' | 'error' | 'value' | 'boxed' | 'view' | 'buffer' | 'url' | 'query' | 'dom-exception'

export interface ObjectSpecial {
  readonly kind: 'object'
  readonly base: Base
  /** array: length; map: keys and values in turn; set: its values; value: a Date or RegExp; boxed, url, query: the primitive. */
  payload?: unknown
  view?: { type: string; buffer: ArrayBuffer; offset: number; length: number }
  /** Class whose prototype it has, or null; absent: the base's own. */
  type?: unknown
  properties?: Properties
}

export type Form = 'function' | 'class' | 'method' | 'getter' | 'setter'

export interface DefinitionSpecial {
  readonly kind: 'definition'
  readonly form: Form
  readonly source: string
  readonly strict: boolean
  readonly name: unknown
  /** Captured variables by name. */
  readonly captures: Record<string, unknown>
  readonly provided: readonly string[]
  /** Name of the captured variable that it extends. */
  readonly parent?: string
  /** Own properties that evaluating the source does not make. */
  properties?: Properties
  prototypeProperties?: Properties
}

export type Special = SymbolSpecial | BuiltinSpecial | ExportSpecial | HandleSpecial | ObjectSpecial | DefinitionSpecial

/** What is serialized when there are specials. */
export interface Packed {
  readonly root: [unknown]
  readonly specials: readonly Special[]
  /** `containers[i][keys[i]]` is the special `numbers[i]`. */
  readonly containers: readonly object[]
  readonly keys: readonly (string | number)[]
  readonly numbers: readonly number[]
  /** Maps and Sets that hold specials. */
  readonly collections: readonly (Map<unknown, unknown> | Set<unknown>)[]
}

/** Where code was written and what this session calls it: known to the process, but no part of what the code does. */
export interface Footer {
  readonly definitions: readonly { readonly id: string; readonly url: string; readonly line: number; readonly column: number; readonly order: number }[]
  readonly handles: readonly HandleRef[]
  /** The first definition is the value itself, a body: it is evaluated anew wherever it arrives. */
  readonly body: boolean
}

export interface Encoding {
  readonly bytes: Uint8Array
  readonly imports: readonly ModuleExport[]
  readonly handles: readonly HandleRef[]
  /** Of a body: SHA-256 (hex) of code and values without positions. */
  readonly digest?: string
  /** Of a body: SHA-256 (hex) of `bytes`. */
  readonly hash?: string
}
