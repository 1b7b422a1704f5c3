/**
 * What a planner is given, and what it answers. Plain data, so that both cross to another thread and a file of a published
 * instance, a notebook's graph and what is left of a running one all become the same thing.
 *
 * Tasks are numbered 0 … count-1 in a topological order: every input of a task has a smaller number.
 */
export interface Problem {
  readonly count: number
  /** Expected duration of each task on a node of speed 1, ms. A node of speed s takes duration / s. */
  readonly duration: Float64Array
  /** ms of task i on node n, `cost[i * nodes.length + n]`, in place of duration / speed: for nodes that suit tasks differently. */
  readonly cost?: Float64Array
  /** Inputs of task i: `inputs[starts[i]] … inputs[starts[i + 1] - 1]`, each less than i. */
  readonly starts: Int32Array
  readonly inputs: Int32Array
  /** Bytes that travel along each entry of `inputs`, if both tasks run on different nodes. */
  readonly bytes: Float64Array
  /** Names of the resources; what a task holds of each while it runs: `request[i * resources.length + r]`. */
  readonly resources: readonly string[]
  readonly request: Float64Array
  /** Strict: of two tasks that could start, the one with the higher priority does. Absent: all alike. */
  readonly priority?: Float64Array
  /** Earliest start of each task, ms; absent: 0. */
  readonly release?: Float64Array
  /** Whether task i may run on node n: `allowed[i * nodes.length + n]`; absent: everywhere. */
  readonly allowed?: Uint8Array
  /** Tasks that already run: on this node (else -1), from time 0 on, for what is left of their `duration`. Absent: none does. */
  readonly running?: Int32Array
  readonly nodes: readonly PlanNode[]
  /** Between any two different nodes; transfers do not hinder each other. */
  readonly link: Link
}

export interface PlanNode {
  readonly name: string
  /** How many tasks it executes at once. Infinity: as many as its resources allow. */
  readonly slots: number
  /** What it has of each of the problem's resources. */
  readonly capacity: readonly number[]
  readonly speed: number
}

export interface Link {
  /** Bytes a ms; Infinity: transfers take no time. */
  readonly bandwidth: number
  /** ms before the first byte. */
  readonly latency: number
}

/** When and where each task runs. */
export interface Plan {
  /** Number of its node. */
  readonly node: Int32Array
  /** ms from now. */
  readonly start: Float64Array
  /** End of the last task, ms. */
  readonly makespan: number
  /** Schedules that were generated for it: each forward or backward pass counts as one. */
  readonly schedules: number
}

/** What a planner may spend; it stops at whichever comes first. Without limits it takes what its method calls for. */
export interface Budget {
  readonly schedules?: number
  /** ms of wall-clock time, by `clock`; planning never asks the time otherwise. */
  readonly time?: number
  readonly clock?: () => number
  /** All randomness comes from it: the same problem, budget of schedules and seed give the same plan. */
  readonly seed?: number
  /** Asked now and then; true ends the search with the best plan so far. */
  readonly cancelled?: () => boolean
}

/** A planner: asynchronous only where it loads a solver. It never answers a plan that breaks precedence, capacity or `allowed`. */
export type Planner = (problem: Problem, budget: Budget) => Plan | Promise<Plan>
