import type { LoadSeries } from '../../../../kernel/cluster/record/read.ts'
import type { RecordedNode, RunRecord } from '../../../../kernel/cluster/record/types.ts'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import type { Source } from '../../../../extension/src/utilization/rows.ts'
import { play, runFacts } from '../../cluster/sample-runs.ts'

type Columns = Partial<Record<'cpu' | 'memory' | 'busy' | 'bytesIn' | 'bytesOut', readonly number[]>>

/** Reports `step` ms apart, of which only what a test is about need be said. */
export function load(times: readonly number[], step: number, columns: Columns): LoadSeries {
  const column = (name: keyof Columns): Float64Array => Float64Array.from(columns[name] ?? times.map(() => 0))
  return {
    step, times: Float64Array.from(times),
    cpu: column('cpu'), memory: column('memory'), busy: column('busy'), bytesIn: column('bytesIn'), bytesOut: column('bytesOut'),
  }
}

interface Told {
  readonly node?: Partial<RecordedNode>
  readonly load?: LoadSeries
}

const spec = { slots: 4, resources: { cpu: 2, memory: 1000 }, labels: {}, speed: 1 }

/** A run of `makespan` ms that has ended, with these nodes. */
export function source(makespan: number, told: readonly Told[], record: Partial<RunRecord> = {}): Source {
  const tables = RunTables.from(play({ facts: runFacts({ count: 1 }), duration: () => 10 }).record(makespan))
  const nodes = told.map(({ node }, i) => ({ name: `node-${i + 1}`, spec: 0, ...node }))
  return {
    record: { ...tables.record, final: true, makespan, asOf: makespan, specs: [spec], nodes, ...record },
    tasks: tables.tasks, attempts: tables.attempts, loads: told.map((one) => one.load),
  }
}
