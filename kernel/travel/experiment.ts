/** What a plan or simulation that a cell asked for comes to: made in a process of its own, given to the cell in its session. */

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
