/** Generated from schema/run.v1.schema.json by kernel/setup/schema-types.mjs; edit the schema instead. */

/**
 * `each`: one task per element; `reduce`: a tree of pairwise tasks.
 */
export type RunKind = 'single' | 'each' | 'reduce'
export type RecordedDependency = EachOf | WholeRun | SomeTasks | ReductionTree

/**
 * What a notebook keeps of one run of tasks: MIME type application/vnd.sluice.run.v1+json. Times are in milliseconds since the run's declaration; inside columns they are in tenths of a millisecond. Readers ignore fields they do not know.
 */
export interface RunRecord {
  version: 1
  run: RunSummary
  /**
   * When the run was declared, ms since 1970.
   */
  declared: number
  /**
   * When this record was made.
   */
  asOf: number
  /**
   * Every task has ended.
   */
  final: boolean
  /**
   * From the declaration until the last task ended; until asOf while tasks are left.
   */
  makespan: number
  expected?: ExpectedEnd
  counts: StateCounts
  bytes: ByteTotals
  tasks: TaskColumns
  attempts: AttemptColumns
  /**
   * The different errors, in order of appearance.
   *
   * @maxItems 64
   */
  errors: RecordedError[]
  /**
   * The end of what failed tasks wrote.
   *
   * @maxItems 64
   */
  logs: RecordedLog[]
  /**
   * The different kinds of nodes.
   *
   * @maxItems 100000
   */
  specs: RecordedNodeSpec[]
  /**
   * @maxItems 100000
   */
  nodes: RecordedNode[]
  /**
   * What this run's tasks wait for.
   *
   * @maxItems 1000
   */
  dependencies: RecordedDependency[]
  /**
   * The runs this one depends on, directly or not.
   *
   * @maxItems 1000
   */
  upstream: UpstreamRun[]
  /**
   * Tasks of this run that its makespan hangs on, each waiting for the one before; by index.
   *
   * @maxItems 1000
   */
  criticalPath: number[]
  environment: RecordedEnvironment
}
export interface RunSummary {
  /**
   * The kernel's number for it.
   */
  id: number
  /**
   * Random, and so its own among all runs of all kernels: 16 hexadecimal digits.
   */
  uid: string
  name: string
  kind: RunKind
  /**
   * Tasks of the run.
   */
  count: number
  seed: number
  /**
   * The notebook's id of the cell that declared the run, where the client tells it.
   */
  cell?: string
  /**
   * The n of that cell's In [n].
   */
  execution?: number
  options: RecordedOptions
}
export interface RecordedOptions {
  priority: number
  request: Amounts
  node?: string
  labels?: Labels
  retries: number
  backoff: number
  timeout?: number
  replicas: number
  mode: 'async' | 'sync'
  policy?: string
  /**
   * A task that runs far longer than expected gets a copy on another node.
   */
  speculate?: boolean
}
/**
 * By resource: cpu in cores, memory in bytes, gpu in devices, others in units of their own.
 */
export interface Amounts {
  [k: string]: number
}
export interface Labels {
  [k: string]: string
}
/**
 * With the chance of one in ten before `early`, one in two before `middle`, nine in ten before `late`.
 */
export interface ExpectedEnd {
  early: number
  middle: number
  late: number
}
/**
 * Tasks by state.
 */
export interface StateCounts {
  waiting: number
  ready: number
  running: number
  'backing-off': number
  succeeded: number
  failed: number
  cancelled: number
  skipped: number
}
/**
 * Bytes of the results, and of what went into and out of the nodes during the run.
 */
export interface ByteTotals {
  results: number
  in: number
  out: number
}
/**
 * One row for each task, in order of index. Where 0 means none, n means what has index n - 1.
 */
export interface TaskColumns {
  /**
   * Rows: the run's count, or the first million of it.
   */
  length: number
  /**
   * 0 waiting, 1 ready, 2 running, 3 backing off, 4 succeeded, 5 failed, 6 cancelled, 7 skipped.
   */
  state: string
  /**
   * How many times it was handed to a slot.
   */
  attempts: string
  /**
   * The attempt that node, slot, wait and duration describe; 0: none.
   */
  attempt: string
  /**
   * Row of `nodes`; 0: none.
   */
  node: string
  slot: string
  /**
   * Time + 1 at which its inputs were there (or those of this attempt); 0: not yet, or never.
   */
  ready: string
  /**
   * Time + 1 from ready (or the declaration, if it has no ready) until it started; 0: it did not.
   */
  wait: string
  /**
   * Time + 1 from start (or ready, or the declaration: the last it has) until it ended; 0: it has not.
   */
  duration: string
  /**
   * Row of `errors`; 0: none.
   */
  error: string
  /**
   * For a skipped task, the run of the failure it goes back to: 1 this run, n + 2 row n of `upstream`; 0: none.
   */
  rootRun: string
  /**
   * Index of that failed task in its run; 0: none.
   */
  root: string
}
/**
 * Attempts besides those that `tasks` describes: what was tried again, lost with a node, or overtaken by another copy.
 */
export interface AttemptColumns {
  length: number
  /**
   * Further ones that were not kept.
   */
  omitted: number
  task: string
  attempt: string
  /**
   * Row of `nodes`; 0: none.
   */
  node: string
  slot: string
  began: string
  duration: string
  /**
   * 0 threw, 1 timed out, 2 node lost, 3 slot reset, 4 cancelled, 5 overtaken.
   */
  ending: string
}
export interface RecordedError {
  /**
   * threw, timed-out, killed-nodes, lost, cannot-travel, …
   */
  kind: string
  name: string
  message: string
  stack: string
  /**
   * Index of the first task that failed of it.
   */
  task: number
}
export interface RecordedLog {
  task: number
  attempt: number
  text: string
}
export interface RecordedNodeSpec {
  slots: number
  resources: Amounts
  labels: Labels
  speed: number
}
export interface RecordedNode {
  name: string
  /**
   * Row of `specs`.
   */
  spec: number
  /**
   * Absent: it was there when the run was declared.
   */
  joined?: number
  lost?: number
  /**
   * Why it was lost.
   */
  reason?: string
  load?: NodeLoad
}
/**
 * What the node reported, averaged over periods of `step` ms.
 */
export interface NodeLoad {
  /**
   * Length of a period, ms.
   */
  step: number
  length: number
  /**
   * Which period since the declaration.
   */
  period: string
  /**
   * Thousandths of a core in use.
   */
  cpu: string
  /**
   * KiB, at most.
   */
  memory: string
  /**
   * Hundredths of a slot in use, by whatever run.
   */
  busy: string
  /**
   * KiB received since the declaration.
   */
  in: string
  /**
   * KiB sent since the declaration.
   */
  out: string
}
/**
 * Task t waits for task floor(t / stride) % count of run `on`.
 */
export interface EachOf {
  how: 'each'
  on: number
  stride: number
  count: number
}
/**
 * Every task waits for every task of run `on`.
 */
export interface WholeRun {
  how: 'all'
  on: number
}
/**
 * Every task waits for these tasks of run `on`.
 */
export interface SomeTasks {
  how: 'tasks'
  on: number
  /**
   * @maxItems 1000
   */
  tasks: number[]
}
/**
 * The tasks form a balanced tree over `leaves` leaves: results of run `on`, or plain items when it is absent. Level by level, task after task takes the next two; an odd one at the end of a level goes up as it is.
 */
export interface ReductionTree {
  how: 'tree'
  on?: number
  leaves: number
}
export interface UpstreamRun {
  run: number
  name: string
  kind: RunKind
  count: number
  counts: StateCounts
  /**
   * @maxItems 1000
   */
  dependencies: RecordedDependency[]
}
export interface RecordedEnvironment {
  /**
   * Version of Node.js.
   */
  node: string
  sluice: string
  /**
   * e.g. linux-x64
   */
  platform: string
  /**
   * e.g. local
   */
  backend?: string
  /**
   * The cluster's placement policy, for runs that name none.
   */
  policy?: string
  packages?: Labels
  /**
   * SHA-256 of the lockfile, hex.
   */
  lockfile?: string
}
