/** What the side panel shows of runs and of the cluster. */
import { stateNames } from '../record/read.ts'
import type { StateCounts } from '../record/types.ts'
import { cut, tick } from '../record/pack.ts'
import type { Coordinator } from '../coordinator.ts'
import type { Run } from '../run.ts'
import type { ClusterNode, ClusterState, Headline } from './types.ts'

/** Runs that are listed: the latest. */
const MOST_RUNS = 500
const MOST_NODES = 1000

/** The latest runs that have been taken. */
export function recentRuns({ runs }: Coordinator): Run[] {
  return [...runs.values()].slice(-MOST_RUNS).filter((run) => run.recorder)
}

/** @param run taken by the scheduler */
export function headlineOf(coordinator: Coordinator, run: Run): Headline {
  const { facts, lastEnd } = run.recorder!.kept
  const told = coordinator.counts(run)
  const final = coordinator.state.unfinished(run.spec.id) === 0
  return {
    uid: run.uid,
    id: run.spec.id,
    name: cut(run.name, 190),
    kind: facts.kind,
    count: run.spec.count,
    counts: Object.fromEntries(stateNames.map((state) => [state, told[state] ?? 0])) as unknown as StateCounts,
    declared: facts.date,
    final,
    ...(final && { makespan: tick(lastEnd - facts.time) / 10 }),
    ...(facts.execution !== undefined && { execution: facts.execution }),
  }
}

/** What nodes report is rounded, so that a cluster that does nothing does not change all the time. */
export function clusterState({ backend, policy, state, samples }: Coordinator): ClusterState {
  const nodes: ClusterNode[] = []
  for (const { spec, idleSlots } of state.nodes.values()) {
    if (nodes.length === MOST_NODES) break
    const sample = samples.get(spec.id)
    nodes.push({
      name: cut(spec.id, 190),
      slots: spec.slots,
      busy: spec.slots - idleSlots,
      resources: { ...spec.resources },
      ...(sample && {
        cpu: rounded(sample.cpu, 0.1, 10),
        memory: rounded(sample.memory, 2 ** 22),
        bytesIn: rounded(sample.bytesIn, 1024),
        bytesOut: rounded(sample.bytesOut, 1024),
      }),
    })
  }
  return { ...(backend && { backend: cut(backend.kind, 190) }), policy: cut(policy, 190), nodes, omitted: state.nodes.size - nodes.length }
}

/** A multiple of `unit`; `parts` of it make one, where it is less. What a node says is not to be trusted. */
function rounded(value: number, unit: number, parts = 1 / unit): number {
  return value >= 0 && value < Number.MAX_SAFE_INTEGER ? Math.round(value / unit) / parts : 0
}
