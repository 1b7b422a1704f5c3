/** What `learned` knows of jobs before it is measured: from earlier runs of jobs of the same names, in workloads of other seeds. */
import { LearnedAgent, type KnownJob } from './agent.ts'
import { Cluster, type Agent, type ClusterJob, type JobKind } from './cluster.ts'
import { experienced, expectedStages, noExperience, stageName, type Experience } from './experience.ts'
import { shapeOf } from './jobs.ts'
import { planFor } from './plans.ts'
import type { Levels } from './rollout.ts'
import { arrivals, type MeasuredJob } from './tpch.ts'

/** Seeds of the training workloads start here, far from those that are measured. */
const TRAINING_SEED = 1_000_000
const TRAINING_JOBS = 200
const TRAINING_GAP = 120_000
/** ms of a job's time for each ms of an executor's: tried on workloads of seeds 101 to 104, at loads of 0.3 and of 0.7; it matters little. */
const RENT = 0.002

/** Limits between which `learned` chooses; the new job's is what leaves room for the next to come. */
export function levelsFor(executors: number): Levels {
  const levels = [0.1, 0.18, 0.3, 0.38, 0.5, 0.6, 0.7, 0.78, 0.9, 0.98, 1].map((part) => Math.max(1, Math.round(part * executors)))
  return { levels: [...new Set(levels)], alone: Math.max(1, Math.round(0.78 * executors)), rent: RENT }
}

/** Parts of the training workloads that are played before plans are made, and made anew. */
const ROUNDS = [0.4, 0.7, 1]
/** Of the jobs that follow a plan, every so manieth has another limit than the plan's. */
const OTHER_LIMITS = 4

/**
 * Of jobs mostly alone. First limits are given in turn; then plans are made of what was learned, and followed; as what is known about what they do was
 * little, they are made anew after a while (as in S. Ross, G. Gordon, J. A. Bagnell, AISTATS 2011: learn from the states that one's own decisions lead to).
 */
export function trained(jobs: readonly MeasuredJob[], executors: number, workloads: number): (kind: JobKind) => KnownJob {
  const experience = noExperience()
  const levels = levelsFor(executors)
  const turns = new Map<string, number>()
  let known = kept((kind) => ({ shape: shapeOf(expectedStages(experience, kind, executors)), limit: undefined }))
  const limit = ({ kind }: ClusterJob): number => {
    const turn = turns.get(kind.name) ?? 0
    turns.set(kind.name, turn + 1)
    const planned = known(kind).limit
    return planned === undefined || turn % OTHER_LIMITS === 0 ? levels.levels[turn % levels.levels.length]! : planned
  }
  let workload = 0
  for (const part of ROUNDS) {
    for (; workload < part * workloads; workload++) {
      const seed = TRAINING_SEED + workload
      const agent = new LearnedAgent({ executors, known, levels, limit })
      new Cluster<MeasuredJob>(arrivals(jobs, seed, TRAINING_JOBS, TRAINING_GAP), { executors, seed, stays: true }).run(learning(agent, experience))
    }
    const before = known
    known = kept((kind) => planFor(experience, kind, executors, levels, TRAINING_SEED, before(kind)))
  }
  return known
}

/** Puts each ended task into `experience`. */
function learning(agent: LearnedAgent, experience: Experience): Agent {
  return {
    decide: (cluster) => agent.decide(cluster),
    arrived: (job) => agent.arrived(job),
    stageEnded: () => agent.stageEnded(),
    jobEnded: (job) => agent.jobEnded(job),
    taskEnded: (job, stage, wave, executors, duration) => experienced(experience, stageName(job.kind, stage), wave, executors, duration),
  }
}

function kept(make: (kind: JobKind) => KnownJob): (kind: JobKind) => KnownJob {
  const made = new Map<string, KnownJob>()
  return (kind) => {
    const known = made.get(kind.name) ?? make(kind)
    made.set(kind.name, known)
    return known
  }
}
