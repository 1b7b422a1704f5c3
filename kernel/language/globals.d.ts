/**
 * What a notebook's cells find in scope besides JavaScript's and Node's own names. The language service reads this
 * file as it stands, so its comments are what Shift-Tab shows.
 */

/** What `display` and a cell's last value may be shown as: MIME type to content. */
type MimeBundle = Record<string, unknown>

/** A shown output that can be replaced in place. */
interface DisplayHandle {
  readonly id: string
  /** Replace what is shown. */
  update(value: unknown, options?: { raw?: boolean }): void
}

/**
 * Show a value under the cell. With `raw`, `value` is a MIME bundle, e.g. `{ 'text/html': '<b>hi</b>' }`.
 * Objects with a `Symbol.for('Jupyter.display')` method are shown as the bundle that it returns, and not at all when it returns null.
 */
declare function display(value: unknown, options?: { raw?: boolean; metadata?: MimeBundle }): DisplayHandle
/** Remove the cell's output; with `wait`, when the next output arrives. */
declare function clearOutput(wait?: boolean): void
/** Ask the user for a line of text. With `password`, what is typed is not shown. */
declare function prompt(question?: string, options?: { password?: boolean }): Promise<string>

/** Functions that wrap content so that it is shown as what it is. */
declare const show: {
  /** Show as HTML: `show.html('<b>hi</b>')`. */
  html(content: string): object
  /** Show as Markdown, with formulas between `$`. */
  markdown(content: string): object
  /** Show a formula. */
  latex(content: string): object
  /** Show a drawing. */
  svg(content: string): object
  /** Show an image, given as the bytes of a PNG file. */
  png(content: Uint8Array): object
  /** Show an image, given as the bytes of a JPEG file. */
  jpeg(content: Uint8Array): object
  /** Show data as a tree that folds. */
  json(content: unknown): object
  /** Show as it is, without quotes. */
  text(content: string): object
}

/** What a task's body knows of its task: `task` is in scope in every `%%distribute` body, and the last argument of the function given to `distribute()`. */
interface TaskContext {
  /** Which task of its run this is, from 0. */
  readonly index: number
  /** 1 for the first attempt. */
  readonly attempt: number
  /** Name of the node that executes it. */
  readonly node: string
  /** Aborted when the task is cancelled or times out. */
  readonly signal: AbortSignal
  /** Report how far the task is, 0 to 1. */
  progress(fraction: number, text?: string): void
  /** A number in [0, 1) from a generator seeded for this task: the same in every attempt and every re-run. */
  random(): number
}

type TaskState = 'waiting' | 'ready' | 'running' | 'backing-off' | 'succeeded' | 'failed' | 'cancelled' | 'skipped'

interface TaskInfo {
  readonly index: number
  readonly state: TaskState
  readonly attempts: number
  readonly node?: string
  /** Milliseconds since the run was declared. */
  readonly began?: number
  readonly ended?: number
  readonly progress?: number
}

/** How one task ended, from `results({ settled: true })`. */
type SettledResult<T> = { readonly status: 'fulfilled'; readonly value: T } | { readonly status: 'rejected'; readonly reason: Error }

/** One task of a run: a promise of its result. */
interface TaskHandle<T> extends Promise<T> {
  readonly index: number
  /** Cancel this task alone; what depends on it is skipped. */
  cancel(): void
}

/** A declared run: a promise of its results (`T` is an array for `--each`, one value otherwise). */
interface RunHandle<T, E = T> extends Promise<T> {
  readonly name: string
  /** Number of tasks. */
  readonly length: number
  /** Tasks by state, as last heard. */
  readonly status: Readonly<Record<TaskState, number>>
  /** Every task's state, attempts, node and times. */
  readonly tasks: Promise<readonly TaskInfo[]>
  /** Strict: among ready tasks that fit, a higher priority always starts first. Assign to change that of the tasks not yet started. */
  get priority(): number
  set priority(value: 'low' | 'normal' | 'high' | number)
  /** Task `i` alone: awaiting it waits for no other; captured by a body, it is the only dependency. */
  readonly [index: number]: TaskHandle<E>
  /** Cancel what has not finished; what depends on it is skipped. */
  cancel(): void
  /** Results in the order in which tasks finish; throws at the first failure: `for await (const { index, value } of run.asCompleted())`. */
  asCompleted(): AsyncIterableIterator<{ readonly index: number; readonly value: E }>
  /** All results; with `settled`, how each task ended, without throwing for those that failed. */
  results(options: { settled: true }): Promise<SettledResult<E>[]>
  results(options?: { settled?: false }): Promise<T>
}

/** Options of `%%distribute` and `distribute()`. */
interface DistributeOptions {
  /** low = -10, normal = 0, high = 10, or any number. Strict. */
  priority?: 'low' | 'normal' | 'high' | number
  /** Cores one task needs (default 1). */
  cpu?: number
  /** GPUs one task needs (default 0). */
  gpu?: number
  /** Bytes, or a string such as `'2GiB'`. */
  memory?: number | string
  /** Custom resources by name. */
  resources?: Record<string, number>
  /** A node's name, or `label=value`. */
  node?: string
  /** Times a task is tried again after its body threw or timed out (default 0). */
  retries?: number
  /** Pause before the first retry, doubled with each further one: ms, or a string such as `'1s'`. */
  backoff?: number | string
  /** Limit of one attempt: ms, or a string such as `'30s'`. */
  timeout?: number | string
  /** Copies that run on different nodes; the first result counts. */
  replicas?: number
  /** `sync`: no task starts before every task has its inputs. */
  mode?: 'async' | 'sync'
  /** Placement policy of this run, e.g. `'heft'` or `'locality'`. */
  policy?: string
  /** A task that runs far longer than others of its kind gets a copy on another node, when one is free; the first result counts. */
  speculate?: boolean
  /** Runs to wait for, though their results are not used. */
  after?: readonly (RunHandle<unknown> | TaskHandle<unknown>)[]
  /** Seed of `task.random()`. */
  seed?: number
}

/**
 * What `--each` and `distribute()` go through: an array, anything else iterable (a string is not: write `[...text]`), or
 * the handle of another run that has several tasks.
 */
type Items<E = unknown> = (Iterable<E> & object) | RunHandle<E[], E>

/** What an element of `T` is: of an array or iterable its element, of a handle one task's result. */
type ElementOf<T> = 0 extends 1 & T ? any : T extends RunHandle<any, infer E> ? E : T extends Iterable<infer E> ? E : never

/** Several sets at once: `distribute('grid', product(xs, ys), (x, y) => …)` declares a task for every pair. */
declare function product<const T extends readonly Items[]>(...sets: T): Product<T>
interface Product<T extends readonly Items[]> {
  readonly sets: T
}

/**
 * Declare one task per item and return at once: the same as `%%distribute NAME --each item of ITEMS`.
 * `items` may be the handle of another run: task `i` then waits only for its element `i`.
 */
declare function distribute<T extends readonly Items[], R>(name: string, items: Product<T>, body: (...items: [...{ [K in keyof T]: ElementOf<T[K]> }, TaskContext]) => R, options?: DistributeOptions): RunHandle<Awaited<R>[], Awaited<R>>
declare function distribute<T, R>(name: string, items: Items<T>, body: (item: T, task: TaskContext) => R, options?: DistributeOptions): RunHandle<Awaited<R>[], Awaited<R>>
/** Declare a single task and return at once: the same as `%%distribute NAME` without `--each`. */
declare function distribute<R>(name: string, body: (task: TaskContext) => R, options?: DistributeOptions): RunHandle<Awaited<R>>

/** Combine items (or the results of a run) pairwise in a tree of tasks: the same as `%%distribute NAME --reduce A,B of ITEMS`. */
declare function reduce<T>(name: string, items: Items<T>, body: (a: T, b: T, task: TaskContext) => T | Promise<T>, options?: DistributeOptions): RunHandle<T>

/** A task as a placement policy sees it. */
interface PolicyTask {
  readonly id: number
  /** Of its run. */
  readonly name: string
  readonly index: number
  readonly priority: number
  /** Milliseconds that it takes on a node of speed 1, as learned; absent while nothing is known. */
  readonly expected?: number
  /** All its inputs are there. */
  readonly ready: boolean
  /** Inputs that are not there yet. */
  readonly waitsFor: number
  readonly attempts: number
  /** Bytes of its inputs (at most 16), and names of the nodes that hold them. */
  readonly inputs: readonly { readonly bytes: number; readonly nodes: readonly string[] }[]
  /** What it asks for: cpu, gpu, memory and custom resources. */
  readonly resources: Readonly<Record<string, number>>
}

interface PolicyNode {
  readonly name: string
  readonly slots: number
  readonly idle: number
  /** Busy slots / slots, 0 to 1. */
  readonly load: number
  readonly speed: number
  readonly resources: Readonly<Record<string, { readonly total: number; readonly free: number }>>
  readonly labels: Readonly<Record<string, string>>
}

/** What a placement policy is shown: frozen, and nothing of it can be called but `random()`. */
interface PolicyView {
  /** Milliseconds since the policy was registered. */
  readonly time: number
  /** Tasks of the policy's runs that have not started, at most 1,000: ready ones first, those of higher priority before others. */
  readonly tasks: readonly PolicyTask[]
  /** Tasks that there was no room for. */
  readonly more: number
  readonly nodes: readonly PolicyNode[]
  /** All that runs now; `since` in milliseconds, as `time`. */
  readonly running: readonly { readonly id: number; readonly name: string; readonly index: number; readonly node: string; readonly since: number; readonly expected?: number }[]
  /** A number in [0, 1) from a seeded generator. */
  random(): number
}

/** A task, and the node (or its name) that it is to run on; without a node, on any. The task alone means the same. */
type PolicyAssignment = { readonly task: PolicyTask | number; readonly node?: PolicyNode | string | undefined } | PolicyTask

interface RegisteredPolicy {
  readonly name: string
  readonly about: string
  /** Of this notebook, not one of Sluice's. */
  readonly own: boolean
  /** Its runs go by the default policy from then on. */
  remove?(): void
}

/** A task of a graph for `cluster.plan()` and `cluster.simulate()`. */
interface GraphTask {
  readonly name: string
  /** Milliseconds on a node of speed 1. */
  readonly duration?: number
  /** Milliseconds by node, where a task is not as much faster everywhere as the node is. */
  readonly durations?: Readonly<Record<string, number>>
  /** Names of the tasks that it waits for. */
  readonly after?: string | readonly string[]
  readonly cpu?: number
  readonly gpu?: number
  /** Bytes, or a string such as `'2GiB'`. */
  readonly memory?: number | string
  readonly resources?: Readonly<Record<string, number>>
  readonly priority?: 'low' | 'normal' | 'high' | number
  /** Size of its result, which travels to tasks on other nodes. */
  readonly bytes?: number | string
  /** The only node that it may run on. */
  readonly node?: string
  /** Milliseconds before which it does not start. */
  readonly release?: number
}

interface Graph {
  readonly tasks: readonly GraphTask[]
}

/** A node for `cluster.plan()` and `cluster.simulate()`. One that says what it has, and no slots, runs as many tasks as that allows. */
interface GraphNode {
  readonly name?: string
  /** Tasks at once (default 1). */
  readonly slots?: number
  /** A task takes its duration / speed (default 1). */
  readonly speed?: number
  readonly cpu?: number
  readonly gpu?: number
  readonly memory?: number | string
  readonly resources?: Readonly<Record<string, number>>
}

interface GraphOptions {
  /** How many of one slot each, or what each is like (default 1). */
  readonly nodes?: number | readonly GraphNode[]
  /** Between nodes: bytes a second (default 125 MB), and milliseconds. */
  readonly link?: { readonly bandwidth?: number | string; readonly latency?: number }
  /** The same seed gives the same answer. */
  readonly seed?: number
  /** Schedules that a planner may look at. */
  readonly schedules?: number
  /** Time that a planner may take; with it, the answer depends on the machine. */
  readonly seconds?: number
}

interface PlannedTask {
  readonly name: string
  readonly node: string
  readonly start: number
  readonly end: number
}

/** When and where each task runs; shown as a timeline. */
interface GraphPlan {
  readonly policy: string
  /** End of the last task, milliseconds. */
  readonly makespan: number
  /** No plan can be shorter. */
  readonly lowerBound: number
  /** Share of the time that slots were in use, 0 to 1. */
  readonly utilization: number
  readonly nodes: readonly { readonly name: string; readonly utilization: number }[]
  readonly tasks: readonly PlannedTask[]
  /** Schedules that were looked at. */
  readonly schedules: number
}

/** How a policy did; the array of all is shown as a table and timelines beside each other. */
interface Simulated {
  readonly policy: string
  readonly makespan: number
  readonly lowerBound: number
  /** Makespan / the shortest of all compared. */
  readonly relative: number
  readonly utilization: number
  readonly nodes: readonly { readonly name: string; readonly utilization: number }[]
  readonly tasks: readonly PlannedTask[]
}

/** Placement policies of your own; plans and simulations of graphs that you describe. */
declare const cluster: {
  /**
   * Register a placement policy, for `%policy mine` or `--policy mine`. It is a function of the cluster that answers which tasks
   * start, in which order, and where:
   *
   * ```ts
   * // Fill one node before the next is used: as many tasks as slots are idle, the first node's first.
   * cluster.policy('pack', (view) => {
   *   const room = view.nodes.flatMap((node) => Array.from({ length: node.idle }, () => node))
   *   const ready = view.tasks.filter((task) => task.ready)
   *   return ready.slice(0, room.length).map((task, i) => ({ task, node: room[i] }))
   * })
   * ```
   *
   * Dependencies, resources and priorities hold whatever it answers. Like a task's body it travels with what it uses, to a process of
   * its own, where it is asked whenever ready tasks or nodes change. A task of which it says nothing waits for its next answer,
   * though not while a slot is idle for a quarter of a second. What it places nowhere, the default policy does; so it does all when the
   * function throws or takes longer than `timeout` (default 1 s), and the notebook is told. Running the cell again replaces it.
   */
  policy(name: string, policy: (view: PolicyView) => Iterable<PolicyAssignment> | Promise<Iterable<PolicyAssignment>>, options?: { about?: string; timeout?: number | string; seed?: number }): RegisteredPolicy
  /** The policy of that name, of Sluice or of this notebook. */
  policy(name: string): RegisteredPolicy
  /**
   * Plan a graph of tasks on nodes, without running anything:
   * `await cluster.plan({ tasks: [{ name: 'a', duration: 3 }, { name: 'b', duration: 2, after: 'a' }] }, { nodes: 2 })`.
   */
  plan(graph: Graph, options?: GraphOptions & { policy?: string }): Promise<GraphPlan>
  /**
   * Run a graph of tasks under several policies on a virtual clock, and compare them:
   * `await cluster.simulate(graph, { policies: ['fifo', 'heft'], nodes: [{ name: 'slow' }, { name: 'fast', speed: 4 }] })`.
   */
  simulate(graph: Graph, options?: GraphOptions & {
    policies?: string | readonly string[]
    /** Nodes that are lost at a time, and back at another, milliseconds. */
    failures?: readonly { readonly node: string; readonly at: number; readonly back?: number }[]
  }): Promise<Simulated[]>
}

/** A two-way connection to the front end (widgets). */
interface Comm {
  readonly id: string
  readonly target: string
  send(data: unknown, options?: { metadata?: unknown; buffers?: readonly Uint8Array[] }): void
  close(data?: unknown): void
  onMessage?: (data: unknown, buffers: readonly Uint8Array[]) => void
  onClose?: (data: unknown) => void
}
declare const comms: {
  /** Open a comm to a target that the front end has registered. */
  open(target: string, data?: unknown): Comm
  /** Be told of comms that the front end opens to `target`. */
  register(target: string, onOpen: (comm: Comm, data: unknown) => void): void
}

/** What magics are translated to. Not meant to be called by hand. */
declare const __sluice: {
  declare<T extends readonly Items[] | readonly [], R>(
    spec: object,
    each: T,
    body: (...args: [...{ -readonly [K in keyof T]: ElementOf<T[K]> }, TaskContext]) => R,
  ): Promise<CellHandle<T extends readonly [] ? RunHandle<Awaited<R>> : RunHandle<Awaited<R>[], Awaited<R>>>>
  reduce<E>(spec: object, items: Items<E>, body: (a: E, b: E, task: TaskContext) => E | PromiseLike<E>): Promise<CellHandle<RunHandle<E>>>
  line(text: string): Promise<void>
}
/** A handle is itself a promise, so a cell's declaration hands it over in a box lest `await` unwrap it. */
interface CellHandle<H> {
  readonly handle: H
}
