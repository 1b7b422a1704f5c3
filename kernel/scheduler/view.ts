/** The scheduler's state as everybody else may read it. */
import type { Estimate } from './estimate.ts'
import type { JobView, NodeView, PlannedTask } from './policies/policy.ts'
import type { StoryEntry } from './story.ts'
import type { Link, NodeId, Resources, RunId, RunSpec, StateName, TaskId, TaskState, Time } from './task.ts'

/** `transition` alone changes it. */
export interface State {
  /** Of the latest event. */
  readonly time: Time
  /** The cluster's policy. */
  readonly policy: string
  /** Living nodes. */
  readonly nodes: ReadonlyMap<NodeId, NodeStatus>
  /** Tasks that could start at once if there were room. */
  readonly readyLength: number
  /** @throws Error when no such task was declared */
  task(task: TaskId): TaskView
  /** Its state's name alone: cheap enough to ask for every task of every event. */
  stateName(task: TaskId): StateName
  /** The states of all tasks of a run, by their numbers in `stateNames`: to be read at once, as it may be the state itself. */
  states(run: RunId): Readonly<Uint8Array>
  /** @throws Error when no such run was declared */
  run(run: RunId): RunView
  /** How many of the run's tasks are in no final state: cheap, as `stateName` is. */
  unfinished(run: RunId): number
  /** How the task's earlier attempts ended, oldest first (the last 20); without the one that succeeded. */
  history(task: TaskId): readonly EndedAttempt[]
  /** The task's latest changes of state, as far as the log of the last 65,536 reaches. */
  story(task: TaskId): readonly StoryEntry[]
  /** What was learned of durations, by run name; kept up to date. */
  readonly estimates: ReadonlyMap<string, Estimate>
  /** How fast results are taken to travel. */
  readonly link: Link
  /** Runs with tasks in no final state, as declared: cheap, however many tasks these are. */
  unfinishedRuns(): readonly RunId[]
  /** All tasks in no final state, in order of their numbers. */
  unfinishedTasks(): Int32Array
  /** All that the task takes: single inputs, those that its run shares, those of whole runs. */
  inputsOf(task: TaskId): readonly TaskId[]
  /** The same in parts: the task's own single inputs; and what all tasks of the run take, whole runs and single tasks. */
  singleInputsOf(task: TaskId): Int32Array
  commonInputsOf(run: RunId): { readonly runs: readonly RunId[]; readonly tasks: readonly TaskId[] }
  /** Expected duration of the task's body on a node of speed 1, ms; and whether anything is known of such tasks. */
  expected(task: TaskId): number
  known(run: RunId): boolean
  /** Bytes of all that the task takes; and of its result, expected ones where there is none yet. */
  inputBytes(task: TaskId): number
  resultBytes(task: TaskId): number
  /** The runs with which this one hangs together. */
  job(run: RunId): JobView
  /** What the latest plan of the policy that places its run says of it. */
  planned(task: TaskId): PlannedTask | undefined
}

/** A task's state, with what is known of it whatever its state. */
export type TaskView = TaskState & {
  readonly run: RunId
  readonly index: number
  /** Placements so far (those that came back unbegun are not counted). */
  readonly attemptCount: number
  /** Of the attempt that succeeded. */
  readonly began?: Time
  readonly ended?: Time
  /** Node of the latest attempt. */
  readonly node?: NodeId
}

export interface RunView {
  readonly spec: RunSpec
  /** As changed since its declaration. */
  readonly priority: number
  readonly policy: string
  /** The policy that places its tasks: another one where its own leaves that to others. */
  readonly placedBy: string
  readonly declared: Time
  readonly counts: Readonly<Record<StateName, number>>
  /** Tasks that are not in a final state. */
  readonly unfinished: number
  /** Expected duration of a task's body, ms; absent before the first ended. */
  readonly mean?: number
  readonly released: boolean
}

/** A node, with its load and idle slots (see NodeView) and what occupies it. */
export interface NodeStatus extends NodeView {
  /** What its running tasks hold, by resource. */
  readonly held: Resources
  /** Tasks handed to each slot, the head first. */
  readonly queues: readonly (readonly TaskId[])[]
}

/** How an attempt ended that gave no result. */
export interface EndedAttempt {
  readonly attempt: number
  readonly node: NodeId
  readonly slot: number
  readonly since: Time
  readonly ended: Time
  readonly how: 'threw' | 'timed-out' | 'node-lost' | 'slot-reset' | 'cancelled' | 'superseded' | 'result-lost'
  readonly error?: unknown
}
