import type { Graph } from '../list/graph.ts'
import type { Random } from '../random.ts'

/** Slots for which a schedule is kept in rows, at most: every move is tried in each. */
const ROWS = 512

/** Where and when each task runs: of a plan, or while one is made. */
export interface Placed {
  readonly node: Int32Array
  readonly start: Float64Array
}

/**
 * A schedule as rows of tasks, one for each slot: the disjunctive graph (B. Roy, B. Sussmann, SEMA 1964) of a problem whose only
 * limits are slots. Every task starts as early as its inputs and the one before it in its row allow. Tasks that take no time stand in no row.
 */
export class Rows {
  readonly graph: Graph
  /** Row after row: its node, and its tasks. */
  readonly nodeOf: readonly number[]
  readonly tasks: readonly number[][]
  readonly row: Int32Array
  /** -1 while the task stands nowhere: then nothing that it needs or gives travels. */
  readonly node: Int32Array
  readonly duration: Float64Array
  readonly start: Float64Array
  readonly end: Float64Array
  /** ms from the task's end to the end of everything that comes after it. */
  readonly tail: Float64Array
  readonly before: Int32Array
  readonly after: Int32Array
  /** All tasks in a topological order of inputs and rows, as of the latest `pass`, and where each is in it. */
  readonly order: Int32Array
  readonly place: Int32Array
  makespan = 0
  readonly #missing: Int32Array

  constructor(graph: Graph) {
    const { count, problem: { nodes } } = graph
    this.graph = graph
    this.nodeOf = nodes.flatMap(({ slots }, node) => new Array<number>(Math.min(slots, count)).fill(node))
    this.tasks = this.nodeOf.map(() => [])
    this.row = new Int32Array(count)
    this.node = new Int32Array(count)
    this.duration = new Float64Array(count)
    this.start = new Float64Array(count)
    this.end = new Float64Array(count)
    this.tail = new Float64Array(count)
    this.before = new Int32Array(count)
    this.after = new Int32Array(count)
    this.order = new Int32Array(count)
    this.place = new Int32Array(count)
    this.#missing = new Int32Array(count)
  }

  /** Whether slots are all that limits the problem, and there are not too many. */
  static canHold({ count, demand, problem: { nodes, priority } }: Graph): boolean {
    const slots = nodes.reduce((sum, node) => sum + Math.min(node.slots, count), 0)
    return slots <= ROWS && demand.every(asked => asked.every((amount, r) => r === 0 || amount === 0)) && (priority?.every(each => each === priority[0]) ?? true)
  }

  isRunning(task: number): boolean {
    const { running } = this.graph.problem
    return running !== undefined && running[task]! >= 0
  }

  /** Rows of the plan: on each node every task goes to the slot that was left last of those that are free by then. */
  load({ node, start }: Placed): void {
    const { graph } = this
    for (const tasks of this.tasks) tasks.length = 0
    this.row.fill(-1)
    this.before.fill(-1)
    this.after.fill(-1)
    const free = this.nodeOf.map(() => 0)
    const rowsOf: number[][] = Array.from({ length: graph.nodes }, () => [])
    this.nodeOf.forEach((each, row) => rowsOf[each]!.push(row))
    for (const task of Uint32Array.from(node.keys()).sort((a, b) => start[a]! - start[b]! || a - b)) {
      this.node[task] = node[task]!
      this.duration[task] = graph.cost(task, node[task]!)
      if (this.duration[task] === 0) continue
      // Sums of times differ in their last digits.
      const slack = 1e-9 * Math.max(1, start[task]!)
      let chosen = -1
      for (const row of rowsOf[node[task]!]!) {
        if (free[row]! <= start[task]! + slack && (chosen < 0 || free[row]! > free[chosen]!)) chosen = row
      }
      free[chosen] = start[task]! + this.duration[task]!
      this.insert(task, chosen, this.tasks[chosen]!.length)
    }
  }

  /** The task stands at this place of the row, before what stood there. */
  insert(task: number, row: number, at: number): void {
    const tasks = this.tasks[row]!
    const before = at > 0 ? tasks[at - 1]! : -1
    const after = at < tasks.length ? tasks[at]! : -1
    tasks.splice(at, 0, task)
    this.row[task] = row
    this.before[task] = before
    this.after[task] = after
    if (before >= 0) this.after[before] = task
    if (after >= 0) this.before[after] = task
    this.node[task] = this.nodeOf[row]!
    this.duration[task] = this.graph.cost(task, this.nodeOf[row]!)
  }

  /** Takes the task out; returns where it stood in its row. */
  remove(task: number): number {
    this.node[task] = -1
    this.duration[task] = 0
    const row = this.row[task]!
    if (row < 0) return -1
    const at = this.tasks[row]!.indexOf(task)
    this.tasks[row]!.splice(at, 1)
    const before = this.before[task]!
    const after = this.after[task]!
    if (before >= 0) this.after[before] = after
    if (after >= 0) this.before[after] = before
    this.row[task] = this.before[task] = this.after[task] = -1
    return at
  }

  /** Moves a task and computes all times; false, and nothing moved, if tasks would wait for each other in a circle. */
  move(task: number, node: number, row: number, at: number): boolean {
    const from = { node: this.node[task]!, row: this.row[task]!, at: this.remove(task) }
    this.#put(task, node, row, at)
    if (this.pass()) return true
    this.remove(task)
    this.#put(task, from.node, from.row, from.at)
    this.pass()
    return false
  }

  #put(task: number, node: number, row: number, at: number): void {
    if (row >= 0) this.insert(task, row, at)
    else this.node[task] = node
  }

  /** A copy, as `load` takes it. */
  placed(): Placed {
    return { node: this.node.slice(), start: this.start.slice() }
  }

  /** Times of all tasks. False if they wait for each other in a circle: then nothing is known. */
  pass(): boolean {
    const { order, place, before, after, graph: { count, outStarts, outputs, problem: { starts } } } = this
    const missing = this.#missing
    let known = 0
    for (let i = 0; i < count; i++) {
      missing[i] = starts[i + 1]! - starts[i]! + (before[i]! >= 0 ? 1 : 0)
      if (missing[i] === 0) order[known++] = i
    }
    this.makespan = 0
    for (let at = 0; at < known; at++) {
      const task = order[at]!
      place[task] = at
      this.start[task] = this.startOf(task)
      const end = (this.end[task] = this.start[task]! + this.duration[task]!)
      if (end > this.makespan) this.makespan = end
      for (let out = outStarts[task]!; out < outStarts[task + 1]!; out++) if (--missing[outputs[out]!]! === 0) order[known++] = outputs[out]!
      const next = after[task]!
      if (next >= 0 && --missing[next]! === 0) order[known++] = next
    }
    if (known < count) return false
    for (let at = count - 1; at >= 0; at--) this.tail[order[at]!] = this.tailOf(order[at]!)
    return true
  }

  /** From the ends of what it waits for. */
  startOf(task: number): number {
    const { node, end, before, graph: { transfer, problem: { starts, inputs, release } } } = this
    if (this.isRunning(task)) return 0
    const here = node[task]!
    let start = release ? release[task]! : 0
    const previous = before[task]!
    if (previous >= 0 && end[previous]! > start) start = end[previous]!
    for (let at = starts[task]!, last = starts[task + 1]!; at < last; at++) {
      const input = inputs[at]!
      const from = node[input]!
      const there = from === here || from < 0 || here < 0 ? end[input]! : end[input]! + transfer[at]!
      if (there > start) start = there
    }
    return start
  }

  /** From the tails of what waits for it. */
  tailOf(task: number): number {
    const { node, tail, duration, graph: { outStarts, outputs, outEdges, transfer } } = this
    const here = node[task]!
    const next = this.after[task]!
    let longest = next >= 0 ? duration[next]! + tail[next]! : 0
    for (let at = outStarts[task]!, last = outStarts[task + 1]!; at < last; at++) {
      const output = outputs[at]!
      const to = node[output]!
      const behind = duration[output]! + tail[output]!
      const way = to === here || to < 0 || here < 0 ? behind : behind + transfer[outEdges[at]!]!
      if (way > longest) longest = way
    }
    return longest
  }

  /** Of the longest chains that make the schedule as long as it is, one. Of alike ones any. */
  critical(random: Random): number[] {
    const { count, transfer, problem: { starts, inputs } } = this.graph
    const slack = 1e-9 * Math.max(1, this.makespan)
    const path: number[] = []
    let choices: number[] = []
    for (let i = 0; i < count; i++) if (this.end[i]! >= this.makespan - slack) choices.push(i)
    while (choices.length > 0) {
      const task = choices[choices.length === 1 ? 0 : random.below(choices.length)]!
      path.push(task)
      choices = []
      if (this.isRunning(task)) break
      const least = this.start[task]! - slack
      const before = this.before[task]!
      if (before >= 0 && this.end[before]! >= least) choices.push(before)
      for (let at = starts[task]!; at < starts[task + 1]!; at++) {
        const input = inputs[at]!
        if (input !== before && this.end[input]! + (this.node[input] === this.node[task] ? 0 : transfer[at]!) >= least) choices.push(input)
      }
    }
    return path
  }
}
