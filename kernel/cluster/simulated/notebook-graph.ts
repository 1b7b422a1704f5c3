/** The notebook's own runs as a graph to be simulated: with the durations that its tasks had, or are expected to have. */
import type { Dependencies, RunId, TaskId } from '../../scheduler/index.ts'
import type { GraphRun, TaskGraph } from '../../simulator/index.ts'
import type { Coordinator } from '../coordinator.ts'
import { dependenciesOf } from '../declare.ts'
import type { Run } from '../run.ts'

export interface NotebookGraph {
  readonly graph: TaskGraph
  /** Of its tasks: whose duration was measured, is known from others of that name, and is merely assumed. */
  readonly measured: number
  readonly estimated: number
  readonly assumed: number
}

/** ms that a task is taken to last of whose name nothing is known. */
export const ASSUMED = 1000
/** Tasks that are looked at before others get a turn. */
const STRETCH = 5000

/**
 * The latest run of each name, and all that these take results from.
 * @param runs as declared
 */
export function latestRuns(coordinator: Coordinator, only?: readonly string[]): Run[] {
  const all = [...coordinator.runs.values()].filter((run) => run.submitted && run.spec.count > 0)
  const latest = new Map(all.map((run) => [run.name, run]))
  const chosen = new Set<Run>()
  const add = (run: Run): void => {
    if (chosen.has(run)) return
    chosen.add(run)
    if (only) return
    for (const input of upstream(run, coordinator)) if (input.spec.count > 0) add(input)
  }
  for (const [name, run] of latest) if (!only || only.includes(name)) add(run)
  return all.filter((run) => chosen.has(run))
}

function upstream(run: Run, { runs }: Coordinator): Run[] {
  const { handles, after, parameters, reduction } = run.declaration
  const ids = [...handles, ...after].map((ref) => ref.run)
  for (const parameter of parameters) if (parameter.from === 'results') ids.push(parameter.of)
  if (reduction?.leaves === 'results') ids.push(reduction.of)
  return ids.flatMap((id) => runs.get(id) ?? [])
}

/** Others get their turn in between, however large it is. */
export async function notebookGraph(coordinator: Coordinator, chosen: readonly Run[]): Promise<NotebookGraph> {
  const firsts = new Map<RunId, { readonly run: Run; readonly first: number }>()
  let count = 0
  for (const run of chosen) {
    firsts.set(run.spec.id, { run, first: count })
    count += run.spec.count
  }
  const renumbered = (task: TaskId): number | undefined => {
    const of = coordinator.find(task)
    const place = of && firsts.get(of.spec.id)
    return place && place.first + task - of.spec.first
  }
  const sources = { measured: 0, estimated: 0, assumed: 0 }
  const runs: GraphRun[] = []
  for (const { run, first } of firsts.values()) {
    const { policy: _, timeout: __, ...spec } = run.spec
    const { durations, sizes } = await columnsOf(coordinator, run, sources)
    runs.push({
      // What it names itself gives way to what is compared; limits were for attempts that really ran.
      spec: { ...spec, first, priority: coordinator.state.run(run.spec.id).priority },
      dependencies: within(dependenciesOf(run, coordinator.runs), renumbered, (id) => firsts.has(id)),
      at: 0, durations, sizes,
    })
  }
  return { graph: { runs, count }, ...sources }
}

/** What is not of the graph is there already. */
function within({ tasks, runs, shared }: Dependencies, renumbered: (task: TaskId) => number | undefined, has: (run: RunId) => boolean): Dependencies {
  const known = (list: readonly TaskId[]) => list.flatMap((task) => renumbered(task) ?? [])
  return { runs: runs.filter(has), shared: known(shared), ...(tasks && { tasks: tasks.map(known) }) }
}

async function columnsOf({ state }: Coordinator, { spec }: Run, sources: { measured: number; estimated: number; assumed: number }): Promise<{ durations: Float64Array; sizes: Float64Array }> {
  const durations = new Float64Array(spec.count)
  const sizes = new Float64Array(spec.count)
  const known = state.known(spec.id)
  for (let i = 0; i < spec.count; i++) {
    if (i % STRETCH === STRETCH - 1) await new Promise(setImmediate)
    const task = spec.first + i
    const view = state.task(task)
    sizes[i] = view.state === 'succeeded' ? view.value.size : known ? state.resultBytes(task) : 0
    if (view.state === 'succeeded' && view.began !== undefined && view.ended !== undefined) {
      durations[i] = Math.max(0, view.ended - view.began) * (state.nodes.get(view.node ?? '')?.spec.speed ?? 1)
      sources.measured++
    } else {
      durations[i] = known ? state.expected(task) : ASSUMED
      sources[known ? 'estimated' : 'assumed']++
    }
  }
  return { durations, sizes }
}
