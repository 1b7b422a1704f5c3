import { describe, expect, test } from 'vitest'
import { choose } from '../../../kernel/simulator/choose.ts'
import { jobsOf, meanJobTime } from '../../../kernel/simulator/objective.ts'
import { problem } from './graphs.ts'

describe('several jobs', () => {
  const spread = { known: true, factors: [1], doubt: 0 }

  test('are the runs that hang together, though they take one result that is there', () => {
    const of = Int32Array.of(0, 0, 1, 2, 3)
    const tasks = problem([{ duration: 0 }, { duration: 5, inputs: [0] }, { duration: 5, inputs: [0] }, { duration: 5, inputs: [2] }, { duration: 5 }])
    expect(jobsOf({ problem: tasks, of })).toEqual({ count: 2, of: Int32Array.of(0, 0, 0, 0, 1) })
    const held = { ...tasks, running: Int32Array.of(0, -1, -1, -1, -1) }
    const jobs = jobsOf({ problem: held, of })
    expect(jobs).toEqual({ count: 3, of: Int32Array.of(0, 0, 1, 1, 2) })
    expect(meanJobTime(jobs, (task) => [0, 30, 10, 60, 90][task]!)).toBe(60)
  })

  test('are rolled forward for their mean time: a policy that lets the short one go first wins', async () => {
    const tasks = Array.from({ length: 42 }, (_, i) => ({ duration: i < 40 ? 100 : 50 }))
    const input = { problem: problem(tasks, [1]), of: Int32Array.from(tasks, (_, i) => (i < 40 ? 0 : 1)), names: ['a', 'a'], spreads: [spread, spread], whole: new Float64Array(42), elapsed: new Float64Array(42) }
    const { policy, jobs, makespans } = await choose(input, { seed: 1, time: Infinity, clock: () => 0 })
    const of = new Map(makespans)
    expect(jobs).toBe(2)
    expect(of.get('sjf')).toBe((50 + 2050) / 2)
    expect(of.get('critical-path')).toBe((2000 + 2050) / 2)
    expect(of.get(policy)).toBe(of.get('sjf'))
  })
})
