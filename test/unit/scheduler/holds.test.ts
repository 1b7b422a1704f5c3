import { describe, expect, test } from 'vitest'
import { addPolicy, explain, nextDeadline, type Hold, type NodeView, type Policy } from '../../../kernel/scheduler/index.ts'
import { World } from './build.ts'

/** A world with a policy that holds each task while `hold` answers. */
function holding(hold: (view: Parameters<Policy['place']>[0], task: number) => Omit<Hold, 'reason'> | undefined, more: Partial<Policy> = {}): World {
  const world = new World()
  addPolicy(world.state, {
    name: 'holding', source: 'a test', meaning: 'holds', holds: true,
    place(view, task, fitting) {
      const held = view.mayHold(task) ? hold(view, task) : undefined
      return held ? { ...held, reason: 'a test' } : { node: fitting.leastLoaded(), reason: 'the least loaded' }
    },
    ...more,
  })
  world.send({ type: 'PolicyChanged', policy: 'holding' })
  return world
}

const named = (view: { readonly nodes: ReadonlyMap<string, NodeView> }, id: string) => view.nodes.get(id)!

/** Node a is busy for 20 ms with task 0, node b is idle, and task 1 is held for a as long as that has no room. */
function heldForA(until = 100): World {
  const world = holding((view, task) => (task === 1 && view.time < until && named(view, 'a').idleSlots === 0 ? { hold: until, for: named(view, 'a') } : undefined))
  world.node('a')
  world.run('busy')
  world.node('b')
  world.run('x')
  return world
}

describe('a task that its policy holds', () => {
  test('waits for its node while another is idle, says so, and starts when that has room', () => {
    const world = heldForA()
    expect(world.state.task(1)).toMatchObject({ state: 'ready' })
    expect(world.state.readyLength).toBe(1)
    expect(explain(world.state, 1).held).toEqual({ until: 100, for: 'a', reason: 'a test', policy: 'holding' })
    world.finish(0)
    expect(world.nodeOf(1)).toBe('a')
    expect(explain(world.state, 1)).not.toHaveProperty('held')
  })

  test('waits no longer than it said', () => {
    const world = heldForA()
    expect(nextDeadline(world.state)).toBe(100)
    world.wait()
    expect(world.nodeOf(1)).toBe('b')
  })

  test.each([
    ['its node is lost', (world: World) => world.lose('a')],
    ['its run gets another policy', (world: World) => world.send({ type: 'PolicyChanged', policy: 'least-loaded' })],
  ])('is let go when %s', (_, happen) => {
    const world = heldForA()
    happen(world)
    expect(explain(world.state, 1)).not.toHaveProperty('held')
    expect(world.queue('b')).toHaveLength(1)
  })

  test('is let go, and first, when something of lower priority could start', () => {
    const world = heldForA()
    world.run('low', { priority: -10 })
    expect(world.nodeOf(1)).toBe('b')
    expect(world.state.task(2).state).toBe('ready')
  })

  test('is not let go for something of its own priority', () => {
    const world = heldForA()
    world.run('other')
    expect(world.nodeOf(2)).toBe('b')
    expect(world.state.task(1).state).toBe('ready')
  })

  test('can be cancelled', () => {
    const world = heldForA()
    world.cancel(1)
    expect(world.state.task(1).state).toBe('cancelled')
    expect(nextDeadline(world.state)).toBeUndefined()
  })

  test('is asked about again with a new priority', () => {
    const world = heldForA()
    world.send({ type: 'PriorityChanged', run: 2, priority: 5 })
    expect(explain(world.state, 1)).toMatchObject({ priority: 5, held: { until: 100 } })
  })

  test('starts after all, however often its policy would hold it', () => {
    const world = holding(() => ({ hold: Infinity }))
    world.node('a')
    world.run('x')
    world.waitUntil(61_000)
    expect(world.nodeOf(0)).toBe('a')
    const short = holding(view => ({ hold: view.time + 1 }))
    short.node('a')
    short.run('x')
    short.waitUntil(20)
    expect(short.nodeOf(0)).toBe('a')
  })

  test('goes before those that wait for the same node at a lower rank', () => {
    const world = holding((view, task) => (task > 0 && named(view, 'a').idleSlots === 0 ? { hold: 500, for: named(view, 'a') } : undefined), { rankRun: (_view, run) => run })
    world.node('a')
    world.run('busy')
    world.node('b')
    for (let i = 0; i < 3; i++) world.run(`x${i}`)
    const order = [1, 2, 3].map(() => {
      world.finishSlot(world.slot('a', 0))
      return world.queue('a')[0]
    })
    expect(order).toEqual([3, 2, 1])
  })
})

test('of thousands that would be held, some hundred are at a time, and all start in the end', () => {
  const world = holding((view, task) => (view.heldSince(task) === undefined ? { hold: view.time + 3 } : undefined))
  world.checked = false
  for (const node of ['a', 'b']) world.node(node, 4)
  world.run('x', { count: 2000 })
  expect(nextDeadline(world.state)).toBe(1)
  expect(world.executing()).toEqual([])
  world.drain()
  expect(world.settled).toHaveLength(2000)
})
