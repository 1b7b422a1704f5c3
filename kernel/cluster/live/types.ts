/** Generated from schema/live.v1.schema.json by kernel/setup/schema-types.mjs; edit the schema instead. */
import type { Amounts, AttemptColumns, ByteTotals, ExpectedEnd, NodeLoad, RecordedError, RecordedLog, RecordedNode, RecordedNodeSpec, RunKind, RunRecord, StateCounts, TaskColumns, UpstreamRun } from '../record/types.ts'


/**
 * What the kernel and a view say to each other over a comm of target `sluice.live.v1`, which the view opens with data {}. Every message of the kernel has a sequence number, one more than that of the one before; a view that finds a gap says resync. Readers ignore fields they do not know.
 */
export type LiveMessage = FromKernel | FromView
export type FromKernel = Hello | Snapshot | Frame | Answer | Refusal
export type AnswerData = TaskDetail | ChangedTasks | Checkpoint | Done
export type FromView = Watch | Ack | Resync | Follow | Ask
export type Question = DetailQuestion | CancelRequest | RerunRequest | PriorityRequest | CheckpointRequest | ClusterStart | ClusterStop

/**
 * The first message, also after resync: everything there is, but for what is watched, which follows in snapshots.
 */
export interface Hello {
  type: 'hello'
  seq: number
  version: 1
  /**
   * The kernel's version.
   */
  sluice: string
  cluster: ClusterState
  /**
   * @maxItems 10000
   */
  runs: Headline[]
}
export interface ClusterState {
  /**
   * e.g. local; absent: no cluster runs.
   */
  backend?: string
  policy: string
  /**
   * @maxItems 1000
   */
  nodes: ClusterNode[]
  /**
   * Further nodes.
   */
  omitted: number
}
export interface ClusterNode {
  name: string
  slots: number
  /**
   * Slots in use.
   */
  busy: number
  resources: Amounts
  /**
   * Cores in use.
   */
  cpu?: number
  /**
   * Bytes.
   */
  memory?: number
  /**
   * Since its start.
   */
  bytesIn?: number
  bytesOut?: number
}
export interface Headline {
  uid: string
  id: number
  name: string
  kind: RunKind
  count: number
  counts: StateCounts
  /**
   * ms since 1970.
   */
  declared: number
  final: boolean
  makespan?: number
  execution?: number
}
/**
 * A watched run as it is now; frames go on from here.
 */
export interface Snapshot {
  type: 'snapshot'
  seq: number
  uid: string
  record: RunRecord
}
/**
 * What has changed since the message before; at most ten a second.
 */
export interface Frame {
  type: 'frame'
  seq: number
  cluster?: ClusterState
  /**
   * Runs that are new or have changed.
   *
   * @maxItems 10000
   */
  runs?: Headline[]
  /**
   * Runs the kernel has forgotten.
   *
   * @maxItems 10000
   */
  gone?: string[]
  /**
   * What has changed in watched runs.
   *
   * @maxItems 1000
   */
  deltas?: RunDelta[]
  log?: TaskLog
}
export interface RunDelta {
  uid: string
  asOf: number
  final: boolean
  makespan: number
  counts: StateCounts
  bytes: ByteTotals
  priority: number
  policy?: string
  expected?: ExpectedEnd
  tasks?: ChangedRows
  attempts?: AttemptColumns
  /**
   * Further rows.
   *
   * @maxItems 64
   */
  errors?: RecordedError[]
  /**
   * Of errors told before: where they were is known by now in the user's own lines.
   *
   * @maxItems 64
   */
  stacks?: StackRow[]
  /**
   * Further rows.
   *
   * @maxItems 64
   */
  logs?: RecordedLog[]
  /**
   * Further rows.
   *
   * @maxItems 100000
   */
  specs?: RecordedNodeSpec[]
  /**
   * Rows that are new or have changed, without their load.
   *
   * @maxItems 100000
   */
  nodes?: NodeRow[]
  /**
   * @maxItems 100000
   */
  loads?: LoadRow[]
  /**
   * All of it, when it has changed. Rows keep their numbers.
   *
   * @maxItems 1000
   */
  upstream?: UpstreamRun[]
  /**
   * All of it, when it has changed.
   *
   * @maxItems 1000
   */
  criticalPath?: number[]
}
export interface ChangedRows {
  /**
   * Which tasks, ascending, one for each row.
   */
  index: string
  rows: TaskColumns
}
export interface StackRow {
  /**
   * Of `errors`.
   */
  row: number
  stack: string
}
export interface NodeRow {
  row: number
  node: RecordedNode
}
export interface LoadRow {
  /**
   * Of `nodes`.
   */
  row: number
  /**
   * Points of this period and later ones are replaced by these; of all periods when `step` has changed.
   */
  from: number
  load: NodeLoad
}
export interface TaskLog {
  uid: string
  task: number
  /**
   * The end of all it wrote.
   */
  text: string
  progress?: Progress
}
export interface Progress {
  fraction: number
  text?: string
}
export interface Answer {
  type: 'answer'
  seq: number
  id: number
  answer: AnswerData
}
export interface TaskDetail {
  what: 'detail'
  name: string
  /**
   * As %why tells it.
   */
  why: string
  /**
   * The end of what the task wrote.
   */
  log: string
  progress?: Progress
  /**
   * @maxItems 100
   */
  inputs: TaskInput[]
  /**
   * Further inputs.
   */
  omitted?: number
  result?: Preview
}
export interface TaskInput {
  /**
   * Of the body's parameter, or what it stands for.
   */
  name: string
  from?: TaskRef
  preview?: Preview
}
export interface TaskRef {
  uid?: string
  name: string
  task: number
}
export interface Preview {
  /**
   * The value as Node prints it, cut; or why it cannot be shown.
   */
  text: string
  bytes?: number
  /**
   * That hold it.
   *
   * @maxItems 16
   */
  nodes?: string[]
}
export interface ChangedTasks {
  what: 'tasks'
  /**
   * How many tasks it concerned.
   */
  count: number
}
export interface Checkpoint {
  what: 'checkpoint'
  /**
   * The MIME bundle for the cell's output: the record, and its picture and text.
   */
  data: {}
}
export interface Done {
  what: 'done'
}
/**
 * A request that was not carried out, with a text for the user.
 */
export interface Refusal {
  type: 'refusal'
  seq: number
  /**
   * Absent: the message could not even be read.
   */
  id?: number
  message: string
}
/**
 * The runs whose changes the view wants: all of them, in place of those it wanted before. A run the kernel does not know is reported once it does.
 */
export interface Watch {
  type: 'watch'
  /**
   * @maxItems 1000
   */
  uids: string[]
}
/**
 * Everything up to this number has been taken in. A kernel that waits for too many acks sends no frames: the next one then holds all changes since.
 */
export interface Ack {
  type: 'ack'
  seq: number
}
/**
 * Say hello again, and everything that is watched.
 */
export interface Resync {
  type: 'resync'
}
/**
 * The task whose log frames should bring; none when absent.
 */
export interface Follow {
  type: 'follow'
  uid?: string
  task?: number
}
export interface Ask {
  type: 'ask'
  id: number
  ask: Question
}
export interface DetailQuestion {
  what: 'detail'
  uid: string
  task: number
}
export interface CancelRequest {
  what: 'cancel'
  uid: string
  /**
   * Absent: all.
   *
   * @maxItems 100000
   */
  tasks?: number[]
}
export interface RerunRequest {
  what: 'rerun'
  uid: string
  /**
   * Absent: all.
   *
   * @maxItems 100000
   */
  tasks?: number[]
  /**
   * Only those without a result.
   */
  failedOnly: boolean
}
export interface PriorityRequest {
  what: 'priority'
  uid: string
  priority: number
}
export interface CheckpointRequest {
  what: 'checkpoint'
  uid: string
}
export interface ClusterStart {
  what: 'cluster-start'
  nodes: number
  /**
   * Of each node.
   */
  slots?: number
}
export interface ClusterStop {
  what: 'cluster-stop'
}
