/** Re-planning where it counts: around the scheduler itself, on a virtual clock. */
import { expect, test } from 'vitest'
import { emptyEstimate, learned, type Estimate } from '../../../kernel/scheduler/index.ts'
import { graphOf, simulate } from '../../../kernel/simulator/index.ts'
import { problem } from './graphs.ts'

const known = (duration: number): Estimate => {
  const estimate = emptyEstimate()
  for (let i = 0; i < 10; i++) learned(estimate, 0, duration)
  return estimate
}

test('a policy that adapts ends sooner than a plan made once, when durations are not what they were', async () => {
  // A chain that was learned to be short and is long, beside many tasks that were learned to be long and are short.
  const [links, others] = [8, 40]
  const tasks = Array.from({ length: links + others }, (_, i) => (i < links ? { duration: 3000, inputs: i === 0 ? [] : [i - 1] } : { duration: 1000 }))
  const graph = graphOf(problem(tasks, [1, 1, 1, 1], { slots: 1 }), tasks.map((_, i) => (i < links ? 'link' : 'other')))
  const knowledge = new Map([['link', known(300)], ['other', known(3000)]])
  const [once, adaptive] = await Promise.all(['heft', 'adaptive'].map((policy) => simulate(graph, { policy, knowledge, seed: 1, noise: { spread: 0.2 }, budget: { schedules: 40 } })))
  expect(once!.plans).toBe(1)
  expect(adaptive!.plans).toBeGreaterThan(2)
  expect(adaptive!.makespan).toBeLessThan(0.95 * once!.makespan)
})

test('a policy that adapts is planned for once where all goes as expected', async () => {
  const tasks = Array.from({ length: 30 }, () => ({ duration: 1000 }))
  const graph = graphOf(problem(tasks, [1, 1, 2], { slots: 1 }), tasks.map(() => 'same'))
  const result = await simulate(graph, { policy: 'adaptive', knowledge: new Map([['same', known(1000)]]), budget: { schedules: 40 } })
  expect(result.plans).toBe(1)
})
