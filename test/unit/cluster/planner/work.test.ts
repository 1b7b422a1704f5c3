import { describe, expect, test } from 'vitest'
import type { Plan, Problem } from '../../../../kernel/planning/index.ts'
import { tooLarge, tooLargeForAny } from '../../../../kernel/cluster/planner/limits.ts'
import type { FromPlanner, ToPlanner } from '../../../../kernel/cluster/planner/messages.ts'
import { Work, type NamedPlanner } from '../../../../kernel/cluster/planner/work.ts'

const problem = (count = 3, nodes = 2): Problem => ({
  count, duration: new Float64Array(count).fill(10), starts: new Int32Array(count + 1), inputs: new Int32Array(0), bytes: new Float64Array(0), resources: [], request: new Float64Array(0),
  nodes: Array.from({ length: nodes }, (_, n) => ({ name: `n${n}`, slots: 1, capacity: [], speed: 1 })), link: { bandwidth: Infinity, latency: 0 },
})

/** A process's work, with a clock that only planners move: each call takes what `took` says. */
function working(makespans: (name: string, call: number) => number, took: (name: string, budget: number) => number = (name, budget) => (name === 'heft' ? 1 : budget)) {
  const said: FromPlanner[] = []
  const calls: { name: string; time: number; seed: number }[] = []
  let now = 0
  const plan: NamedPlanner = (name, of, { time, seed }) => {
    calls.push({ name, time, seed })
    now += took(name, time)
    const makespan = makespans(name, calls.filter((call) => call.name === name).length - 1)
    return { node: new Int32Array(of.count), start: new Float64Array(of.count), makespan, schedules: 1 } satisfies Plan
  }
  const work = new Work((message) => said.push(message), () => now, plan)
  const settled = async (): Promise<void> => {
    for (let turns = 0; turns < 40; turns++) await new Promise(setImmediate)
  }
  return { work, said, calls, settled }
}

const ask = (id: number, planner: string, of = problem(), subject = planner): ToPlanner => ({ type: 'plan', id, subject, planner, problem: of, seed: 7 })
const brief = (said: FromPlanner[]): unknown[] => said.map((one) => (one.type === 'plan' ? [one.id, one.by, one.plan.makespan, one.last] : one.type === 'none' ? [one.id, one.reason] : one.type))

describe('the planner\'s process', () => {
  test('answers what one pass makes, once', async () => {
    const { work, said, settled } = working(() => 50)
    work.hear(ask(1, 'heft'))
    await settled()
    expect(brief(said)).toEqual([[1, 'heft', 50, true]])
  })

  test('precedes a slow planner by HEFT, gives it more and more time, and tells what is better, and the end', async () => {
    const results = [90_000, 95_000, 80_000, 80_000, 70_000, 75_000]
    const { work, said, calls, settled } = working((name, call) => (name === 'heft' ? 100_000 : results[call]!))
    work.hear(ask(1, 'genetic'))
    await settled()
    expect(brief(said)).toEqual([
      [1, 'heft', 100_000, false], [1, 'genetic', 90_000, false], [1, 'genetic', 80_000, false], [1, 'genetic', 70_000, false], [1, 'genetic', 70_000, true],
    ])
    const slices = calls.filter(({ name }) => name === 'genetic')
    expect(slices.map(({ time }, i) => i === 0 || time >= slices[i - 1]!.time)).not.toContain(false)
    expect(new Set(slices.map(({ seed }) => seed)).size).toBe(slices.length)
  })

  test('searches no longer than what there is to gain is worth', async () => {
    const { work, calls, settled } = working(() => 1000)
    work.hear(ask(1, 'genetic'))
    await settled()
    expect(calls.map(({ name, time }) => [name, time])).toEqual([['heft', Infinity], ['genetic', 120], ['genetic', 80]])
  })

  test('takes the planner\'s own plan though HEFT\'s be shorter: it was asked for', async () => {
    const { work, said, settled } = working((name) => (name === 'heft' ? 100 : 120), () => 1)
    work.hear(ask(1, 'lp'))
    await settled()
    expect(brief(said)).toEqual([[1, 'heft', 100, false], [1, 'lp', 120, true]])
  })

  test('goes on with the plan before, timed anew, unless another one promises to end sooner', async () => {
    // Three tasks of 10 ms, all of them planned on the second of two nodes: 30.
    const followed = { node: new Int32Array(3).fill(1), start: Float64Array.of(20, 10, 0) }
    const answers = async (planner: string, makespans: Parameters<typeof working>[0]) => {
      const { work, said, settled } = working(makespans)
      work.hear({ ...ask(1, planner), followed } as ToPlanner)
      await settled()
      return said.map((one) => (one.type === 'plan' ? [one.by, one.plan.makespan, one.kept === true, one.last] : one))
    }
    expect(await answers('heft', () => 31)).toEqual([['heft', 30, true, true]])
    expect(await answers('heft', () => 29)).toEqual([['heft', 29, false, true]])
    expect(await answers('genetic', (name) => (name === 'heft' ? 40 : 35))).toEqual([['genetic', 30, true, false], ['genetic', 30, true, true]])
    expect(await answers('genetic', (name) => (name === 'heft' ? 40 : 25))).toEqual([['genetic', 30, true, false], ['genetic', 25, false, true]])
  })

  test('drops what is superseded or wanted no more', async () => {
    const { work, said, settled } = working(() => 50)
    work.hear(ask(1, 'genetic'))
    work.hear(ask(2, 'genetic'))
    work.hear(ask(3, 'annealing'))
    work.hear({ type: 'drop', subject: 'annealing' })
    await settled()
    expect(new Set(said.map(({ id }) => id))).toEqual(new Set([2]))
  })

  test('does a little of each in turn', async () => {
    const { work, said, settled } = working((_, call) => 100 - call)
    work.hear(ask(1, 'genetic'))
    work.hear(ask(2, 'annealing'))
    await settled()
    expect(said.slice(0, 4).map(({ id }) => id)).toEqual([1, 2, 1, 2])
  })

  test('says why there is no plan: the planner failed, or there is too much', async () => {
    const { work, said, settled } = working((name) => {
      if (name === 'lp') throw new Error('the matrix is singular')
      return 10
    })
    work.hear(ask(1, 'lp'))
    work.hear(ask(2, 'genetic', problem(200_000, 1), 'much'))
    await settled()
    expect(brief(said)).toContainEqual([1, 'the planner failed: the matrix is singular'])
    expect(brief(said)).toContainEqual([2, '200,000 tasks are left, more than the 20,000 that are planned'])
  })

  test('leaves to HEFT what is too much for the one that was asked', async () => {
    const { work, said, settled } = working(() => 10)
    work.hear(ask(1, 'genetic', problem(30_000, 2)))
    await settled()
    expect(brief(said)).toEqual([[1, 'heft', 10, true]])
  })

  test('forecasts', async () => {
    const { work, said, settled } = working(() => 1)
    const input = { problem: problem(4, 2), of: new Int32Array(4), whole: new Float64Array(4), elapsed: new Float64Array(4), spreads: [{ known: true, factors: [1], doubt: 0 }] }
    work.hear({ type: 'forecast', id: 9, subject: 'forecast', input, seed: 1 })
    await settled()
    expect(said).toEqual([{ type: 'forecast', id: 9, took: 0, forecast: { runs: [{ early: 20, middle: 20, late: 20 }], all: { early: 20, middle: 20, late: 20 } } }])
  })
})

test('problems are bounded by tasks and by pairs of task and node, one-pass planners later than others', () => {
  expect([tooLarge('heft', problem(50_000, 3)), tooLarge('genetic', problem(50_000, 3)), tooLarge('genetic', problem(10_000, 10))]).toEqual([undefined, expect.stringContaining('20,000'), undefined])
  expect([tooLargeForAny(50_001, 1), tooLargeForAny(50_000, 1000), tooLargeForAny(10_000, 1000)]).toEqual([expect.stringContaining('50,001 tasks are left'), expect.stringContaining('1,000 nodes'), undefined])
})
