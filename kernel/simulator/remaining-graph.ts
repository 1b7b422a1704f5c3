/** The unfinished tasks and what they wait for, in a topological order. */
import type { RunId, RunView, State, TaskId } from '../scheduler/index.ts'

/**
 * Vertices are the unfinished tasks and, where many tasks wait for many, joints: so that a thousand tasks that wait for a
 * thousand cost two thousand edges, not a million.
 */
export class Graph {
  readonly tasks: Int32Array
  readonly runs: readonly RunView[]
  /** Row of its run, of each vertex: `tasks.length` and more are joints. */
  readonly of: number[] = []
  /** The vertices, each after all that it waits for; without those that no living node could run, and what waits for them. */
  readonly order: Int32Array
  /** Rows of runs with tasks that are not in `order`. */
  readonly stuck = new Set<number>()
  /** Inputs that exist, and the row of a run that takes each. */
  readonly finished = new Map<TaskId, number>()
  /** Vertices and finished tasks (as -1 - task) that each vertex waits for. */
  readonly #inputs: number[][] = []
  readonly #vertexOf = new Map<TaskId, number>()
  readonly #state: State

  constructor(state: State, filter: (run: RunView) => boolean, runnable: (run: RunView) => boolean) {
    this.#state = state
    const ranges = rangesOf(state).filter(({ run }) => filter(run))
    this.runs = ranges.map(({ run }) => run)
    this.tasks = Int32Array.from(ranges.flatMap(({ tasks }) => [...tasks]))
    ranges.forEach(({ tasks }, row) => {
      for (const task of tasks) this.#vertexOf.set(task, this.of.push(row) - 1)
    })
    this.tasks.forEach((task, vertex) => (this.#inputs[vertex] = this.#known(state.singleInputsOf(task), this.of[vertex]!)))
    const joints = new Map<RunId, number>()
    this.runs.forEach((run, row) => this.#addCommon(run, row, joints))
    const possible = this.runs.map(runnable)
    const stuck = new Uint8Array(this.of.length)
    this.order = ordered(this.#inputs).filter((vertex) => {
      stuck[vertex] = !possible[this.of[vertex]!]! || this.#inputs[vertex]!.some((input) => input >= 0 && stuck[input] === 1) ? 1 : 0
      if (stuck[vertex] === 1) this.stuck.add(this.of[vertex]!)
      return stuck[vertex] === 0
    })
  }

  /** Vertices in `order`. */
  get size(): number {
    return this.order.length
  }

  /**
   * The edges as a problem has them.
   * @param offset of the vertices' numbers
   * @param held number of a finished task
   * @param bytes of a task's result
   */
  edges(offset: number, held: (task: TaskId) => number | undefined, bytes: (task: TaskId) => number): { starts: Int32Array; inputs: Int32Array; bytes: Float64Array } {
    const place = new Int32Array(this.of.length)
    this.order.forEach((vertex, i) => (place[vertex] = offset + i))
    const starts = new Int32Array(offset + this.size + 1)
    const inputs: number[] = []
    const sizes: number[] = []
    this.order.forEach((vertex, i) => {
      for (const input of this.#inputs[vertex]!) {
        const task = input < 0 ? -1 - input : (this.tasks[input] ?? -1)
        const number = input < 0 ? held(task) : place[input]!
        if (number === undefined) continue
        inputs.push(number)
        // What goes into a joint comes to every task behind it: nobody knows yet where these will be.
        sizes.push(task < 0 || vertex >= this.tasks.length ? 0 : bytes(task))
      }
      starts[offset + i + 1] = inputs.length
    })
    return { starts, inputs: Int32Array.from(inputs), bytes: Float64Array.from(sizes) }
  }

  #known(inputs: Iterable<TaskId>, row: number): number[] {
    const known: number[] = []
    for (const input of inputs) {
      const vertex = this.#vertexOf.get(input)
      if (vertex !== undefined) known.push(vertex)
      else if (this.#state.stateName(input) === 'succeeded') {
        this.finished.set(input, row)
        known.push(-1 - input)
      }
    }
    return known
  }

  /** What all tasks of a run wait for: whole runs, shared inputs, and with a barrier the inputs of each other. */
  #addCommon({ spec }: RunView, row: number, joints: Map<RunId, number>): void {
    const { runs, tasks } = this.#state.commonInputsOf(spec.id)
    const mine = this.#verticesOf(spec.first, spec.count)
    const common = this.#known(tasks, row)
    for (const run of runs) {
      const other = this.#state.run(run).spec
      const theirs = this.#verticesOf(other.first, other.count)
      if (theirs.length * mine.length <= 4 * (theirs.length + mine.length)) common.push(...theirs)
      else common.push(joints.get(run) ?? this.#joint(theirs, row, run, joints))
    }
    if (spec.mode === 'sync' && mine.length > 1) {
      const outside = new Set(mine.flatMap((vertex) => this.#inputs[vertex]!.filter((input) => input >= 0 && this.of[input] !== row)))
      if (outside.size > 0) common.push(this.#joint([...outside], row))
    }
    if (common.length > 0) for (const vertex of mine) this.#inputs[vertex]!.push(...common)
  }

  #joint(inputs: number[], row: number, of?: RunId, joints?: Map<RunId, number>): number {
    const vertex = this.of.push(row) - 1
    this.#inputs[vertex] = inputs
    if (of !== undefined) joints?.set(of, vertex)
    return vertex
  }

  #verticesOf(first: TaskId, count: number): number[] {
    const vertices: number[] = []
    for (let task = first; task < first + count; task++) {
      const vertex = this.#vertexOf.get(task)
      if (vertex !== undefined) vertices.push(vertex)
    }
    return vertices
  }
}

function rangesOf(state: State): { readonly run: RunView; readonly tasks: Int32Array }[] {
  const all = state.unfinishedTasks()
  const ranges: { run: RunView; tasks: Int32Array }[] = []
  for (let from = 0; from < all.length; ) {
    const run = state.run(state.task(all[from]!).run)
    const end = run.spec.first + run.spec.count
    let to = from
    while (to < all.length && all[to]! < end) to++
    ranges.push({ run, tasks: all.subarray(from, to) })
    from = to
  }
  return ranges
}

/** Kahn's algorithm, the lowest numbers first among those that are free at the same time. */
function ordered(inputs: readonly (readonly number[])[]): Int32Array {
  const missing = new Int32Array(inputs.length)
  const followers: number[][] = inputs.map(() => [])
  inputs.forEach((list, vertex) => {
    for (const input of list) {
      if (input < 0) continue
      followers[input]!.push(vertex)
      missing[vertex]!++
    }
  })
  const order = new Int32Array(inputs.length)
  let [next, end] = [0, 0]
  missing.forEach((count, vertex) => count === 0 && (order[end++] = vertex))
  for (; next < end; next++) for (const follower of followers[order[next]!]!) if (--missing[follower]! === 0) order[end++] = follower
  return order
}
