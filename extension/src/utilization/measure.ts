/** What can be shown of nodes over time, in which unit, and how it is written. */
import { bytes, counted } from '../../../kernel/cluster/view/amounts.ts'
import type { RecordedNodeSpec, RunRecord } from '../../../kernel/cluster/record/types.ts'

export type Measure = 'slots' | 'cpu' | 'memory' | 'transfers' | 'gpu'

/** `fraction`: of what a node has. */
export type Unit = 'fraction' | 'cores' | 'bytes' | 'rate'

/** What a node has of what is measured; undefined where it does not say, or where there is no such thing. */
export function capacityOf(measure: Measure, spec: RecordedNodeSpec | undefined): number | undefined {
  if (!spec || measure === 'transfers') return undefined
  const amount = measure === 'slots' ? spec.slots : spec.resources[measure]
  return amount !== undefined && amount > 0 && Number.isFinite(amount) ? amount : undefined
}

/** GPUs are shown where a node has one. */
export function measuresOf(record: RunRecord): Measure[] {
  const gpu = record.specs.some((spec) => capacityOf('gpu', spec) !== undefined)
  return ['slots', 'cpu', 'memory', 'transfers', ...(gpu ? (['gpu'] as const) : [])]
}

/** All nodes are shown in one unit: CPU in cores as soon as one of them does not say how many it has. */
export function unitOf(measure: Measure, record: RunRecord): Unit {
  if (measure === 'memory') return 'bytes'
  if (measure === 'transfers') return 'rate'
  if (measure !== 'cpu') return 'fraction'
  return record.specs.every((spec) => capacityOf('cpu', spec) !== undefined) ? 'fraction' : 'cores'
}

/** `87 %`, `1.4 cores`, `312 MiB`, `1.2 MiB/s` */
export function valueText(unit: Unit, value: number): string {
  if (unit === 'bytes') return bytes(value)
  if (unit === 'rate') return `${bytes(value)}/s`
  if (unit === 'cores') return `${Number(value.toPrecision(2))} cores`
  return percentText(value)
}

/** Unlike a part of a whole it may be more than all: a node may use more CPU than it was said to have. */
export function percentText(fraction: number): string {
  const rounded = Math.round(fraction * 100)
  return `${rounded === 0 && fraction > 0.0005 ? '<1' : rounded === 100 && fraction < 0.9995 ? 99 : rounded} %`
}

/** `4 slots`, `2.5 cores`, `8 GiB`, `1 GPU` */
export function capacityText(measure: Measure, capacity: number): string {
  if (measure === 'memory') return bytes(capacity)
  const noun = measure === 'slots' ? 'slot' : measure === 'cpu' ? 'core' : 'GPU'
  return Number.isInteger(capacity) ? counted(capacity, noun) : `${Number(capacity.toPrecision(3))} ${noun}s`
}

const roundBytes = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 400, 500, 600, 800, 1024]

/** The upper end of a scale on which `most` is to be seen: all that a node has, or a round amount. */
export function scaleEnd(unit: Unit, most: number): number {
  const seen = Number.isFinite(most) ? most : 0
  if (unit === 'fraction') return seen <= 1.005 ? 1 : Math.ceil(seen * 10) / 10
  if (unit === 'cores') return Math.max(1, Math.ceil(seen))
  const power = 1024 ** Math.max(1, Math.floor(Math.log(Math.max(1, seen)) / Math.log(1024)))
  return power * (roundBytes.find((factor) => factor * power >= seen) ?? seen / power)
}
