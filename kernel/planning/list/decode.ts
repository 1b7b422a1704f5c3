import type { Plan } from '../problem.ts'
import type { Graph } from './graph.ts'
import { Timeline } from './timeline.ts'

/**
 * List scheduling with insertion: task after task, each as early as it can be on a node, in gaps between others, too
 * (the second phase of HEFT: H. Topcuoglu, S. Hariri, M.-Y. Wu, IEEE TPDS 2002). One decoder serves many lists.
 */
export class Decoder {
  readonly graph: Graph
  readonly node: Int32Array
  readonly start: Float64Array
  readonly end: Float64Array
  /** Lists decoded so far. */
  schedules = 0
  makespan = 0
  readonly #timelines: readonly Timeline[]
  /** Of the task that is looked at: when its inputs are there, by node. */
  readonly #local: Float64Array
  #remote = 0
  #remoteNode = -1
  #remoteSecond = 0

  constructor(graph: Graph) {
    this.graph = graph
    this.node = new Int32Array(graph.count)
    this.start = new Float64Array(graph.count)
    this.end = new Float64Array(graph.count)
    this.#timelines = graph.capacity.map(capacity => new Timeline(capacity))
    this.#local = new Float64Array(graph.nodes)
  }

  /** An empty schedule in which only the tasks that run already have their places. */
  begin(): void {
    for (const timeline of this.#timelines) timeline.clear()
    this.makespan = 0
    this.schedules++
    const { running } = this.graph.problem
    if (!running) return
    for (let i = 0; i < this.graph.count; i++) if (running[i]! >= 0) this.place(i, running[i]!, 0)
  }

  isRunning(task: number): boolean {
    const { running } = this.graph.problem
    return running !== undefined && running[task]! >= 0
  }

  /**
   * Places all tasks.
   * @param order topological
   * @param choice the node of each task; -1: the one where it ends first
   * @param bias added to a task's end on a node when the nodes are compared: `bias[task * nodes + node]`
   */
  decode(order: ArrayLike<number>, choice?: Int32Array, bias?: Float64Array): number {
    this.begin()
    for (let at = 0; at < order.length; at++) {
      const task = order[at]!
      if (this.isRunning(task)) continue
      this.gather(task)
      const node = choice && choice[task]! >= 0 ? choice[task]! : this.bestNode(task, bias)
      this.place(task, node, this.startOn(task, node))
    }
    return this.makespan
  }

  /** Looks at when the inputs of the task are where; to be called before `startOn`. */
  gather(task: number): void {
    const { problem: { starts, inputs, release }, transfer } = this.graph
    const earliest = release ? release[task]! : 0
    this.#local.fill(earliest)
    this.#remote = this.#remoteSecond = earliest
    this.#remoteNode = -1
    for (let at = starts[task]!; at < starts[task + 1]!; at++) {
      const input = inputs[at]!
      const node = this.node[input]!
      const end = this.end[input]!
      if (end > this.#local[node]!) this.#local[node] = end
      this.#arrives(node, end + transfer[at]!)
    }
  }

  /** Keeps the latest arrival, and the latest from any other node than that one's. */
  #arrives(node: number, time: number): void {
    if (node === this.#remoteNode) this.#remote = Math.max(this.#remote, time)
    else if (time > this.#remote) {
      this.#remoteSecond = this.#remote
      this.#remote = time
      this.#remoteNode = node
    } else if (time > this.#remoteSecond) this.#remoteSecond = time
  }

  startOn(task: number, node: number): number {
    const ready = Math.max(this.#local[node]!, this.#remoteNode === node ? this.#remoteSecond : this.#remote)
    return this.#timelines[node]!.earliest(ready, this.graph.cost(task, node), this.graph.demand[task]!)
  }

  /** Where the task ends first, `bias` counted in; of equals the first. */
  bestNode(task: number, bias?: Float64Array): number {
    const { graph } = this
    let best = -1
    let least = Infinity
    for (let node = 0; node < graph.nodes; node++) {
      if (!graph.canRun(task, node)) continue
      const end = this.startOn(task, node) + graph.cost(task, node) + (bias ? bias[task * graph.nodes + node]! : 0)
      if (end < least) {
        least = end
        best = node
      }
    }
    return best
  }

  place(task: number, node: number, start: number): void {
    const cost = this.graph.cost(task, node)
    this.#timelines[node]!.take(start, cost, this.graph.demand[task]!)
    this.node[task] = node
    this.start[task] = start
    this.end[task] = start + cost
    this.makespan = Math.max(this.makespan, start + cost)
  }

  /** The latest schedule, as a plan of its own. */
  plan(): Plan {
    return { node: this.node.slice(), start: this.start.slice(), makespan: this.makespan, schedules: this.schedules }
  }
}
