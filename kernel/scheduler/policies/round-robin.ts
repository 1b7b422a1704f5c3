import type { Policy } from './policy.ts'

/** In order of declaration, on each node in turn: on the one that has waited longest for something to do. */
export const roundRobin: Policy = {
  name: 'round-robin',
  source: 'L. Kleinrock, Analysis of a time-shared processor, Naval Research Logistics Quarterly 1964',
  meaning: 'in order of declaration, on the nodes in turn',
  place: (_view, _task, fitting) => ({ node: fitting.leastRecent(), reason: 'its turn among the nodes that fit' }),
}
