/** What the thread that compares policies is asked, and what it answers. */
import type { Link, NodeSpec } from '../../scheduler/index.ts'
import type { Failures, TaskGraph } from '../../simulator/index.ts'

export interface ComparisonQuestion {
  readonly title: string
  readonly graph: TaskGraph
  readonly policies: readonly string[]
  readonly nodes: readonly NodeSpec[]
  readonly link: Link
  readonly failures?: Failures
  readonly seed: number
  /** What each plan may cost, ms. */
  readonly planning: number
}

export type FromComparison =
  | { readonly type: 'progress'; readonly policy: string; /** Of the policies, from 0. */ readonly number: number; readonly ended: number; readonly count: number }
  | { readonly type: 'done'; /** The first is the heading. */ readonly rows: readonly (readonly string[])[]; readonly lowerBound: number; readonly png: Uint8Array | undefined }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
