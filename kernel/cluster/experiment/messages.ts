/** What a cell asks of `cluster.plan()` and `cluster.simulate()`, and the answer, between the kernel and the process that works it out. */
import type { Problem } from '../../planning/index.ts'

interface Spent {
  readonly seed: number
  readonly schedules?: number
  /** ms */
  readonly time?: number
}

export interface PlanQuestion extends Spent {
  readonly kind: 'plan'
  readonly problem: Problem
  readonly policy: string
}

export interface SimulationQuestion extends Spent {
  readonly kind: 'simulate'
  readonly problem: Problem
  /** Of the tasks. */
  readonly names: readonly string[]
  readonly policies: readonly string[]
  /** Nodes that are lost, by number, and when; and when they are back. */
  readonly failures: readonly { readonly node: number; readonly at: number; readonly back?: number }[]
}

export type Question = PlanQuestion | SimulationQuestion

/** When and where each task ran. */
export interface Schedule {
  readonly node: Int32Array
  readonly start: Float64Array
  readonly end: Float64Array
  readonly makespan: number
  readonly lowerBound: number
}

export type Outcome = (Schedule & { readonly schedules: number }) | readonly (Schedule & { readonly policy: string })[]

export type FromExperiment = { readonly outcome: Outcome } | { readonly error: { readonly code: string; readonly message: string } }
