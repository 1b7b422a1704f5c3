/** What `learned` knows of jobs before it is measured: from earlier runs of jobs of the same names, in workloads of other seeds. */
import { LearnedAgent, type KnownJob } from './agent.ts'
import { Cluster, type Agent, type ClusterJob, type JobKind } from './cluster.ts'
import { experienced, expectedStages, noExperience, stageName } from './experience.ts'
import { shapeOf, type Wave } from './jobs.ts'
import { planFor } from './plans.ts'
import type { Levels } from './rollout.ts'
import { Trials, type Plan } from './trials.ts'
import { arrivals, type MeasuredJob } from './tpch.ts'

/** Seeds of the training workloads start here, far from those that are measured. */
const TRAINING_SEED = 1_000_000
const TRAINING_JOBS = 200
const TRAINING_GAP = 120_000
const PLANNING_SEEDS = 1000
/** ms of a job's time for each ms of an executor's: tried on workloads of seeds 101 to 104, at loads of 0.3 and of 0.7; it matters little. */
const RENT = 0.002

/** Limits between which `learned` chooses; the new job's is what leaves room for the next to come. */
export function levelsFor(executors: number): Levels {
  const levels = [0.1, 0.18, 0.3, 0.38, 0.5, 0.6, 0.7, 0.78, 0.9, 0.98, 1].map((part) => Math.max(1, Math.round(part * executors)))
  return { levels: [...new Set(levels)], alone: Math.max(1, Math.round(0.78 * executors)), shared: Math.max(1, Math.round(0.38 * executors)), rent: RENT }
}

/** Parts of the training workloads after which plans are made. */
const PLANNED_AFTER = [0.3, 0.5, 0.7]
/** Of four jobs in turn: limits that plans have for jobs that are alone, and others. */
const IN_TURN = ['alone', 'shared', 'alone', 'other'] as const

/**
 * Of jobs mostly alone. First limits are given in turn; then plans are made of what was learned, and followed. As little was known of what they do, they are made
 * anew after a while (as in S. Ross, G. Gordon, J. A. Bagnell, AISTATS 2011: learn from the states that one's own decisions lead to); those are kept that did best.
 */
export function trained(jobs: readonly MeasuredJob[], executors: number, workloads: number): (kind: JobKind) => KnownJob {
  const training = new Training(executors)
  for (let i = 0; i < workloads; i++) {
    if (PLANNED_AFTER.some((part) => Math.ceil(part * workloads) === i)) training.plan(jobs)
    const seed = TRAINING_SEED + i
    new Cluster<MeasuredJob>(arrivals(jobs, seed, TRAINING_JOBS, TRAINING_GAP), { executors, seed, stays: true }).run(training)
  }
  return training.result()
}

class Training implements Agent {
  readonly #executors: number
  readonly #levels: Levels
  readonly #experience = noExperience()
  readonly #agent: LearnedAgent
  readonly #trials = new Map<string, Trials>()
  readonly #turns = new Map<string, number>()
  /** What the latest job of each name follows. */
  readonly #followed = new Map<string, KnownJob>()
  /** Jobs that have been alone since they arrived, and what they follow with the limit that is meant for it. */
  readonly #alone = new Map<ClusterJob, Plan>()
  #rounds = 0

  constructor(executors: number) {
    this.#executors = executors
    this.#levels = levelsFor(executors)
    this.#agent = new LearnedAgent({ executors, known: (kind) => this.#followed.get(kind.name)!, levels: this.#levels, limit: (job) => this.#limit(job) })
  }

  decide(cluster: Cluster): void {
    if (cluster.jobs.length > 1) this.#alone.clear()
    this.#agent.decide(cluster)
  }

  arrived(job: ClusterJob): void {
    this.#agent.arrived(job)
  }

  stageEnded(): void {
    this.#agent.stageEnded()
  }

  jobEnded(job: ClusterJob): void {
    const plan = this.#alone.get(job)
    if (plan) this.#trials.get(job.kind.name)!.took(plan, job.ended - job.arrived)
    this.#alone.delete(job)
    this.#agent.jobEnded(job)
  }

  taskEnded(job: ClusterJob, stage: number, wave: Wave, executors: number, duration: number): void {
    experienced(this.#experience, stageName(job.kind, stage), wave, executors, duration)
  }

  plan(kinds: readonly JobKind[]): void {
    this.#rounds++
    for (const kind of kinds) {
      const trials = this.#trials.get(kind.name) ?? new Trials(RENT)
      this.#trials.set(kind.name, trials)
      trials.add(planFor(this.#experience, kind, this.#executors, this.#levels, TRAINING_SEED + PLANNING_SEEDS * this.#rounds, trials.best()))
    }
  }

  /** The plans that did best, with all that was learned of durations. */
  result(): (kind: JobKind) => KnownJob {
    const known = new Map<string, KnownJob>()
    return (kind) => {
      if (!known.has(kind.name)) {
        const best = this.#trials.get(kind.name)?.best()
        known.set(kind.name, { shape: shapeOf(expectedStages(this.#experience, kind, this.#executors), best?.shape.orders), limit: best?.limit })
      }
      return known.get(kind.name)!
    }
  }

  #limit(job: ClusterJob): number {
    const { name } = job.kind
    const turn = this.#turns.get(name) ?? 0
    this.#turns.set(name, turn + 1)
    const plan = this.#trials.get(name)?.next()
    this.#followed.set(name, plan ?? { shape: shapeOf(expectedStages(this.#experience, job.kind, this.#executors)), limit: undefined })
    const { levels, shared } = this.#levels
    const whose = plan ? IN_TURN[turn % IN_TURN.length] : 'other'
    if (whose === 'alone') this.#alone.set(job, plan!)
    return whose === 'alone' ? plan!.limit : whose === 'shared' ? shared : levels[turn % levels.length]!
  }
}
