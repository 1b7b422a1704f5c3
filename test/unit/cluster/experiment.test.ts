import { describe, expect, test } from 'vitest'
import { outcomeOf } from '../../../kernel/cluster/experiment/work.ts'
import { textOf, time, timelinesOf } from '../../../kernel/cluster/experiment/report.ts'
import { TimelinesPicture } from '../../../kernel/cluster/experiment/timelines-picture.ts'
import { namedProblem } from '../../../kernel/language/cluster-api-graph.ts'
import type { Compared, Planned } from '../../../kernel/travel/experiment.ts'
import { drawnBy } from './pen.ts'

const around = { clock: () => 0, gone: () => false }

async function simulated(tasks: readonly object[], nodes: unknown, policies: readonly string[], failures: readonly { node: number; at: number; back?: number }[] = [], link?: unknown): Promise<readonly Compared[]> {
  const { problem, names } = namedProblem({ tasks }, nodes, link)
  const outcome = await outcomeOf({ kind: 'simulate', problem, names, policies, failures, seed: 0 }, around)
  return outcome.schedules as readonly Compared[]
}

const chain = [{ name: 'a', duration: 10, bytes: 1000 }, { name: 'b', duration: 20, after: 'a' }]

describe('an experiment', () => {
  test('simulates with the whole graph known before anything starts', async () => {
    const tasks = [1, 2, 3, 4, 50].map((duration, i) => ({ name: `t${i}`, duration }))
    const [fifo, longest] = await simulated(tasks, 2, ['fifo', 'max-min'])
    expect([...fifo!.start]).toEqual([0, 0, 1, 2, 4])
    expect(longest!.start[4]).toBe(0)
    expect([fifo!.makespan, longest!.makespan, longest!.lowerBound]).toEqual([54, 50, 50])
  })

  test('starts a task when its inputs are there, and has each result travel', async () => {
    const [one] = await simulated(chain, [{ name: 'x' }], ['fifo'])
    expect([...one!.end]).toEqual([10, 30])
    const [two] = await simulated([{ ...chain[0], node: 'x' }, { ...chain[1], node: 'y' }], [{ name: 'x' }, { name: 'y', speed: 2 }], ['fifo'], [], { bandwidth: 100_000, latency: 5 })
    // Ten ms of travel, five until the first byte, and twice as fast.
    expect([[...two!.node], two!.makespan]).toEqual([[0, 1], 10 + 15 + 10])
  })

  test('loses nodes when it is told to, and gets them back', async () => {
    const [lost] = await simulated([{ name: 'a', duration: 100 }], [{ name: 'x' }], ['fifo'], [{ node: 0, at: 40, back: 60 }])
    expect(lost!.makespan).toBe(160)
  })

  test('gives the same answer for the same seed, whatever the policy', async () => {
    const tasks = Array.from({ length: 30 }, (_, i) => ({ name: `t${i}`, duration: 1 + (i * 7) % 13, after: i > 4 ? [`t${i - 5}`, `t${i >> 1}`] : [], release: i % 3, priority: i % 2 }))
    const policies = ['critical-path', 'random', 'heft']
    const [first, second] = [await simulated(tasks, 3, policies), await simulated(tasks, 3, policies)]
    expect(second).toEqual(first)
    for (const { start, end } of first) tasks.forEach(({ duration, release }, i) => expect([end[i]! - start[i]!, start[i]! >= release]).toEqual([expect.closeTo(duration, 6), true]))
  })

  test('plans, and says how far from the best it may be', async () => {
    const { problem, names } = namedProblem({ tasks: [4, 3, 3, 3, 2].map((duration, i) => ({ name: `t${i}`, duration })) }, [{ slots: 2 }], undefined)
    const plan = (await outcomeOf({ kind: 'plan', problem, names, policy: 'genetic', seed: 1, schedules: 200 }, around)) as Planned
    expect([plan.makespan, plan.lowerBound]).toEqual([8, 7.5])
    expect(Math.max(...plan.end)).toBe(8)
  })

  test('refuses what no planner or policy is, and durations that a simulation does not know', async () => {
    const { problem, names } = namedProblem({ tasks: [{ name: 'a', durations: { 'node-1': 2 } }] }, 1, undefined)
    await expect(outcomeOf({ kind: 'plan', problem, names, policy: 'fifo', seed: 0 }, around)).rejects.toThrow(/does not plan as fifo places tasks/)
    await expect(outcomeOf({ kind: 'plan', problem, names, policy: 'heff', seed: 0 }, around)).rejects.toThrow(/did you mean heft/)
    await expect(outcomeOf({ kind: 'simulate', problem, names, policies: ['heft'], failures: [], seed: 0 }, around)).rejects.toThrow(/durations/)
  })

  test('ends when nobody waits for it any more', async () => {
    const { problem, names } = namedProblem({ tasks: chain }, 1, undefined)
    const gone = { ...around, gone: () => true }
    await expect(outcomeOf({ kind: 'simulate', problem, names, policies: ['fifo'], failures: [], seed: 0 }, gone)).rejects.toThrow(/nobody waits/)
    // Without limits, but for that.
    expect(await outcomeOf({ kind: 'plan', problem, names, policy: 'annealing', seed: 0, schedules: 1e9 }, gone)).toMatchObject({ makespan: 30 })
  })
})

describe('what is shown of an experiment', () => {
  const named = namedProblem({ tasks: [{ name: 'a', duration: 10 }, { name: 'b', duration: 20, after: 'a' }, { name: 'c', duration: 5 }] }, [{ name: 'x' }, { name: 'y' }], undefined)
  const question = { problem: named.problem, names: named.names, seed: 0 }

  test('is, of a plan, when and where each task runs, in order of time', async () => {
    const asked = { kind: 'plan', policy: 'heft', ...question } as const
    const outcome = await outcomeOf(asked, around)
    expect(textOf(outcome, asked)).toBe(['heft: makespan 30 ms, lower bound 30 ms, utilization 58 %', 'task  node  start  end', 'a        x      0   10', 'c        y      0    5', 'b        x     10   30'].join('\n'))
    expect(timelinesOf(outcome, asked)).toMatchObject([{ title: 'heft', note: '30 ms, which no schedule can beat', lanes: ['x', 'y'] }])
  })

  test('is, of a simulation, how policies compare', async () => {
    const asked = { kind: 'simulate', policies: ['fifo', 'heft'], failures: [], ...question } as const
    const outcome = await outcomeOf(asked, around)
    expect(textOf(outcome, asked)).toBe('policy  makespan  of the best  utilization\nfifo       30 ms       1.000×         58 %\nheft       30 ms       1.000×         58 %')
    expect(timelinesOf(outcome, asked)).toHaveLength(2)
  })

  function drawn(timelines: ConstructorParameters<typeof TimelinesPicture>[0]) {
    const picture = new TimelinesPicture(timelines, time)
    return { ...drawnBy((pen) => picture.draw(pen)), size: picture.size }
  }

  test('names what there is room for, on one scale of time', () => {
    const bars = [{ name: 'long', lane: 0, start: 0, end: 100 }, { name: 'beside it', lane: 0, start: 50, end: 90 }, { name: 'short', lane: 1, start: 0, end: 1 }]
    const { words, boxes } = drawn([{ title: 'one', note: 'of two', lanes: ['x', 'y'], bars }, { title: 'other', note: '', lanes: [], bars: [] }])
    expect(words).toEqual(expect.arrayContaining(['one', 'of two', 'other', 'x', 'y', 'long', 'beside it', '0', '50 ms', '100 ms']))
    expect(words).not.toContain('short')
    // The card, two lanes and three bars.
    expect(boxes).toBe(6)
  })

  test('draws very many tasks in few bars, and as many rows and timelines as anybody would look at', () => {
    const bars = Array.from({ length: 20_000 }, (_, i) => ({ name: `task ${i}`, lane: 0, start: Math.floor(i / 10), end: Math.floor(i / 10) + 1 }))
    expect(drawn([{ title: '', note: '', lanes: ['x'], bars }]).boxes).toBeLessThan(100)
    const wide = Array.from({ length: 100 }, (_, i) => ({ name: 'wide', lane: 0, start: 0, end: 1 + i }))
    expect(drawn([{ title: '', note: 'wide', lanes: ['x'], bars: wide }]).words).toContain('wide (36 not drawn)')
    const many = drawn(Array.from({ length: 30 }, (_, i) => ({ title: `${i}`, note: '', lanes: ['x'], bars: [] })))
    expect(many.words).toContain('and 6 more')
    expect(many.size.height).toBeLessThan(2000)
  })
})
