import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lowerBound, NoPlan, planNamed, planners, type Problem } from '../../../kernel/planning/index.ts'
import { expectValid, problemOf } from './build.ts'

/** The graph of Topcuoglu, Hariri and Wu (2002), figure 2, which Arabnejad and Barbosa use, too: ten tasks on three unlike processors. */
const published = problemOf({
  duration: new Array<number>(10).fill(1),
  cost: Float64Array.from([14, 16, 9, 13, 19, 18, 11, 13, 19, 13, 8, 17, 12, 13, 10, 13, 16, 9, 7, 15, 11, 5, 11, 14, 18, 12, 20, 21, 7, 16]),
  edges: [
    [0, 1, 18], [0, 2, 12], [0, 3, 9], [0, 4, 11], [0, 5, 14], [1, 7, 19], [1, 8, 16], [2, 6, 23], [3, 7, 27], [3, 8, 23], [4, 8, 13], [5, 7, 15], [6, 9, 17], [7, 9, 11], [8, 9, 13],
  ],
  nodes: [{}, {}, {}],
})

describe('published examples', () => {
  test('HEFT ends its own example at 80', async () => {
    const plan = await planNamed('heft', published)
    expectValid(published, plan)
    expect(plan.makespan).toBe(80)
  })

  test('searches end it at 73, which is known to be the least', async () => {
    for (const name of ['annealing', 'genetic', 'portfolio']) {
      const plan = await planNamed(name, published, { schedules: 2500, seed: 1 })
      expectValid(published, plan)
      expect(plan.makespan, name).toBe(73)
    }
  })

  test('three tasks on nodes of speed 2, 3 and 4 are shared out as an integer program would', async () => {
    const problem = problemOf({ duration: [5, 8, 6, 10, 4], nodes: [{ speed: 2 }, { speed: 3 }, { speed: 4 }] })
    for (const name of ['genetic', 'annealing', 'particle-swarm', 'ant-colony']) {
      expect((await planNamed(name, problem, { schedules: 2000, seed: 2 })).makespan, name).toBe(4)
    }
  })
})

const arbitrary: fc.Arbitrary<Problem> = fc.record({
  duration: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 14 }),
  links: fc.array(fc.tuple(fc.nat(13), fc.nat(13), fc.integer({ min: 0, max: 15 })), { maxLength: 20 }),
  nodes: fc.array(fc.record({ slots: fc.integer({ min: 1, max: 3 }), speed: fc.constantFrom(1, 2, 0.5), cpu: fc.integer({ min: 2, max: 4 }) }), { minLength: 1, maxLength: 4 }),
  cpu: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 14, maxLength: 14 }),
  priority: fc.option(fc.array(fc.integer({ min: -1, max: 1 }), { minLength: 14, maxLength: 14 })),
  release: fc.option(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 14, maxLength: 14 })),
}).map(({ duration, links, nodes, cpu, priority, release }) => {
  const count = duration.length
  const seen = new Set<string>()
  const edges = links.filter(([a, b]) => a < b && b < count && !seen.has(`${a} ${b}`) && seen.add(`${a} ${b}`))
  return problemOf({
    duration, edges, resources: ['cpu'], request: cpu.slice(0, count),
    nodes: nodes.map(({ cpu: has, ...node }) => ({ ...node, capacity: [has] })),
    ...(priority && { priority: Float64Array.from(priority.slice(0, count)) }),
    ...(release && { release: Float64Array.from(release.slice(0, count)) }),
  })
})

describe.each([...planners.keys()])('%s', name => {
  test('plans keep order, capacities and release times, end no earlier than the bound, and are the same for a seed', async () => {
    await fc.assert(fc.asyncProperty(arbitrary, fc.nat(), async (problem, seed) => {
      const budget = { schedules: 30, seed }
      const plan = await planNamed(name, problem, budget)
      expectValid(problem, plan)
      expect(plan.makespan).toBeGreaterThanOrEqual(lowerBound(problem) - 1e-9)
      expect(await planNamed(name, problem, budget)).toEqual(plan)
    }), { numRuns: name === 'lp' ? 10 : 25 })
  })

  test('what already runs keeps its place, and what may run on one node only runs there', async () => {
    const problem = problemOf({
      duration: [7, 3, 3, 3], nodes: [{}, {}], running: Int32Array.from([1, -1, -1, -1]), allowed: Uint8Array.from([1, 1, 0, 1, 1, 1, 1, 1]), edges: [[0, 3]],
    })
    const plan = await planNamed(name, problem, { schedules: 20 })
    expectValid(problem, plan)
    expect([plan.node[0], plan.node[1], plan.start[1]]).toEqual([1, 1, 7])
  })

  test('a task that fits no node is named', async () => {
    const problem = problemOf({ duration: [1, 1], nodes: [{ capacity: [2] }], resources: ['cpu'], request: [1, 3] })
    await expect((async () => planNamed(name, problem))()).rejects.toThrow(NoPlan)
  })
})

test('no search ends later than HEFT, whatever its budget', async () => {
  await fc.assert(fc.asyncProperty(arbitrary, fc.integer({ min: 1, max: 20 }), async (problem, schedules) => {
    const { makespan } = await planNamed('heft', problem)
    for (const name of ['genetic', 'annealing', 'particle-swarm', 'ant-colony', 'portfolio']) {
      expect((await planNamed(name, problem, { schedules, seed: schedules })).makespan, name).toBeLessThanOrEqual(makespan)
    }
  }), { numRuns: 20 })
})

test('a search that is cancelled, or out of time, answers what it has', async () => {
  let time = 0
  const byTime = await planNamed('annealing', published, { time: 5, clock: () => time++ })
  const cancelled = await planNamed('genetic', published, { cancelled: () => true })
  expect(byTime.makespan).toBeLessThanOrEqual(80)
  expect(cancelled.makespan).toBeLessThanOrEqual(80)
})

test('of two tasks that are ready the one of higher priority is placed first, though the other has more behind it', async () => {
  const problem = problemOf({ duration: [5, 5, 20], edges: [[0, 2]], nodes: [{}], priority: Float64Array.from([0, 1, 0]) })
  for (const name of planners.keys()) {
    const plan = await planNamed(name, problem, { schedules: 50 })
    expect(plan.start[1], name).toBe(0)
  }
})
