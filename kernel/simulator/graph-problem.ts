/** Planning problems as graphs that are simulated, and graphs as problems. */
import type { PlanNode, Problem } from '../planning/index.ts'
import { createState, transition, type Link, type NodeSpec } from '../scheduler/index.ts'
import type { GraphRun, TaskGraph } from './graph.ts'
import { problemOf } from './remaining.ts'

/** Slots of a node that has as many as its resources allow, at most. */
const MANY = 4096

/**
 * A problem as runs and dependencies. Tasks of one name that ask for the same are one run, unless others stand between them. A
 * result is as large as the most that travels of it.
 * @param names one for each task; absent: each is a run of its own
 */
export function graphOf(problem: Problem, names?: readonly string[]): TaskGraph {
  const { count, starts, inputs } = problem
  const keys = keysOf(problem, names)
  // Runs are declared after those that they take from; tasks of one run may take from each other in the order of their numbers.
  const at = new Float64Array(count)
  const wave = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    at[i] = problem.release?.[i] ?? 0
    for (let edge = starts[i]!; edge < starts[i + 1]!; edge++) {
      const input = inputs[edge]!
      at[i] = Math.max(at[i]!, at[input]!)
      wave[i] = Math.max(wave[i]!, wave[input]! + (keys[input] === keys[i] ? 0 : 1))
    }
  }
  const order = Int32Array.from({ length: count }, (_, i) => i).sort((a, b) => at[a]! - at[b]! || wave[a]! - wave[b]! || keys[a]! - keys[b]! || a - b)
  const tasks = new Int32Array(count)
  order.forEach((i, task) => (tasks[i] = task))
  const sizes = sizesOf(problem)
  const runs: GraphRun[] = []
  for (let from = 0; from < count; ) {
    const one = order[from]!
    let to = from + 1
    while (to < count && at[order[to]!] === at[one] && wave[order[to]!] === wave[one] && keys[order[to]!] === keys[one]) to++
    const members = order.subarray(from, to)
    const taken = Array.from(members, (i) => Array.from(inputs.subarray(starts[i], starts[i + 1]), (input) => tasks[input]!))
    runs.push({
      spec: {
        id: runs.length + 1, name: names?.[one] ?? `task-${one + 1}`, first: from, count: members.length, priority: problem.priority?.[one] ?? 0,
        request: requestOf(problem, one), placement: placementOf(problem, one), retries: 0, backoff: 0, replicas: 1, mode: 'async',
      },
      dependencies: { runs: [], shared: [], ...(taken.some((list) => list.length > 0) && { tasks: taken }) },
      at: at[one]!,
      durations: Float64Array.from(members, (i) => problem.duration[i]!),
      sizes: Float64Array.from(members, (i) => sizes[i]!),
    })
    from = to
  }
  return { runs, count, of: { problem, tasks } }
}

/** A number for each task: equal ones may be of one run. */
function keysOf(problem: Problem, names: readonly string[] | undefined): Int32Array {
  const { count, request, resources, priority, release } = problem
  const numbers = new Map<string, number>()
  return Int32Array.from({ length: count }, (_, i) => {
    if (!names) return i
    const asked = request.subarray(i * resources.length, (i + 1) * resources.length).join()
    const key = `${names[i]}\n${asked} ${priority?.[i] ?? 0} ${release?.[i] ?? 0} ${admitted(problem, i)?.join() ?? ''}`
    const number = numbers.get(key) ?? numbers.size
    numbers.set(key, number)
    return number
  })
}

function requestOf({ resources, request }: Problem, task: number): Record<string, number> {
  const asked = resources.map((resource, r) => [resource, request[task * resources.length + r]!] as const)
  return Object.fromEntries(asked.filter(([, amount]) => amount > 0))
}

/** Numbers of the nodes on which the task may run, unless it may on all. */
function admitted({ allowed, nodes }: Problem, task: number): number[] | undefined {
  if (!allowed) return undefined
  const numbers = nodes.flatMap((_, n) => (allowed[task * nodes.length + n] === 1 ? [n] : []))
  return numbers.length === nodes.length ? undefined : numbers
}

/** A set of nodes is a label that these carry. */
function placementOf(problem: Problem, task: number): GraphRun['spec']['placement'] {
  const numbers = admitted(problem, task)
  if (!numbers) return {}
  return numbers.length === 1 ? { node: problem.nodes[numbers[0]!]!.name } : { labels: { [`set-${numbers.join('-')}`]: 'yes' } }
}

function sizesOf({ count, inputs, bytes }: Problem): Float64Array {
  const sizes = new Float64Array(count)
  for (let at = 0; at < inputs.length; at++) sizes[inputs[at]!] = Math.max(sizes[inputs[at]!]!, bytes[at]!)
  return sizes
}

/** The problem's nodes as they join. */
export function nodesOf(problem: Problem): NodeSpec[] {
  const labels = problem.nodes.map((): Record<string, string> => ({}))
  for (let i = 0; problem.allowed && i < problem.count; i++) {
    const numbers = admitted(problem, i)
    if (numbers && numbers.length > 1) for (const n of numbers) labels[n]![`set-${numbers.join('-')}`] = 'yes'
  }
  return problem.nodes.map((node, n): NodeSpec => {
    const slots = slotsOf(node, problem.count)
    const own = Object.fromEntries(problem.resources.map((resource, r) => [resource, node.capacity[r]!]))
    return { id: node.name, slots, speed: node.speed, labels: labels[n]!, resources: { cpu: slots, memory: 2 ** 40, ...own } }
  })
}

function slotsOf({ slots }: PlanNode, count: number): number {
  return Number.isFinite(slots) ? slots : Math.max(1, Math.min(count, MANY))
}

/**
 * The graph on these nodes as a problem, by the durations and sizes that its tasks really have. In `tasks`, -1 is no task of the
 * graph but a joint, where many wait for many.
 */
export function problemOfGraph(graph: TaskGraph, nodes: readonly NodeSpec[], link: Link): { readonly problem: Problem; readonly tasks: Int32Array } {
  // A cluster without nodes starts nothing.
  const state = createState({ policy: 'least-loaded', link })
  for (const { spec: { policy: _, ...spec }, dependencies } of graph.runs) transition(state, { type: 'RunDeclared', time: 0, run: spec, dependencies })
  const { problem, tasks, of } = problemOf(state)
  const rows = graph.runs
  const value = (i: number, column: 'durations' | 'sizes') => (tasks[i]! < 0 ? 0 : rows[of[i]!]![column][tasks[i]! - rows[of[i]!]!.spec.first]!)
  const all = Int32Array.from(tasks, (_, i) => i)
  const bytes = new Float64Array(problem.inputs.length)
  for (let i = 0; i < problem.count; i++) {
    if (tasks[i]! < 0) continue
    for (let at = problem.starts[i]!; at < problem.starts[i + 1]!; at++) bytes[at] = value(problem.inputs[at]!, 'sizes')
  }
  const planNodes = nodes.map(({ id, slots, resources, speed }): PlanNode => ({ name: id, slots, speed, capacity: problem.resources.map((name) => resources[name] ?? 0) }))
  return {
    tasks,
    problem: {
      ...problem, bytes, nodes: planNodes, duration: Float64Array.from(all, (i) => value(i, 'durations')), ...allowedOn(graph, tasks, of, nodes),
      ...(rows.some(({ at }) => at > 0) && { release: Float64Array.from(all, (i) => (tasks[i]! < 0 ? 0 : rows[of[i]!]!.at)) }),
    },
  }
}

function allowedOn({ runs }: TaskGraph, tasks: Int32Array, of: Int32Array, nodes: readonly NodeSpec[]): { allowed?: Uint8Array } {
  const byRun = runs.map(({ spec: { placement: { node, labels } } }) => {
    const admits = (one: NodeSpec) => (node === undefined || node === one.id) && Object.entries(labels ?? {}).every(([key, value]) => one.labels[key] === value)
    return node === undefined && !labels ? undefined : Uint8Array.from(nodes, (one) => (admits(one) ? 1 : 0))
  })
  if (byRun.every((row) => row === undefined)) return {}
  const allowed = new Uint8Array(tasks.length * nodes.length).fill(1)
  tasks.forEach((task, i) => {
    const row = task < 0 ? undefined : byRun[of[i]!]
    if (row) allowed.set(row, i * nodes.length)
  })
  return { allowed }
}
