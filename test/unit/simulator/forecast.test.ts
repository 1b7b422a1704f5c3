import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forecast, generator, roughForecast, type ForecastProblem } from '../../../kernel/simulator/forecast.ts'
import { Playing } from '../../../kernel/simulator/playing.ts'
import { expectedLeft, rankOf, factorAt, spreadOf, type Spread } from '../../../kernel/simulator/spread.ts'
import { emptyEstimate, learned, mean } from '../../../kernel/scheduler/index.ts'
import type { PlanNode, Problem } from '../../../kernel/planning/index.ts'

const exact: Spread = { known: true, factors: [1], doubt: 0 }
const wide: Spread = { known: true, factors: [0.5, 0.7, 1, 1.4, 2], doubt: 0 }
const node = (name: string, slots: number, speed = 1, capacity: number[] = []): PlanNode => ({ name, slots, speed, capacity })

function problem(tasks: { duration: number; inputs?: number[]; bytes?: number; request?: number[]; on?: number; priority?: number; only?: number }[], nodes: PlanNode[], resources: string[] = []): Problem {
  const inputs = tasks.flatMap((task) => task.inputs ?? [])
  const starts = Int32Array.from([0, ...tasks.map((_, i) => tasks.slice(0, i + 1).reduce((sum, task) => sum + (task.inputs?.length ?? 0), 0))])
  return {
    count: tasks.length, duration: Float64Array.from(tasks, (task) => task.duration), starts, inputs: Int32Array.from(inputs),
    bytes: Float64Array.from(tasks.flatMap((task) => (task.inputs ?? []).map(() => task.bytes ?? 0))), resources,
    request: Float64Array.from(tasks.flatMap((task) => task.request ?? resources.map(() => 0))), priority: Float64Array.from(tasks, (task) => task.priority ?? 0),
    running: Int32Array.from(tasks, (task) => task.on ?? -1), nodes, link: { bandwidth: 100, latency: 1 },
    allowed: Uint8Array.from(tasks.flatMap((task) => nodes.map((_, n) => (task.only === undefined || task.only === n ? 1 : 0)))),
  }
}

const played = (of: Problem): number[] => [...new Playing(of).play(of.duration)]

const input = (of: Problem, spreads: Spread[], rows?: number[], running: { whole?: number[]; elapsed?: number[] } = {}): ForecastProblem => ({
  problem: of, spreads, of: Int32Array.from(rows ?? Array.from({ length: of.count }, () => 0)),
  whole: Float64Array.from(running.whole ?? Array.from({ length: of.count }, () => 0)), elapsed: Float64Array.from(running.elapsed ?? Array.from({ length: of.count }, () => 0)),
})

describe('playing what is left', () => {
  test('starts the longest path first, on the fastest node that has room', () => {
    expect(played(problem([{ duration: 10 }, { duration: 30 }, { duration: 10, inputs: [0] }, { duration: 10, inputs: [2] }], [node('a', 1), node('b', 1, 2)]))).toEqual([5, 30, 10, 15])
  })

  test('keeps to slots, resources, priorities and places', () => {
    expect(played(problem([{ duration: 10, request: [2] }, { duration: 10, request: [2] }, { duration: 5, request: [1] }], [node('a', 3, 1, [3])], ['cpu']))).toEqual([10, 20, 5])
    expect(played(problem([{ duration: 10 }, { duration: 4, priority: 1 }], [node('a', 1)]))).toEqual([14, 4])
    expect(played(problem([{ duration: 10, only: 0 }, { duration: 10, only: 0 }], [node('a', 1), node('b', 1)]))).toEqual([10, 20])
  })

  test('lets what runs run on, and takes the time that results need to travel', () => {
    expect(played(problem([{ duration: 7, on: 0 }, { duration: 5, inputs: [0], only: 1, bytes: 900 }], [node('a', 1), node('b', 1)]))).toEqual([7, 7 + 5 + 1 + 9])
  })

  test('needs no slot for joints and results that a node holds, and says of what can never start that it does not end', () => {
    expect(played(problem([{ duration: 0, on: 0 }, { duration: 5, on: 0 }, { duration: 0, inputs: [0, 1] }, { duration: 3, inputs: [2] }], [node('a', 1)]))).toEqual([0, 5, 5, 8])
    expect(played(problem([{ duration: 5, request: [4] }, { duration: 3, inputs: [0] }], [node('a', 1, 1, [2])], ['gpu']))).toEqual([Infinity, Infinity])
  })

  test('never ends before the bounds of work and path, and gives the same again', () => {
    const tasks = fc.array(fc.record({ duration: fc.integer({ min: 1, max: 50 }), after: fc.array(fc.nat(100), { maxLength: 3 }) }), { minLength: 1, maxLength: 40 })
    fc.assert(fc.property(tasks, fc.array(fc.record({ slots: fc.integer({ min: 1, max: 3 }), speed: fc.constantFrom(1, 2, 4) }), { minLength: 1, maxLength: 4 }), (rows, machines) => {
      const of = problem(rows.map(({ duration, after }, i) => ({ duration, inputs: i === 0 ? [] : [...new Set(after.map((one) => one % i))] })), machines.map(({ slots, speed }, n) => node(`n${n}`, slots, speed)))
      const playing = new Playing(of)
      const ends = [...playing.play(of.duration)]
      expect([...playing.play(of.duration)]).toEqual(ends)
      const fastest = Math.max(...machines.map(({ speed }) => speed))
      const capacity = machines.reduce((sum, { slots, speed }) => sum + slots * speed, 0)
      expect(Math.max(...ends)).toBeGreaterThanOrEqual(of.duration.reduce((sum, one) => sum + one, 0) / capacity - 1e-9)
      for (let task = 0; task < of.count; task++) {
        for (let at = of.starts[task]!; at < of.starts[task + 1]!; at++) expect(ends[task]! - ends[of.inputs[at]!]!).toBeGreaterThanOrEqual(of.duration[task]! / fastest - 1e-9)
      }
    }), { numRuns: 60 })
  })
})

describe('a forecast', () => {
  test('without any uncertainty is the schedule', () => {
    const of = problem([{ duration: 10 }, { duration: 20 }, { duration: 5, inputs: [0, 1] }], [node('a', 2)])
    expect(forecast(input(of, [exact, exact], [0, 0, 1]), 1)).toEqual({ runs: [{ early: 20, middle: 20, late: 20 }, { early: 25, middle: 25, late: 25 }], all: { early: 25, middle: 25, late: 25 } })
  })

  test('is as wide as a duration for one task, and narrow for many that run side by side', () => {
    const one = forecast(input(problem([{ duration: 1000 }], [node('a', 1)]), [wide]), 1).all!
    const many = forecast(input(problem(Array.from({ length: 400 }, () => ({ duration: 1000 })), [node('a', 10)]), [wide]), 1).all!
    expect(one.late / one.early).toBeGreaterThan(2)
    expect(many.late / many.early).toBeLessThan(1.15)
    expect(many.middle).toBeGreaterThan(40_000)
  })

  test('of many tasks is as wide as the doubt in their expectation, which does not average out', () => {
    const many = problem(Array.from({ length: 400 }, () => ({ duration: 1000 })), [node('a', 10)])
    const { early, late } = forecast(input(many, [{ ...wide, doubt: 0.3 }]), 7).all!
    expect(late / early).toBeGreaterThan(1.6)
  })

  test('of a task that has run long already draws from the durations that are longer still', () => {
    const of = problem([{ duration: 500, on: 0 }], [node('a', 1)])
    const { early, late } = forecast(input(of, [wide], [0], { whole: [1000], elapsed: [1400] }), 3).all!
    expect(early).toBeGreaterThan(0)
    expect(late).toBeLessThanOrEqual(600)
    // Longer than any before.
    expect(forecast(input(of, [wide], [0], { whole: [1000], elapsed: [9000] }), 3).all!.late).toBeGreaterThan(4500)
  })

  test('is not made of runs whose durations, or those of what they wait for, are unknown', () => {
    const of = problem([{ duration: 10 }, { duration: 20 }, { duration: 5, inputs: [1] }], [node('a', 2)])
    const unknown = { ...exact, known: false }
    const { runs, all } = forecast(input(of, [exact, unknown, exact], [0, 1, 2]), 1)
    expect([runs.map((run) => run?.middle), all]).toEqual([[10, undefined, undefined], undefined])
  })

  test('contains what then happens about as often as it says', () => {
    const random = generator(4)
    const duration = (): number => 1000 * Math.exp(0.4 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()))
    const [trials, tasks] = [100, 20]
    let inside = 0
    for (let trial = 0; trial < trials; trial++) {
      const estimate = emptyEstimate()
      for (let i = 0; i < 12; i++) learned(estimate, 0, duration())
      const of = problem(Array.from({ length: tasks }, () => ({ duration: mean(estimate) })), [node('a', 4)])
      const { early, late } = forecast(input(of, [spreadOf(estimate)]), trial).all!
      const end = Math.max(...new Playing(of).play(Float64Array.from({ length: tasks }, duration)))
      if (end >= early && end <= late) inside++
    }
    // Four in five; the standard deviation of a hundred trials is four.
    expect(inside).toBeGreaterThan(65)
    expect(inside).toBeLessThan(95)
  })

  test('in closed form agrees with the played one', () => {
    const tasks = 2000
    const of = problem(Array.from({ length: tasks }, () => ({ duration: 100 })), [node('a', 4), node('b', 4, 2)])
    const played = forecast(input(of, [{ ...wide, doubt: 0.1 }]), 5).all!
    const expected = 100 * (0.5 + 0.7 + 1 + 1.4 + 2) / 5
    const rough = roughForecast([{ tasks, duration: expected, spread: { ...wide, doubt: 0.1 }, priority: 0, capacity: 12 }]).all!
    for (const which of ['early', 'middle', 'late'] as const) expect(Math.abs(rough[which] / played[which] - 1)).toBeLessThan(0.15)
  })

  test('in closed form lets runs of higher priority go first, and knows nothing behind what is unknown', () => {
    const run = { tasks: 100_000, duration: 10, spread: exact, priority: 0, capacity: 10 }
    const { runs, all } = roughForecast([run, { ...run, priority: 5 }, { ...run, priority: -5, spread: { ...exact, known: false } }])
    expect([runs.map((one) => one?.middle), all]).toEqual([[200_000, 100_000, undefined], undefined])
  })
})

describe('how durations lie around what is expected', () => {
  test('ranks and quantiles are each other\'s inverse', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (u) => Math.abs(rankOf(wide.factors, factorAt(wide.factors, u)) - u) < 1e-9))
    expect([rankOf(wide.factors, 0.1), rankOf(wide.factors, 3), factorAt([], 0.5)]).toEqual([0, 1, 1])
  })

  test('what is left of a duration grows the longer it lasts beyond the usual', () => {
    expect(expectedLeft(exact, 1000, 400)).toBe(600)
    expect(expectedLeft(wide, 1000, 0)).toBeCloseTo(1087.5, 0)
    expect(expectedLeft(wide, 1000, 1500)).toBeCloseTo(250, 0)
    expect(expectedLeft(wide, 1000, 6000)).toBe(3000)
  })

  test('comes from what was learned: with more of it, the doubt shrinks', () => {
    const of = (n: number): Spread => {
      const estimate = emptyEstimate()
      for (let i = 0; i < n; i++) learned(estimate, 0, 100 * 1.3 ** ((i % 5) - 2))
      return spreadOf(estimate)
    }
    expect(spreadOf(undefined).known).toBe(false)
    const [few, many] = [of(5), of(500)]
    expect([few.known, few.doubt > 0.1, many.doubt < 0.03]).toEqual([true, true, true])
    expect(many.factors.every((factor, i) => i === 0 || factor >= many.factors[i - 1]!)).toBe(true)
  })
})
