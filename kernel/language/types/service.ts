/**
 * Types for the kernel: completion, inspection and diagnostics of cells, computed on a thread of its own, so that
 * neither a running cell nor the kernel's messages wait for the compiler.
 */
import { Worker } from 'node:worker_threads'
import { program } from '../../entry.ts'
import { expressionBefore } from './expression.ts'
import {
  LATEST_COMPLETION,
  URGENT,
  type FromTypes,
  type Question,
  type ToTypes,
  type TypeCompletions,
  type TypeDiagnostic,
  type TypeInspection,
  type TypesData,
} from './messages.ts'
import type { RunCell } from './program.ts'

export type { TypeCompletions, TypeDiagnostic, TypeInspection, TypeMatch } from './messages.ts'

export interface TypesOptions {
  /** The notebook's folder: where its imports, packages and tsconfig.json are looked for. */
  readonly directory: string
  /** Called each time the thread has started. */
  readonly onStarted?: () => void
  /** Most memory the compiler may take, MiB; beyond it the thread is replaced. */
  readonly heap?: number
}

/** Most memory, MiB: a notebook takes some 150, one that imports very large typings several hundred. */
const HEAP = 1024
/** A thread that gives no answer for so long is replaced, ms. */
const PATIENCE = 30_000
/** A thread that dies this often without having answered anything is not started again before another cell has run, and then without those that may have killed it. */
const TRIES = 3
/** Cells remembered for a thread that must be replaced. */
const REMEMBERED = 1000

export class Types {
  readonly #options: TypesOptions
  readonly #cells = new Map<string, RunCell>()
  /** Those that ran since the thread last answered: one of them may be what kills it. */
  readonly #unproven = new Set<string>()
  readonly #waiting = new Map<number, (answer: unknown) => void>()
  readonly #shared = new SharedArrayBuffer(8)
  readonly #control = new Int32Array(this.#shared)
  #worker: Worker | undefined
  #started = false
  #stopped = false
  #deaths = 0
  #asked = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: TypesOptions) {
    this.#options = options
  }

  /** Whether the thread runs and answers. */
  get started(): boolean {
    return this.#started
  }

  /** Starts the thread now rather than with the first question. */
  start(): void {
    this.#thread()
  }

  /** A cell ran, to its end or not. Returns at once. */
  ran(cell: RunCell): void {
    this.#cells.delete(cell.id)
    this.#cells.set(cell.id, cell)
    this.#unproven.add(cell.id)
    if (this.#cells.size > REMEMBERED) this.#cells.delete(this.#cells.keys().next().value!)
    if (this.#deaths >= TRIES) this.#deaths = 0
    this.#post({ type: 'ran', cell })
  }

  /** `offset` counts UTF-16 units. Undefined when a later completion was asked for meanwhile, or the thread died. */
  complete(code: string, offset: number): Promise<TypeCompletions | undefined> {
    return this.#ask({ type: 'complete', code, offset })
  }

  /** Undefined when nothing is known about what stands there. */
  inspect(code: string, offset: number, detail: 0 | 1): Promise<TypeInspection | undefined> {
    return this.#ask({ type: 'inspect', code, offset, detail })
  }

  /** What is wrong with a cell as it last ran; answered when no completion waits. */
  async diagnostics(cell: string): Promise<TypeDiagnostic[]> {
    return (await this.#ask<TypeDiagnostic[]>({ type: 'diagnostics', cell })) ?? []
  }

  /** The member expression whose members are asked for at `offset`, to look at its live value: `rows[0]` in `rows[0].na`. */
  expressionBefore(code: string, offset: number): { readonly expression: string; readonly prefix: string } | undefined {
    return expressionBefore(code, offset)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#worker?.terminate()
  }

  #ask<T>(question: Question): Promise<T | undefined> {
    if (!this.#thread()) return Promise.resolve(undefined)
    const id = ++this.#asked
    if (question.type !== 'diagnostics') Atomics.add(this.#control, URGENT, 1)
    if (question.type === 'complete') Atomics.store(this.#control, LATEST_COMPLETION, id)
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve as (answer: unknown) => void)
      this.#post({ type: 'ask', id, question })
      this.#timer ??= this.#watch()
    })
  }

  #post(message: ToTypes): void {
    this.#worker?.postMessage(message)
  }

  /** The thread, started if need be; undefined when it cannot live. */
  #thread(): Worker | undefined {
    if (this.#worker || this.#stopped || this.#deaths >= TRIES) return this.#worker
    Atomics.store(this.#control, URGENT, 0)
    const worker = new Worker(program('types'), {
      workerData: { directory: this.#options.directory, shared: this.#shared } satisfies TypesData,
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heap ?? HEAP },
      execArgv: [],
    })
    worker.on('message', (message: FromTypes) => this.#take(message))
    // Its end follows, and says all there is to do.
    worker.on('error', () => {})
    worker.on('exit', () => this.#ended())
    this.#worker = worker
    for (const cell of this.#cells.values()) this.#post({ type: 'ran', cell })
    return worker
  }

  #take(message: FromTypes): void {
    if (message.type === 'ready') {
      this.#started = true
      this.#options.onStarted?.()
      return
    }
    this.#deaths = 0
    this.#unproven.clear()
    this.#unwatch()
    const resolve = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (this.#waiting.size > 0) this.#timer = this.#watch()
    resolve?.(message.answer)
  }

  #ended(): void {
    this.#worker = undefined
    this.#started = false
    this.#unwatch()
    if (++this.#deaths >= TRIES) for (const id of this.#unproven) this.#cells.delete(id)
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const resolve of waiting) resolve(undefined)
  }

  #watch(): NodeJS.Timeout {
    return setTimeout(() => void this.#worker?.terminate(), PATIENCE)
  }

  #unwatch(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
