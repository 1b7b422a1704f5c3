/** Jobs: runs that wait for each other, directly or not. Kept as a union-find forest (R. E. Tarjan, JACM 1975) of runs. */
import type { JobView } from './policies/policy.ts'
import { enlist } from './ready.ts'
import type { Run } from './run.ts'
import type { Machine } from './state.ts'
import type { RunId, Time } from './task.ts'
import { SUCCEEDED } from './task-table.ts'

/** Runs whose rank is brought up to date at once when their job changes; of larger jobs the others follow when it is their turn. */
const AT_ONCE = 32

export class Job implements JobView {
  id: RunId
  since: Time
  running = 0
  work = 0
  unfinished = 0
  /** The job that it has become part of. */
  into: Job | undefined = undefined
  /** Runs with tasks to start, whose policy ranks jobs. */
  readonly ranked = new Set<Run>()
  /** Counts what may change their rank. */
  version = 0

  constructor(id: RunId, since: Time) {
    this.id = id
    this.since = since
  }
}

export function jobOf(run: Run): Job {
  let root = run.job
  while (root.into) root = root.into
  for (let job = run.job; job.into; ) {
    const next: Job = job.into
    job.into = root
    job = next
  }
  return (run.job = root)
}

/** A run just declared becomes part of the job of every unfinished run that it waits for. */
export function joinJobs(m: Machine, run: Run): void {
  for (const need of run.needs) if (need.unfinished > 0) unite(run, need)
  for (const input of run.shared) if (m.tasks.status[input] !== SUCCEEDED) unite(run, m.runOf(input))
  if (!run.inputs) return
  let last: Run | undefined
  for (const input of run.inputs) {
    if (last?.has(input) || m.tasks.status[input] === SUCCEEDED) continue
    last = m.runOf(input)
    unite(run, last)
  }
}

function unite(a: Run, b: Run): void {
  let [kept, merged] = [jobOf(a), jobOf(b)]
  if (kept === merged) return
  if (kept.ranked.size < merged.ranked.size) [kept, merged] = [merged, kept]
  merged.into = kept
  if (merged.since < kept.since || (merged.since === kept.since && merged.id < kept.id)) kept.id = merged.id
  kept.since = Math.min(kept.since, merged.since)
  kept.running += merged.running
  kept.work += merged.work
  kept.unfinished += merged.unfinished
  kept.version++
  for (const run of merged.ranked) kept.ranked.add(run)
  merged.ranked.clear()
}

/** So many more of the run's tasks run. */
export function jobRunning(m: Machine, run: Run, by: number): void {
  const job = jobOf(run)
  job.running += by
  changed(m, job)
}

/** So many more of the run's tasks are unfinished. */
export function jobUnfinished(m: Machine, run: Run, by: number): void {
  const job = jobOf(run)
  job.unfinished += by
  // Sums of differences drift.
  job.work = job.unfinished === 0 ? 0 : job.work + by * run.unit
  changed(m, job)
}

/** One task of the run is expected to take `unit` ms. */
export function setUnit(m: Machine, run: Run, unit: number): void {
  const job = jobOf(run)
  job.work += run.unfinished * (unit - run.unit)
  run.unit = unit
  changed(m, job)
}

function changed(m: Machine, job: Job): void {
  if (job.ranked.size === 0) return
  job.version++
  m.changedJobs.add(job)
}

/** The first runs of each changed job, to be put in order anew; those that it lists go to the end of its list. */
export function rerankJobs(m: Machine): void {
  for (const job of m.changedJobs) {
    let left = Math.min(job.ranked.size, AT_ONCE)
    for (const run of [...take(job.ranked, left)]) {
      if (left-- === 0) break
      enlist(m, run)
      if (job.ranked.size > AT_ONCE && job.ranked.delete(run)) job.ranked.add(run)
    }
  }
  m.changedJobs.clear()
}

function* take<T>(all: Iterable<T>, count: number): Generator<T> {
  for (const one of all) {
    if (count-- <= 0) return
    yield one
  }
}
