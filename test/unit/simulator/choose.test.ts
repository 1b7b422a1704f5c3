import { describe, expect, test } from 'vitest'
import type { Problem } from '../../../kernel/planning/index.ts'
import { candidates, choose, type ChoiceProblem } from '../../../kernel/simulator/choose.ts'
import { shapeOf } from '../../../kernel/simulator/graph-shape.ts'
import { policies } from '../../../kernel/scheduler/index.ts'
import { problem, type TaskWords } from './graphs.ts'

const input = (of: Problem, names: readonly string[] = ['a']): ChoiceProblem => ({
  problem: of, names, of: new Int32Array(of.count), spreads: names.map(() => ({ known: true, factors: [0.9, 1, 1.1], doubt: 0 })), whole: new Float64Array(of.count), elapsed: new Float64Array(of.count),
})
const options = { seed: 1, time: Infinity, clock: () => 0 }

describe('the policy that does best by what is left', () => {
  test('is found by rolling the graph forward under each: where results are large, not one that moves them', async () => {
    const tasks: TaskWords[] = Array.from({ length: 24 }, (_, i) => (i < 6 ? { duration: 50, bytes: 2e6 } : { duration: 100, bytes: 2e6, inputs: [i - 6] }))
    const { policy, makespans } = await choose(input(problem(tasks, [1, 1, 4], { bandwidth: 1000, slots: 2 })), options)
    expect(makespans.map(([name]) => name).sort()).toEqual([...candidates].sort())
    expect(makespans[0]![0]).toBe(policy)
    const of = new Map(makespans)
    // A hundredth better would not be worth the change.
    expect(of.get(policy)!).toBeLessThanOrEqual(Math.min(...of.values()) / 0.99)
    expect(of.get(policy)!).toBeLessThan(0.9 * of.get('least-loaded')!)
  })

  test('is the usual one where none is better, and where there is time for no other', async () => {
    const alike = { ...input(problem(Array.from({ length: 8 }, () => ({ duration: 100 })), [1, 1])), spreads: [{ known: true, factors: [1], doubt: 0 }] }
    expect((await choose(alike, options)).policy).toBe('critical-path')
    let now = 0
    const hasty = await choose(alike, { seed: 1, time: 5, clock: () => (now += 10), favourite: 'sjf' })
    expect(hasty).toMatchObject({ policy: 'critical-path', makespans: [['critical-path', expect.any(Number)]] })
  })

  test('is chosen alike whenever seed and graph are', async () => {
    const of = input(problem(Array.from({ length: 30 }, (_, i) => ({ duration: 50 + 37 * (i % 7), inputs: i > 5 ? [i - 5] : [] })), [1, 2]))
    expect(await choose(of, options)).toEqual(await choose(of, options))
  })

  test('leaves what runs where it is', async () => {
    const of = problem(Array.from({ length: 6 }, () => ({ duration: 100 })), [1, 1], { slots: 1 })
    const busy = { ...of, duration: Float64Array.from([1000, 100, 100, 100, 100, 100]), running: Int32Array.from([0, -1, -1, -1, -1, -1]) }
    // The rest goes to the other node.
    const { makespans } = await choose({ ...input(busy), spreads: [{ known: true, factors: [1], doubt: 0 }] }, options)
    expect(makespans[0]![1]).toBe(1000)
  })

  test('is one that the scheduler knows', () => {
    expect(candidates.filter((name) => !policies.some((policy) => policy.name === name))).toEqual([])
  })
})

test('graphs of one shape are alike in size and depth, in how unlike durations are, and in their cluster', () => {
  const wide = (count: number, duration = 100, speeds = [1, 1]) => shapeOf(problem(Array.from({ length: count }, () => ({ duration })), speeds))
  const deep = shapeOf(problem(Array.from({ length: 64 }, (_, i) => ({ duration: 100, inputs: i > 0 ? [i - 1] : [] })), [1, 1]))
  expect(wide(64)).toBe(wide(60, 7000))
  expect(new Set([wide(64), wide(1000), wide(64, 100, [1, 4]), deep, shapeOf(problem(Array.from({ length: 64 }, (_, i) => ({ duration: 10 ** (i % 4) })), [1, 1]))]).size).toBe(5)
  expect(shapeOf(problem([], [1]))).toEqual(expect.any(String))
})
