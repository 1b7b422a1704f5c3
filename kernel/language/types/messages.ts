/** What the kernel and the language service say to each other. */
import type { RunCell } from './program.ts'

export interface TypeMatch {
  readonly text: string
  /** function, class, variable, property, module, keyword, type, interface, enum, value, path. */
  readonly type: string
  /** Its type as TypeScript prints it, for the first matches only. */
  readonly signature?: string
  readonly start: number
  readonly end: number
}

/** Of the shape of a completion's reply. */
export interface TypeCompletions {
  readonly matches: readonly string[]
  /** What a match replaces: UTF-16 offsets into the code. */
  readonly start: number
  readonly end: number
  /** One for each match. */
  readonly types: readonly TypeMatch[]
  /** The members of this expression are not known (its type is `any`): only its live value can tell them. */
  readonly untyped?: string
}

export interface TypeInspection {
  readonly markdown: string
  readonly text: string
}

export interface TypeDiagnostic {
  /** Position in the cell, from 1; columns count UTF-16 units. */
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
  readonly message: string
  /** TypeScript's number: 2322 for TS2322. */
  readonly code: number
  readonly category: 'error' | 'warning' | 'suggestion'
}

export type Question =
  | { readonly type: 'complete'; readonly code: string; readonly offset: number }
  | { readonly type: 'inspect'; readonly code: string; readonly offset: number; readonly detail: 0 | 1 }
  | { readonly type: 'diagnostics'; readonly cell: string }

export type ToTypes = { readonly type: 'ran'; readonly cell: RunCell } | { readonly type: 'ask'; readonly id: number; readonly question: Question }

/** `answer` is undefined when there is none, or a later question took its place. */
export type FromTypes = { readonly type: 'ready' } | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }

export interface TypesData {
  readonly directory: string
  /** Two integers both threads see: how many urgent questions were asked, and the id of the latest completion. */
  readonly shared: SharedArrayBuffer
}

/** Indices into `shared`. */
export const URGENT = 0
export const LATEST_COMPLETION = 1
