import { runForgotten } from '../errors.ts'
import { loadImports } from '../travel/capture.ts'
import type { Settled, TaskInfo, Wire } from '../travel/declaration.ts'
import { fromWire, importsOf, type Definitions } from '../travel/value.ts'
import type { DistributionContext } from './distribution.ts'
import type { Run, SettledResult, Source } from './handle.ts'
import type { ToSession } from './messages.ts'
import { taskFailure } from './task-failure.ts'

interface Want {
  readonly run: Run
  readonly ask: () => void
  readonly resolve: (results: readonly Settled[]) => void
  readonly reject: (error: Error) => void
}

type Answer = Extract<ToSession, { type: 'results' | 'settled' | 'counts' | 'tasks' }>

/** What handles ask the kernel, and its answers, turned into values and errors. */
export class Results implements Source {
  readonly #context: Pick<DistributionContext, 'send' | 'load' | 'mapStack'>
  readonly #definitions: Definitions
  readonly #runs = new Map<number, WeakRef<Run>>()
  readonly #wants = new Map<number, Want>()
  readonly #questions = new Map<number, (tasks: readonly TaskInfo[]) => void>()
  /** Declared, and neither taken nor refused yet. */
  readonly #undecided = new Set<Run>()
  #nextId = 1

  constructor(context: Pick<DistributionContext, 'send' | 'load' | 'mapStack'>, definitions: Definitions) {
    this.#context = context
    this.#definitions = definitions
  }

  /** Runs are known by number as long as something reaches them. */
  add(run: Run): void {
    this.#runs.set(run.number, new WeakRef(run))
  }

  forget(run: number): void {
    this.#runs.delete(run)
  }

  undecided(run: Run): void {
    this.#undecided.add(run)
  }

  decided(run: Run): void {
    this.#undecided.delete(run)
  }

  /** The run was declared once more: what was asked of it before came too early. */
  askAgain(run: Run): void {
    for (const want of this.#wants.values()) if (want.run === run) want.ask()
  }

  /** The run was not declared after all. Whether somebody awaits it, who is now told. */
  refuse(run: Run, error: Error): boolean {
    run.refusal = error
    let told = run.watchers.size > 0
    for (const [id, want] of this.#wants) {
      if (want.run !== run) continue
      told = true
      this.#wants.delete(id)
      want.reject(error)
    }
    run.wake()
    return told
  }

  async results(run: Run, indices: readonly number[] | undefined): Promise<unknown[]> {
    const results = await this.#want(run, indices, true)
    const values: unknown[] = []
    for (const result of results) {
      if (result.status !== 'succeeded') throw await this.#failure(result)
      values.push(needsImports(result.value) ? await this.#decode(result.value) : this.#decodeNow(result.value))
    }
    return values
  }

  async settled(run: Run, indices: readonly number[] | undefined): Promise<SettledResult[]> {
    const results = await this.#want(run, indices, false)
    return Promise.all(
      results.map(async (result): Promise<SettledResult> => {
        if (result.status !== 'succeeded') return { status: 'rejected', reason: await this.#failure(result) }
        return { status: 'fulfilled', value: await this.#decode(result.value) }
      }),
    )
  }

  watch(run: Run, on: boolean): void {
    this.#context.send({ type: 'watch', run: run.number, on })
  }

  tasks(run: Run): Promise<readonly TaskInfo[]> {
    if (run.refusal) return Promise.reject(run.refusal)
    const id = this.#nextId++
    return new Promise((resolve) => {
      this.#questions.set(id, resolve)
      this.#context.send({ type: 'tasks', id, run: run.number })
    })
  }

  cancel(run: Run, index: number | undefined): void {
    this.#context.send({ type: 'cancel', handles: [index === undefined ? { run: run.number } : { run: run.number, index }] })
  }

  prioritize(run: Run, priority: number): void {
    this.#context.send({ type: 'prioritize', run: run.number, priority })
  }

  #want(run: Run, indices: readonly number[] | undefined, failFast: boolean): Promise<readonly Settled[]> {
    if (run.refusal) return Promise.reject(run.refusal)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const ask = () => this.#context.send({ type: 'want', id, run: run.number, ...(indices && { indices }), failFast })
      this.#wants.set(id, { run, ask, resolve, reject })
      ask()
    })
  }

  receive(message: Answer): void {
    if (message.type === 'results') this.#answer(message.id, message.results)
    else if (message.type === 'settled') this.#runs.get(message.run)?.deref()?.settled(message.indices)
    else if (message.type === 'counts') this.#runs.get(message.run)?.deref()?.counted(message.counts)
    else {
      this.#questions.get(message.id)?.(message.tasks)
      this.#questions.delete(message.id)
    }
  }

  #answer(id: number, results: readonly Settled[]): void {
    const want = this.#wants.get(id)
    // Nothing is known of a run that is about to be refused: that comes next, and says why.
    if (!want || (results.length === 0 && this.#undecided.has(want.run) && want.run.count > 0)) return
    this.#wants.delete(id)
    if (results.length > 0 || (want.run.count === 0 && want.run.shape === 'array')) want.resolve(results)
    else want.reject(want.run.refusal ?? runForgotten(want.run.name))
  }

  #decodeNow(wire: Wire, namespaces?: ReadonlyMap<string, object>): unknown {
    const { __sluice } = globalThis as { __sluice?: unknown }
    return fromWire(wire, { definitions: this.#definitions, namespace: (ref) => namespaces?.get(ref.url), provided: { __sluice } })
  }

  async #decode(wire: Wire): Promise<unknown> {
    const { load } = this.#context
    return this.#decodeNow(wire, load && needsImports(wire) ? await loadImports(wire, (ref) => load.call(this.#context, ref)) : undefined)
  }

  async #failure(result: Exclude<Settled, { status: 'succeeded' }>): Promise<Error> {
    const known = this.#runs.get(result.task.run)?.deref()
    const single = known?.shape === 'single' && known.count === 1
    return taskFailure(result, single, (stack) => this.#context.mapStack(stack), await this.#thrown(result.error.value))
  }

  /** The thrown value; that it cannot be decoded here takes nothing from the error that says so much already. */
  async #thrown(wire: Wire): Promise<{ value: unknown } | undefined> {
    if (wire === undefined) return undefined
    try {
      return { value: await this.#decode(wire) }
    } catch {
      return undefined
    }
  }
}

function needsImports(wire: Wire): wire is Uint8Array {
  return wire instanceof Uint8Array && importsOf(wire).length > 0
}
