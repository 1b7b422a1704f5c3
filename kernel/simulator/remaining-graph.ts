/** The unfinished tasks and what they wait for, in a topological order. In flat columns: there may be a hundred thousand, and the kernel waits. */
import { FIRST_FINAL, type RunId, type RunView, type State, type TaskId } from '../scheduler/index.ts'

/**
 * Vertices are the unfinished tasks and, where many tasks wait for many, joints: so that a thousand tasks that wait for a
 * thousand cost two thousand edges, not a million.
 */
export class Graph {
  /** Ascending. */
  readonly tasks: Int32Array
  readonly runs: readonly RunView[]
  /** Row of its run, of each vertex: `tasks.length` and more are joints. */
  readonly of: readonly number[]
  /** Rows of runs with tasks that are not in `order`. */
  readonly stuck = new Set<number>()
  /** Inputs that exist, and the row of a run that takes each. */
  readonly finished = new Map<TaskId, number>()
  /** The vertices, each after all that it waits for; without those that no living node could run, and what waits for them. */
  readonly order: Int32Array
  /** Vertices and finished tasks (as -1 - task) that each vertex waits for: `#inputs[#starts[v]] …`. */
  readonly #starts: Int32Array
  readonly #inputs: number[] = []
  readonly #state: State

  constructor(state: State, filter: (run: RunView) => boolean, runnable: (run: RunView) => boolean) {
    this.#state = state
    const ranges = rangesOf(state, filter)
    this.runs = ranges.map(({ run }) => run)
    this.tasks = new Int32Array(ranges.reduce((sum, { tasks }) => sum + tasks.length, 0))
    const of: number[] = []
    ranges.forEach(({ tasks }, row) => {
      this.tasks.set(tasks, of.length)
      for (let i = 0; i < tasks.length; i++) of.push(row)
    })
    const joints: number[][] = []
    const joint = (inputs: number[], row: number): number => {
      joints.push(inputs)
      return of.push(row) - 1
    }
    const known = new Map<RunId, number>()
    const common = this.runs.map((run, row) => this.#common(run, row, known, joint))
    this.of = of
    this.#starts = new Int32Array(of.length + 1)
    for (let vertex = 0; vertex < of.length; vertex++) {
      const row = of[vertex]!
      if (vertex < this.tasks.length) {
        this.#enter(state.singleInputsOf(this.tasks[vertex]!), row, this.#inputs)
        for (const input of common[row]!) this.#inputs.push(input)
      } else for (const input of joints[vertex - this.tasks.length]!) this.#inputs.push(input)
      this.#starts[vertex + 1] = this.#inputs.length
    }
    this.order = this.#possible(this.runs.map(runnable))
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
   * @param begun by number: what runs has its inputs
   */
  edges(
    offset: number, held: (task: TaskId) => number | undefined, bytes: (task: TaskId) => number, begun: (number: number) => boolean,
  ): { starts: Int32Array; inputs: Int32Array; bytes: Float64Array } {
    const place = new Int32Array(this.of.length)
    for (let i = 0; i < this.order.length; i++) place[this.order[i]!] = offset + i
    const starts = new Int32Array(offset + this.size + 1)
    const inputs: number[] = []
    const sizes: number[] = []
    for (let i = 0; i < this.order.length; i++) {
      const vertex = this.order[i]!
      const end = begun(offset + i) ? 0 : this.#starts[vertex + 1]!
      for (let at = this.#starts[vertex]!; at < end; at++) {
        const input = this.#inputs[at]!
        const task = input < 0 ? -1 - input : (this.tasks[input] ?? -1)
        const number = input < 0 ? held(task) : place[input]!
        if (number === undefined) continue
        inputs.push(number)
        // What goes into a joint comes to every task behind it: nobody knows yet where these will be.
        sizes.push(task < 0 || vertex >= this.tasks.length ? 0 : bytes(task))
      }
      starts[offset + i + 1] = inputs.length
    }
    return { starts, inputs: Int32Array.from(inputs), bytes: Float64Array.from(sizes) }
  }

  /** Adds the inputs that are there or will be. */
  #enter(inputs: ArrayLike<TaskId>, row: number, to: number[]): void {
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i]!
      const vertex = indexOf(this.tasks, input)
      if (vertex >= 0) to.push(vertex)
      else if (this.#state.stateName(input) === 'succeeded') {
        this.finished.set(input, row)
        to.push(-1 - input)
      }
    }
  }

  /** What all tasks of a run wait for: whole runs, shared inputs, and with a barrier the inputs of each other. */
  #common({ spec }: RunView, row: number, joints: Map<RunId, number>, joint: (inputs: number[], row: number) => number): number[] {
    const { runs, tasks } = this.#state.commonInputsOf(spec.id)
    const mine = this.#verticesOf(spec.first, spec.count)
    const common: number[] = []
    this.#enter(tasks, row, common)
    for (const run of runs) {
      const other = this.#state.run(run).spec
      const theirs = this.#verticesOf(other.first, other.count)
      if (theirs.length * mine.length <= 4 * (theirs.length + mine.length)) {
        for (const vertex of theirs) common.push(vertex)
        continue
      }
      const known = joints.get(run) ?? joint(theirs, row)
      joints.set(run, known)
      common.push(known)
    }
    if (spec.mode === 'sync' && mine.length > 1) {
      const inputs: number[] = []
      for (const vertex of mine) this.#enter(this.#state.singleInputsOf(this.tasks[vertex]!), row, inputs)
      const outside = new Set(inputs.filter((input) => input >= 0 && (input < mine[0]! || input > mine[mine.length - 1]!)))
      if (outside.size > 0) common.push(joint([...outside], row))
    }
    return common
  }

  #verticesOf(first: TaskId, count: number): number[] {
    const vertices: number[] = []
    for (let vertex = lowerBound(this.tasks, first); vertex < this.tasks.length && this.tasks[vertex]! < first + count; vertex++) vertices.push(vertex)
    return vertices
  }

  /** In order, those that some node could run. @param runnable by row of run */
  #possible(runnable: readonly boolean[]): Int32Array {
    const stuck = new Uint8Array(this.of.length)
    return ordered(this.#starts, this.#inputs).filter((vertex) => {
      const row = this.of[vertex]!
      let bad = !runnable[row]
      for (let at = this.#starts[vertex]!; at < this.#starts[vertex + 1]! && !bad; at++) bad = this.#inputs[at]! >= 0 && stuck[this.#inputs[at]!] === 1
      if (bad) {
        stuck[vertex] = 1
        this.stuck.add(row)
      }
      return !bad
    })
  }
}

function rangesOf(state: State, filter: (run: RunView) => boolean): { readonly run: RunView; readonly tasks: Int32Array }[] {
  const runs = state.unfinishedRuns().map((run) => state.run(run)).filter(filter).sort((a, b) => a.spec.first - b.spec.first)
  return runs.map((run) => {
    const { first, count } = run.spec
    const tasks = new Int32Array(run.unfinished)
    const states = state.states(run.spec.id)
    let end = 0
    for (let i = 0; i < count; i++) if (states[i]! < FIRST_FINAL) tasks[end++] = first + i
    return { run, tasks }
  })
}

/** The first place of what is not below `value`. */
function lowerBound(ascending: Int32Array, value: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

function indexOf(ascending: Int32Array, value: number): number {
  const at = lowerBound(ascending, value)
  return ascending[at] === value ? at : -1
}

/** Kahn's algorithm, the lowest numbers first among those that are free at the same time. */
function ordered(starts: Int32Array, inputs: readonly number[]): Int32Array {
  const size = starts.length - 1
  const missing = new Int32Array(size)
  const outStarts = new Int32Array(size + 1)
  for (const input of inputs) if (input >= 0) outStarts[input + 1]!++
  for (let vertex = 0; vertex < size; vertex++) outStarts[vertex + 1]! += outStarts[vertex]!
  const out = new Int32Array(outStarts[size]!)
  const next = outStarts.slice()
  for (let vertex = 0; vertex < size; vertex++) {
    for (let at = starts[vertex]!; at < starts[vertex + 1]!; at++) {
      if (inputs[at]! < 0) continue
      out[next[inputs[at]!]!++] = vertex
      missing[vertex]!++
    }
  }
  const order = new Int32Array(size)
  let end = 0
  for (let vertex = 0; vertex < size; vertex++) if (missing[vertex] === 0) order[end++] = vertex
  for (let first = 0; first < end; first++) {
    const vertex = order[first]!
    for (let at = outStarts[vertex]!; at < outStarts[vertex + 1]!; at++) if (--missing[out[at]!]! === 0) order[end++] = out[at]!
  }
  return order
}
