/** What the kernel and the session process say to each other, over the channel on file descriptor 3. */
import type { Declaration, HandleRef, KnownPolicy, PolicyDeclaration, Settled, TaskInfo } from '../travel/declaration.ts'
import type { Shown } from '../travel/experiment.ts'

export type MimeBundle = Record<string, unknown>

/** An error ready to be shown: positions mapped to `Cell [n]:line:column`. */
export interface ShownError {
  readonly name: string
  readonly message: string
  readonly traceback: readonly string[]
}

export type ToSession =
  /** First message. `directory`: the notebook's folder. `firstRun`: run numbers from here on are this session's. */
  | { readonly type: 'start'; readonly directory: string; readonly firstRun: number; readonly handles: readonly RestoredHandle[]; readonly policies: readonly KnownPolicy[] }
  /** `code` is TypeScript whose magics have been translated, line for line. */
  | { readonly type: 'execute'; readonly execution: string; readonly code: string; readonly count: number; readonly silent: boolean; readonly userExpressions: Readonly<Record<string, string>>; readonly allowStdin: boolean }
  /** Abandon the running cell. The watcher thread is told the same on file descriptor 4, for cells that never yield. */
  | { readonly type: 'interrupt'; readonly execution: string }
  | { readonly type: 'input'; readonly id: number; readonly text?: string; readonly error?: string }
  /** Properties of a live value for completion, or a description for inspection; never runs a getter. */
  /** Where positions of generated cells (`cell-….js:line:column`) are in the user's. */
  | { readonly type: 'places'; readonly id: number; readonly positions: readonly string[] }
  | { readonly type: 'look'; readonly id: number; readonly expression: string; readonly want: 'properties' | 'description' }
  /** Answer to `line`. */
  | { readonly type: 'line-done'; readonly id: number; readonly error?: { readonly code: string; readonly message: string } }
  | { readonly type: 'declared'; readonly run: number; readonly error?: { readonly code: string; readonly message: string } }
  /** Answer to `want`, in the order of the request's tasks. */
  | { readonly type: 'results'; readonly id: number; readonly results: readonly Settled[] }
  /** Tasks of a watched run that have settled, in that order (for asCompleted). */
  | { readonly type: 'settled'; readonly run: number; readonly indices: readonly number[] }
  /** Counts of a run's tasks by state, at most a few times a second and at every end. */
  | { readonly type: 'counts'; readonly run: number; readonly counts: Readonly<Record<string, number>> }
  | { readonly type: 'tasks'; readonly id: number; readonly tasks: readonly TaskInfo[] }
  | { readonly type: 'comm'; readonly message: unknown }
  /** Answer to `experiment`. */
  | { readonly type: 'experimented'; readonly id: number; readonly outcome?: unknown; readonly shown?: Shown; readonly error?: { readonly code: string; readonly message: string } }

/** A handle that a new session gets back after the old one died. */
export interface RestoredHandle {
  readonly run: number
  readonly name: string
  readonly count: number
  readonly shape: 'single' | 'array'
}

export type FromSession =
  | { readonly type: 'ready' }
  /** Answer to `interrupt`: the main thread is free, and what was running has been abandoned. */
  | { readonly type: 'interrupted' }
  | { readonly type: 'stream'; readonly execution: string | undefined; readonly name: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'display'; readonly execution: string | undefined; readonly data: MimeBundle; readonly metadata: MimeBundle; readonly displayId?: string; readonly update: boolean }
  | { readonly type: 'clear'; readonly execution: string | undefined; readonly wait: boolean }
  | { readonly type: 'result'; readonly execution: string; readonly data: MimeBundle; readonly metadata: MimeBundle }
  /** An error outside any cell's run (a timer's callback threw). */
  | { readonly type: 'uncaught'; readonly execution: string | undefined; readonly error: ShownError }
  /**
   * The cell ended. Everything it wrote has been sent before this; what reached the raw pipes 1 and 2 (child
   * processes) is complete once `marker` has been read on both.
   */
  | { readonly type: 'done'; readonly execution: string; readonly error?: ShownError; readonly interrupted?: boolean; readonly userExpressions: Record<string, unknown>; readonly marker: string }
  | { readonly type: 'ask'; readonly id: number; readonly execution: string; readonly prompt: string; readonly password: boolean }
  | { readonly type: 'placed'; readonly id: number; readonly places: readonly (string | undefined)[] }
  | { readonly type: 'looked'; readonly id: number; readonly found: boolean; readonly properties?: readonly { readonly name: string; readonly kind: string }[]; readonly description?: string }
  /** A line magic met in a cell. */
  | { readonly type: 'line'; readonly id: number; readonly execution: string; readonly text: string }
  | { readonly type: 'declare'; readonly declaration: Declaration; readonly wait: boolean }
  /** `indices` absent: all tasks of the run. `failFast`: answer with the first that has no result alone, as soon as it has none. */
  | { readonly type: 'want'; readonly id: number; readonly run: number; readonly indices?: readonly number[]; readonly failFast?: boolean }
  /** Start (or stop) sending `settled` for this run, beginning with what has settled already. */
  | { readonly type: 'watch'; readonly run: number; readonly on: boolean }
  | { readonly type: 'tasks'; readonly id: number; readonly run: number }
  | { readonly type: 'cancel'; readonly handles: readonly HandleRef[] }
  | { readonly type: 'prioritize'; readonly run: number; readonly priority: number }
  /** No handle of these runs is reachable any more. */
  | { readonly type: 'release'; readonly runs: readonly number[] }
  | { readonly type: 'comm'; readonly execution: string | undefined; readonly message: unknown }
  /** `cluster.policy(name, …)`: takes the place of one of that name. */
  | { readonly type: 'policy'; readonly policy: PolicyDeclaration }
  | { readonly type: 'policy-removed'; readonly name: string }
  /** `cluster.plan()` and `cluster.simulate()`; what is asked is the planner program's to check. */
  | { readonly type: 'experiment'; readonly id: number; readonly question: unknown }
  /** Nobody waits for these any more. */
  | { readonly type: 'experiments-dropped'; readonly ids: readonly number[] }
