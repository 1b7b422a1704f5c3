import { earliestFinish } from './earliest.ts'
import type { Policy } from './policy.ts'

/**
 * The job with the least work left first, which is best for the mean time in system on one machine; in it, the shortest task
 * first.
 */
export const shortestJob: Policy = {
  name: 'sjf',
  source: 'L. Schrage, A proof of the optimality of the shortest remaining processing time discipline, Operations Research 1968',
  meaning: 'shortest job first: the job with the least expected work left, and in it the shortest task',
  ranksJobs: true,
  needsDurations: true,
  rankTask: (view, task) => -view.expected(task),
  rankRun: (view, run) => -view.job(run).work,
  place: (view, task, fitting) => ({ node: earliestFinish(view, task, fitting).node, reason: 'expected to end first there' }),
}
