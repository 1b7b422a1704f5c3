import { expect, test } from 'vitest'
import { bestOf, compare, graphOf, rowsOf } from '../../../kernel/simulator/index.ts'
import { nodes, problem } from './graphs.ts'

const wide = graphOf(problem([{ duration: 10 }, { duration: 10 }, { duration: 40 }], [1], { slots: 2 }))

test('policies are compared by makespan, to the best and to what no schedule can beat', async () => {
  const comparison = await compare(wide, { policies: ['fifo', 'critical-path'] })
  expect(comparison.lowerBound).toBe(40)
  expect(rowsOf(comparison, (ms) => `${ms} ms`)).toEqual([
    ['policy', 'makespan', '× best', '× lower bound', 'utilization', 'transfers'],
    ['fifo', '50 ms', '1.250', '1.250', '60.0 %', '0'],
    ['critical-path', '40 ms', '1.000', '1.000', '75.0 %', '0'],
  ])
})

test('a policy that leaves tasks undone is not the best, however soon it ends', () => {
  const result = (makespan: number, failed: number) => ({ makespan, failed, skipped: 0 }) as never
  expect(bestOf({ nodes: nodes(1), lowerBound: 1, policies: [{ policy: 'a', result: result(5, 1), utilization: 0 }, { policy: 'b', result: result(9, 0), utilization: 0 }] })).toBe(9)
})

test('what one policy cannot do is said in its row, and the others are compared', async () => {
  const comparison = await compare(wide, {
    policies: ['heft', 'fifo'],
    plan: () => Promise.reject(new RangeError('too large')),
    explain: (error) => (error instanceof RangeError ? error.message : undefined),
  })
  expect(rowsOf(comparison, String)).toMatchObject([['policy', 'makespan', '× best', '× lower bound', 'utilization', 'transfers', ''], ['heft', '–', '–', '–', '–', '–', 'too large'], ['fifo', '50', '1.000', '1.250', '60.0 %', '0', '']])
})
