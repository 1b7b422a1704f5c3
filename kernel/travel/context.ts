/** What encoding and decoding need from the process that they happen in. */
import type { Definitions } from './definitions.ts'
import type { HandleRef } from './declaration.ts'
import type { Binding, FunctionReader } from './functions.ts'
import type { ModuleExport } from './module-export.ts'

/** What has been found out about functions while many values are encoded in one go, during which nothing changes. */
export class Batch {
  readonly bindings = new Map<object, ReadonlyMap<string, Binding>>()
  readonly hashes = new Map<object, string>()
  /** Properties that evaluating a class makes, of it and of its prototype. */
  readonly made = new Map<object, ReadonlySet<PropertyKey>>()
}

export interface EncodeContext {
  /** One per process or thread: which function is which definition. */
  readonly definitions: Definitions
  /** The export that a function, object or namespace is, when it came from an import. */
  exportOf(value: object): ModuleExport | undefined
  /** Reads functions written in this process. Without it only functions that came here from elsewhere can travel on. */
  readonly functions?: FunctionReader
  /** The run or task that `value` is a handle of; absent: there are no handles here. */
  handleOf?(value: object): HandleRef | undefined
  /** Told of every handle that an encoded value holds: its results must be sent along. */
  onHandle?(ref: HandleRef): void
  /** Set while several values are encoded in one go. */
  readonly batch?: Batch | undefined
  /** A position in a generated script, as the user knows it (`Cell [3]:2:5`). */
  place?(url: string, line: number, column: number): string
}

export interface DecodeContext {
  readonly definitions: Definitions
  /** Namespace of a module that was imported before (`importsOf` says which are needed). */
  namespace(ref: ModuleExport): object | undefined
  /** What stands for a handle here; absent: handles cannot be decoded. */
  handle?(ref: HandleRef): unknown
  /** Values of the names that every process provides for itself (`__sluice`). */
  readonly provided: Readonly<Record<string, unknown>>
}

/** Names that code may use without capturing them: each process has its own. */
export const providedNames: ReadonlySet<string> = new Set(['__sluice'])
