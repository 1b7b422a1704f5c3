/**
 * Types for the kernel: completion, inspection and diagnostics of cells, computed in a process of its own, so that
 * neither a running cell nor the kernel's messages wait for the compiler, and its memory is nobody else's concern.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { program } from '../../entry.ts'
import { expressionBefore } from './expression.ts'
import type { FromTypes, Question, ToTypes, TypeCompletions, TypeDiagnostic, TypeInspection } from './messages.ts'
import type { RunCell } from './program.ts'

export type { TypeCompletions, TypeDiagnostic, TypeInspection, TypeMatch } from './messages.ts'

export interface TypesOptions {
  /** The notebook's folder: where its imports, packages and tsconfig.json are looked for. */
  readonly directory: string
  /** Called each time the process has started. */
  readonly onStarted?: () => void
  /** Most memory the compiler may take, MiB; beyond it the process is replaced. */
  readonly heap?: number
}

/** Most memory, MiB: a notebook takes some 150, one that imports very large typings several hundred. */
const HEAP = 1024
/** A process that gives no answer for so long is replaced, ms. */
const PATIENCE = 30_000
/** A process that dies this often without having answered anything is not started again before another cell has run, and then without those that may have killed it. */
const TRIES = 3
/** Cells remembered for a process that must be replaced. */
const REMEMBERED = 1000

export class Types {
  readonly #options: TypesOptions
  readonly #cells = new Map<string, RunCell>()
  /** Those that ran since the process last answered: one of them may be what kills it. */
  readonly #unproven = new Set<string>()
  readonly #waiting = new Map<number, (answer: unknown) => void>()
  #process: ChildProcess | undefined
  #started = false
  #stopped = false
  #deaths = 0
  #asked = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: TypesOptions) {
    this.#options = options
  }

  /** Whether the process runs and answers. */
  get started(): boolean {
    return this.#started
  }

  /** Starts the process now rather than with the first question. */
  start(): void {
    this.#running()
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

  /** `offset` counts UTF-16 units. Undefined when a later completion was asked for meanwhile, or the process died. */
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
    const child = this.#process
    if (!child) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await exited
  }

  #ask<T>(question: Question): Promise<T | undefined> {
    if (!this.#running()) return Promise.resolve(undefined)
    const id = ++this.#asked
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve as (answer: unknown) => void)
      this.#post({ type: 'ask', id, question })
      this.#timer ??= this.#watch()
    })
  }

  #post(message: ToTypes): void {
    if (this.#process?.connected) this.#process.send(message)
  }

  /** The process, started if need be; undefined when it cannot live. */
  #running(): ChildProcess | undefined {
    if (this.#process || this.#stopped || this.#deaths >= TRIES) return this.#process
    const child = fork(program('types'), [this.#options.directory, String(this.#options.heap ?? HEAP)], {
      serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child.on('message', (message) => this.#take(message as FromTypes))
    // Otherwise its end follows, and says all there is to do.
    child.on('error', () => child.pid === undefined && this.#ended())
    child.once('exit', () => this.#ended())
    this.#process = child
    for (const cell of this.#cells.values()) this.#post({ type: 'ran', cell })
    return child
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
    this.#process = undefined
    this.#started = false
    this.#unwatch()
    if (++this.#deaths >= TRIES) for (const id of this.#unproven) this.#cells.delete(id)
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const resolve of waiting) resolve(undefined)
  }

  #watch(): NodeJS.Timeout {
    return setTimeout(() => this.#process?.kill('SIGKILL'), PATIENCE)
  }

  #unwatch(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
