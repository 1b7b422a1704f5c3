/**
 * A graph that a cell describes (`cluster.plan()`, `cluster.simulate()`), checked and brought into the form that planners
 * take. Every refusal names the task, node or option, and what is wrong with it.
 */
import { badGraph, plural, suggestion } from '../errors.ts'
import type { Link, PlanNode, Problem } from '../planning/problem.ts'
import { amounts, duration, isFields, kind, known, listed, nameOf, number, readPriority, size, type Fields } from './cluster-api-fields.ts'

const MOST_TASKS = 100_000
const MOST_NODES = 10_000
/** Of a link, where nothing is said: 125 MB a second. */
const BANDWIDTH = 125_000_000

/** A problem, and what its numbers are called. */
export interface NamedProblem {
  readonly problem: Problem
  /** By number in the problem. */
  readonly names: readonly string[]
  /** Place of each task of the problem in the graph as given. */
  readonly given: readonly number[]
}

interface Task {
  readonly name: string
  /** Where it stands, for errors: `tasks[3] (fit)`. */
  readonly where: string
  readonly fields: Fields
  readonly after: readonly number[]
  readonly duration: number
  /** By node number, where it differs. */
  readonly cost?: readonly number[]
}

const taskFields = ['name', 'duration', 'durations', 'after', 'cpu', 'gpu', 'memory', 'resources', 'priority', 'bytes', 'node', 'release']
const nodeFields = ['name', 'slots', 'speed', 'cpu', 'gpu', 'memory', 'resources']

/** @throws UserError `bad-graph` */
export function namedProblem(graph: unknown, nodes: unknown, link: unknown): NamedProblem {
  const given = isFields(graph) ? graph['tasks'] : graph
  if (!Array.isArray(given)) throw badGraph(`the graph is ${kind(graph)}; give { tasks: [{ name, duration, after }, …] }`)
  if (given.length === 0) throw badGraph('the graph has no tasks')
  if (given.length > MOST_TASKS) throw badGraph(`the graph has ${plural(given.length, 'task')}; at most ${plural(MOST_TASKS, 'task')} can be planned`)
  const machines = nodesOf(nodes)
  const tasks = tasksOf(given, machines)
  const order = topological(tasks)
  return { problem: problemOf(tasks, machines, order, linkOf(link)), names: order.map((i) => tasks[i]!.name), given: order }
}

// ── nodes ────────────────────────────────────────────────────────────────────────────────────────────────────

interface Machine {
  readonly name: string
  readonly slots: number
  readonly speed: number
  readonly resources: ReadonlyMap<string, number>
}

function nodesOf(given: unknown): Machine[] {
  const list: unknown = given === undefined ? 1 : given
  if (typeof list === 'number') {
    if (!Number.isSafeInteger(list) || list < 1 || list > MOST_NODES) throw badGraph(`nodes is ${list}; it takes a whole number from 1 to ${MOST_NODES}, or [{ name, slots, speed }, …]`)
    return Array.from({ length: list }, (_, i) => ({ name: `node-${i + 1}`, slots: 1, speed: 1, resources: new Map() }))
  }
  if (!Array.isArray(list) || list.length === 0 || list.length > MOST_NODES) throw badGraph(`nodes is ${kind(list)}; it takes a number, or [{ name, slots, speed }, …]`)
  const seen = new Set<string>()
  return list.map((one: unknown, i) => {
    if (!isFields(one)) throw badGraph(`nodes[${i}] is ${kind(one)}; a node is { name, slots, speed, cpu, resources }`)
    const name = one['name'] === undefined ? `node-${i + 1}` : nameOf(one['name'], `nodes[${i}]`)
    const where = `nodes[${i}] (${name})`
    known(one, nodeFields, where)
    if (seen.has(name)) throw badGraph(`${where}: another node has that name`)
    seen.add(name)
    const resources = amounts(one, where)
    // A node that says what it has, and not how many tasks, executes as many as that allows.
    const slots = one['slots'] === undefined ? (resources.size > 0 ? Infinity : 1) : number(one['slots'], `${where}: slots`, 'a number above 0', (value) => value > 0 && (value === Infinity || Number.isSafeInteger(value)))
    const speed = one['speed'] === undefined ? 1 : number(one['speed'], `${where}: speed`, 'a number above 0', (value) => value > 0 && Number.isFinite(value))
    return { name, slots, speed, resources }
  })
}

function linkOf(given: unknown): Link {
  const fields = given === undefined ? {} : given
  if (!isFields(fields)) throw badGraph(`link is ${kind(fields)}; it takes { bandwidth, latency }: bytes a second, and ms`)
  known(fields, ['bandwidth', 'latency'], 'link')
  const bandwidth = fields['bandwidth'] === undefined ? BANDWIDTH : fields['bandwidth'] === Infinity ? Infinity : size(fields['bandwidth'], 'link: bandwidth')
  if (bandwidth <= 0) throw badGraph('link: bandwidth is 0; it takes bytes a second, above 0')
  const latency = fields['latency'] === undefined ? 0 : duration(fields['latency'], 'link: latency')
  return { bandwidth: bandwidth / 1000, latency }
}

// ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────

function tasksOf(given: readonly unknown[], machines: readonly Machine[]): Task[] {
  const numbers = new Map<string, number>()
  const fields = given.map((one, i): Fields => {
    if (!isFields(one)) throw badGraph(`tasks[${i}] is ${kind(one)}; a task is { name, duration, after }`)
    const name = nameOf(one['name'], `tasks[${i}]`)
    const other = numbers.get(name)
    if (other !== undefined) throw badGraph(`tasks[${i}]: tasks[${other}] is named ${name}, too; names tell tasks apart`)
    numbers.set(name, i)
    return one
  })
  const names = [...numbers.keys()]
  return fields.map((one, i) => {
    const name = names[i]!
    const where = `tasks[${i}] (${name})`
    known(one, taskFields, where)
    return { name, where, fields: one, after: afterOf(one['after'], i, where, numbers), ...durationsOf(one, where, machines) }
  })
}

function afterOf(given: unknown, self: number, where: string, numbers: ReadonlyMap<string, number>): number[] {
  if (given === undefined) return []
  const list = Array.isArray(given) ? (given as unknown[]) : [given]
  const found = list.map((one) => {
    const at = typeof one === 'string' ? numbers.get(one) : undefined
    if (at === undefined) throw badGraph(`${where}: after names ${typeof one === 'string' ? one : kind(one)}, which is no task of the graph${typeof one === 'string' ? suggestion(one, [...numbers.keys()].slice(0, 1000)) : ''}`)
    if (at === self) throw badGraph(`${where}: after names the task itself`)
    return at
  })
  return [...new Set(found)]
}

/** Its duration on a node of speed 1; with `durations`, on each node what is said there. */
function durationsOf(fields: Fields, where: string, machines: readonly Machine[]): { duration: number; cost?: readonly number[] } {
  const plain = fields['duration'] === undefined ? undefined : duration(fields['duration'], `${where}: duration`)
  const given = fields['durations']
  if (given === undefined) {
    if (plain === undefined) throw badGraph(`${where} has no duration; give ms, e.g. { name: ${JSON.stringify(fields['name'])}, duration: 10 }`)
    return { duration: plain }
  }
  if (!isFields(given)) throw badGraph(`${where}: durations is ${kind(given)}; it takes ms by node, e.g. { fast: 10, slow: 30 }`)
  known(given, machines.map((one) => one.name), `${where}: durations`)
  const cost = machines.map(({ name, speed }) => {
    const own = given[name]
    if (own !== undefined) return duration(own, `${where}: durations.${name}`)
    if (plain === undefined) throw badGraph(`${where}: durations says nothing of ${name}, and there is no duration`)
    return plain / speed
  })
  return { duration: plain ?? Math.min(...cost), cost }
}

/** Numbers in an order in which each comes after all that it waits for; else as given (A. B. Kahn, CACM 5, 1962). */
function topological(tasks: readonly Task[]): number[] {
  const missing = tasks.map((task) => task.after.length)
  const dependents: number[][] = tasks.map(() => [])
  tasks.forEach((task, i) => task.after.forEach((input) => dependents[input]!.push(i)))
  const order: number[] = []
  let next = missing.flatMap((count, i) => (count === 0 ? [i] : []))
  while (next.length > 0) {
    const wave: number[] = []
    for (const task of next) {
      order.push(task)
      for (const dependent of dependents[task]!) if (--missing[dependent]! === 0) wave.push(dependent)
    }
    next = wave.sort((a, b) => a - b)
  }
  if (order.length < tasks.length) throw badGraph(`the tasks wait for each other in a circle: ${circle(tasks, missing).join(' ← ')}`)
  return order
}

/** One circle among the tasks that have inputs missing, by name; the first is said again at the end. */
function circle(tasks: readonly Task[], missing: readonly number[]): string[] {
  const path: number[] = []
  const at = new Map<number, number>()
  let task = missing.findIndex((count) => count > 0)
  while (!at.has(task)) {
    at.set(task, path.push(task) - 1)
    task = tasks[task]!.after.find((input) => missing[input]! > 0)!
  }
  const names = path.slice(at.get(task)).map((one) => tasks[one]!.name)
  return names.length > 12 ? [...names.slice(0, 11), '…', names[0]!] : [...names, names[0]!]
}

// ── the problem ──────────────────────────────────────────────────────────────────────────────────────────────

function problemOf(tasks: readonly Task[], machines: readonly Machine[], order: readonly number[], link: Link): Problem {
  const count = tasks.length
  const asked = tasks.map((task) => amounts(task.fields, task.where))
  const resources = resourceNames(asked, machines)
  const capacity = machines.map((machine) => resources.map((name) => machine.resources.get(name) ?? (name === 'cpu' ? machine.slots : 0)))
  const nodes: PlanNode[] = machines.map(({ name, slots, speed }, i) => ({ name, slots, speed, capacity: capacity[i]! }))
  const numberOf = new Int32Array(count)
  order.forEach((task, i) => (numberOf[task] = i))
  const starts = new Int32Array(count + 1)
  const inputs: number[] = []
  const bytes: number[] = []
  order.forEach((task, i) => {
    for (const input of tasks[task]!.after.map((one) => numberOf[one]!).sort((a, b) => a - b)) {
      inputs.push(input)
      const { fields, where } = tasks[order[input]!]!
      bytes.push(fields['bytes'] === undefined ? 0 : size(fields['bytes'], `${where}: bytes`))
    }
    starts[i + 1] = inputs.length
  })
  const request = new Float64Array(count * resources.length)
  order.forEach((task, i) => resources.forEach((name, r) => (request[i * resources.length + r] = asked[task]!.get(name) ?? (name === 'cpu' ? 1 : 0))))
  const column = (field: string, read: (task: Task) => number) =>
    tasks.some((task) => task.fields[field] !== undefined) ? Float64Array.from(order, (task) => (tasks[task]!.fields[field] === undefined ? 0 : read(tasks[task]!))) : undefined
  const priority = column('priority', ({ fields, where }) => readPriority(fields['priority'], where))
  const release = column('release', ({ fields, where }) => duration(fields['release'], `${where}: release`))
  const problem: Problem = {
    count,
    duration: Float64Array.from(order, (task) => tasks[task]!.duration),
    starts,
    inputs: Int32Array.from(inputs),
    bytes: Float64Array.from(bytes),
    resources,
    request,
    nodes,
    link,
    ...(priority && { priority }),
    ...(release && { release }),
    ...allowedOf(tasks, machines, order),
    ...costOf(tasks, machines, order),
  }
  checkFit(problem, tasks, order)
  return problem
}

/** Cores count where anybody speaks of them. */
function resourceNames(asked: readonly ReadonlyMap<string, number>[], machines: readonly Machine[]): string[] {
  const names = new Set<string>()
  for (const one of [...asked, ...machines.map((machine) => machine.resources)]) for (const name of one.keys()) names.add(name)
  return [...names].sort()
}

function allowedOf(tasks: readonly Task[], machines: readonly Machine[], order: readonly number[]): { allowed?: Uint8Array } {
  if (tasks.every((task) => task.fields['node'] === undefined)) return {}
  const allowed = new Uint8Array(tasks.length * machines.length).fill(1)
  order.forEach((task, i) => {
    const { fields, where } = tasks[task]!
    if (fields['node'] === undefined) return
    const at = machines.findIndex((machine) => machine.name === fields['node'])
    if (at < 0) throw badGraph(`${where}: node is ${typeof fields['node'] === 'string' ? fields['node'] : kind(fields['node'])}; there are ${listed(machines.map((one) => one.name))}`)
    allowed.fill(0, i * machines.length, (i + 1) * machines.length)
    allowed[i * machines.length + at] = 1
  })
  return { allowed }
}

/** Durations on each node, where tasks tell them. */
function costOf(tasks: readonly Task[], machines: readonly Machine[], order: readonly number[]): { cost?: Float64Array } {
  if (tasks.every((task) => task.cost === undefined)) return {}
  const cost = new Float64Array(tasks.length * machines.length)
  order.forEach((task, i) => machines.forEach(({ speed }, n) => (cost[i * machines.length + n] = tasks[task]!.cost?.[n] ?? tasks[task]!.duration / speed)))
  return { cost }
}

function checkFit(problem: Problem, tasks: readonly Task[], order: readonly number[]): void {
  const { resources, request, nodes, allowed } = problem
  order.forEach((task, i) => {
    const may = nodes.filter((_, n) => allowed?.[i * nodes.length + n] !== 0)
    const fits = may.some((node) => node.capacity.every((amount, r) => request[i * resources.length + r]! <= amount))
    if (fits) return
    const most = (r: number) => Math.max(...may.map((node) => node.capacity[r]!))
    const lacking = resources.flatMap((name, r) => (request[i * resources.length + r]! > most(r) ? [`${name}: it asks for ${request[i * resources.length + r]}, and no node has more than ${most(r)}`] : []))
    throw badGraph(`${tasks[task]!.where} fits on no node${lacking.length > 0 ? `: ${lacking.join('; ')}` : ': none has all that it asks for'}`)
  })
}
