/** Nodes do not report how busy their GPUs are; which of them the run's tasks held is known from the tasks. */
import { Cover, divide } from './cover.ts'
import { capacityOf } from './measure.ts'
import { COLUMNS, endOf } from './rows.ts'
import type { GridRow, Source } from './rows.ts'

/** @param values written to: by row, the part of its nodes' GPUs that tasks of the run held in each column */
export function heldGpus({ record, tasks, attempts }: Source, rows: readonly GridRow[], width: number, values: Float64Array): void {
  const end = endOf(record)
  const { gpu } = record.run.options.request
  const request = gpu !== undefined && gpu > 0 ? gpu : 0
  const rowOf = new Int32Array(record.nodes.length)
  const held: (Cover | undefined)[] = []
  const there: (Cover | undefined)[] = []
  rows.forEach(({ first, nodes }, row) => {
    for (let n = first; n < first + nodes; n++) {
      rowOf[n] = row
      const { spec, joined = 0, lost = Infinity } = record.nodes[n]!
      const gpus = capacityOf('gpu', record.specs[spec])
      if (gpus === undefined) continue
      held[row] ??= new Cover(COLUMNS)
      there[row] ??= new Cover(COLUMNS)
      there[row].add(joined / width, Math.min(lost, end) / width, gpus)
    }
  })
  const add = (node: number, from: number, to: number) => {
    if (node >= 0) held[rowOf[node]!]?.add(from / width, Math.min(to, end) / width, request)
  }
  for (let i = 0; request > 0 && i < tasks.length; i++) add(tasks.node[i]!, tasks.started[i]!, tasks.ended[i]! >= 0 ? tasks.ended[i]! : end)
  for (let i = 0; request > 0 && i < attempts.length; i++) add(attempts.node[i]!, attempts.began[i]!, attempts.ended[i]!)
  const weights = new Float64Array(COLUMNS)
  rows.forEach((_, row) => {
    const part = values.subarray(row * COLUMNS, (row + 1) * COLUMNS)
    if (!held[row]) return void part.fill(NaN)
    held[row].read(part)
    there[row]!.read(weights)
    divide(part, weights)
  })
}
