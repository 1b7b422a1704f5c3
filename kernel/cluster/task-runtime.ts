/** Executes tasks' bodies in this thread, whatever brought them here: the local backend's slots, or another cluster's Node workers. */
import { UserError, badProgress, notInTask } from '../errors.ts'
import { decodeBody } from '../travel/capture.ts'
import type { CodeId, HandleRef, TaskError, Wire } from '../travel/declaration.ts'
import type { ModuleExport } from '../travel/module-export.ts'
import { Modules, type ImportOptions } from '../travel/modules.ts'
import { Definitions, fromWire, importsOf, toWire, type DecodeContext, type EncodeContext } from '../travel/value.ts'
import { capturedHandle } from './captured-handle.ts'
import { taskError } from './task-error.ts'
import { taskRandom } from './task-random.ts'

/** Decoded bodies kept for the next tasks of the same code. */
const BODIES = 128

/** What the tasks of a run share, all of it at hand. */
export interface TaskRun {
  readonly run: number
  readonly code: CodeId
  readonly bundle: Uint8Array
  readonly handles: readonly { readonly ref: HandleRef; readonly values: readonly Wire[]; readonly shape: 'single' | 'array' }[]
  readonly seed: number
}

export interface TaskIdentity {
  readonly index: number
  readonly attempt: number
  /** Name of the node. */
  readonly node: string
}

export type TaskResult =
  | { readonly ok: true; readonly value: Wire }
  /** `final`: trying again cannot help. */
  | { readonly ok: false; readonly error: TaskError; readonly final: boolean }

/** The world's end of one task's life: what may be done to it, and what it reports. */
export class TaskControl {
  #controller: AbortController | undefined
  #reason: unknown
  #aborted = false
  readonly onProgress: (fraction: number, text: string | undefined) => void

  /** @param onProgress called at every task.progress(), however often */
  constructor(onProgress: (fraction: number, text: string | undefined) => void) {
    this.onProgress = onProgress
  }

  /** Few bodies look at their signal, so it is made for those that do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  abort(reason?: unknown): void {
    this.#aborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}

export class TaskRuntime {
  #modules: Modules
  /** In order of last use. */
  #bodies = new Map<string, Promise<LoadedBody> | LoadedBody>()
  /** Consecutive tasks are mostly of one run. */
  #latest: { readonly run: TaskRun; readonly body: LoadedBody } | undefined

  /** @param directory the notebook's folder, from which imports are resolved */
  constructor(directory: string) {
    this.#modules = new Modules(directory)
  }

  /** Runs one task to its end. Never rejects. `inputs` are the body's arguments, before `task`. */
  async run(run: TaskRun, identity: TaskIdentity, inputs: readonly Wire[], control: TaskControl): Promise<TaskResult> {
    let body: LoadedBody
    let args: unknown[]
    try {
      const cached = this.#cached(run) ?? this.#load(run)
      body = cached instanceof LoadedBody ? cached : await cached
      for (const input of inputs) if (body.needsImports(input)) await body.import(input)
      args = inputs.map((input) => body.decode(input))
    } catch (error) {
      return { ok: false, error: this.#error(error), final: error instanceof UserError }
    }
    args.push(new Task(run.seed, identity, control))
    let result: unknown
    try {
      result = await (0, body.call)(...args)
    } catch (thrown) {
      return { ok: false, error: this.#error(thrown, (value) => body.encode(value, 'the error')), final: false }
    }
    try {
      return { ok: true, value: body.encode(result, 'the result') }
    } catch (error) {
      return { ok: false, error: this.#error(error), final: true }
    }
  }

  /** The run's handles have other values now, or its tasks are all done. */
  forget(run: TaskRun): void {
    if (run.handles.length > 0) this.#bodies.delete(bodyKey(run))
    if (this.#latest?.run === run) this.#latest = undefined
  }

  /** Positions in the notebook's local files are the user's; those in its cells only the session can tell. */
  #error(thrown: unknown, encode?: (value: unknown) => Wire): TaskError {
    const error = taskError(thrown, encode)
    return { ...error, stack: this.#modules.mapStack(error.stack) }
  }

  #cached(run: TaskRun): LoadedBody | Promise<LoadedBody> | undefined {
    if (this.#latest?.run === run) return this.#latest.body
    const key = bodyKey(run)
    const body = this.#bodies.get(key)
    if (!(body instanceof LoadedBody)) return body
    this.#remember(key, body)
    this.#latest = { run, body }
    return body
  }

  #load(run: TaskRun): Promise<LoadedBody> {
    const key = bodyKey(run)
    const loading = LoadedBody.load(run, this.#modules)
    this.#bodies.set(key, loading)
    loading.then(
      (body) => this.#remember(key, body),
      () => this.#bodies.delete(key),
    )
    return loading
  }

  #remember(key: string, body: LoadedBody): void {
    this.#bodies.delete(key)
    this.#bodies.set(key, body)
    if (this.#bodies.size <= BODIES) return
    for (const oldest of this.#bodies.keys()) {
      this.#bodies.delete(oldest)
      break
    }
  }
}

/**
 * A body with the world in which its values live: classes that its inputs, captured values and results share. Each
 * body has its own, since what a function captured (a handle's results) belongs to its run.
 */
class LoadedBody {
  call: (...args: unknown[]) => unknown = () => undefined
  #modules: Modules
  #namespaces = new Map<string, object>()
  #context: DecodeContext & EncodeContext

  private constructor(run: TaskRun, modules: Modules) {
    this.#modules = modules
    this.#context = {
      definitions: new Definitions(),
      namespace: (ref) => this.#namespaces.get(ref.url),
      handle: (ref) => this.#handle(run, ref),
      provided: { __sluice: provided(modules) },
      exportOf: (value) => modules.exportOf(value),
    }
  }

  static async load(run: TaskRun, modules: Modules): Promise<LoadedBody> {
    const body = new LoadedBody(run, modules)
    // What the captured results need must be there before the handles are made, in the midst of decoding the body.
    for (const { values } of run.handles) for (const value of values) await body.import(value)
    body.call = await decodeBody(run.bundle, {
      definitions: body.#context.definitions,
      provided: body.#context.provided,
      handle: (ref) => body.#handle(run, ref),
      load: (ref) => body.#load(ref),
    })
    return body
  }

  needsImports(wire: Wire): boolean {
    return wire instanceof Uint8Array && importsOf(wire).some((ref) => !this.#namespaces.has(ref.url))
  }

  async import(wire: Wire): Promise<void> {
    for (const ref of importsOf(wire)) await this.#load(ref)
  }

  decode(wire: Wire): unknown {
    return fromWire(wire, this.#context)
  }

  /** @throws UserError that names the path to what cannot travel */
  encode(value: unknown, path: string): Wire {
    return toWire(value, this.#context, path)
  }

  async #load(ref: ModuleExport): Promise<object> {
    const namespace = this.#namespaces.get(ref.url) ?? (await this.#modules.load(ref))
    this.#namespaces.set(ref.url, namespace)
    return namespace
  }

  #handle(run: TaskRun, ref: HandleRef): unknown {
    const captured = run.handles.find((handle) => handle.ref.run === ref.run && handle.ref.index === ref.index)
    if (captured === undefined) throw new Error(`the body captured run ${ref.run}, whose results were not sent with it`)
    return capturedHandle(captured.values.map((value) => this.decode(value)), captured.shape)
  }
}

/** What import() and import.meta are translated to. The rest declares tasks and talks to the front end, which only cells can. */
export function provided(modules: Modules): object {
  const members = {
    import: (specifier: string, options?: ImportOptions) => modules.import(specifier, options),
    meta: modules.meta(),
  }
  return new Proxy(members, {
    get: (target, name) => {
      if (!Object.hasOwn(target, name)) throw notInTask(String(name))
      return target[name as keyof typeof target]
    },
  })
}

/** A body that captured handles holds their values, so it belongs to its run; any other serves every run of the same code. */
function bodyKey(run: TaskRun): string {
  return run.handles.length > 0 ? `${run.code} ${run.run}` : run.code
}

/** `task` in a body. Its methods work detached, as in `Array.from({ length: 3 }, task.random)`. */
class Task {
  readonly index: number
  readonly attempt: number
  readonly node: string
  #control: TaskControl
  #seed: number
  #random: (() => number) | undefined

  constructor(seed: number, identity: TaskIdentity, control: TaskControl) {
    this.index = identity.index
    this.attempt = identity.attempt
    this.node = identity.node
    this.#control = control
    this.#seed = seed
  }

  get signal(): AbortSignal {
    return this.#control.signal
  }

  get progress() {
    return (fraction: number, text?: string): void => {
      if (typeof fraction !== 'number' || !(fraction >= 0 && fraction <= 1)) throw badProgress(fraction)
      this.#control.onProgress(fraction, text === undefined ? undefined : String(text).slice(0, 1000))
    }
  }

  get random() {
    this.#random ??= taskRandom(this.#seed, this.index)
    return this.#random
  }
}
