import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planNamed, type Problem } from '../../../kernel/planning/index.ts'
import { graphOf, simulate } from '../../../kernel/simulator/index.ts'

const SEED = Number(process.env['SLUICE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Tasks that ask for much of several resources, wait for some before them, and take seconds. */
const tasks = fc.array(
  fc.record({ seconds: fc.integer({ min: 1, max: 20 }), asks: fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 })), after: fc.array(fc.nat({ max: 40 }), { maxLength: 2 }) }),
  { minLength: 5, maxLength: 40 },
)

function projectOf(given: readonly { readonly seconds: number; readonly asks: readonly [number, number]; readonly after: readonly number[] }[]): Problem {
  const inputs = given.map(({ after }, i) => [...new Set(after.filter((input) => input < i))])
  const starts = [0, ...inputs.map(((sum) => (one: readonly number[]) => (sum += one.length))(0))]
  return {
    count: given.length, duration: Float64Array.from(given, ({ seconds }) => seconds * 1000), starts: Int32Array.from(starts), inputs: Int32Array.from(inputs.flat()),
    bytes: new Float64Array(inputs.flat().length), resources: ['R1', 'R2'], request: Float64Array.from(given.flatMap(({ asks }) => [...asks])),
    nodes: [{ name: 'pool', slots: Infinity, capacity: [10, 10], speed: 1 }], link: { bandwidth: Infinity, latency: 0 },
  }
}

test(`where everything takes as long as expected, a plan is carried out in the time that it says (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(tasks, fc.constantFrom('heft', 'genetic'), async (given, policy) => {
      const problem = projectOf(given)
      const budget = { schedules: 100, seed: 1 }
      const plan = await planNamed(policy, problem, budget)
      const { makespan } = await simulate(graphOf(problem), { policy, budget, checked: true })
      expect(makespan).toBeLessThanOrEqual(plan.makespan * (1 + 1e-9))
    }),
    { seed: SEED, numRuns: 40 },
  )
})
