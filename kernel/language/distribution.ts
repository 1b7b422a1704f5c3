import type { Session } from 'node:inspector'
import { UserError, badDeclaration, notAHandle, nothingToReduce, refusedUnawaited, runForgotten } from '../errors.ts'
import { encodeBody, loadImports, type Body } from '../travel/capture.ts'
import type { Declaration, HandleRef, RunOptions, Settled, TaskInfo, Wire } from '../travel/declaration.ts'
import type { ModuleExport } from '../travel/module-export.ts'
import { normaliseOptions } from '../travel/options.ts'
import { Batch, Definitions, FunctionReader, fromWire, importsOf, toWire, type EncodeContext } from '../travel/value.ts'
import { Run, RunHandle, handleTarget, type SettledResult, type Source } from './handle.ts'
import { Product, encodeAll, itemSet, parametersOf, type ItemSet } from './items.ts'
import type { FromSession, RestoredHandle, ToSession } from './messages.ts'
import { taskFailure } from './task-failure.ts'

export interface DistributionContext {
  send(message: FromSession): void
  /** Id of the running cell. */
  execution(): string | undefined
  /** Connected to this thread. */
  readonly inspector: Session
  exportOf(value: object): ModuleExport | undefined
  /** Imports the module of an export that a result refers to. Absent: such results are refused. */
  load?(ref: ModuleExport): Promise<object>
  /** Replaces the positions of generated cells in a text by the user's. */
  mapStack(stack: string): string
  /** Run numbers from here on are this session's. */
  readonly firstRun: number
}

/** What a magic is translated to hands over. */
export interface CellSpec {
  readonly name: string
  readonly each?: readonly string[]
  readonly options: RunOptions
  readonly after?: readonly unknown[]
  readonly wait?: boolean
}

type Described = Pick<Declaration, 'count' | 'parameters' | 'shape' | 'reduction'>

interface Want {
  readonly run: Run
  readonly resolve: (results: readonly Settled[]) => void
  readonly reject: (error: Error) => void
}

/** The session's side of tasks: declares runs, hands out their handles, and turns what the kernel says into values. */
export class Distribution implements Source {
  readonly #context: DistributionContext
  readonly #encoding: EncodeContext & { batch?: Batch | undefined }
  readonly #definitions = new Definitions()
  readonly #runs = new Map<number, WeakRef<Run>>()
  readonly #declaring = new Map<number, { readonly run: Run; readonly code: string; readonly done: (error: Error | undefined) => void }>()
  readonly #wants = new Map<number, Want>()
  readonly #questions = new Map<number, (tasks: readonly TaskInfo[]) => void>()
  /** Code that the kernel has. */
  readonly #sent = new Set<string>()
  readonly #released: number[] = []
  readonly #unreachable = new FinalizationRegistry<number>((run) => this.#release(run))
  #nextRun: number
  #nextId = 1
  /** Handles met while the items of a declaration are encoded. */
  #met: HandleRef[] = []

  constructor(context: DistributionContext) {
    this.#context = context
    this.#nextRun = context.firstRun
    this.#encoding = {
      definitions: this.#definitions,
      functions: new FunctionReader(context.inspector),
      exportOf: (value) => context.exportOf(value),
      handleOf: (value) => this.handleOf(value),
      onHandle: (ref) => this.#met.push(ref),
      place: (url, line, column) => context.mapStack(`${url}:${line + 1}:${column + 1}`),
    }
  }

  // ── what cells call ──────────────────────────────────────────────────────────────────────────────────────

  /** `distribute(name, items, body, options?)` or `distribute(name, body, options?)` of globals.d.ts. */
  readonly distribute = (name: unknown, ...rest: unknown[]): RunHandle => {
    const run = runName(name, 'distribute')
    const single = typeof rest[0] === 'function' && typeof rest[1] !== 'function'
    const [body, given] = single ? rest : rest.slice(1)
    const sets = single ? [] : rest[0] instanceof Product ? rest[0].sets : [rest[0]]
    const options = normaliseOptions(given)
    const after = this.#after(run, (given as { after?: unknown } | undefined)?.after)
    const named = sets.map((set, i) => ({ name: sets.length > 1 ? `sets[${i}]` : 'items', set: itemSet(run, set) }))
    return this.#declareInCode(run, body, options, after, () => ({ ...this.#tasksOf(named), shape: single ? 'single' : 'array' }))
  }

  readonly product = (...sets: unknown[]): Product => {
    if (sets.length === 0) throw badDeclaration('product() needs at least one set: product(xs, ys).')
    return new Product(sets)
  }

  readonly reduce = (name: unknown, items: unknown, body: unknown, given?: unknown): RunHandle => {
    const run = runName(name, 'reduce')
    const options = normaliseOptions(given)
    const after = this.#after(run, (given as { after?: unknown } | undefined)?.after)
    const set = itemSet(run, items)
    return this.#declareInCode(run, body, options, after, () => this.#reductionOf(run, set))
  }

  /** `__sluice.declare`: a refused declaration is the cell's error. */
  readonly declareCell = async (spec: CellSpec, each: readonly unknown[], body: unknown): Promise<{ handle: RunHandle }> => {
    const after = this.#after(spec.name, spec.after)
    const named = each.map((items, i) => ({ name: spec.each?.[i] ?? 'items', set: itemSet(spec.name, items) }))
    return this.#declareByMagic(spec, body, after, () => ({ ...this.#tasksOf(named), shape: each.length === 0 ? 'single' : 'array' }))
  }

  /** `__sluice.reduce`. */
  readonly reduceCell = async (spec: CellSpec, items: unknown, body: unknown): Promise<{ handle: RunHandle }> => {
    const after = this.#after(spec.name, spec.after)
    const set = itemSet(spec.name, items)
    return this.#declareByMagic(spec, body, after, () => this.#reductionOf(spec.name, set))
  }

  handleOf(value: object): HandleRef | undefined {
    const target = handleTarget(value)
    if (!target) return undefined
    return target.index === undefined ? { run: target.run.number } : { run: target.run.number, index: target.index }
  }

  /** Handles of runs that an earlier session declared, by name. */
  restore(handles: readonly RestoredHandle[]): Map<string, RunHandle> {
    return new Map(handles.map((one) => [one.name, new RunHandle(this.#remember({ number: one.run, name: one.name, count: one.count, shape: one.shape, priority: 0 }))]))
  }

  // ── declaring ────────────────────────────────────────────────────────────────────────────────────────────

  #declareInCode(name: string, body: unknown, options: RunOptions, after: readonly HandleRef[], describe: () => Described): RunHandle {
    if (typeof body !== 'function') throw badDeclaration(`${name} has no body: give the function that each task calls, e.g. distribute('squares', [1, 2, 3], (x) => x * x).`)
    let awaited = false
    const run = this.#declare({ name, body, options, after, describe, magic: false, wait: false }, (error) => {
      if (!error) return
      for (const want of this.#wants.values()) awaited ||= want.run === run
      this.#refuse(run, error)
      if (!awaited) this.#context.send({ type: 'stream', execution: this.#context.execution(), name: 'stderr', text: `${refusedUnawaited(name, error.message)}\n` })
    })
    return new RunHandle(run)
  }

  async #declareByMagic(spec: CellSpec, body: unknown, after: readonly HandleRef[], describe: () => Described): Promise<{ handle: RunHandle }> {
    const wait = spec.wait === true
    const run = await new Promise<Run>((resolve, reject) => {
      const declared: Run = this.#declare({ name: spec.name, body, options: spec.options, after, describe, magic: true, wait }, (error) => (error ? reject(error) : resolve(declared)))
    })
    if (wait) await this.#ended(run)
    return { handle: new RunHandle(run) }
  }

  #declare(
    what: { name: string; body: unknown; options: RunOptions; after: readonly HandleRef[]; describe: () => Described; magic: boolean; wait: boolean },
    done: (error: Error | undefined) => void,
  ): Run {
    const { name, options, after, magic, wait } = what
    const { body, described, met } = this.#encode(what.body, what.describe)
    const run = this.#remember({ number: this.#nextRun++, name, count: described.count, shape: described.shape, priority: options.priority ?? 0 })
    const declaration: Declaration = {
      run: run.number,
      cell: this.#context.execution() ?? '',
      name,
      code: body.code,
      digest: body.digest,
      ...(!this.#sent.has(body.code) && { bundle: body.bundle }),
      ...described,
      handles: distinct([...body.handles, ...met]),
      after,
      ...(magic && { view: true }),
      options,
    }
    this.#sent.add(body.code)
    this.#declaring.set(run.number, { run, code: body.code, done })
    this.#context.send({ type: 'declare', declaration, wait })
    return run
  }

  #encode(body: unknown, describe: () => Described): { body: Body; described: Described; met: readonly HandleRef[] } {
    this.#met = []
    this.#encoding.batch = new Batch()
    try {
      return { body: encodeBody(body, this.#encoding), described: describe(), met: this.#met }
    } finally {
      this.#encoding.batch = undefined
    }
  }

  #tasksOf(named: Parameters<typeof parametersOf>[0]): Pick<Described, 'count' | 'parameters'> {
    return parametersOf(named, (value, path) => toWire(value, this.#encoding, path))
  }

  #reductionOf(name: string, set: ItemSet): Described {
    const leaves = 'items' in set ? set.items.length : set.count
    if (leaves === 0) throw nothingToReduce(name)
    const reduction = 'items' in set ? { leaves: 'items' as const, items: encodeAll(set.items, 'items', (value, path) => toWire(value, this.#encoding, path)) } : { leaves: 'results' as const, of: set.of }
    return { count: leaves - 1, parameters: [], shape: 'single', reduction }
  }

  #after(run: string, given: unknown): HandleRef[] {
    if (given === undefined) return []
    return (Array.isArray(given) ? given : [given]).map((one: unknown) => {
      const ref = typeof one === 'object' && one !== null ? this.handleOf(one) : undefined
      if (!ref) throw notAHandle(run, one === null ? 'null' : Array.isArray(one) ? 'an array' : `a ${typeof one}`)
      return ref
    })
  }

  #remember(of: ConstructorParameters<typeof Run>[1]): Run {
    const run = new Run(this, of)
    this.#runs.set(run.number, new WeakRef(run))
    this.#unreachable.register(run, run.number)
    return run
  }

  /** Runs that became unreachable together are released together. */
  #release(run: number): void {
    this.#runs.delete(run)
    if (this.#released.push(run) === 1) setImmediate(() => this.#context.send({ type: 'release', runs: this.#released.splice(0) }))
  }

  /** For `--wait`: resolves when every task has settled; rejects with the error of one that has no result. */
  async #ended(run: Run): Promise<void> {
    await new Promise<void>((resolve) => {
      const unwatch = run.watch(() => {
        if (run.order.length < run.count) return
        unwatch()
        resolve()
      })
      if (run.count === 0) {
        unwatch()
        resolve()
      }
    })
    const without = (await this.tasks(run)).find((task) => task.state !== 'succeeded')
    if (without) await this.results(run, [without.index])
  }

  // ── what handles ask ─────────────────────────────────────────────────────────────────────────────────────

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
      this.#wants.set(id, { run, resolve, reject })
      this.#context.send({ type: 'want', id, run: run.number, ...(indices && { indices }), failFast })
    })
  }

  // ── what the kernel says ─────────────────────────────────────────────────────────────────────────────────

  /** Whether the message was one of ours. */
  receive(message: ToSession): boolean {
    switch (message.type) {
      case 'declared':
        this.#declared(message.run, message.error)
        return true
      case 'results':
        this.#answer(message.id, message.results)
        return true
      case 'settled':
        this.#runs.get(message.run)?.deref()?.settled(message.indices)
        return true
      case 'counts':
        this.#runs.get(message.run)?.deref()?.counted(message.counts)
        return true
      case 'tasks':
        this.#questions.get(message.id)?.(message.tasks)
        this.#questions.delete(message.id)
        return true
      default:
        return false
    }
  }

  #declared(number: number, error: { readonly code: string; readonly message: string } | undefined): void {
    const declaring = this.#declaring.get(number)
    if (!declaring) return
    this.#declaring.delete(number)
    // The kernel keeps no code of a declaration that it refuses.
    if (error) this.#sent.delete(declaring.code)
    declaring.done(error && new UserError(error.code, error.message))
  }

  #refuse(run: Run, error: Error): void {
    run.refusal = error
    for (const [id, want] of this.#wants) {
      if (want.run !== run) continue
      this.#wants.delete(id)
      want.reject(error)
    }
    run.wake()
  }

  #answer(id: number, results: readonly Settled[]): void {
    const want = this.#wants.get(id)
    // Nothing is known of a run that is about to be refused: that comes next, and says why.
    if (!want || (results.length === 0 && this.#declaring.has(want.run.number) && want.run.count > 0)) return
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

function runName(name: unknown, caller: string): string {
  if (typeof name !== 'string' || name.trim() === '') throw badDeclaration(`${caller}() takes the run's name first, a string: ${caller}('squares', [1, 2, 3], …).`)
  if (name.length > 200) throw badDeclaration(`the run's name has ${name.length} characters; it may have 200.`)
  return name
}

function distinct(refs: readonly HandleRef[]): HandleRef[] {
  return [...new Map(refs.map((ref) => [`${ref.run} ${ref.index ?? ''}`, ref])).values()]
}
