/** Where other schedulers let priorities leak: Dask’s open issues, each as a test of every policy. */
import { describe, expect, test } from 'vitest'
import { policyNames } from '../../../kernel/scheduler/index.ts'
import { only, World } from './build.ts'

/** Everything ends; answers the tasks in the order in which they start from here on. */
function order(world: World): number[] {
  const before = world.commands.length
  world.drain()
  return only(world.commands.slice(before), 'StartTasks').flatMap(({ tasks }) => tasks)
}

/** Lets a plan be waited for in vain. */
function settle(world: World): void {
  world.waitUntil(world.time + 300)
}

/** A node on which everything that follows would like to run. */
function withData(policy: string): World {
  const world = new World(policy)
  world.node('a')
  world.run('data')
  settle(world)
  world.finish(0, { ok: true, size: 1e8, inKernel: false })
  return world
}

describe.each(policyNames)('%s', policy => {
  test('what is taken from a busy node is what has the highest priority (distributed#8992)', () => {
    const world = withData(policy)
    world.run('busy', { inputs: [[0]], priority: 30 })
    settle(world)
    for (const priority of [-10, 0, 20, 10]) world.run(`p${priority}`, { inputs: [[0]], priority })
    // The thief arrives when they wait for the other.
    world.node('b')
    expect([...world.executing().filter(task => task > 1), ...order(world)]).toEqual([4, 5, 3, 2])
  })

  test('tasks that ask for scarce resources start in order of priority (distributed#2468, #6137)', () => {
    const world = new World(policy)
    world.node('a', 4, { cpu: 4, license: 1 })
    world.run('busy', { request: { license: 1 } })
    settle(world)
    const priorities = [1, 5, 3, 4, 2]
    for (const priority of priorities) world.run(`p${priority}`, { request: { license: 1 }, priority })
    settle(world)
    expect(world.executing()).toEqual([0])
    expect(order(world)).toEqual([2, 4, 3, 5, 1])
  })

  test('nor do they go before others for asking (distributed#6137), nor keep a free resource idle (#6136)', () => {
    const world = new World(policy)
    world.node('a', 1, { cpu: 1, A: 1, B: 1 })
    world.run('busy')
    settle(world)
    world.run('asks', { request: { cpu: 1, A: 1 } })
    world.run('plain', { priority: 1 })
    settle(world)
    expect(order(world)).toEqual([2, 1])
    world.node('b', 2, { A: 1, B: 1 })
    world.run('clog', { request: { A: 1 }, placement: { node: 'b' } })
    world.run('more', { request: { A: 1 }, placement: { node: 'b' } })
    world.run('other', { request: { B: 1 }, placement: { node: 'b' } })
    settle(world)
    expect(world.executing().sort()).toEqual([3, 5])
  })

  test('tasks that were queued first do not go before urgent ones (distributed#6976)', () => {
    const world = new World(policy)
    world.node('a', 2)
    world.run('root', { count: 20 })
    settle(world)
    world.run('urgent', { count: 2, priority: 10 })
    settle(world)
    expect(order(world).slice(0, 2).sort()).toEqual([20, 21])
  })

  test('what becomes urgent while it waits, or is held, goes next', () => {
    const world = withData(policy)
    world.run('busy')
    settle(world)
    world.run('x', { inputs: [[0]] })
    const y = world.run('y', { inputs: [[0]] })
    settle(world)
    world.send({ type: 'PriorityChanged', run: y.id, priority: 3 })
    expect(order(world)).toEqual([3, 2])
  })
})
