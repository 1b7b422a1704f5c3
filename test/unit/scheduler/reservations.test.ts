import { describe, expect, test } from 'vitest'
import { explain } from '../../../kernel/scheduler/index.ts'
import { known, World } from './build.ts'

/** A node of four slots that narrow tasks of 20 ms keep busy, and a wide one that waits. */
function crowded(options: object = {}): World {
  const world = new World({ policy: 'fifo', estimates: known({ narrow: 20, wide: 20, short: 1, long: 500 }) })
  world.node('a', 4)
  world.run('narrow', { count: 1000 })
  world.run('wide', { request: { cpu: 4 }, ...options })
  return world
}

/** The next slot in turn finishes, 5 ms after the last one, its task 20 ms after it began; so many times. */
function goOn(world: World, times: number): void {
  world.duration = 5
  for (let i = 0; i < times; i++) {
    const slot = world.slots.shift()!
    world.slots.push(slot)
    if (slot.queue.length > 0) world.finishSlot(slot, 1, { began: world.time - 15 })
    else world.time += 5
  }
}

/** Until a slot that came free is kept free. */
function untilKept(world: World): World {
  for (let i = 0; i < 400 && world.executing().length === 4; i++) goOn(world, 1)
  expect(world.executing()).toHaveLength(3)
  return world
}

describe('a task that asks for more than ever comes free at once', () => {
  test('gets a node of its own after a while', () => {
    const world = crowded()
    goOn(world, 150)
    expect(world.state.task(1000).state).toBe('ready')
    goOn(world, 100)
    expect(world.state.task(1000).state).toBe('succeeded')
    // What waited goes on.
    expect(world.executing()).toHaveLength(4)
  })

  test('not before what is more urgent', () => {
    const world = crowded({ priority: -10 })
    goOn(world, 600)
    expect(world.state.task(1000).state).toBe('ready')
  })

  test('what ends before that may use the node meanwhile', () => {
    const world = untilKept(crowded())
    world.run('long', { request: { cpu: 0.5 } })
    expect(world.executing()).toHaveLength(3)
    expect(explain(world.state, 1001).asks?.shortfalls).toEqual([{ node: 'a', refused: false, idleSlots: 1, kept: true, lacks: [] }])
    world.run('short', { request: { cpu: 0.25 } })
    expect(world.nodeOf(1002)).toBe('a')
    expect(explain(world.state, 1002).decision?.reason).toBe('it ends before the node is needed by a task that asks for more')
  })

  test('not for ever, if the node does not come free', () => {
    const world = untilKept(crowded())
    world.waitUntil(world.time + 10_000)
    expect(world.executing()).toHaveLength(4)
    expect(world.state.task(1000).state).toBe('ready')
  })

  test('what is more urgent still takes the room at once', () => {
    const world = untilKept(crowded())
    world.run('urgent', { count: 8, priority: 1 })
    expect(world.executing().filter(task => task > 1000)).toHaveLength(1)
  })

  test('a run that ends, or a node that is lost, leaves nothing kept', () => {
    const world = untilKept(crowded())
    world.cancel(1000)
    expect(world.executing()).toHaveLength(4)
    const other = untilKept(crowded())
    other.lose('a', true)
    other.node('b', 4)
    expect(other.executing()).toHaveLength(4)
  })
})
