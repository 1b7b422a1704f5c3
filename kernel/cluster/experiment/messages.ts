/** What a cell asks of `cluster.plan()` and `cluster.simulate()`, and the answer, between the kernel and the process that works it out. */
import type { Problem } from '../../planning/index.ts'

interface Asked {
  readonly problem: Problem
  /** Of the tasks. */
  readonly names: readonly string[]
  readonly seed: number
  readonly schedules?: number
  /** ms */
  readonly time?: number
}

export interface PlanQuestion extends Asked {
  readonly kind: 'plan'
  readonly policy: string
}

export interface SimulationQuestion extends Asked {
  readonly kind: 'simulate'
  readonly policies: readonly string[]
  /** Nodes that are lost, by number, and when; and when they are back. */
  readonly failures: readonly { readonly node: number; readonly at: number; readonly back?: number }[]
}

export type Question = PlanQuestion | SimulationQuestion

/** When and where each task ran: nodes by number, times in ms. */
export interface Schedule {
  readonly policy: string
  readonly node: Int32Array
  readonly start: Float64Array
  readonly end: Float64Array
  readonly makespan: number
  readonly lowerBound: number
  /** Of all nodes, and of each, 0 to 1. */
  readonly utilization: number
  readonly utilizations: Float64Array
}

export interface Planned extends Schedule {
  readonly kind: 'plan'
  /** That were looked at. */
  readonly schedules: number
}

export interface Compared extends Schedule {
  /** makespan / the shortest of all compared. */
  readonly relative: number
}

export type Experimented = Planned | { readonly kind: 'simulate'; readonly schedules: readonly Compared[] }

/** What is shown of it. */
export interface Shown {
  readonly text: string
  /** Absent where nothing can be drawn. */
  readonly png?: Uint8Array
}

export type FromExperiment = { readonly outcome: Experimented; readonly shown: Shown } | { readonly error: { readonly code: string; readonly message: string } }
