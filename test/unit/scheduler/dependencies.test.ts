import { describe, expect, test } from 'vitest'
import { only, tree, World } from './build.ts'

describe('dependencies', () => {
  test('a task starts when its own inputs are there, not before', () => {
    const world = new World()
    world.node('a', 2)
    const x = world.run('x', { count: 2 })
    const y = world.run('y', { inputs: [[0], [1]] })
    expect(world.executing()).toEqual([0, 1])
    expect(world.state.task(2)).toMatchObject({ state: 'waiting', missing: 1 })
    world.finish(1)
    expect(world.executing()).toEqual([0, 3])
    expect(world.states(x)).toEqual(['running', 'succeeded'])
    expect(world.states(y)).toEqual(['waiting', 'running'])
  })

  test('a run that waits for another as a whole starts when all of it is there', () => {
    const world = new World()
    world.node('a', 4)
    const x = world.run('x', { count: 3 })
    world.run('y', { count: 2, after: [x] })
    world.finish(0)
    world.finish(1)
    expect(world.executing()).toEqual([2])
    expect(world.state.run(2).counts).toMatchObject({ waiting: 2, ready: 0 })
    world.finish(2)
    expect(world.executing().sort()).toEqual([3, 4])
  })

  test('a single task that all tasks of a run take is one dependency', () => {
    const world = new World()
    world.node('a', 4)
    world.run('x', { count: 2 })
    world.run('y', { count: 2, shared: [1] })
    world.finish(0)
    expect(world.executing()).toEqual([1])
    world.finish(1)
    expect(world.executing().sort()).toEqual([2, 3])
  })

  test('a tree of pairwise tasks within one run runs to its root', () => {
    const world = new World()
    world.node('a', 2)
    world.run('leaves', { count: 7 })
    const sums = world.run('sums', { inputs: tree([0, 1, 2, 3, 4, 5, 6], 7) })
    world.drain()
    expect(world.states(sums)).toEqual(Array(6).fill('succeeded'))
    expect(world.settled).toHaveLength(13)
  })

  test('results that are there already are not waited for', () => {
    const world = new World()
    world.node('a')
    const x = world.run('x')
    world.finish(0)
    world.run('y', { inputs: [[0]], after: [x], shared: [0] })
    expect(world.executing()).toEqual([1])
  })

  test('a run of no tasks is complete at once, and can be waited for', () => {
    const world = new World()
    world.node('a')
    const none = world.run('none', { count: 0 })
    world.run('y', { after: [none] })
    expect(world.state.run(none.id).unfinished).toBe(0)
    expect(world.executing()).toEqual([0])
  })

  test('the barrier of a sync run holds until every task has its inputs', () => {
    const world = new World()
    world.node('a', 4)
    world.run('x', { count: 2 })
    const group = world.run('group', { inputs: [[0], [1], []], mode: 'sync' })
    world.finish(0)
    expect(world.executing()).toEqual([1])
    expect(world.states(group)).toEqual(['waiting', 'waiting', 'waiting'])
    world.finish(1)
    expect(world.executing().sort()).toEqual([2, 3, 4])
  })

  test('a sync run does not wait for the inputs of tasks that are cancelled, nor for its own tasks', () => {
    const world = new World()
    world.node('a', 4)
    world.run('x', { count: 3 })
    world.run('group', { inputs: [[0], [1], [3, 2]], mode: 'sync' })
    world.finish(0)
    world.finish(2)
    world.cancel(4)
    expect(world.executing()).toContain(3)
    world.drain()
    expect(world.state.task(5).state).toBe('succeeded')
  })

  test.each([
    ['a run that was never declared', { after: [{ id: 99 } as never] }],
    ['a task that was never declared', { inputs: [[99]] }],
    ['a shared task that was never declared', { shared: [99] }],
    ['itself', { inputs: [[1], [0]] }],
  ])('to wait for %s is a bug, and leaves the state as it was', (_what, options) => {
    const world = new World()
    world.node('a')
    expect(() => world.run('y', options)).toThrow(/never declared|waits for itself/)
    world.run('z')
    expect(world.executing()).toEqual([0])
  })

  test('a result arrives once, however often it is reported', () => {
    const world = new World()
    world.node('a')
    world.run('x')
    world.run('y', { inputs: [[0]] })
    const { queue } = world.slot('a', 0)
    const outcome = { ...queue[0]!, began: 0, ended: 1, ok: true, size: 1, inKernel: false } as const
    world.finish(0)
    const again = world.send({ type: 'TasksFinished', node: 'a', slot: 0, outcomes: [outcome] })
    expect(again).toEqual([])
    expect(only(world.commands, 'TasksSettled')).toHaveLength(1)
  })
})
