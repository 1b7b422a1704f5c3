import { leastLoaded } from './least-loaded.ts'
import type { Policy } from './policy.ts'

/** Jobs in the order in which they came; within a job, runs and tasks in order of declaration. */
export const fifo: Policy = {
  ...leastLoaded,
  name: 'fifo',
  source: 'M. Zaharia et al., Spark, HotCloud 2010: its default order of jobs',
  meaning: 'first in, first out: the job that came first, on the least loaded node',
  rankRun: (view, run) => -view.job(run).since,
}
