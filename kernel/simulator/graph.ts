/** A graph of tasks to be simulated: runs as they would be declared, and what their tasks are really like. */
import { emptyEstimate, learned, type Dependencies, type Estimate, type RunId, type RunSpec, type TaskId, type Time } from '../scheduler/index.ts'
import type { Problem } from '../planning/index.ts'
import type { Bodies } from './cluster.ts'
import { noiseOf, type Noise } from './cluster-chance.ts'

export interface GraphRun {
  readonly spec: RunSpec
  readonly dependencies: Dependencies
  /** When it is declared. */
  readonly at: Time
  /** Of each task: ms on a node of speed 1, and bytes of its result. */
  readonly durations: Float64Array
  readonly sizes: Float64Array
}

/** Plain data, so that it can be sent to another thread. */
export interface TaskGraph {
  /** In the order in which they are declared; the tasks of each, from 0 on, follow those of the one before. */
  readonly runs: readonly GraphRun[]
  readonly count: number
  /** The problem that it was made of; `tasks[i]` is the problem's task i. */
  readonly of?: { readonly problem: Problem; readonly tasks: Int32Array }
}

/** What the tasks of a graph are like. */
export function bodiesOf(graph: TaskGraph, noise: Noise, seed: number): Bodies {
  const durations = new Float64Array(graph.count)
  const sizes = new Float64Array(graph.count)
  const row = new Int32Array(graph.count)
  graph.runs.forEach(({ spec, durations: own, sizes: bytes }, number) => {
    durations.set(own, spec.first)
    sizes.set(bytes, spec.first)
    row.fill(number, spec.first, spec.first + spec.count)
  })
  const common = commonInputs(graph)
  const exact = (noise.spread ?? 0) === 0 && !noise.stragglers
  return {
    duration: (task, attempt) => (exact ? durations[task]! : durations[task]! * noiseOf(noise, seed, task, attempt)),
    size: (task) => sizes[task]!,
    inputs(task) {
      const { spec, dependencies } = graph.runs[row[task]!]!
      return dependencies.tasks?.[task - spec.first] ?? []
    },
    common: (task) => common[row[task]!]!,
  }
}

/** What all tasks of each run take: the same list for all runs that take the same run. */
function commonInputs({ runs }: TaskGraph): (readonly TaskId[])[][] {
  const whole = new Map<RunId, readonly TaskId[]>()
  const specs = new Map(runs.map(({ spec }) => [spec.id, spec]))
  const wholeRun = (id: RunId): readonly TaskId[] => {
    const { first, count } = specs.get(id)!
    const list = whole.get(id) ?? Array.from({ length: count }, (_, i) => first + i)
    whole.set(id, list)
    return list
  }
  return runs.map(({ dependencies }) => [...dependencies.runs.map(wholeRun), ...(dependencies.shared.length > 0 ? [dependencies.shared] : [])])
}

/** What is known of durations to somebody who has seen them all. */
export function estimatesOf(graph: TaskGraph): Map<string, Estimate> {
  const { inputs, common, size } = bodiesOf(graph, {}, 0)
  const bytes = new Map<ArrayLike<TaskId>, number>()
  const bytesOf = (list: ArrayLike<TaskId>) => {
    let sum = 0
    for (let i = 0; i < list.length; i++) sum += size(list[i]!)
    return sum
  }
  const shared = (list: ArrayLike<TaskId>) => {
    const known = bytes.get(list) ?? bytesOf(list)
    bytes.set(list, known)
    return known
  }
  const estimates = new Map<string, Estimate>()
  for (const { spec, durations, sizes } of graph.runs) {
    const estimate = estimates.get(spec.name) ?? emptyEstimate()
    estimates.set(spec.name, estimate)
    for (let i = 0; i < spec.count; i++) {
      const task = spec.first + i
      const taken = common!(task).reduce((sum, list) => sum + shared(list), bytesOf(inputs(task)))
      learned(estimate, taken + (spec.bytes?.[i] ?? 0), durations[i]!, sizes[i]!)
    }
  }
  return estimates
}
