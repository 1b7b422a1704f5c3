/** The runs of a record and which takes from which: what the graph shows before any group is expanded. */
import type { RecordedDependency, RunKind, RunRecord, StateCounts } from '../../../kernel/cluster/record/types.ts'

export interface Group {
  readonly run: number
  readonly name: string
  readonly kind: RunKind
  readonly count: number
  readonly counts: StateCounts
  /** The run whose view this is: its tasks are known one by one. */
  readonly own: boolean
}

export type Manner = RecordedDependency['how']

/** `from` and `to` are rows of the groups. */
export interface GroupEdge {
  readonly from: number
  readonly to: number
  readonly how: Manner
}

export interface GroupGraph {
  /** The own run first. */
  readonly groups: readonly Group[]
  readonly edges: readonly GroupEdge[]
}

/** A record may claim a thousand dependencies of a thousand runs; more lines than this tell nothing. */
const MOST_EDGES = 4_000
const MOST_DEPENDENCIES = 50_000

/** One edge for each pair of runs, however often the one names the other. A run that names itself or an unknown one is left alone. */
export function groupsOf({ run, counts, dependencies, upstream }: RunRecord): GroupGraph {
  const rows = new Map([[run.id, 0]])
  const groups: Group[] = [{ run: run.id, name: run.name, kind: run.kind, count: run.count, counts, own: true }]
  const depending: (readonly RecordedDependency[])[] = [dependencies]
  for (const other of upstream) {
    if (rows.has(other.run)) continue
    rows.set(other.run, groups.length)
    groups.push({ run: other.run, name: other.name, kind: other.kind, count: other.count, counts: other.counts, own: false })
    depending.push(other.dependencies)
  }
  return { groups, edges: edgesOf(depending, rows) }
}

function edgesOf(depending: readonly (readonly RecordedDependency[])[], rows: ReadonlyMap<number, number>): GroupEdge[] {
  const edges: GroupEdge[] = []
  const seen = new Set<number>()
  let looked = 0
  for (let to = 0; to < depending.length; to++) {
    for (const { how, on } of depending[to]!) {
      if (++looked > MOST_DEPENDENCIES || edges.length >= MOST_EDGES) return edges
      const from = on === undefined ? undefined : rows.get(on)
      if (from === undefined || from === to) continue
      const key = from * depending.length + to
      if (seen.has(key)) continue
      seen.add(key)
      edges.push({ from, to, how })
    }
  }
  return edges
}
