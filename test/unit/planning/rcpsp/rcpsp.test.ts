import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Budget, Plan, Problem } from '../../../../kernel/planning/index.ts'
import { NoPlan, planNamed } from '../../../../kernel/planning/index.ts'
import { lowerBound } from '../../../../kernel/planning/rcpsp/bounds.ts'
import { Decoder } from '../../../../kernel/planning/rcpsp/decode.ts'
import { onOneNode, planOnOneNode } from '../../../../kernel/planning/rcpsp/index.ts'
import { projectOf } from '../../../../kernel/planning/rcpsp/project.ts'
import { violation } from '../../../bench/schedule/validate.ts'

interface Task {
  readonly duration: number
  readonly inputs?: readonly number[]
  readonly request?: readonly number[]
}

function problemOf(tasks: readonly Task[], capacity: readonly number[], slots = Infinity, more: Partial<Problem> = {}): Problem {
  const starts = new Int32Array(tasks.length + 1)
  for (const [task, { inputs = [] }] of tasks.entries()) starts[task + 1] = starts[task]! + inputs.length
  return {
    count: tasks.length,
    duration: Float64Array.from(tasks, (task) => task.duration),
    starts,
    inputs: Int32Array.from(tasks.flatMap((task) => task.inputs ?? [])),
    bytes: new Float64Array(starts[tasks.length]!),
    resources: capacity.map((_, r) => `R${r}`),
    request: Float64Array.from(tasks.flatMap((task) => capacity.map((_, r) => task.request?.[r] ?? 0))),
    nodes: [{ name: 'n', slots, capacity, speed: 1 }],
    link: { bandwidth: Infinity, latency: 0 },
    ...more,
  }
}

function planned(problem: Problem, schedules = 60, seed = 1): Plan {
  return byBudget(problem, { schedules, seed })
}

function byBudget(problem: Problem, budget: Budget): Plan {
  return planOnOneNode(onOneNode(problem)!, budget)
}

const two = problemOf([{ duration: 3, request: [2] }, { duration: 2, request: [2] }, { duration: 4, request: [1] }, { duration: 1, inputs: [0], request: [3] }], [3])

test('the serial scheme puts each task of a list where it first fits, behind what comes before it', () => {
  const project = projectOf(two)
  const start = new Int32Array(4)
  expect(new Decoder(project).serial(project.forward, Int32Array.of(0, 1, 2, 3), start)).toBe(6)
  expect([...start]).toEqual([0, 3, 0, 5])
  expect(new Decoder(project).serial(project.backward, Int32Array.of(3, 2, 1, 0), start)).toBe(6)
  expect([...start]).toEqual([3, 1, 1, 0])
})

test('the parallel scheme starts what can start at every instant, by rank', () => {
  const project = projectOf(two)
  const start = new Int32Array(4)
  expect(new Decoder(project).parallel(project.forward, [1, 0, 2, 3], start)).toBe(6)
  expect([...start]).toEqual([2, 0, 0, 5])
})

test('bounds: the longest chain, the work, and the work that must lie in an interval', () => {
  expect(lowerBound(projectOf(problemOf([{ duration: 3 }, { duration: 4, inputs: [0] }], [])))).toBe(7)
  expect(lowerBound(projectOf(problemOf([{ duration: 3, request: [1] }, { duration: 4, request: [1] }, { duration: 2, request: [1] }], [2])))).toBe(5)
  // Between a task and another, three of 2 on two slots take 4.
  const middle = [1, 2, 3].map((): Task => ({ duration: 2, inputs: [0] }))
  expect(lowerBound(projectOf(problemOf([{ duration: 5 }, ...middle, { duration: 5, inputs: [1, 2, 3] }], [], 2)))).toBe(14)
})

const anyProblem = fc
  .record({
    tasks: fc.array(fc.record({ duration: fc.integer({ min: 0, max: 9 }), back: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }), need: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 5, maxLength: 5 }) }), { minLength: 1, maxLength: 14 }),
    width: fc.integer({ min: 0, max: 5 }),
    capacity: fc.constantFrom(5, 6, 200, 70_000),
    slots: fc.constantFrom(1, 2, 4, Infinity),
    part: fc.constantFrom(1, 1 / 3, 0.7),
    speed: fc.constantFrom(1, 3),
    releases: fc.boolean(),
    running: fc.boolean(),
    priorities: fc.boolean(),
  })
  .map(({ tasks, width, capacity, slots, part, speed, releases, running, priorities }): Problem => {
    const list = tasks.map(({ duration, back, need }, task): Task => ({
      duration: duration * part,
      inputs: [...new Set(back.map((distance) => task - distance).filter((input) => input >= 0))],
      request: need.slice(0, width).map((amount) => (amount * capacity) / 5),
    }))
    const capacities = new Array<number>(width).fill(capacity)
    return problemOf(list, capacities, slots, {
      nodes: [{ name: 'n', slots, capacity: capacities, speed }],
      ...(releases ? { release: Float64Array.from(tasks, ({ need }) => need[0]! * 2) } : {}),
      // The first runs already, and waits for nothing.
      ...(running ? { running: Int32Array.from(tasks, (_, task) => (task === 0 ? 0 : -1)) } : {}),
      ...(priorities ? { priority: Float64Array.from(tasks, ({ need }) => need[1]! % 3) } : {}),
    })
  })

test('every plan keeps all rules, is no shorter than the bound, spends at most its budget, and is the same for the same seed', () => {
  fc.assert(
    fc.property(anyProblem, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 1000 }), (problem, schedules, seed) => {
      const plan = planned(problem, schedules, seed)
      expect(violation(problem, plan)).toBeUndefined()
      expect(plan.schedules).toBeLessThanOrEqual(schedules)
      const project = projectOf(problem)
      if (project.exact) expect(plan.makespan).toBeGreaterThanOrEqual(lowerBound(project) * project.unit - 1e-6)
      expect(planned(problem, schedules, seed)).toEqual(plan)
    }),
    { numRuns: 80 },
  )
})

test('no plan ends later than that of HEFT, however long tasks take and however few schedules there are', () => {
  fc.assert(
    fc.property(anyProblem, fc.integer({ min: 1, max: 30 }), (problem, schedules) => {
      const { makespan } = planNamed('heft', problem) as Plan
      for (const name of ['portfolio', 'genetic']) {
        const plan = planNamed(name, problem, { schedules }) as Plan
        expect(violation(problem, plan), name).toBeUndefined()
        expect(plan.makespan, name).toBeLessThanOrEqual(makespan)
        expect(plan.schedules, name).toBeLessThanOrEqual(schedules)
      }
    }),
    { numRuns: 60 },
  )
})

test('where one of several nodes takes all tasks, they are planned as if it were alone, at what they take there', () => {
  const alone = problemOf([{ duration: 3 }, { duration: 3 }, { duration: 2 }, { duration: 2 }, { duration: 2 }], [], 2)
  const nodes = ['a', 'b', 'c'].map((name) => ({ name, slots: name === 'a' ? 0 : 2, capacity: [], speed: 1 }))
  const several: Problem = {
    ...alone, nodes, allowed: Uint8Array.from({ length: 15 }, (_, at) => (at % 3 === 2 ? 0 : 1)), running: Int32Array.of(-1, -1, -1, 1, -1),
    cost: Float64Array.from({ length: 15 }, (_, at) => (at % 3 === 1 ? 10 * alone.duration[Math.floor(at / 3)]! : 1)),
  }
  const plan = planned(several)
  expect([plan.makespan, [...plan.node], plan.start[3]]).toEqual([60, [1, 1, 1, 1, 1], 0])
  expect(onOneNode({ ...several, running: Int32Array.of(2, -1, -1, 1, -1) })).toBeUndefined()
})

test('a node that has less than what runs on it already is left to planners that know no limits of the past', () => {
  const tasks = [{ duration: 3 }, { duration: 3 }, { duration: 1 }]
  const problem = problemOf(tasks, [], 1, { running: Int32Array.of(0, 0, -1) })
  expect(onOneNode(problem)).toBeUndefined()
  expect((planNamed('portfolio', problem, { schedules: 20 }) as Plan).start).toMatchObject({ 0: 0, 1: 0, 2: 3 })
})

test('strict priorities: nothing of lower priority starts while something higher could', () => {
  const tasks = [{ duration: 5 }, { duration: 1 }, { duration: 5 }, { duration: 5, inputs: [1] }]
  const plan = planned(problemOf(tasks, [], 1, { priority: Float64Array.of(0, 0, 1, 2) }))
  // The highest waits for the second; of what can start at once, the third comes first.
  expect(plan.start[2]).toBe(0)
  const order = [...plan.start.keys()].sort((a, b) => plan.start[a]! - plan.start[b]!)
  expect(order.indexOf(3) === order.indexOf(1) + 1).toBe(true)
})

test('the budget is used up exactly where the bound is not reached', () => {
  // Five of 3 on two machines that need 9, though work and chains say 8.
  const plan = planned(problemOf([1, 2, 3, 4, 5].map(() => ({ duration: 3, request: [3] })), [8], Infinity), 37)
  expect([plan.makespan, plan.schedules]).toEqual([9, 37])
})

test('time ends the search, by the clock that is given, and cancelling does', () => {
  const problem = problemOf([1, 2, 3, 4, 5].map(() => ({ duration: 3, request: [3] })), [8])
  let now = 0
  const timed = byBudget(problem, { time: 100, clock: () => now++ })
  expect([timed.makespan, timed.schedules < 102]).toEqual([9, true])
  const cancelled = byBudget(problem, { cancelled: () => true })
  expect([cancelled.makespan, cancelled.schedules]).toEqual([9, 33])
})

test('a task that needs more than there is has no plan; no tasks have an empty one', () => {
  expect(() => planned(problemOf([{ duration: 1, request: [4] }], [3]))).toThrow(NoPlan)
  expect(planned(problemOf([], []))).toMatchObject({ makespan: 0, schedules: 1 })
})
