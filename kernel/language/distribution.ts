import type { Session } from 'node:inspector'
import { UserError, badDeclaration, notAHandle, nothingToReduce, refusedUnawaited } from '../errors.ts'
import { encodeBody, type Body } from '../travel/capture.ts'
import type { Declaration, HandleRef, RunOptions } from '../travel/declaration.ts'
import type { ModuleExport } from '../travel/module-export.ts'
import { normaliseOptions } from '../travel/options.ts'
import { Batch, Definitions, FunctionReader, toWire, type EncodeContext } from '../travel/value.ts'
import { Run, RunHandle, handleTarget } from './handle.ts'
import { Product, encodeAll, itemSet, parametersOf, type ItemSet } from './items.ts'
import type { FromSession, RestoredHandle, ToSession } from './messages.ts'
import { Results } from './results.ts'

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

/** The session's side of tasks: declares runs, hands out their handles, and turns what the kernel says into values. */
export class Distribution {
  readonly #context: DistributionContext
  readonly #encoding: EncodeContext & { batch?: Batch | undefined }
  readonly #definitions = new Definitions()
  readonly #awaited = new Set<Run>()
  readonly #results: Results
  readonly #declaring = new Map<number, { readonly run: Run; readonly code: string; readonly again: () => void; readonly done: (error: Error | undefined) => void }>()
  /** Code that the kernel has. */
  readonly #sent = new Set<string>()
  readonly #released: number[] = []
  readonly #unreachable = new FinalizationRegistry<number>((run) => this.#release(run))
  #nextRun: number
  /** Handles met while the items of a declaration are encoded. */
  #met: HandleRef[] = []

  constructor(context: DistributionContext) {
    this.#context = context
    this.#nextRun = context.firstRun
    this.#results = new Results(context, this.#definitions)
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

  /** A function that is to run elsewhere, though not as a task. @param what it is called in errors */
  capture(body: unknown, what: string): Body {
    this.#encoding.batch = new Batch()
    try {
      return encodeBody(body, this.#encoding, what)
    } finally {
      this.#encoding.batch = undefined
    }
  }

  // ── declaring ────────────────────────────────────────────────────────────────────────────────────────────

  #declareInCode(name: string, body: unknown, options: RunOptions, after: readonly HandleRef[], describe: () => Described): RunHandle {
    if (typeof body !== 'function') throw badDeclaration(`${name} has no body: give the function that each task calls, e.g. distribute('squares', [1, 2, 3], (x) => x * x).`)
    const run = this.#declare({ name, body, options, after, describe, magic: false, wait: false }, (error) => {
      if (!error) return
      if (!this.#results.refuse(run, error)) this.#context.send({ type: 'stream', execution: this.#context.execution(), name: 'stderr', text: `${refusedUnawaited(name, error.message)}\n` })
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
    this.#results.undecided(run)
    // The kernel does not keep code for ever.
    const again = () => {
      this.#context.send({ type: 'declare', declaration: { ...declaration, bundle: body.bundle }, wait })
      this.#results.askAgain(run)
    }
    this.#declaring.set(run.number, { run, code: body.code, again, done })
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
    const run = new Run(this.#results, of)
    this.#results.add(run)
    this.#unreachable.register(run, run.number)
    return run
  }

  /** Runs that became unreachable together are released together. */
  #release(run: number): void {
    this.#results.forget(run)
    if (this.#released.push(run) === 1) setImmediate(() => this.#context.send({ type: 'release', runs: this.#released.splice(0) }))
  }

  /** For `--wait`: resolves when every task has settled; rejects with the error of one that has no result. */
  async #ended(run: Run): Promise<void> {
    // What is waited for refers to nobody but itself: it would be collected, and never end.
    this.#awaited.add(run)
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
    const without = (await this.#results.tasks(run).finally(() => this.#awaited.delete(run))).find((task) => task.state !== 'succeeded')
    if (without) await this.#results.results(run, [without.index])
  }

  // ── what the kernel says ─────────────────────────────────────────────────────────────────────────────────

  /** Whether the message was one of ours. */
  receive(message: ToSession): boolean {
    switch (message.type) {
      case 'declared':
        this.#declared(message.run, message.error)
        return true
      case 'results':
      case 'settled':
      case 'counts':
      case 'tasks':
        this.#results.receive(message)
        return true
      default:
        return false
    }
  }

  #declared(number: number, error: { readonly code: string; readonly message: string } | undefined): void {
    const declaring = this.#declaring.get(number)
    if (!declaring) return
    if (error?.code === 'code-missing') return declaring.again()
    this.#declaring.delete(number)
    // The kernel keeps no code of a declaration that it refuses.
    if (error) this.#sent.delete(declaring.code)
    this.#results.decided(declaring.run)
    declaring.done(error && new UserError(error.code, error.message))
  }
}

function runName(name: unknown, caller: string): string {
  if (typeof name !== 'string' || name.trim() === '') throw badDeclaration(`${caller}() takes the run's name first, a string: ${caller}('squares', [1, 2, 3], …).`)
  if (name.length > 200) throw badDeclaration(`the run's name has ${name.length} characters; it may have 200.`)
  return name
}

function distinct(refs: readonly HandleRef[]): HandleRef[] {
  return [...new Map(refs.map((ref) => [`${ref.run} ${ref.index ?? ''}`, ref])).values()]
}
