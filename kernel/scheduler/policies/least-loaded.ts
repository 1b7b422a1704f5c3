import type { Policy } from './policy.ts'

/**
 * In order of declaration, on the node with the smallest share of busy slots: Graham's list scheduling, never worse
 * than twice the optimum on identical processors (R. L. Graham, Bounds for certain multiprocessing anomalies, 1966).
 */
export const leastLoaded: Policy = {
  name: 'least-loaded',
  source: 'R. L. Graham, Bounds for certain multiprocessing anomalies, Bell System Technical Journal 1966',
  meaning: 'in order of declaration, on the node with the smallest share of busy slots',
  place: (_view, _task, fitting) => ({ node: fitting.leastLoaded(), reason: 'the least loaded node that fits' }),
}

/** First in, first out within each priority; the same placement. */
export const priority: Policy = {
  ...leastLoaded,
  name: 'priority',
  meaning: 'in order of declaration within each priority, on the least loaded node',
}
