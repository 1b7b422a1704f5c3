/** What a cell asks of `cluster.plan()` and `cluster.simulate()`, and the answer, between the kernel and the process that works it out. */
import type { Problem } from '../../planning/index.ts'
import type { Experimented, Shown } from '../../travel/experiment.ts'

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

export type FromExperiment = { readonly outcome: Experimented; readonly shown: Shown } | { readonly error: { readonly code: string; readonly message: string } }
