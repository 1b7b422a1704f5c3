import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { heft } from '../../../kernel/planning/heft.ts'
import { followedOf } from '../../../kernel/simulator/followed.ts'
import { goingOn, isWorth } from '../../../kernel/simulator/going-on.ts'
import { plannedEvent, problemOf } from '../../../kernel/simulator/remaining.ts'
import { World } from '../scheduler/build.ts'
import { anyGraph, problem } from './graphs.ts'

const SEED = Number(process.env['SLUICE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

describe('going on with a plan', () => {
  test(`ends when the plan says as long as nothing has happened, and is not left for one like it (seed ${SEED})`, () => {
    fc.assert(fc.property(anyGraph, ({ tasks }) => {
      const of = problem(tasks, [1, 2, 3])
      const plan = heft(of)
      const going = goingOn(of, { node: plan.node, start: plan.start })
      expect(going.makespan).toBeLessThanOrEqual(plan.makespan * (1 + 1e-9))
      expect(isWorth(plan, going)).toBe(false)
    }), { seed: SEED, numRuns: 60 })
  })

  test('keeps order and nodes, whatever tasks really take', () => {
    const of = problem([{ duration: 10 }, { duration: 20 }, { duration: 30, inputs: [0] }], [1, 1], { slots: 1 })
    const going = goingOn({ ...of, duration: Float64Array.of(10, 50, 30) }, { node: Int32Array.of(0, 0, 1), start: Float64Array.of(20, 0, 30) })
    expect([[...going.start], going.makespan]).toEqual([[50, 0, 60], 90])
  })

  test('places what the plan has not behind the rest, and what may not go to its node elsewhere', () => {
    const of = problem([{ duration: 10 }, { duration: 10 }, { duration: 10 }], [1, 1], { slots: 1 })
    expect([...goingOn(of, { node: Int32Array.of(-1, 0, 0), start: Float64Array.of(NaN, 10, 0) }).node]).toEqual([1, 0, 0])
    const barred = { ...of, allowed: Uint8Array.of(1, 1, 0, 1, 0, 1) }
    expect([...goingOn(barred, { node: Int32Array.of(0, 0, 0), start: Float64Array.of(0, 0, 0) }).node]).toEqual([0, 1, 1])
  })
})

describe('what is followed', () => {
  const planned = (): World => {
    const world = new World('heft')
    world.node('a', 1)
    world.node('b', 1)
    world.run('x', { count: 4 })
    const remaining = problemOf(world.state)
    const plan = { node: Int32Array.of(0, 1, 0, 1), start: Float64Array.of(0, 0, 10, 20), makespan: 30, schedules: 1 }
    world.send(plannedEvent(remaining, plan, 0, 'heft'))
    return world
  }

  test('is what the latest plan has of all that has not started, on nodes that are there', () => {
    const world = planned()
    expect(world.executing()).toEqual([0, 1])
    world.lose('b', true)
    const remaining = problemOf(world.state)
    const { node, start } = followedOf(world.state, remaining)!
    const of = (task: number): number => remaining.tasks.indexOf(task)
    expect([node[of(2)], start[of(2)], node[of(3)], start[of(3)]]).toEqual([0, 10, -1, 20])
    expect(start[of(0)]).toBeNaN()
  })

  test('is nothing where nothing is planned, or priorities differ', () => {
    const none = new World('heft')
    none.node('a', 1)
    none.run('x', { count: 2 })
    expect(followedOf(none.state, problemOf(none.state))).toBeUndefined()
    const world = planned()
    world.run('urgent', { priority: 3 })
    expect(followedOf(world.state, problemOf(world.state))).toBeUndefined()
  })
})
