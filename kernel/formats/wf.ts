import { badInstance } from '../errors.ts'
import type { Link, PlanNode, Problem } from '../planning/index.ts'
import { MAX_CHARACTERS, MAX_TASKS, topological, type Instance } from './instance.ts'

/** A task of a workflow, whichever version of the format it comes from. Files by id. */
interface WfTask {
  readonly id: string
  /** Seconds on a machine of speed 1. */
  readonly runtime: number
  readonly neighbours: readonly { readonly id: string; readonly is: 'parent' | 'child' }[]
  readonly reads: readonly string[]
  readonly writes: readonly string[]
}

/** Edges of one workflow, at most. */
const MAX_EDGES = 10_000_000

/**
 * Reads a workflow in WfFormat (T. Coleman et al., WfCommons, Future Generation Computer Systems 2022), version 1.5, or 1.3 and
 * 1.4 with tasks and files in one list. What travels along an edge is the files that the parent writes and the child reads; files that no
 * task writes are everywhere. Times in ms.
 */
export function readWf(text: string, path: string, nodes: readonly PlanNode[], link: Link): Instance {
  const workflow = workflowOf(text, path)
  const sizes = new Map<string, number>()
  const tasks = workflow['specification'] === undefined ? oldTasks(workflow, sizes, path) : tasksOf(workflow, sizes, path)
  if (tasks.length > MAX_TASKS) throw badInstance(path, 0, `at most ${MAX_TASKS} tasks`, String(tasks.length))
  const numbers = numbered(tasks, path)
  const inputs = inputsOf(tasks, numbers, path)
  const order = topological(path, tasks.map(({ id }, at) => ({ name: id, inputs: [...inputs[at]!] })))
  return { problem: problemOf(tasks, inputs, order, sizes, nodes, link), names: order.map((at) => tasks[at]!.id) }
}

type Fields = Readonly<Record<string, unknown>>

function workflowOf(text: string, path: string): Fields {
  if (text.length > MAX_CHARACTERS) throw badInstance(path, 0, `at most ${MAX_CHARACTERS} characters`, String(text.length))
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw badInstance(path, 0, 'a JSON document', (error as Error).message)
  }
  return fields(fields(parsed, 'an object', path)['workflow'], 'an object "workflow"', path)
}

/** Version 1.5: what is to be done and what was measured stand apart. */
function tasksOf(workflow: Fields, sizes: Map<string, number>, path: string): WfTask[] {
  const specification = fields(workflow['specification'], 'an object "workflow.specification"', path)
  const runtimes = new Map<string, number>()
  const execution = fields(workflow['execution'], 'an object "workflow.execution": without measured runtimes there is nothing to plan with', path)
  for (const [at, each] of list(execution['tasks'], 'workflow.execution.tasks', path).entries()) {
    const where = `workflow.execution.tasks[${at}]`
    const task = fields(each, `an object at ${where}`, path)
    runtimes.set(text(task['id'], `${where}.id`, path), amount(task['runtimeInSeconds'], `${where}.runtimeInSeconds`, path))
  }
  for (const [at, each] of list(specification['files'] ?? [], 'workflow.specification.files', path).entries()) {
    const where = `workflow.specification.files[${at}]`
    const file = fields(each, `an object at ${where}`, path)
    sizes.set(text(file['id'], `${where}.id`, path), amount(file['sizeInBytes'], `${where}.sizeInBytes`, path))
  }
  return list(specification['tasks'], 'workflow.specification.tasks', path).map((each, at) => {
    const where = `workflow.specification.tasks[${at}]`
    const task = fields(each, `an object at ${where}`, path)
    const id = text(task['id'], `${where}.id`, path)
    const runtime = runtimes.get(id)
    if (runtime === undefined) throw badInstance(path, 0, `a task "${id}" in workflow.execution.tasks, as ${where} has`)
    return { id, runtime, neighbours: neighboursOf(task, where, path), reads: texts(task['inputFiles'], `${where}.inputFiles`, path), writes: texts(task['outputFiles'], `${where}.outputFiles`, path) }
  })
}

/** Versions 1.3 and 1.4: each task lists its files, and is referred to by name or id. */
function oldTasks(workflow: Fields, sizes: Map<string, number>, path: string): WfTask[] {
  const tasks = list(workflow['tasks'] ?? workflow['jobs'], 'workflow.specification.tasks (or workflow.tasks of older versions)', path)
  return tasks.map((each, at) => {
    const where = `workflow.tasks[${at}]`
    const task = fields(each, `an object at ${where}`, path)
    const files = list(task['files'] ?? [], `${where}.files`, path).map((file, k) => fields(file, `an object at ${where}.files[${k}]`, path))
    const named = (link: string): string[] => files.filter((file) => file['link'] === link).map((file, k) => {
      const id = text(file['name'] ?? file['id'], `${where}.files[${k}].name`, path)
      sizes.set(id, amount(file['sizeInBytes'] ?? file['size'] ?? 0, `${where}.files[${k}].sizeInBytes`, path))
      return id
    })
    return {
      id: text(task['name'] ?? task['id'], `${where}.name`, path), runtime: amount(task['runtimeInSeconds'] ?? task['runtime'], `${where}.runtimeInSeconds`, path),
      neighbours: neighboursOf(task, where, path), reads: named('input'), writes: named('output'),
    }
  })
}

function neighboursOf(task: Fields, where: string, path: string): WfTask['neighbours'] {
  return [
    ...texts(task['parents'], `${where}.parents`, path).map((id) => ({ id, is: 'parent' as const })),
    ...texts(task['children'], `${where}.children`, path).map((id) => ({ id, is: 'child' as const })),
  ]
}

function numbered(tasks: readonly WfTask[], path: string): Map<string, number> {
  if (tasks.length === 0) throw badInstance(path, 0, 'at least one task')
  const numbers = new Map<string, number>()
  for (const [at, { id }] of tasks.entries()) {
    if (numbers.has(id)) throw badInstance(path, 0, 'tasks with different ids', id)
    numbers.set(id, at)
  }
  return numbers
}

/** Said by the parent, by the child, or by both. */
function inputsOf(tasks: readonly WfTask[], numbers: ReadonlyMap<string, number>, path: string): Set<number>[] {
  const inputs = tasks.map(() => new Set<number>())
  let edges = 0
  for (const [at, { id, neighbours }] of tasks.entries()) {
    for (const neighbour of neighbours) {
      const other = numbers.get(neighbour.id)
      if (other === undefined) throw badInstance(path, 0, `a task that exists as ${neighbour.is} of ${id}`, neighbour.id)
      if (++edges > MAX_EDGES) throw badInstance(path, 0, `at most ${MAX_EDGES} edges`)
      if (neighbour.is === 'parent') inputs[at]!.add(other)
      else inputs[other]!.add(at)
    }
  }
  return inputs
}

function problemOf(tasks: readonly WfTask[], inputs: readonly ReadonlySet<number>[], order: readonly number[], sizes: ReadonlyMap<string, number>, nodes: readonly PlanNode[], link: Link): Problem {
  const number = new Int32Array(order.length)
  for (const [task, at] of order.entries()) number[at] = task
  const starts = new Int32Array(order.length + 1)
  const [from, bytes]: [number[], number[]] = [[], []]
  const written = tasks.map(({ writes }) => new Set(writes))
  for (const [task, at] of order.entries()) {
    for (const input of [...inputs[at]!].sort((a, b) => number[a]! - number[b]!)) {
      from.push(number[input]!)
      bytes.push(tasks[at]!.reads.reduce((sum, file) => sum + (written[input]!.has(file) ? (sizes.get(file) ?? 0) : 0), 0))
    }
    starts[task + 1] = from.length
  }
  return {
    count: order.length, duration: Float64Array.from(order, (at) => tasks[at]!.runtime * 1000), starts, inputs: Int32Array.from(from), bytes: Float64Array.from(bytes),
    resources: [], request: new Float64Array(0), nodes: nodes.map((node) => ({ ...node, capacity: [] })), link,
  }
}

function fields(value: unknown, expected: string, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw badInstance(path, 0, expected, shown(value))
}

function list(value: unknown, where: string, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[]
  throw badInstance(path, 0, `a list ${where}`, shown(value))
}

function text(value: unknown, where: string, path: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw badInstance(path, 0, `a text ${where}`, shown(value))
}

function texts(value: unknown, where: string, path: string): string[] {
  return list(value ?? [], where, path).map((each, at) => text(each, `${where}[${at}]`, path))
}

function amount(value: unknown, where: string, path: string): number {
  if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value
  throw badInstance(path, 0, `a number ${where} that is not negative`, shown(value))
}

function shown(value: unknown): string {
  return value === undefined ? '' : (JSON.stringify(value) ?? typeof value)
}
