import type { Problem } from '../problem.ts'

/** A problem with what list scheduling looks up again and again. */
export class Graph {
  readonly problem: Problem
  readonly count: number
  readonly nodes: number
  /** Outputs of task i: `outputs[outStarts[i]] … outputs[outStarts[i + 1] - 1]`, and where each stands among `inputs`. */
  readonly outStarts: Int32Array
  readonly outputs: Int32Array
  readonly outEdges: Int32Array
  /** ms that each entry of `inputs` takes between two different nodes. */
  readonly transfer: Float64Array
  /** What each task takes of a node: one slot, then the problem's resources. Tasks that ask for the same share a list. */
  readonly demand: readonly (readonly number[])[]
  /** What each node has, in the same order. */
  readonly capacity: readonly (readonly number[])[]
  /** Whether task i could run on node n if that were empty: `able[i * nodes + n]`; undefined: every task on every node. */
  readonly able: Uint8Array | undefined

  constructor(problem: Problem) {
    const { count, inputs, starts } = problem
    this.problem = problem
    this.count = count
    this.nodes = problem.nodes.length
    this.outStarts = new Int32Array(count + 1)
    for (const input of inputs) this.outStarts[input + 1]!++
    for (let i = 0; i < count; i++) this.outStarts[i + 1]! += this.outStarts[i]!
    this.outputs = new Int32Array(inputs.length)
    this.outEdges = new Int32Array(inputs.length)
    const next = this.outStarts.slice()
    for (let i = 0; i < count; i++) {
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const place = next[inputs[at]!]!++
        this.outputs[place] = i
        this.outEdges[place] = at
      }
    }
    this.transfer = transfersOf(problem)
    this.demand = demandsOf(problem)
    this.capacity = problem.nodes.map(node => [node.slots, ...node.capacity])
    this.able = ableOf(problem, this.demand, this.capacity)
  }

  /** ms that the task takes on the node. */
  cost(task: number, node: number): number {
    const { problem } = this
    return problem.cost ? problem.cost[task * this.nodes + node]! : problem.duration[task]! / problem.nodes[node]!.speed
  }

  canRun(task: number, node: number): boolean {
    return this.able === undefined || this.able[task * this.nodes + node] === 1
  }

  /** Mean over the nodes on which it may run. */
  meanCost(task: number): number {
    let sum = 0
    let nodes = 0
    for (let node = 0; node < this.nodes; node++) {
      if (!this.canRun(task, node)) continue
      sum += this.cost(task, node)
      nodes++
    }
    return sum / nodes
  }

  leastCost(task: number): number {
    let least = Infinity
    for (let node = 0; node < this.nodes; node++) if (this.canRun(task, node)) least = Math.min(least, this.cost(task, node))
    return least
  }
}

/** A task that fits no node: a plan does not exist. The caller checks this before it asks for one. */
export class NoPlan extends Error {
  readonly task: number

  constructor(task: number) {
    super(`no node can take task ${task}`)
    this.task = task
  }
}

function transfersOf({ bytes, link }: Problem): Float64Array {
  return bytes.map(each => (each > 0 ? link.latency + each / link.bandwidth : 0))
}

function demandsOf({ count, resources, request }: Problem): (readonly number[])[] {
  const shared = new Map<string, readonly number[]>()
  return Array.from({ length: count }, (_, i) => {
    const demand = [1, ...request.subarray(i * resources.length, (i + 1) * resources.length)]
    const key = demand.join()
    const same = shared.get(key)
    if (same) return same
    shared.set(key, demand)
    return demand
  })
}

/** @throws NoPlan when a task fits no node */
function ableOf({ count, allowed, nodes }: Problem, demand: readonly (readonly number[])[], capacity: readonly (readonly number[])[]): Uint8Array | undefined {
  const fits = new Map<readonly number[], boolean[]>()
  for (const asked of demand) if (!fits.has(asked)) fits.set(asked, capacity.map(has => has.every((amount, r) => amount >= asked[r]!)))
  if (!allowed && [...fits.values()].every(list => list.every(Boolean))) return undefined
  const able = new Uint8Array(count * nodes.length)
  for (let i = 0; i < count; i++) {
    const list = fits.get(demand[i]!)!
    let some = false
    for (let n = 0; n < nodes.length; n++) {
      const can = list[n]! && (allowed === undefined || allowed[i * nodes.length + n] === 1)
      able[i * nodes.length + n] = can ? 1 : 0
      some ||= can
    }
    if (!some) throw new NoPlan(i)
  }
  return able
}
