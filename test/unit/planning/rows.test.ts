import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lowerBound, planNamed, type Problem } from '../../../kernel/planning/index.ts'
import { Decoder } from '../../../kernel/planning/list/decode.ts'
import { Graph } from '../../../kernel/planning/list/graph.ts'
import { listOrder } from '../../../kernel/planning/list/order.ts'
import { Moves } from '../../../kernel/planning/rows/moves.ts'
import { Rows } from '../../../kernel/planning/rows/rows.ts'
import { expectValid, problemOf } from './build.ts'

/** Problems that only slots limit: also with tasks that take no time, that run already, that come later, and that not every node takes. */
const arbitrary: fc.Arbitrary<Problem> = fc.record({
  duration: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 12 }),
  links: fc.array(fc.tuple(fc.nat(11), fc.nat(11), fc.integer({ min: 0, max: 15 })), { maxLength: 18 }),
  nodes: fc.array(fc.record({ slots: fc.constantFrom(1, 1, 2), speed: fc.constantFrom(1, 2, 0.5) }), { minLength: 1, maxLength: 3 }),
  release: fc.option(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 12, maxLength: 12 })),
  runs: fc.boolean(),
  refused: fc.array(fc.tuple(fc.nat(11), fc.nat(2)), { maxLength: 4 }),
}).map(({ duration, links, nodes, release, runs, refused }) => {
  const count = duration.length
  const seen = new Set<string>()
  // The first task may run already: then it waits for nothing.
  const edges = links.filter(([a, b]) => a < b && b < count && !seen.has(`${a} ${b}`) && seen.add(`${a} ${b}`))
  const allowed = new Uint8Array(count * nodes.length).fill(1)
  for (const [task, node] of refused) if (task > 0 && task < count && node > 0 && node < nodes.length) allowed[task * nodes.length + node] = 0
  return problemOf({
    duration, edges, nodes, allowed,
    ...(release && { release: Float64Array.from(release.slice(0, count), (each, i) => (runs && i === 0 ? 0 : each)) }),
    ...(runs && { running: Int32Array.from(duration, (_, i) => (i === 0 ? 0 : -1)) }),
  })
})

function rowsOf(problem: Problem): Rows {
  const graph = new Graph(problem)
  const decoder = new Decoder(graph)
  decoder.decode(listOrder(graph, new Float64Array(graph.count)))
  const rows = new Rows(graph)
  rows.load(decoder)
  expect(rows.pass()).toBe(true)
  expect(rows.makespan).toBeLessThanOrEqual(decoder.makespan + 1e-9)
  return rows
}

describe('rows', () => {
  test('what is said of a move is what comes of it, nothing waits in a circle, and looking changes nothing', () => {
    fc.assert(fc.property(arbitrary, problem => {
      const rows = rowsOf(problem)
      const moves = new Moves(rows)
      const times = () => [[...rows.start], [...rows.end], [...rows.tail], [...rows.node], rows.tasks.map(tasks => [...tasks])]
      for (let task = 0; task < problem.count; task++) {
        if (rows.isRunning(task)) continue
        const found: [number, number, number, number][] = []
        const unchanged = times()
        moves.of(task, (...[node, row, at, makespan]) => found.push([node, row, at, makespan]))
        expect(times()).toEqual(unchanged)
        for (const [k, [node, row, at, makespan]] of found.entries()) {
          const moved = new Rows(rows.graph)
          moved.load(rows)
          if (!moved.pass() || !moved.move(task, node, row, at) || Math.abs(moved.makespan - makespan) > 1e-9) expect([node, row, at, moved.makespan]).toEqual(found[k])
          if (k === 0) expectValid(problem, { ...moved.placed(), makespan: moved.makespan, schedules: 0 })
        }
      }
    }), { numRuns: 25 })
  })

  test('a critical path is as long as the schedule, without gaps', () => {
    fc.assert(fc.property(arbitrary, problem => {
      const rows = rowsOf(problem)
      const path = rows.critical({ unit: () => 0, below: () => 0 } as never)
      expect(rows.end[path[0]!]).toBeCloseTo(rows.makespan, 9)
      expect(rows.start[path.at(-1)!]).toBe(problem.release?.[path.at(-1)!] ?? 0)
      path.slice(1).forEach((task, k) => expect(rows.end[task]!).toBeLessThanOrEqual(rows.start[path[k]!]! + 1e-9))
    }))
  })

  test('a move that would make tasks wait in a circle is taken back', () => {
    const rows = rowsOf(problemOf({ duration: [1, 2, 3], edges: [[0, 1], [1, 2]], nodes: [{}] }))
    expect(rows.move(2, 0, 0, 0)).toBe(false)
    expect([rows.tasks, rows.makespan]).toEqual([[[0, 1, 2]], 6])
  })
})

test('the portfolio plans what only slots limit, never later than HEFT, within its budget', async () => {
  await fc.assert(fc.asyncProperty(arbitrary, fc.integer({ min: 2, max: 200 }), async (problem, schedules) => {
    const plan = await planNamed('portfolio', problem, { schedules, seed: 3 })
    expectValid(problem, plan)
    expect(plan.schedules).toBeLessThanOrEqual(schedules)
    expect(plan.makespan).toBeGreaterThanOrEqual(lowerBound(problem) - 1e-9)
    expect(plan.makespan).toBeLessThanOrEqual((await planNamed('heft', problem)).makespan)
    expect(await planNamed('portfolio', problem, { schedules, seed: 3 })).toEqual(plan)
  }), { numRuns: 40 })
})
