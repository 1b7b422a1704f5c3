import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LearnedAgent, type KnownJob } from '../../../../bench/schedule/online/agent.ts'
import { Cluster, type JobKind } from '../../../../bench/schedule/online/cluster.ts'
import { expectedDurations, expectedSpread, expectedStages, experienced, learnedKind, noExperience, stageName, type Experience } from '../../../../bench/schedule/online/experience.ts'
import { allocate, Job, shapeOf, type Enact, type Executors, type Stage, type Wave } from '../../../../bench/schedule/online/jobs.ts'
import { planFor } from '../../../../bench/schedule/online/plans.ts'
import { play, setLimits, type Levels } from '../../../../bench/schedule/online/rollout.ts'
import type { MeasuredJob, MeasuredStage } from '../../../../bench/schedule/online/tpch.ts'
import { levelsFor, trained } from '../../../../bench/schedule/online/training.ts'
import { Trials, type Plan } from '../../../../bench/schedule/online/trials.ts'

const MOST = 20

/** A stage whose tasks take so long, and the longer the more executors their job has. */
function stage(tasks: number, inputs: readonly number[], each: number, { fresh = each, first = each, slower = 0 } = {}): Stage {
  const table = (ms: number) => Float64Array.from({ length: MOST + 1 }, (_, executors) => ms * (1 + slower * Math.max(0, executors - 1) ** 2))
  return { tasks, inputs, duration: [table(fresh), table(first), table(each)], spread: [0, 0, 0] }
}

function cluster(jobs: readonly Job[], free = MOST, delay = 100): Executors & { free: number } {
  return { total: MOST, free, delay, jobs }
}

const levels: Levels = { levels: [1, 2, 5, 10, 20], alone: 20, shared: 5, rent: 0 }

/** What was decided, in words. */
function decided(of: Executors): string[] {
  const told: string[] = []
  const number = (job: Job | undefined) => (job ? of.jobs.indexOf(job) : 'nowhere')
  const enact: Enact = {
    start: (job, s, warm, cold) => told.push(`job ${number(job)} stage ${s}: ${warm} warm, ${cold} cold`),
    move: (from, job, s, count) => told.push(`${count} from ${number(from)} to job ${number(job)} stage ${s}`),
  }
  allocate(of, enact)
  return told
}

describe('executors that jobs share', () => {
  test('are given to a stage as far as it has tasks for them, those first that have just worked', () => {
    const job = new Job(shapeOf([stage(4, [], 10)]), 0)
    Object.assign(job, { attached: 5, warm: 1, cold: 4 })
    expect(decided(cluster([job], 0))).toEqual(['job 0 stage 0: 1 warm, 3 cold'])
  })

  test('are not given to a job beyond its limit, and what it has beyond that others may take', () => {
    const [held, next] = [new Job(shapeOf([stage(1, [], 1000), stage(10, [0], 1000)]), 0), new Job(shapeOf([stage(10, [], 1000)]), 1)]
    Object.assign(held, { attached: 8, cold: 7, limit: 5 })
    held.unstarted[0] = 0
    held.running[0] = 1
    next.limit = 6
    expect(decided(cluster([held, next], 1))).toEqual(['1 from nowhere to job 1 stage 0', '3 from 0 to job 1 stage 0'])
    expect([held.attached, held.cold, next.moving]).toEqual([5, 4, 4])
  })

  test('go ahead to where wider stages are to come, if nobody needs them', () => {
    const job = new Job(shapeOf([stage(1, [], 1000), stage(10, [0], 1000)]), 0)
    job.limit = 8
    expect(decided(cluster([job]))).toEqual(['1 from nowhere to job 0 stage 0', '7 from nowhere to job 0 stage -1'])
  })

  test('are counted once, whatever the jobs: none is given twice, none stands in two places', () => {
    const jobs = fc.array(fc.record({ tasks: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 }), idle: fc.integer({ min: 0, max: 4 }), limit: fc.integer({ min: 1, max: MOST }) }), { minLength: 1, maxLength: 4 })
    fc.assert(fc.property(jobs, (words) => {
      const made = words.map(({ tasks, idle, limit }) => Object.assign(new Job(shapeOf(tasks.map((count, s) => stage(count, s > 1 ? [s - 1] : [], 100 * (s + 1)))), 0), { attached: idle, cold: idle, limit }))
      const all = cluster(made, MOST - words.reduce((sum, { idle }) => sum + idle, 0))
      const before = made.map((job) => job.has)
      decided(all)
      expect(all.free).toBeGreaterThanOrEqual(0)
      expect(all.free + made.reduce((sum, job) => sum + job.has, 0)).toBe(MOST)
      made.forEach((job, i) => {
        expect(job.has).toBeLessThanOrEqual(Math.max(job.limit, before[i]!))
        expect(job.warm + job.cold + job.running.reduce((sum, count) => sum + count, 0)).toBe(job.attached)
        job.unstarted.forEach((count, s) => expect(count).toBeGreaterThanOrEqual(job.reserved[s]!))
      })
    }))
  })
})

describe('playing jobs to their end', () => {
  test('takes what can be reckoned by hand, and changes nothing', () => {
    const job = new Job(shapeOf([stage(4, [], 1000, { fresh: 1500 }), stage(1, [0], 300, { first: 400 })]), 0)
    job.limit = 2
    // They come after 100 ms, do two tasks each, the first a fresh one; one of them goes on.
    expect(play(cluster([job]), [], 0)).toBe(100 + 1500 + 1000 + 400)
    expect([job.attached, job.unstarted[0]]).toEqual([0, 4])
    // At 1 ms for each ms of the two executors that belong to it.
    expect(play(cluster([job]), [], 1)).toBe(3 * 3000)
  })

  test('begins from what is under way', () => {
    const job = Object.assign(new Job(shapeOf([stage(3, [], 1000)]), 0), { attached: 1, limit: 1 })
    job.unstarted[0] = 2
    job.running[0] = 1
    expect(play(cluster([job], 0), [{ job: 0, stage: 0, count: 1, until: 250, moving: false }], 0)).toBe(2250)
  })

  test('never ends where no executor is left for a job', () => {
    expect(play({ total: 0, free: 0, delay: 0, jobs: [new Job(shapeOf([stage(1, [], 1)]), 0)] }, [], 0)).toBe(Infinity)
  })
})

describe('limits of jobs, chosen by playing', () => {
  test('are small where more executors slow tasks down more than they help, and large where they do not', () => {
    const chosen = (slower: number) => {
      // The first stage would take all it can get, and what it got slows the second one down.
      const job = new Job(shapeOf([stage(40, [], 100), stage(40, [0], 1000, { slower })]), 0)
      setLimits(cluster([job]), [], levels)
      return job.limit
    }
    expect(chosen(0)).toBe(20)
    expect(chosen(0.1)).toBe(5)
  })

  test('let the mean job time be no longer than equal shares do, and the same jobs have the same limits', () => {
    const made = () => [new Job(shapeOf([stage(40, [], 1000)]), 0), new Job(shapeOf([stage(4, [], 500), stage(4, [0], 500)]), 0)]
    const equal = made()
    for (const job of equal) job.limit = 10
    const [first, second] = [made(), made()]
    for (const jobs of [first, second]) setLimits(cluster(jobs), [], levels)
    expect(play(cluster(first), [], 0)).toBeLessThanOrEqual(play(cluster(equal), [], 0))
    expect(first.map(({ limit }) => limit)).toEqual(second.map(({ limit }) => limit))
  })

  test('leave executors free where these are dear', () => {
    const job = () => new Job(shapeOf([stage(20, [], 1000, { slower: 0.02 })]), 0)
    const [cheap, dear] = [job(), job()]
    setLimits(cluster([cheap]), [], levels)
    setLimits(cluster([dear]), [], { ...levels, rent: 1 })
    expect(dear.limit).toBeLessThan(cheap.limit)
  })

  test('stay as they are where there is no job', () => {
    expect(() => setLimits(cluster([]), [], levels)).not.toThrow()
  })
})

describe('what was learned of stages', () => {
  const taught = (): Experience => {
    const experience = noExperience()
    for (let i = 0; i < 50; i++) {
      experienced(experience, 'a', 2, 4, 100 + (i % 2) * 20)
      experienced(experience, 'a', 2, 16, 400)
      experienced(experience, 'a', 1, 4, 200)
      experienced(experience, 'a', 0, 4, 700)
    }
    return experience
  }

  test('tells durations by wave and by number of executors, between those seen by nearness', () => {
    const [fresh, first, more] = expectedDurations(taught(), 'a', 20, 1)
    expect([more[4], more[16], first[4], fresh[4]].map((ms) => Math.round(ms! / 10) * 10)).toEqual([110, 400, 200, 700])
    expect(more[8]).toBeGreaterThan(more[5]!)
    expect(more[8]).toBeLessThan(400)
    expect(expectedSpread(taught(), 'a')[2]).toBeCloseTo(0.1, 1)
  })

  test('helps with stages of which less is known, and says nothing of others', () => {
    const experience = taught()
    experienced(experience, 'b', 1, 4, 1000)
    const [fresh, first, more] = expectedDurations(experience, 'b', 4, 1)
    // As much slower as the other stage's.
    expect([first[4], more[4], Math.round(fresh[4]!)]).toEqual([1000, 1000, 1500])
    expect(expectedDurations(noExperience(), 'toString', 2, 7)[1]).toEqual(Float64Array.of(7, 7, 7))
    expect(expectedSpread(noExperience(), 'a')).toEqual([0, 0, 0])
  })

  test('is plain data, bounded, and takes no nonsense', () => {
    const experience = taught()
    expect(JSON.parse(JSON.stringify(experience))).toEqual(JSON.parse(JSON.stringify(taught())))
    for (const [executors, duration] of [[NaN, 1], [0, 1], [1, NaN], [1, -1], [1, Infinity]] as const) experienced(experience, 'a', 2, executors, duration)
    expect(JSON.stringify(experience)).toBe(JSON.stringify(taught()))
    for (let executors = 1; executors <= 1000; executors++) experienced(experience, 'a', (executors % 3) as Wave, executors, 5)
    for (const seen of experience.stages['a']!) expect(seen.executors.length).toBeLessThanOrEqual(64)
  })
})

describe('plans of jobs', () => {
  const MS = { 0: 1100, 1: 200, 2: 100 }
  /** A stage of the cluster: alike tasks, dear for who stood idle. */
  const kindOf = (...stages: readonly (readonly [tasks: number, inputs: readonly number[], each?: number])[]): JobKind => ({
    name: 'q1', stages: stages.map(([tasks, inputs, each = 1]) => ({ tasks, inputs, duration: (_executors, wave, _u, v) => Math.round(MS[wave] * each * (0.95 + 0.1 * v)) })),
  })
  const taught = (kind: JobKind): Experience => {
    const experience = noExperience()
    kind.stages.forEach((of, s) => {
      for (let i = 0; i < 300; i++) for (const wave of [0, 1, 2] as const) experienced(experience, stageName(kind, s), wave, 1 + (i % MOST), of.duration(1, wave, 0, (i % 7) / 7))
    })
    return experience
  }
  const time = (kind: JobKind, known: KnownJob) => new Cluster([{ job: kind, at: 0 }], { executors: MOST, seed: 5, stays: true }).run(new LearnedAgent({ executors: MOST, known: () => known, levels })).jobTime

  test('are made by playing the job as it was learned: durations are spread as they were seen', () => {
    const kind = kindOf([4, []])
    const { stages } = learnedKind(taught(kind), kind, MOST)
    const drawn = Array.from({ length: 100 }, (_, i) => stages[0]!.duration(7, 2, 0, i / 100))
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(94)
    expect(Math.max(...drawn)).toBeLessThanOrEqual(105)
    expect(new Set(drawn).size).toBeGreaterThan(5)
    expect(stages[0]!.duration(7, 0, 0, 0.5)).toBeGreaterThan(1000)
  })

  test('let a job end sooner than by its longest paths, by durations that were only learned', () => {
    // The short stage goes first: its executors are free for others at once, not when they have gone cold.
    const kind = kindOf([5, [], 4], [40, [], 4], [20, []], [5, [0, 1, 2]])
    const experience = taught(kind)
    const planned = planFor(experience, kind, MOST, levels, 1)
    expect(time(kind, planned)).toBeLessThan(time(kind, { shape: shapeOf(expectedStages(experience, kind, MOST)), limit: planned.limit }))
    expect(planFor(experience, kind, MOST, levels, 1)).toEqual(planned)
  })

  test('bound how many executors work on a stage at a time', () => {
    const shape = shapeOf([stage(10, [], 1000)], [{ limit: 20, rank: [0], most: [3] }])
    expect(decided(cluster([new Job(shape, 0)]))).toEqual(['3 from nowhere to job 0 stage 0'])
    // Of several orders, that for the limit nearest to the job's.
    const orders = [1, 2, 5].map((most, i) => ({ limit: 2 * 2 ** i, rank: [0], most: [most] }))
    const bound = (limit: number) => decided(cluster([Object.assign(new Job(shapeOf([stage(10, [], 1000)], [orders[0]!, ...orders.slice(1)]), 0), { limit })]))[0]
    expect([2, 5, 20].map(bound)).toEqual([1, 2, 5].map((most) => `${most} from nowhere to job 0 stage 0`))
  })

  test('are what a job that is alone is given', () => {
    const job = Object.assign(new Job(shapeOf([stage(40, [], 1000)]), 0), { usual: 7 })
    setLimits(cluster([job]), [], levels)
    expect(job.limit).toBe(7)
  })
})

describe('plans that are tried out', () => {
  const planned = (limit: number): Plan => ({ shape: shapeOf([stage(1, [], 1)]), limit })
  const plans = [planned(2), planned(5), planned(10)]
  const after = (runs: number, times: readonly number[], rent = 0): { trials: Trials; counts: number[] } => {
    const trials = new Trials(rent)
    const counts = plans.map(() => 0)
    plans.forEach((plan) => trials.add(plan))
    for (let i = 0; i < runs; i++) {
      const which = plans.indexOf(trials.next()!)
      counts[which]!++
      trials.took(plans[which]!, times[which]! * (i % 2 === 0 ? 0.98 : 1.02))
    }
    return { trials, counts }
  }

  test('are followed the more often, the better they do, and the best is found', () => {
    const { trials, counts } = after(60, [3000, 1000, 1400])
    expect(trials.best()).toBe(plans[1])
    expect(counts[1]).toBeGreaterThan(40)
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(2)
  })

  test('are better with fewer executors where these are dear', () => {
    expect(after(60, [1100, 1050, 1000]).trials.best()).toBe(plans[2])
    expect(after(60, [1100, 1050, 1000], 0.1).trials.best()).toBe(plans[0])
  })

  test('count as good as the latest is while nothing is known, and plans of others count for nothing', () => {
    expect(new Trials(0).best()).toBeUndefined()
    expect(new Trials(0).next()).toBeUndefined()
    const { trials } = after(0, [])
    trials.took(planned(5), 1)
    expect(trials.best()).toBe(plans[2])
  })
})

describe('training', () => {
  test('by the same workloads teaches the same, and jobs end sooner for it than without', () => {
    const measured = (tasks: number, inputs: readonly number[], each: number): MeasuredStage => {
      const none = new Map<number, readonly number[]>()
      return { tasks, inputs, fresh: none, first: none, more: none, most: 10, duration: (_executors, wave, _u, v) => Math.round([1100, 200, 100][wave]! * each * (0.95 + 0.1 * v)) }
    }
    const kind: MeasuredJob = { name: 'q1', stages: [measured(5, [], 4), measured(40, [], 4), measured(20, [], 1), measured(5, [0, 1, 2], 1)] }
    const time = (known: (kind: JobKind) => KnownJob) => new Cluster([{ job: kind, at: 0 }], { executors: 10, seed: 3, stays: true }).run(new LearnedAgent({ executors: 10, known, levels: levelsFor(10) })).jobTime
    const [once, again] = [trained([kind], 10, 2), trained([kind], 10, 2)]
    expect(once(kind)).toEqual(again(kind))
    expect(once(kind).limit).toBeDefined()
    const stages = expectedStages(noExperience(), kind, 10)
    expect(time(once)).toBeLessThan(time(() => ({ shape: shapeOf(stages), limit: undefined })))
  })
})
