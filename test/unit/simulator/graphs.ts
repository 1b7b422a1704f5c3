/** Graphs in a line, for tests of the simulator. */
import fc from 'fast-check'
import type { Problem } from '../../../kernel/planning/index.ts'
import type { NodeSpec } from '../../../kernel/scheduler/index.ts'

export interface TaskWords {
  readonly duration: number
  readonly inputs?: readonly number[]
  readonly bytes?: number
  readonly cpu?: number
}

/** A problem of these tasks on nodes of these speeds, two slots each. */
export function problem(tasks: readonly TaskWords[], speeds: readonly number[] = [1], { bandwidth = Infinity, latency = 0, slots = 2 } = {}): Problem {
  const lists = tasks.map(({ inputs = [] }) => inputs)
  const starts = new Int32Array(tasks.length + 1)
  lists.forEach((list, i) => (starts[i + 1] = starts[i]! + list.length))
  return {
    count: tasks.length,
    duration: Float64Array.from(tasks, ({ duration }) => duration),
    starts,
    inputs: Int32Array.from(lists.flat()),
    bytes: Float64Array.from(lists.flat(), (input) => tasks[input]!.bytes ?? 0),
    resources: ['cpu'],
    request: Float64Array.from(tasks, ({ cpu = 1 }) => cpu),
    nodes: speeds.map((speed, n) => ({ name: `n${n}`, slots, capacity: [slots], speed })),
    link: { bandwidth, latency },
  }
}

export const nodes = (count: number, slots = 2, speed = 1): NodeSpec[] =>
  Array.from({ length: count }, (_, n) => ({ id: `n${n}`, slots, resources: { cpu: slots, memory: 1e9 }, labels: {}, speed }))

/** Any small graph, with names of which several tasks have the same. */
export const anyGraph = fc
  .array(fc.record({ duration: fc.integer({ min: 0, max: 5000 }), name: fc.constantFrom('a', 'b', 'c'), from: fc.array(fc.nat(30), { maxLength: 4 }), bytes: fc.nat(1_000_000) }), { minLength: 1, maxLength: 40 })
  .map((rows) => ({
    names: rows.map(({ name }) => name),
    tasks: rows.map(({ duration, from, bytes }, i) => ({ duration, bytes, inputs: [...new Set(from)].filter((input) => input < i) })),
  }))
