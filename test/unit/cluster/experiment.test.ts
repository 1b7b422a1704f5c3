import { describe, expect, test } from 'vitest'
import { outcomeOf } from '../../../kernel/cluster/experiment/work.ts'
import type { Schedule } from '../../../kernel/cluster/experiment/messages.ts'
import { namedProblem } from '../../../kernel/language/cluster-api-graph.ts'

const around = { clock: () => 0, gone: () => false }
type Row = Schedule & { readonly policy: string }

async function simulated(tasks: readonly object[], nodes: unknown, policies: readonly string[], failures: readonly { node: number; at: number; back?: number }[] = [], link?: unknown): Promise<readonly Row[]> {
  const { problem, names } = namedProblem({ tasks }, nodes, link)
  return (await outcomeOf({ kind: 'simulate', problem, names, policies, failures, seed: 0 }, around)) as readonly Row[]
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
    const { problem } = namedProblem({ tasks: [4, 3, 3, 3, 2].map((duration, i) => ({ name: `t${i}`, duration })) }, [{ slots: 2 }], undefined)
    const plan = (await outcomeOf({ kind: 'plan', problem, policy: 'genetic', seed: 1, schedules: 200 }, around)) as Schedule
    expect([plan.makespan, plan.lowerBound]).toEqual([8, 7.5])
    expect(Math.max(...plan.end)).toBe(8)
  })

  test('refuses what no planner or policy is, and durations that a simulation does not know', async () => {
    const { problem, names } = namedProblem({ tasks: [{ name: 'a', durations: { 'node-1': 2 } }] }, 1, undefined)
    await expect(outcomeOf({ kind: 'plan', problem, policy: 'fifo', seed: 0 }, around)).rejects.toThrow(/does not plan as fifo places tasks/)
    await expect(outcomeOf({ kind: 'plan', problem, policy: 'heff', seed: 0 }, around)).rejects.toThrow(/did you mean heft/)
    await expect(outcomeOf({ kind: 'simulate', problem, names, policies: ['heft'], failures: [], seed: 0 }, around)).rejects.toThrow(/durations/)
  })

  test('ends when nobody waits for it any more', async () => {
    const { problem, names } = namedProblem({ tasks: chain }, 1, undefined)
    const gone = { ...around, gone: () => true }
    await expect(outcomeOf({ kind: 'simulate', problem, names, policies: ['fifo'], failures: [], seed: 0 }, gone)).rejects.toThrow(/nobody waits/)
    // Without limits, but for that.
    expect(await outcomeOf({ kind: 'plan', problem, policy: 'annealing', seed: 0, schedules: 1e9 }, gone)).toMatchObject({ makespan: 30 })
  })
})
