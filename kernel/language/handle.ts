import { inspect } from 'node:util'
import { noSuchTask, plural } from '../errors.ts'
import type { TaskInfo } from '../travel/declaration.ts'
import { parsePriority } from '../travel/options.ts'

const states = ['waiting', 'ready', 'running', 'backing-off', 'succeeded', 'failed', 'cancelled', 'skipped'] as const
type Status = Readonly<Record<(typeof states)[number], number>>

/** Fulfilled or rejected, as `results({ settled: true })` gives them. */
export type SettledResult = { readonly status: 'fulfilled'; readonly value: unknown } | { readonly status: 'rejected'; readonly reason: Error }

/** A run as its handles see it; each call goes to the kernel. */
export interface Source {
  /** All results (`indices` absent) or some. Rejects at the first task without one. */
  results(run: Run, indices: readonly number[] | undefined): Promise<unknown[]>
  settled(run: Run, indices: readonly number[] | undefined): Promise<SettledResult[]>
  watch(run: Run, on: boolean): void
  tasks(run: Run): Promise<readonly TaskInfo[]>
  cancel(run: Run, index: number | undefined): void
  prioritize(run: Run, priority: number): void
}

/** What is known here of a declared run. Its handles hold it; when none is left, the kernel is told. */
export class Run {
  readonly number: number
  readonly name: string
  readonly count: number
  readonly shape: 'single' | 'array'
  priority: number
  /** What lies behind it in the kernel. */
  readonly source: Source
  /** Tasks in the order in which they settled, while somebody watches. */
  order: number[] = []
  /** Called when `order` has grown, or the run was refused. */
  readonly watchers = new Set<() => void>()
  refusal: Error | undefined
  status: Status
  /** Promises of results are kept by those who use them, not by the handle: a handle may outlive them by hours. */
  #whole: WeakRef<Promise<unknown[]>> | undefined
  readonly #single = new Map<number, WeakRef<Promise<unknown>>>()
  readonly #seen = new Set<number>()

  constructor(source: Source, of: { number: number; name: string; count: number; shape: 'single' | 'array'; priority: number }) {
    this.source = source
    this.number = of.number
    this.name = of.name
    this.count = of.count
    this.shape = of.shape
    this.priority = of.priority
    this.status = statusOf({ waiting: of.count })
  }

  whole(): Promise<unknown[]> {
    const kept = this.#whole?.deref()
    if (kept) return kept
    const results = this.source.results(this, undefined)
    this.#whole = new WeakRef(results)
    // A failure is not kept: the task may be run again. Nor is it anyone's unhandled rejection.
    results.catch(() => (this.#whole = undefined))
    return results
  }

  task(index: number): Promise<unknown> {
    const kept = this.#single.get(index)?.deref()
    if (kept) return kept
    const result = this.source.results(this, [index]).then(([value]) => value)
    this.#single.set(index, new WeakRef(result))
    result.catch(() => this.#single.delete(index))
    return result
  }

  counted(counts: Readonly<Record<string, number>>): void {
    this.status = statusOf(counts)
  }

  /** The kernel repeats what settled earlier whenever somebody begins to watch. */
  settled(indices: readonly number[]): void {
    for (const index of indices) {
      if (this.#seen.has(index)) continue
      this.#seen.add(index)
      this.order.push(index)
    }
    this.wake()
  }

  wake(): void {
    for (const watcher of [...this.watchers]) watcher()
  }

  /** Nobody watches any more. */
  forgetOrder(): void {
    this.order = []
    this.#seen.clear()
  }

  /** Calls `on` as tasks settle, until the returned function is called. */
  watch(on: () => void): () => void {
    if (this.watchers.size === 0) this.source.watch(this, true)
    this.watchers.add(on)
    return () => {
      if (!this.watchers.delete(on) || this.watchers.size > 0) return
      this.source.watch(this, false)
      this.forgetOrder()
    }
  }
}

/** `h[3]`: a promise of one task's result. */
export class TaskHandle implements PromiseLike<unknown> {
  readonly index: number
  readonly #run: Run

  constructor(run: Run, index: number) {
    this.#run = run
    this.index = index
  }

  then<A, B>(onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null, onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    return this.#run.task(this.index).then(onFulfilled, onRejected) as Promise<A | B>
  }

  catch<U>(onRejected: (reason: unknown) => U | PromiseLike<U>): Promise<unknown> {
    return this.then(undefined, onRejected)
  }

  finally(onFinally: () => void): Promise<unknown> {
    return this.#run.task(this.index).finally(onFinally)
  }

  cancel(): void {
    this.#run.source.cancel(this.#run, this.index)
  }

  static targetOf(value: object): { readonly run: Run; readonly index: number } | undefined {
    return #run in value ? { run: value.#run, index: value.index } : undefined
  }

  get [Symbol.toStringTag](): string {
    return 'TaskHandle'
  }

  toString(): string {
    return `TaskHandle '${this.#run.name}[${this.index}]'`
  }

  [inspect.custom](): string {
    return this.toString()
  }

  [Symbol.for('Jupyter.display')](): Record<string, unknown> {
    return { 'text/plain': this.toString() }
  }
}

/** How many results asCompleted fetches at once of those that are there. */
const batch = 64

/** A declared run: a promise of its results. `h[i]` comes from the end of the prototype chain, below. */
export class RunHandle implements PromiseLike<unknown> {
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  get name(): string {
    return this.#run.name
  }

  get length(): number {
    return this.#run.count
  }

  get status(): Status {
    return this.#run.status
  }

  get tasks(): Promise<readonly TaskInfo[]> {
    return this.#run.source.tasks(this.#run)
  }

  get priority(): number {
    return this.#run.priority
  }

  set priority(value: number) {
    this.#run.priority = parsePriority(value, 'priority')
    this.#run.source.prioritize(this.#run, this.#run.priority)
  }

  then<A, B>(onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null, onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    return this.#value().then(onFulfilled, onRejected) as Promise<A | B>
  }

  catch<U>(onRejected: (reason: unknown) => U | PromiseLike<U>): Promise<unknown> {
    return this.then(undefined, onRejected)
  }

  finally(onFinally: () => void): Promise<unknown> {
    return this.#value().finally(onFinally)
  }

  cancel(): void {
    this.#run.source.cancel(this.#run, undefined)
  }

  results(options?: { settled?: boolean }): Promise<unknown> {
    return options?.settled === true ? this.#run.source.settled(this.#run, undefined) : this.#value()
  }

  async *asCompleted(): AsyncGenerator<{ readonly index: number; readonly value: unknown }, void, undefined> {
    const run = this.#run
    let wake = () => {}
    const unwatch = run.watch(() => wake())
    try {
      for (let given = 0; given < run.count; ) {
        if (run.refusal) throw run.refusal
        const indices = run.order.slice(given, given + batch)
        if (indices.length === 0) {
          await new Promise<void>((resolve) => (wake = resolve))
          continue
        }
        given += indices.length
        // One by one would cost a round trip each; a failure among them still lets those before it through.
        const results = await run.source.settled(run, indices)
        for (const [i, result] of results.entries()) {
          if (result.status === 'rejected') throw result.reason
          yield { index: indices[i]!, value: result.value }
        }
      }
    } finally {
      unwatch()
    }
  }

  get [Symbol.toStringTag](): string {
    return 'RunHandle'
  }

  toString(): string {
    const { name, count, status } = this.#run
    const parts = states.filter((state) => status[state] > 0).map((state) => `${status[state]} ${state}`)
    const order = ['succeeded', 'failed', 'cancelled', 'skipped', 'running', 'backing-off', 'ready', 'waiting']
    parts.sort((a, b) => order.indexOf(a.split(' ')[1]!) - order.indexOf(b.split(' ')[1]!))
    return `RunHandle '${name}' { ${plural(count, 'task')}${parts.length > 0 ? `: ${parts.join(', ')}` : ''} }`
  }

  [inspect.custom](): string {
    return this.toString()
  }

  [Symbol.for('Jupyter.display')](): Record<string, unknown> {
    return { 'text/plain': this.toString() }
  }

  #value(): Promise<unknown> {
    const whole = this.#run.whole()
    return this.#run.shape === 'array' ? whole : whole.then(([value]) => value)
  }

  static runOf(value: object): Run | undefined {
    return #run in value ? value.#run : undefined
  }
}

/** The run that something is the handle of, with the task's index when it is that of one task. */
export function handleTarget(value: object): { readonly run: Run; readonly index?: number } | undefined {
  const run = RunHandle.runOf(value)
  return run ? { run } : TaskHandle.targetOf(value)
}

/** Properties that no handle has end up here, so that handles themselves stay ordinary objects. */
Object.setPrototypeOf(
  RunHandle.prototype,
  new Proxy(Object.create(Object.prototype) as object, {
    get(target, key, receiver: unknown) {
      const run = typeof key === 'string' && /^\d+$/.test(key) ? RunHandle.runOf(receiver as object) : undefined
      if (!run) return Reflect.get(target, key, receiver) as unknown
      if (Number(key) >= run.count) throw noSuchTask(run.name, Number(key), run.count)
      return new TaskHandle(run, Number(key))
    },
  }),
)

function statusOf(counts: Readonly<Record<string, number>>): Status {
  return Object.freeze(Object.fromEntries(states.map((state) => [state, counts[state] ?? 0]))) as Status
}
