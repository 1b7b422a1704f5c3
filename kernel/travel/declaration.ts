/** What the session says to the kernel to declare tasks, and the shapes in which code and values travel. */

/**
 * A value on its way. Primitives that JSON could hold travel as they are; everything else is encoded
 * (`encode` in value.ts) and is a Uint8Array. So a Uint8Array here is always an encoding, never the user's own.
 */
export type Wire = null | undefined | boolean | number | string | Uint8Array

/** SHA-256 (hex) of an encoded body: a function with everything it captured. */
export type CodeId = string

/** Results of a run (or the single result `index` of it) that a body captured or was given. */
export interface HandleRef {
  readonly run: number
  readonly index?: number
}

/** Where argument `i` of the body comes from, for task `t` of the run. */
export type Parameter =
  /** `items[floor(t / stride) % items.length]`: one of the sets that `--each` names (several make the product). */
  | { readonly from: 'items'; readonly items: readonly Wire[]; readonly stride: number }
  /** Result `floor(t / stride) % count` of another run: task `t` waits for that one task only. */
  | { readonly from: 'results'; readonly of: number; readonly count: number; readonly stride: number }

/** `--reduce A,B of X`: `n - 1` tasks in a balanced tree over n leaves; the body's first two parameters. */
export type Reduction =
  | { readonly leaves: 'results'; readonly of: number }
  | { readonly leaves: 'items'; readonly items: readonly Wire[] }

/** Options of a run, parsed and normalised; all optional, defaults as in `defaults` of the coordinator. */
export interface RunOptions {
  readonly priority?: number
  /** cpu (cores), gpu (devices), memory (bytes), and custom resources by name. */
  readonly resources?: Readonly<Record<string, number>>
  readonly node?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly retries?: number
  /** ms */
  readonly backoff?: number
  /** ms */
  readonly timeout?: number
  readonly replicas?: number
  readonly mode?: 'async' | 'sync'
  readonly policy?: string
  /** Copies of tasks that run far longer than expected. */
  readonly speculate?: boolean
  readonly seed?: number
}

/** One declared run, as the session sends it. */
export interface Declaration {
  /** Chosen by the session, from the numbers the kernel gave it. */
  readonly run: number
  /** Id of the execution (cell) that declared it. */
  readonly cell: string
  readonly name: string
  readonly code: CodeId
  /** SHA-256 (hex) of the body and what it captured, without source positions and run numbers: what a cache key is made of. */
  readonly digest?: string
  /** The encoded body; absent when this session has sent the same code before. */
  readonly bundle?: Uint8Array
  /** Tasks in the run; for a reduction, leaves - 1. */
  readonly count: number
  readonly parameters: readonly Parameter[]
  readonly reduction?: Reduction
  /** Handles the body captured: whole runs, or single results. Every task waits for them and is given their values. */
  readonly handles: readonly HandleRef[]
  /** Waited for, though not used. */
  readonly after: readonly HandleRef[]
  /** `single`: the handle is one value (no --each); `array`: one per task. */
  readonly shape: 'single' | 'array'
  /** Declared by magic: shown under its cell from the start. */
  readonly view?: boolean
  readonly options: RunOptions
}

/** A placement policy that a cell registers, as the session sends it. */
export interface PolicyDeclaration {
  readonly name: string
  /** Id of the execution (cell) that registered it. */
  readonly cell: string
  /** The encoded function. */
  readonly bundle: Uint8Array
  /** SHA-256 (hex) of the function and what it captured. */
  readonly digest: string
  /** What it does, in the user's words. */
  readonly about?: string
  /** ms that it has for an answer. */
  readonly timeout?: number
  /** Seed of `view.random()`. */
  readonly seed?: number
}

/** A policy as cells are told of it. */
export interface KnownPolicy {
  readonly name: string
  readonly about: string
  /** Registered by a cell. */
  readonly own: boolean
}

/** A task's error, as it goes from the slot to the kernel, the session and the view: plain, and of bounded size. */
export interface TaskError {
  readonly name: string
  readonly message: string
  /** Positions are those of the notebook's generated cells (`cell-…js:line:column`); the session maps them to the user's lines. */
  readonly stack: string
  /** The thrown value itself, encoded, when it travels. */
  readonly value?: Wire
}

/** How one task ended, for the session: what a handle resolves or rejects with. */
export type Settled =
  | { readonly status: 'succeeded'; readonly value: Wire }
  | {
      readonly status: 'failed' | 'cancelled' | 'skipped'
      /** `threw`, `timed-out`, `killed-nodes`, `lost`, `cancelled`, `skipped`, `cannot-travel`. */
      readonly kind: string
      readonly error: TaskError
      /** Of the attempt that failed; for `skipped`, of the root failure. */
      readonly task: { readonly run: number; readonly name: string; readonly index: number; readonly attempt: number; readonly node?: string }
    }

/** One task as `h.tasks` shows it. */
export interface TaskInfo {
  readonly index: number
  readonly state: string
  readonly attempts: number
  readonly node?: string
  /** ms since the run was declared */
  readonly began?: number
  readonly ended?: number
  /** Of the last attempt, 0 to 1, when its body reports any. */
  readonly progress?: number
}
