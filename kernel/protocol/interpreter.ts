/**
 * What the protocol asks of whoever evaluates code. It knows nothing of ZeroMQ; `sluice run` drives the same
 * interface without any socket.
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type MimeBundle = Record<string, unknown>

/** Output of an execution, in order. `execution` is the id given to `execute` by the caller. */
export type Output =
  | { readonly type: 'stream'; readonly name: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'display'; readonly data: MimeBundle; readonly metadata: MimeBundle; readonly displayId?: string; readonly update: boolean }
  | { readonly type: 'result'; readonly data: MimeBundle; readonly metadata: MimeBundle; readonly count: number }
  | { readonly type: 'error'; readonly name: string; readonly message: string; readonly traceback: readonly string[] }
  | { readonly type: 'clear'; readonly wait: boolean }

export interface ExecuteRequest {
  /** Unique; output that comes later (timers, tasks) still carries it. */
  readonly execution: string
  readonly code: string
  readonly silent: boolean
  /** The number shown as [n]; output of `result` repeats it. */
  readonly count: number
  readonly userExpressions: Readonly<Record<string, string>>
  readonly allowStdin: boolean
  /** Jupyter's cell id when the client tells it (metadata.cellId). */
  readonly cellId?: string
}

export type ExecuteReply =
  | { readonly status: 'ok'; readonly userExpressions: Record<string, Json>; readonly payload: readonly Json[] }
  | { readonly status: 'error'; readonly name: string; readonly message: string; readonly traceback: readonly string[] }

export interface CompleteReply {
  readonly matches: readonly string[]
  /** UTF-16 offsets; the protocol layer turns them into the code points that Jupyter counts. */
  readonly start: number
  readonly end: number
  /** `_jupyter_types_experimental`: kind and signature for each match. */
  readonly types: readonly { readonly text: string; readonly type: string; readonly signature?: string; readonly start: number; readonly end: number }[]
}

export interface InspectReply {
  readonly found: boolean
  readonly data: MimeBundle
}

export type CommMessage =
  | { readonly type: 'open'; readonly id: string; readonly target: string; readonly data: unknown; readonly metadata: unknown; readonly buffers: readonly Uint8Array[] }
  | { readonly type: 'message'; readonly id: string; readonly data: unknown; readonly metadata: unknown; readonly buffers: readonly Uint8Array[] }
  | { readonly type: 'close'; readonly id: string; readonly data: unknown; readonly metadata: unknown; readonly buffers: readonly Uint8Array[] }

/** The front end as the interpreter sees it. */
export interface Frontend {
  /** `execution` absent: belongs to no cell (e.g. the session was replaced while nothing ran). */
  output(execution: string | undefined, output: Output): void
  comm(execution: string | undefined, message: CommMessage): void
  /** Ask the user; rejects when the front end does not allow it or the cell is interrupted. */
  input(execution: string, prompt: string, password: boolean): Promise<string>
}

export interface Usage {
  readonly hostname: string
  readonly pid: number
  /** Percent of one core, all processes of the kernel together. */
  readonly cpu: number
  /** Bytes resident, all processes of the kernel together. */
  readonly memory: number
}

export interface Interpreter {
  /** Called once before anything else; resolves when cells can be executed. */
  start(frontend: Frontend): Promise<void>
  /** One at a time. Resolves when everything the cell put out has been given to `frontend.output`, but for its error: that is the reply. */
  execute(request: ExecuteRequest): Promise<ExecuteReply>
  /** `cursor` is a UTF-16 offset. Answered at once even while a cell runs. */
  complete(code: string, cursor: number): Promise<CompleteReply>
  inspect(code: string, cursor: number, detail: 0 | 1): Promise<InspectReply>
  isComplete(code: string): Promise<{ readonly status: 'complete' | 'incomplete' | 'invalid' | 'unknown'; readonly indent?: string }>
  /** Stops the running cell, if any; the pending `execute` then resolves with an error reply. */
  interrupt(): Promise<void>
  /** Throws to refuse it (an unknown target): the front end is then told that the comm is closed. */
  comm(message: CommMessage): void
  /** Whether messages on this comm are no work that a front end should show the kernel busy with. */
  quiet?(comm: string): boolean
  /** Open comms by id, with their target. */
  comms(): ReadonlyMap<string, string>
  usage(): Promise<Usage>
  /** Ends every process; `restart` keeps what a restarted kernel continues from. */
  shutdown(restart: boolean): Promise<void>
}
