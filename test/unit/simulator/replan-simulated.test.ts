/** Re-planning where it counts: around the scheduler itself, on a virtual clock. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planFor } from '../../../kernel/simulator/planner.ts'
import { emptyEstimate, learned, type Estimate } from '../../../kernel/scheduler/index.ts'
import { graphOf, simulate } from '../../../kernel/simulator/index.ts'
import type { NamedPlanner } from '../../../kernel/simulator/index.ts'
import { anyGraph, problem } from './graphs.ts'

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

/** Plans, and what each was allowed to cost and did. */
function counting(): { plan: NamedPlanner; made: { makespan: number; schedules: number }[] } {
  const made: { makespan: number; schedules: number }[] = []
  return {
    made,
    plan: async (name, of, budget) => {
      const one = await planFor(name, of, budget)
      made.push(one)
      return one
    },
  }
}

const SEED = Number(process.env['SLUICE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

test(`where durations are known exactly, a policy that adapts does what its first plan says, with half of its budget (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(anyGraph, fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 2 }), async ({ tasks, names }, speeds, slots) => {
      const { plan, made } = counting()
      // What takes no time is planned as if it took no slot either.
      const some = tasks.map((task) => ({ ...task, duration: task.duration + 1 }))
      const { makespan } = await simulate(graphOf(problem(some, speeds, { slots }), names), { policy: 'adaptive', plan, budget: { schedules: 40, seed: 1 } })
      expect(made).toHaveLength(1)
      expect(made[0]!.schedules).toBeLessThanOrEqual(20)
      expect(makespan).toBeLessThanOrEqual(made[0]!.makespan * (1 + 1e-9))
    }),
    { seed: SEED, numRuns: 25 },
  )
})

test('all that a policy plans anew is within its budget, and ever more seldom where durations scatter widely', async () => {
  const tasks = Array.from({ length: 300 }, (_, i) => ({ duration: 1000 + 100 * (i % 7), inputs: i % 5 === 0 ? [] : [i - 1] }))
  const graph = graphOf(problem(tasks, [1, 1, 2, 3], { slots: 2 }))
  for (const seed of [1, 2, 3]) {
    const { plan, made } = counting()
    const { plans } = await simulate(graph, { policy: 'adaptive', plan, seed, noise: { spread: 1 }, budget: { schedules: 100, seed: 1 } })
    expect(plans).toBe(made.length)
    expect(plans).toBeGreaterThan(1)
    expect(plans).toBeLessThan(32)
    // Each is allowed one schedule at least.
    expect(made.reduce((sum, { schedules }) => sum + schedules, 0)).toBeLessThanOrEqual(100 + made.length)
  }
})

test('a new plan takes the place of the old one only if it promises to end sooner', async () => {
  // Eight chains of four links on two nodes: whoever plans badly ends later.
  const tasks = Array.from({ length: 32 }, (_, i) => ({ duration: 1000, inputs: i % 4 === 0 ? [] : [i - 1] }))
  const graph = graphOf(problem(tasks, [1, 1], { slots: 1 }))
  let asked = 0
  const worse: NamedPlanner = async (_name, of, budget) => {
    const plan = await planFor('heft', of, budget)
    // Everything on one node, one after the other.
    if (asked++ === 0) return plan
    return { ...plan, node: plan.node.fill(0), start: plan.start.map((_, i) => 1000 * i), makespan: 1000 * of.count }
  }
  const good = await simulate(graph, { policy: 'heft' })
  const noisy = { seed: 1, noise: { spread: 0.5 } }
  const [heft, adaptive] = await Promise.all([simulate(graph, { policy: 'heft', ...noisy }), simulate(graph, { policy: 'adaptive', plan: worse, ...noisy })])
  expect(good.makespan).toBe(16_000)
  expect(asked).toBeGreaterThan(1)
  expect(adaptive.makespan).toBeLessThan(1.1 * heft.makespan)
})
