import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HeuristicAgent } from '../../../../bench/schedule/online/baselines.ts'
import { Cluster, MOVING_DELAY, type Agent } from '../../../../bench/schedule/online/cluster.ts'
import { shapeOf } from '../../../../bench/schedule/online/jobs.ts'
import { arrivals, durationOf, readJobs, type MeasuredJob, type MeasuredStage } from '../../../../bench/schedule/online/tpch.ts'
import { LearnedAgent } from '../../../../bench/schedule/online/agent.ts'
import { expectedStages, noExperience } from '../../../../bench/schedule/online/experience.ts'

const POINTS = [5, 10, 20, 40, 50]

/** A stage whose tasks tell by their durations with how many executors, and in which wave, they were measured. */
function stage(tasks: number, inputs: readonly number[] = []): MeasuredStage {
  const wave = (offset: number) => new Map(POINTS.map((point) => [point, [1000 * point + offset]]))
  const measured = { tasks, inputs, fresh: new Map(POINTS.map((point) => [point, point === 5 ? [] : [1000 * point]])), first: wave(1), more: wave(2), most: 50 }
  return { ...measured, duration: (executors, wave, u, v) => durationOf(measured, executors, wave, u, v, false) }
}

const drawn = (executors: number, wave: 0 | 1 | 2, u = 0, straight = false) => durationOf(stage(1), executors, wave, u, 0.5, straight)

function inFolder<T>(text: string, read: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tpch-'))
  try {
    writeFileSync(join(folder, 'tpch_jobs.json'), text)
    return read(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const raw = (change: object = {}) => {
  const waves = { first_wave: { 5: [100, 200, 100], 10: [300] }, fresh_durations: { 5: [100], 10: [300] }, rest_wave: { 5: [50], 10: [] } }
  return { query: 3, size: '2g', stages: 2, edges: [[0, 1]], task_duration: [waves, waves], ...change }
}

describe('durations of tasks, as decima-sim draws them', () => {
  test('are those measured with the number of executors that the job has, or with the next that was measured', () => {
    expect([1, 5, 10, 50].map((executors) => drawn(executors, 2))).toEqual([5002, 5002, 10_002, 50_002])
    // Between two of them the lower one is the likelier, the nearer the number is to the upper one: decima-sim has it the wrong way round.
    const lower = (executors: number, straight: boolean) => Array.from({ length: 20 }, (_, i) => drawn(executors, 2, i / 20, straight)).filter((ms) => ms === 20_002).length
    expect([lower(21, false), lower(39, false), lower(21, true), lower(39, true)]).toEqual([1, 19, 19, 1])
  })

  test('are longer for who is new to the job, by what was measured or else by a second', () => {
    expect([drawn(10, 0), drawn(10, 1), drawn(10, 2)]).toEqual([10_000, 10_001, 10_002])
    expect(drawn(5, 0)).toBe(5001 + 1000)
  })

  test('are those of the most executors where it was measured with no more', () => {
    expect(durationOf({ ...stage(1), first: new Map([[5, [1]], [13, [2]]]), most: 13 }, 40, 1, 0, 0, false)).toBe(2)
  })
})

describe('executors', () => {
  const job = (...stages: MeasuredStage[]): MeasuredJob => ({ name: 'q1-2g', stages })
  const run = (workload: readonly MeasuredJob[], agent: Agent<MeasuredJob>, executors: number) => {
    const waves: number[] = []
    const cluster = new Cluster<MeasuredJob>(workload.map((kind) => ({ job: kind, at: 0 })), { executors, seed: 1, stays: true })
    const result = cluster.run({
      decide: (of) => agent.decide(of),
      taskEnded: (_job, _stage, wave) => void waves.push(wave),
    })
    return { ...result, waves }
  }

  test('need two seconds to come, begin fresh, and stay with a stage to its last task', () => {
    const { jobTime, waves } = run([job(stage(3))], new HeuristicAgent({ order: 'arrival', keeps: true }), 1)
    expect(waves).toEqual([0, 2, 2])
    expect(jobTime * 1000).toBe(MOVING_DELAY + 6001 + 5002 + 5002)
  })

  test('go on warm to another stage at once, and are fresh again when they had to wait', () => {
    const { waves } = run([job(stage(2), stage(2, [0]))], new HeuristicAgent({ order: 'arrival', keeps: true }), 2)
    expect(waves).toEqual([0, 0, 1, 1])
    // One ends its only task before the other does.
    const uneven: MeasuredStage = { ...stage(3), duration: (executors, wave, u, v) => (wave === 2 ? 1 : stage(3).duration(executors, wave, u, v)) }
    expect(run([job(uneven, stage(2, [0]))], new HeuristicAgent({ order: 'arrival', keeps: true }), 2).waves.slice(3).sort()).toEqual([0, 1])
  })

  test('finish all jobs under every policy, which meet the same durations', () => {
    const kinds = [job(stage(5), stage(8, [0])), job(stage(2), stage(2), stage(9, [0, 1]))]
    const workload = arrivals(kinds, 7, 12, 20_000)
    expect(workload).toEqual(arrivals(kinds, 7, 12, 20_000))
    const agents = [
      ...(['arrival', 'work', { power: 0.5 }] as const).map((order) => () => new HeuristicAgent({ order, keeps: false })),
      () => new LearnedAgent({ executors: 8, known: (kind) => ({ shape: shapeOf(expectedStages(noExperience(), kind, 8)), limit: undefined }), levels: { levels: [2, 4, 8], alone: 6, shared: 3, rent: 0 } }),
    ]
    for (const agent of agents) {
      const play = () => new Cluster(workload, { executors: 8, seed: 7, stays: true }).run(agent())
      const { jobTime, utilization } = play()
      expect(jobTime).toBeGreaterThan(MOVING_DELAY / 1000)
      expect(utilization).toBeLessThanOrEqual(1)
      expect(play()).toEqual(play())
    }
  })
})

describe('files of measured jobs', () => {
  test('are read, the fresh tasks taken out of first waves', () => {
    const [job] = inFolder(JSON.stringify([raw()]), readJobs)
    expect(job).toMatchObject({ name: 'q3-2g', stages: [{ tasks: 4, inputs: [], most: 10 }, { inputs: [0] }] })
    expect([...job!.stages[0]!.first]).toEqual([[5, [200, 100]], [10, [200, 100]]])
  })

  test.each([
    ['no list', '{}', 'it holds no jobs'],
    ['no JSON', '[', 'cannot be read'],
    ['a circle', JSON.stringify([raw({ edges: [[0, 1], [1, 0]] })]), 'its stages wait for each other'],
    ['an edge to nowhere', JSON.stringify([raw({ edges: [[0, 9]] })]), 'an edge leads nowhere'],
    ['too few stages', JSON.stringify([raw({ stages: 5 })]), 'durations of 2 stages, not of 5'],
    ['durations that are none', JSON.stringify([raw({ task_duration: [{ first_wave: { 5: ['x'] }, fresh_durations: { 5: [] }, rest_wave: { 5: [] } }], stages: 1, edges: [] })]), 'first_wave of a stage'],
  ])('that hold %s are refused by name', (_, text, message) => {
    expect(() => inFolder(text, readJobs)).toThrow(message)
  })
})
