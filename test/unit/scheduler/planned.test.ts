import { describe, expect, test } from 'vitest'
import { explain } from '../../../kernel/scheduler/index.ts'
import { known, World } from './build.ts'

/** Nodes a and b, and a plan for tasks from 0 on: where and when each is to start. */
function planned(plan: readonly (readonly [node: string, start: number])[], declare: (world: World) => void, durations: Record<string, number> = { x: 20 }): World {
  const world = new World({ policy: 'heft', estimates: known(durations) })
  world.node('a')
  world.node('b')
  declare(world)
  send(world, plan)
  return world
}

function send(world: World, plan: readonly (readonly [node: string, start: number])[], policy = 'heft'): void {
  const nodes = ['a', 'b', 'gone']
  world.send({ type: 'Planned', policy, tasks: plan.map((_, i) => i), nodes, node: plan.map(([node]) => nodes.indexOf(node)), start: plan.map(([, start]) => start) })
}

describe('a policy that follows plans', () => {
  test('holds what is ready for a plan, and follows that in order and place', () => {
    const world = planned([['b', 20], ['a', 0], ['b', 0], ['b', 40]], world => {
      world.run('x', { count: 4 })
      expect(world.executing()).toEqual([])
      expect(explain(world.state, 0).held).toMatchObject({ until: 250, reason: 'waits for a plan that has it' })
    })
    expect([world.queue('a'), world.queue('b')]).toEqual([[1], [2]])
    world.finish(2)
    expect(world.queue('b')).toEqual([0])
    expect(explain(world.state, 0).decision).toEqual({ policy: 'heft', reason: 'as planned', fitted: 1, planned: { node: 'b', start: 20 } })
  })

  test('waits for the planned node while that pays, though another is idle', () => {
    const world = planned([['a', 0], ['a', 20]], world => world.run('x', { count: 2 }))
    expect(world.queue('b')).toEqual([])
    expect(explain(world.state, 1).held).toMatchObject({ for: 'a', reason: 'waits for its planned node' })
    world.finish(0)
    expect(world.nodeOf(1)).toBe('a')
  })

  test('goes elsewhere when the planned node stays busy for longer than that', () => {
    const world = planned([['a', 0], ['a', 20]], world => world.run('x', { count: 2 }))
    world.waitUntil(80)
    expect(world.nodeOf(1)).toBe('b')
    expect(explain(world.state, 1).decision?.reason).toContain('busy for longer than it pays to wait')
  })

  test('keeps a node for what the plan puts first there, unless a task ends before that', () => {
    const world = planned([['a', 0], ['b', 15], ['b', 40], ['b', 41]], world => {
      world.run('x')
      world.run('x', { inputs: [[0]] })
      world.run('x')
      world.run('short')
    }, { x: 20, short: 2 })
    // Task 1 waits for 0; 2 would delay it, 3 does not.
    expect([world.queue('a'), world.queue('b')]).toEqual([[0], [3]])
    world.duration = 2
    world.finish(3)
    expect(explain(world.state, 2).held).toMatchObject({ for: 'b', reason: 'the plan puts another task before it on its node' })
    world.duration = 18
    world.finish(0)
    expect(world.queue('b')).toEqual([1])
  })

  test('does not wait for ever for what the plan puts first', () => {
    const world = planned([['a', 0], ['b', 20], ['b', 40]], world => {
      world.run('x')
      world.run('x', { inputs: [[0]] })
      world.run('x')
    })
    world.waitUntil(60)
    expect(world.queue('b')).toEqual([2])
  })

  test('places what no plan has as critical-path does, after a while', () => {
    const world = planned([], world => world.run('x', { count: 3 }))
    world.waitUntil(249)
    expect(world.executing()).toEqual([])
    world.wait()
    expect(world.executing()).toEqual([0, 1])
  })

  test('takes a node that is gone, and one that left, for any', () => {
    const world = planned([['gone', 0], ['b', 0]], world => world.run('x', { count: 2 }))
    expect(world.nodeOf(0)).toBe('a')
    const lost = planned([['a', 0], ['a', 20]], world => world.run('x', { count: 2 }))
    lost.lose('a', true)
    expect(lost.queue('b')).toHaveLength(1)
    lost.drain()
    expect(lost.settled).toHaveLength(2)
  })

  test('a later plan holds from then on, for what has not started', () => {
    const world = planned([['a', 0], ['a', 20], ['a', 40]], world => world.run('x', { count: 3 }))
    send(world, [['b', 0], ['b', 25], ['b', 5]])
    expect([world.queue('a'), world.queue('b')]).toEqual([[0], [2]])
    expect(explain(world.state, 0).decision?.planned).toEqual({ node: 'a', start: 0 })
  })

  test('of unequal priority, the plan has no say', () => {
    const world = planned([['a', 0], ['b', 50]], world => {
      world.run('x')
      world.run('x')
      world.run('low', { priority: -1 })
    }, { x: 20, low: 20 })
    expect(world.executing().sort()).toEqual([0, 1])
  })

  test('the plan of another policy, tasks that are not there and times that are none are ignored', () => {
    const world = planned([], world => world.run('x', { count: 2 }))
    send(world, [['b', 0], ['b', 0]], 'annealing')
    send(world, [['b', NaN], ['b', 0], ['a', 0]])
    expect([world.queue('a'), world.queue('b')]).toEqual([[], [1]])
  })
})

describe('learned', () => {
  test('leaves each run to the policy that was chosen for it, and says why', () => {
    const world = new World('learned')
    world.node('a')
    world.run('busy')
    const x = world.run('x', { count: 3 })
    world.run('chain', { inputs: [[2]] })
    const own = world.run('own', { policy: 'priority' })
    expect(explain(world.state, 1)).toMatchObject({ policy: 'learned' })
    world.send({ type: 'PolicyChosen', runs: [x.id, own.id], policy: 'fifo', reason: 'it won by 12 %' })
    world.finish(0)
    expect(world.executing()).toEqual([1])
    expect(explain(world.state, 1)).toMatchObject({ policy: 'learned', chosen: { policy: 'fifo', reason: 'it won by 12 %' }, decision: { policy: 'learned', by: 'fifo' } })
    expect(explain(world.state, own.first)).toMatchObject({ policy: 'priority' })
    expect(explain(world.state, own.first)).not.toHaveProperty('chosen')
  })

  test('may be left to one that plans', () => {
    const world = new World({ policy: 'learned', estimates: known({ x: 20 }) })
    world.node('a')
    world.node('b')
    world.run('busy', { placement: { node: 'b' } })
    world.run('busy', { placement: { node: 'a' } })
    const x = world.run('x', { count: 2 })
    world.send({ type: 'PolicyChosen', runs: [x.id], policy: 'heft', reason: 'a test' })
    send(world, [['a', 0], ['a', 0], ['a', 40], ['b', 20]])
    world.finish(0)
    expect(world.queue('b')).toEqual([3])
  })
})
