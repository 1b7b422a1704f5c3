/**
 * What the scheduler costs, live: the time inside `transition`, while a graph of a published instance, replicated, is executed on
 * nodes that take each task's own duration on a virtual clock. Nothing here is simulated but the clock: events and commands are
 * those of a running cluster.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { UserError } from '../../../kernel/errors.ts'
import { createState, nextDeadline, transition, type Command, type Event, type NodeSpec, type RunSpec, type State } from '../../../kernel/scheduler/index.ts'
import { simulate, type TaskGraph } from '../../../kernel/simulator/index.ts'

/** A workflow: of each task the program it runs, its inputs (by index), its duration in ms and the bytes it makes. */
export interface Workflow {
  readonly name: string
  readonly tasks: readonly { readonly program: string; readonly inputs: readonly number[]; readonly duration: number; readonly bytes: number }[]
}

interface WfTask {
  readonly id: string
  readonly name: string
  readonly parents: readonly string[]
  readonly outputFiles?: readonly string[]
}

/** What is needed here of a WfFormat file: durations and sizes as they were, parents before their children. */
export function readWorkflow(path: string): Workflow {
  const { specification, execution } = JSON.parse(readFileSync(path, 'utf8')).workflow as {
    specification: { tasks: WfTask[]; files?: { id: string; sizeInBytes: number }[] }
    execution: { tasks: { id: string; runtimeInSeconds: number }[] }
  }
  const sizes = new Map((specification.files ?? []).map(({ id, sizeInBytes }) => [id, sizeInBytes]))
  const seconds = new Map(execution.tasks.map(({ id, runtimeInSeconds }) => [id, runtimeInSeconds]))
  const byId = new Map(specification.tasks.map(task => [task.id, task]))
  const index = new Map<string, number>()
  const order: WfTask[] = []
  const visit = (task: WfTask): void => {
    if (index.has(task.id)) return
    for (const parent of task.parents) visit(byId.get(parent)!)
    index.set(task.id, order.push(task) - 1)
  }
  specification.tasks.forEach(visit)
  const tasks = order.map(task => ({
    program: task.name.replace(/_.*/, ''), inputs: task.parents.map(parent => index.get(parent)!), duration: Math.max((seconds.get(task.id) ?? 0) * 1000, 1),
    bytes: (task.outputFiles ?? []).reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0),
  }))
  return { name: basename(path, '.json'), tasks }
}

/** The workflow `times` over, as runs of one program each (`apart`: of one program and copy), in an order in which inputs come first. */
export function replicate(workflow: Workflow, times: number, apart: boolean): { readonly runs: readonly DeclaredRun[]; readonly durations: Float64Array; readonly sizes: Float64Array } {
  const groups = grouped(workflow)
  const copies = Array.from({ length: times }, (_, copy) => copy)
  const runs = (apart ? copies.flatMap(copy => groups.map(group => ({ group, copies: [copy] }))) : groups.map(group => ({ group, copies })))
  const number = new Map<number, number>()
  const key = (copy: number, task: number) => copy * workflow.tasks.length + task
  let next = 0
  for (const { group, copies } of runs) for (const copy of copies) for (const task of group) number.set(key(copy, task), next++)
  const durations = new Float64Array(next)
  const sizes = new Float64Array(next)
  const declared = runs.map(({ group, copies }) => {
    const inputs: number[][] = []
    for (const copy of copies) {
      for (const task of group) {
        const at = number.get(key(copy, task))!
        durations[at] = workflow.tasks[task]!.duration
        sizes[at] = workflow.tasks[task]!.bytes
        inputs.push(workflow.tasks[task]!.inputs.map(input => number.get(key(copy, input))!))
      }
    }
    return { name: workflow.tasks[group[0]!]!.program, first: number.get(key(copies[0]!, group[0]!))!, inputs }
  })
  return { runs: declared, durations, sizes }
}

export interface DeclaredRun {
  readonly name: string
  readonly first: number
  readonly inputs: readonly (readonly number[])[]
}

/** Tasks of one program and depth. */
function grouped({ tasks }: Workflow): number[][] {
  const depth: number[] = []
  const groups = new Map<string, number[]>()
  tasks.forEach(({ program, inputs }, task) => {
    depth[task] = 1 + Math.max(-1, ...inputs.map(input => depth[input]!))
    const name = `${String(depth[task]).padStart(6, '0')} ${program}`
    groups.set(name, [...(groups.get(name) ?? []), task])
  })
  return [...groups.keys()].sort().map(name => groups.get(name)!)
}

interface End {
  readonly time: number
  readonly node: string
  readonly slot: number
  readonly task: number
  readonly attempt: number
  readonly began: number
}

function nodeOf(number: number, speed: number): NodeSpec {
  return { id: `n${number}`, slots: 1, resources: { cpu: 1, memory: 1e9 }, labels: {}, speed }
}

function specOf(id: number, name: string, first: number, count: number): RunSpec {
  return { id, name, first, count, priority: 0, request: { cpu: 1 }, placement: {}, retries: 0, backoff: 0, replicas: 1, mode: 'async' }
}

/** The clock: ends of attempts in order of time. */
export class Cluster {
  readonly state: State
  time = 0
  spent = 0
  settled = 0
  started = 0
  /** µs of each transition that started tasks: in all, and per task started. */
  readonly whole: number[] = []
  readonly each: number[] = []
  /** Where and when each task began. */
  readonly node: Int32Array
  readonly start: Float64Array
  readonly #durations: (task: number) => number
  readonly #sizes: Float64Array
  readonly #ends: End[] = []

  constructor(policy: string, nodes: number, durations: (task: number) => number, sizes: Float64Array, speed: (node: number) => number = () => 1) {
    this.state = createState({ policy })
    this.#durations = durations
    this.#sizes = sizes
    this.node = new Int32Array(sizes.length)
    this.start = new Float64Array(sizes.length)
    for (let i = 0; i < nodes; i++) {
      this.#send({ type: 'NodeJoined', time: 0, node: nodeOf(i, speed(i)) })
    }
    this.spent = 0
  }

  #send(event: Event): void {
    const before = performance.now()
    const commands = transition(this.state, event)
    nextDeadline(this.state)
    const took = performance.now() - before
    this.spent += took
    const started = this.started
    for (const command of commands) this.#obey(command)
    if (event.type === 'TasksFinished' || event.type === 'TimePassed') {
      this.whole.push(took * 1000)
      if (this.started > started) this.each.push((took * 1000) / (this.started - started))
    }
  }

  #obey(command: Command): void {
    if (command.type === 'TasksSettled') this.settled += command.tasks.length
    if (command.type === 'RecallTasks') throw new Error('tasks of such a length are not queued ahead')
    if (command.type !== 'StartTasks') return
    this.started += command.tasks.length
    const number = Number(command.node.slice(1))
    const { speed } = this.state.nodes.get(command.node)!.spec
    let time = this.time
    command.tasks.forEach((task, i) => {
      this.node[task] = number
      this.start[task] = time
      const began = time
      time += this.#durations(task) / speed
      this.#push({ time, node: command.node, slot: command.slot, task, attempt: command.attempts[i]!, began })
    })
  }

  declare(runs: readonly DeclaredRun[], policy?: string): this {
    runs.forEach(({ name, first, inputs }, i) => {
      const run = { ...specOf(i + 1, name, first, inputs.length), ...(policy !== undefined && { policy }) }
      this.#send({ type: 'RunDeclared', time: this.time, run, dependencies: { runs: [], shared: [], tasks: inputs } })
    })
    return this
  }

  plan(policy: string, plan: { readonly node: Int32Array; readonly start: Float64Array }): this {
    const tasks = Int32Array.from(plan.node, (_, task) => task)
    this.#send({ type: 'Planned', time: this.time, policy, tasks, nodes: [...this.state.nodes.keys()], node: plan.node, start: plan.start })
    return this
  }

  /** Until nothing runs any more, or so many tasks have settled. */
  drain(until = Infinity): this {
    while (this.settled < until) {
      const deadline = nextDeadline(this.state) ?? Infinity
      const end = this.#ends[0]
      if (!end && deadline === Infinity) return this
      if (!end || deadline < end.time) {
        this.time = Math.max(this.time, deadline)
        this.#send({ type: 'TimePassed', time: this.time })
        continue
      }
      const { time, node, slot, task, attempt, began } = this.#pop()
      this.time = time
      const outcomes = [{ task, attempt, began, ended: time, ok: true as const, size: this.#sizes[task]!, inKernel: false }]
      this.#send({ type: 'TasksFinished', time, node, slot, outcomes })
    }
    return this
  }

  #push(end: End): void {
    const heap = this.#ends
    let at = heap.push(end) - 1
    for (let up = (at - 1) >> 1; at > 0 && heap[up]!.time > end.time; at = up, up = (at - 1) >> 1) heap[at] = heap[up]!
    heap[at] = end
  }

  #pop(): End {
    const heap = this.#ends
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.time < heap[child]!.time) child++
      if (heap[child]!.time >= last.time) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}

export const quantile = (values: readonly number[], q: number): number => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? 0

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heap(): number {
  // Array buffers are given back in the background.
  for (let i = 0; i < 3; i++) collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

export interface LiveRow {
  readonly instance: string
  readonly policy: string
  readonly tasks: number
  readonly nodes: number
  readonly 'decisions/s': number
  readonly 'p50 µs': number
  readonly 'p99 µs': number
  readonly 'p99 µs of a transition': number
  readonly 'longest ms': number
  readonly 'bytes a task': number
  readonly 'makespan s': number
  readonly 'wall s': number
}

/** A number in [0, 1) for each task: the same each time. */
const noise = (task: number): number => (Math.imul(task + 1, 2654435761) >>> 0) / 2 ** 32

/** One policy on the workflow, about `tasks` tasks of it. Real durations differ by up to a tenth from those that plans go by. */
export function run(workflow: Workflow, policy: string, tasks: number, nodes: number, apart = true): LiveRow {
  const { runs, durations, sizes } = replicate(workflow, Math.max(1, Math.round(tasks / workflow.tasks.length)), apart)
  const real = (task: number) => durations[task]! * (0.9 + 0.2 * noise(task))
  const plan = policies.planned.has(policy) ? new Cluster('critical-path', nodes, task => durations[task]!, sizes).declare(runs).drain() : undefined
  const began = performance.now()
  const before = heap()
  const cluster = new Cluster(policy, nodes, real, sizes)
  // Before anything is declared, so that it is the plan from the first decision on.
  cluster.declare(runs)
  const bytes = (heap() - before - sizes.length * 12) / sizes.length
  if (plan) cluster.plan(policy, plan)
  cluster.drain()
  if (cluster.settled !== sizes.length) throw new Error(`${cluster.settled} of ${sizes.length} tasks settled`)
  const atEnd = (heap() - before - sizes.length * 12 - 16 * (cluster.whole.length + cluster.each.length)) / sizes.length
  return {
    instance: workflow.name, policy, tasks: sizes.length, nodes, 'decisions/s': Math.round(cluster.started / (cluster.spent / 1000)),
    'p50 µs': round(quantile(cluster.each, 0.5)), 'p99 µs': round(quantile(cluster.each, 0.99)), 'p99 µs of a transition': round(quantile(cluster.whole, 0.99)),
    'longest ms': round(Math.max(0, quantile(cluster.whole, 1)) / 1000), 'bytes a task': Math.round(Math.max(bytes, atEnd)),
    'makespan s': Math.round(cluster.time / 1000), 'wall s': round((performance.now() - began) / 1000),
  }
}

const policies = { planned: new Set(['heft', 'peft', 'adaptive', 'lp', 'assignment', 'genetic', 'annealing', 'particle-swarm', 'ant-colony']) }

const round = (value: number): number => Math.round(value * 100) / 100

/** The cost of a decision by how many tasks wait: µs of `transition` for each of 10,000 starts on 1,000 nodes, while so many are ready. */
export function growth(policy: string, waiting: number): { readonly policy: string; readonly waiting: number; readonly 'µs a decision': number; readonly 'p99 µs': number } {
  const decisions = 10_000
  const total = waiting + decisions
  const sizes = new Float64Array(total + 1000).fill(1e6)
  const durations = (task: number) => 1000 + 1000 * noise(task)
  const sources = { name: 'source', first: 0, inputs: Array.from({ length: 1000 }, () => []) }
  const tasks = { name: 'task', first: 1000, inputs: Array.from({ length: total }, (_, i) => [i % 1000]) }
  const cluster = new Cluster(policy, 1000, durations, sizes)
  cluster.declare([sources, tasks])
  if (policies.planned.has(policy)) {
    const plan = new Cluster('critical-path', 1000, task => durations(task) * 1.05, sizes).declare([sources, tasks]).drain()
    cluster.plan(policy, plan)
  }
  cluster.drain(1000 + 1000)
  cluster.whole.length = cluster.each.length = cluster.spent = cluster.started = 0
  cluster.drain(2000 + decisions - 1000)
  return { policy, waiting, 'µs a decision': round((cluster.spent * 1000) / cluster.started), 'p99 µs': round(quantile(cluster.each, 0.99)) }
}

/** @param only how the file's name begins; absent: the one that targets are stated for, or whatever there is */
export function findWorkflow(dir: string, only?: string): Workflow {
  const files = readdirSync(dir).filter(file => file.endsWith('.json'))
  const named = files.find(file => file.startsWith((only ?? 'montage-chameleon-dss-10d').replace(/\*$/, '')))
  const file = named ?? (only === undefined ? files[0] : undefined)
  if (file === undefined) throw new UserError('no-instances', `${dir} has no WfFormat file (.json)${only === undefined ? '' : ` whose name begins with ${only}`}.`)
  return readWorkflow(join(dir, file))
}

/** The same graph, as the simulator carries it out: transfers and all. */
async function simulated(workflow: Workflow, policy: string, tasks: number, nodes: number): Promise<object> {
  const { runs, durations, sizes } = replicate(workflow, Math.max(1, Math.round(tasks / workflow.tasks.length)), true)
  const graph: TaskGraph = {
    count: sizes.length,
    runs: runs.map(({ name, first, inputs }, i) => ({
      spec: specOf(i + 1, name, first, inputs.length), dependencies: { runs: [], shared: [], tasks: inputs }, at: 0,
      durations: durations.subarray(first, first + inputs.length), sizes: sizes.subarray(first, first + inputs.length),
    })),
  }
  let peak = 0
  const began = performance.now()
  const result = await simulate(graph, {
    policy, nodes: Array.from({ length: nodes }, (_, i) => nodeOf(i, 1)), seed: 1, onProgress: () => void (peak = Math.max(peak, process.memoryUsage().rss)),
  })
  return {
    instance: workflow.name, policy, tasks: sizes.length, nodes, succeeded: result.succeeded, events: result.events, transfers: result.transfers,
    'makespan s': Math.round(result.makespan / 1000), 'wall s': round((performance.now() - began) / 1000), 'peak MB': Math.round(peak / 2 ** 20),
  }
}

/** Of several times, the best: the machine has other things to do, and the first time is cold. */
function best<T>(times: number, measured: () => T, better: (a: T, b: T) => boolean): T {
  return Array.from({ length: times }, measured).reduce((a, b) => (better(b, a) ? b : a))
}

/** Options of its own, as parseArgs takes them: `--part speed|large|growth`, `--policy NAME`; by default everything. */
export const options = { part: { type: 'string' }, policy: { type: 'string' } } as const

interface Options {
  readonly data?: string
  readonly only?: string
  readonly part?: string
  readonly policy?: string
}

/**
 * The live path: its speed on 100,000 tasks and 1,000 nodes for several policies, a graph of a million tasks on 10,000 nodes, and
 * what a decision costs by how many tasks wait.
 */
export async function measure({ data, only, part, policy }: Options): Promise<Record<string, object>> {
  if (data === undefined) throw new UserError('missing-option', 'Where are the instances? Name their folder: --data DIR')
  const workflow = findWorkflow(data, only)
  const chosen = policy === undefined ? ['critical-path', 'heft', 'locality', 'work-stealing', 'fair', 'sjf', 'min-min'] : [policy]
  const results: Record<string, object> = {}
  const wanted = (name: string) => part === undefined || part === name
  if (wanted('speed')) for (const each of chosen) results[each] = best(5, () => run(workflow, each, 100_000, 1000), (a, b) => a['decisions/s'] > b['decisions/s'])
  if (wanted('large')) results['a million tasks'] = await simulated(workflow, chosen[0]!, 1_000_000, 10_000)
  if (wanted('growth')) {
    for (const each of chosen.slice(0, 3)) {
      growth(each, 1000)
      for (const waiting of [1000, 10_000, 100_000, 1_000_000]) {
        results[`${each}, ${waiting} waiting`] = best(3, () => growth(each, waiting), (a, b) => a['µs a decision'] < b['µs a decision'])
      }
    }
  }
  return results
}
