import { earliestFinish } from './earliest.ts'
import type { Policy } from './policy.ts'

/**
 * Weighted fair sharing: the job that has least of its share goes next (A. Demers, S. Keshav, S. Shenker, SIGCOMM 1989, with tasks
 * in place of packets; max-min fairness as in A. Ghodsi et al., Dominant resource fairness, NSDI 2011). A job weighs
 * (work left)^`power`: 0 is an equal share for each, below 0 favours small jobs.
 */
export function fairSharing(name: string, power: number): Policy {
  return {
    name,
    source: 'A. Demers, S. Keshav, S. Shenker, Analysis and simulation of a fair queueing algorithm, SIGCOMM 1989',
    meaning: 'fair shares: the job next that has least of its share of running tasks',
    ranksJobs: true,
    rankRun(view, run) {
      const { running, work } = view.job(run)
      return power === 0 ? -running : -running / Math.max(work, 1) ** power
    },
    place: (view, task, fitting) => ({ node: earliestFinish(view, task, fitting).node, reason: 'expected to end first there' }),
  }
}

export const fair: Policy = fairSharing('fair', 0)
