/** What `learned` is measured against: fifo, shortest job first and weighted fair sharing, as the heuristics of H. Mao et al., SIGCOMM 2019, and better ones. */
import type { Agent, Cluster as AnyCluster, ClusterJob as AnyJob, Executor as AnyExecutor } from './cluster.ts'
import type { MeasuredJob, MeasuredStage } from './tpch.ts'

type Cluster = AnyCluster<MeasuredJob>
type ClusterJob = AnyJob<MeasuredJob>
type Executor = AnyExecutor<MeasuredJob>

export interface Heuristic {
  /** Jobs are served as they came, by their work, or each up to its share: executors in proportion to (work)^power. */
  readonly order: 'arrival' | 'work' | { readonly power: number }
  /**
   * A job's idle executors wait for its next stages (as decima-sim's agents do), instead of going where there is something to do. Whether that is good depends on the load.
   */
  readonly keeps: boolean
}

interface Known {
  readonly work: number
  /** Longest path from each stage to the end. */
  readonly tails: readonly number[]
}

/** They know the mean of all measured durations of each stage (decima-sim's `rough_duration`). */
const known = new WeakMap<MeasuredJob, Known>()

function knownOf(job: MeasuredJob): Known {
  const before = known.get(job)
  if (before) return before
  const rough = job.stages.map(meanDuration)
  const tails: number[] = []
  const tail = (s: number): number => (tails[s] ??= rough[s]! + job.stages.reduce((longest, { inputs }, next) => (inputs.includes(s) ? Math.max(longest, tail(next)) : longest), 0))
  const result = { work: job.stages.reduce((sum, { tasks }, s) => sum + tasks * rough[s]!, 0), tails: job.stages.map((_, s) => tail(s)) }
  known.set(job, result)
  return result
}

function meanDuration({ fresh, first, more }: MeasuredStage): number {
  const all = [fresh, first, more].flatMap((wave) => [...wave.values()].flat())
  return all.reduce((sum, ms) => sum + ms, 0) / Math.max(1, all.length)
}

export class HeuristicAgent implements Agent<MeasuredJob> {
  readonly #heuristic: Heuristic

  constructor(heuristic: Heuristic) {
    this.#heuristic = heuristic
  }

  decide(cluster: Cluster): void {
    const { keeps } = this.#heuristic
    // Executors stay in their job while it has something for them.
    const idle = cluster.executors.filter(({ state }) => state === 'idle').filter((executor) => {
      const stage = executor.job ? nextStage(cluster, executor.job) : -1
      if (stage >= 0) cluster.assign(executor, executor.job!, stage)
      return stage < 0
    })
    const offered = idle.filter(({ job }) => !(keeps && job && waits(cluster, job)))
    const share = this.#shares(cluster)
    for (const job of this.#ordered(cluster)) {
      while (offered.length > 0 && job.attached + job.moving < share(job)) {
        const stage = nextStage(cluster, job)
        if (stage < 0) break
        cluster.assign(take(offered), job, stage)
      }
    }
  }

  #ordered({ jobs }: Cluster): readonly ClusterJob[] {
    return this.#heuristic.order === 'work' ? [...jobs].sort((a, b) => knownOf(a.kind).work - knownOf(b.kind).work) : jobs
  }

  #shares({ jobs, executors }: Cluster): (job: ClusterJob) => number {
    const { order } = this.#heuristic
    if (typeof order === 'string') return () => Infinity
    const sum = jobs.reduce((all, { kind }) => all + knownOf(kind).work ** order.power, 0)
    return ({ kind }) => Math.ceil((executors.length * knownOf(kind).work ** order.power) / sum)
  }
}

/** Those that belong to no job first. */
function take(offered: Executor[]): Executor {
  const free = offered.findIndex(({ job }) => job === undefined)
  return offered.splice(free < 0 ? offered.length - 1 : free, 1)[0]!
}

/** Of the stages that can be started, the one with the longest path behind it; -1: none. */
function nextStage(cluster: Cluster, job: ClusterJob): number {
  const { tails } = knownOf(job.kind)
  let best = -1
  for (let s = 0; s < tails.length; s++) if (cluster.startable(job, s) && (best < 0 || tails[s]! > tails[best]!)) best = s
  return best
}

/** Whether a stage's inputs are all under way, so that it will start next. */
function waits(cluster: Cluster, job: ClusterJob): boolean {
  return job.kind.stages.some(({ inputs }, s) => job.missing[s]! > 0 && inputs.every((input) => cluster.unstarted(job, input) <= job.reserved[input]!))
}
