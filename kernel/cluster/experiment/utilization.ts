import type { Problem } from '../../planning/index.ts'
import type { Schedule } from '../../travel/experiment.ts'

/**
 * Slot-milliseconds that were used, as part of those that there were, in all and by node. Where nodes have as many slots as they like, slots say nothing:
 * then those of the resource most asked for.
 */
export function utilizationOf({ nodes, resources, request, count }: Problem, when: Pick<Schedule, 'node' | 'start' | 'end' | 'makespan'>): Pick<Schedule, 'utilization' | 'utilizations'> {
  const limited = nodes.every(({ slots }) => Number.isFinite(slots))
  const measures = limited
    ? [measured(nodes.map(({ slots }) => slots), () => 1)]
    : resources.map((_, r) => measured(nodes.map(({ capacity }) => capacity[r]!), (task) => request[task * resources.length + r]!))
  const none = { utilization: 0, utilizations: new Float64Array(nodes.length) }
  return measures.reduce((most, one) => (one.utilization > most.utilization ? one : most), measures[0] ?? none)

  function measured(has: readonly number[], held: (task: number) => number): Pick<Schedule, 'utilization' | 'utilizations'> {
    const { node, start, end, makespan } = when
    const used = nodes.map(() => 0)
    for (let task = 0; task < count; task++) if (used[node[task]!] !== undefined) used[node[task]!]! += (end[task]! - start[task]!) * held(task)
    const room = has.map((one) => (Number.isFinite(one) ? one * makespan : 0))
    return { utilization: share(sum(used), sum(room)), utilizations: Float64Array.from(used, (one, n) => share(one, room[n]!)) }
  }
}

function share(used: number, room: number): number {
  return room > 0 ? used / room : 0
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0)
}
