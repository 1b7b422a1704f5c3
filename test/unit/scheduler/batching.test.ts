import { describe, expect, test } from 'vitest'
import { checkInvariants, nextDeadline } from '../../../kernel/scheduler/index.ts'
import { only, World } from './build.ts'

/** Slots and thousands of tasks: looking at everything after every event would take too long. */
function drained(world: World): World {
  world.checked = false
  world.drain()
  checkInvariants(world.state)
  return world
}

/** A slot on node a that has learned that tasks of this run are tiny, and has some queued. */
function busyWorld(count = 4000, options: object = {}): World {
  const world = new World()
  world.node('a')
  world.duration = 0.01
  world.run('tiny', { count, ...options })
  for (let i = 0; i < 2; i++) world.finishSlot(world.slot('a', 0), world.queue('a').length)
  return world
}

describe('queues on slots', () => {
  test('hold one task while the duration is unknown, then about 4 ms of work, at most 256', () => {
    const world = new World()
    world.node('a')
    world.run('x', { count: 4000 })
    expect(world.queue('a')).toEqual([0])
    world.duration = 0.4
    world.finish(0)
    expect(world.queue('a')).toHaveLength(10)
    expect(busyWorld().queue('a')).toHaveLength(256)
  })

  test('hold one task when tasks take long', () => {
    const world = new World()
    world.node('a')
    world.run('x', { count: 100 })
    for (let i = 0; i < 5; i++) world.finishSlot(world.slot('a', 0))
    expect(world.queue('a')).toHaveLength(1)
  })

  test('are filled again when less than half is left', () => {
    const world = busyWorld()
    expect(only(world.finishSlot(world.slot('a', 0), 128), 'StartTasks')).toEqual([])
    const [start] = only(world.finishSlot(world.slot('a', 0), 1), 'StartTasks')
    expect(start!.tasks).toHaveLength(129)
    expect(new Set(world.queue('a')).size).toBe(256)
  })

  test('leave enough for the other slots', () => {
    const world = new World()
    for (const node of ['a', 'b', 'c', 'd']) world.node(node)
    world.duration = 0.01
    world.run('x', { count: 44 })
    world.finish(0)
    // 40 are ready, and four slots could take them.
    expect(world.queue('a')).toHaveLength(5)
  })

  test('hold no copies of replicated tasks behind a head', () => {
    const world = new World()
    world.node('a')
    world.node('b')
    world.duration = 0.01
    world.run('x', { count: 100, replicas: 2 })
    for (let i = 0; i < 40; i++) world.finishSlot(world.slots.find(({ queue }) => queue.length > 0)!)
    for (const { queue } of world.slots) expect(queue.filter(({ cancelled }) => !cancelled).length).toBeLessThanOrEqual(1)
  })

  test('give each slot the same lease however many tasks it has', () => {
    const world = busyWorld(4000, { request: { cpu: 0.5 } })
    expect(world.state.nodes.get('a')!.held['cpu']).toBe(0.5)
    drained(world)
    expect(world.state.nodes.get('a')!.held['cpu']).toBe(0)
  })
})

describe('tasks are recalled', () => {
  test('when the head runs for long with others behind it', () => {
    const world = busyWorld()
    const [head, ...behind] = world.queue('a')
    expect(nextDeadline(world.state)).toBeLessThanOrEqual(world.time + 10)
    let recall = only(world.wait(), 'RecallTasks')
    if (recall.length === 0) recall = only(world.wait(), 'RecallTasks')
    expect(recall).toMatchObject([{ node: 'a', slot: 0, tasks: behind }])
    // Not asked for twice.
    world.time += 50
    expect(world.send({ type: 'TimePassed' })).toEqual([])
    world.answer(world.slot('a', 0))
    expect(world.queue('a')).toEqual([head])
    expect(world.state.task(behind[0]!)).toMatchObject({ state: 'ready', attemptCount: 0 })
  })

  test('when a node joins and nothing else is ready', () => {
    const world = busyWorld(700)
    const slot = world.slot('a', 0)
    while (world.state.readyLength > 0) world.finishSlot(slot, Math.ceil(slot.queue.length / 2))
    const before = world.queue('a')
    expect(before.length).toBeGreaterThan(3)
    world.node('b')
    expect(slot.recalls).toEqual([before.slice(-Math.ceil((before.length - 1) / 2))])
    world.answer(slot)
    expect(world.queue('b').length).toBeGreaterThan(0)
    expect(world.state.task(world.queue('b')[0]!)).toMatchObject({ state: 'running', attemptCount: 1 })
  })

  test('for a task of higher priority that could use the slot, which is then next', () => {
    const world = busyWorld()
    const [head, ...behind] = world.queue('a')
    world.run('urgent', { priority: 10 })
    expect(world.slot('a', 0).recalls).toEqual([behind])
    world.answer(world.slot('a', 0))
    world.finish(head!)
    expect(world.queue('a')).toEqual([4000])
  })

  test('not for a task of higher priority that could not use the slot', () => {
    const world = busyWorld()
    world.run('urgent', { priority: 10, request: { gpu: 1 } })
    expect(world.slot('a', 0).recalls).toEqual([])
  })

  test('and a slot that keeps them is not asked again and again', () => {
    const world = busyWorld()
    world.run('urgent', { priority: 10 })
    const slot = world.slot('a', 0)
    slot.recalls = []
    expect(world.send({ type: 'TasksReturned', node: 'a', slot: 0, tasks: [] })).toEqual([])
    world.time += 100
    expect(world.send({ type: 'TimePassed' })).toEqual([])
    drained(world)
    expect(world.state.run(1).unfinished + world.state.run(2).unfinished).toBe(0)
  })

  test('outcomes that cross the recall count', () => {
    const world = busyWorld()
    world.run('urgent', { priority: 10 })
    const slot = world.slot('a', 0)
    const tasks = world.queue('a')
    world.finishSlot(slot, 10)
    world.answer(slot)
    expect(tasks.slice(0, 10).map(task => world.state.task(task).state)).toEqual(Array(10).fill('succeeded'))
    expect(world.state.task(tasks[10]!).state).toBe('running')
    expect(world.state.task(tasks[11]!).state).toBe('ready')
  })

  test('half at first for an idle node, the rest when the head proves stuck', () => {
    const world = busyWorld(700)
    const slot = world.slot('a', 0)
    while (world.state.readyLength > 0) world.finishSlot(slot, Math.ceil(slot.queue.length / 2))
    world.node('b')
    world.answer(slot)
    const [, ...behind] = world.queue('a')
    expect(behind.length).toBeGreaterThan(0)
    world.time += 50
    world.send({ type: 'TimePassed' })
    expect(slot.recalls.flat()).toEqual(behind)
  })

  test('and nothing new goes behind a head that is stuck, whatever the slot reports', () => {
    const world = busyWorld()
    world.time += 20
    world.send({ type: 'TimePassed' })
    world.answer(world.slot('a', 0))
    const stale = { task: 0, attempt: 1, began: 0, ended: 1, ok: true, size: 1, inKernel: true } as const
    expect(world.send({ type: 'TasksFinished', node: 'a', slot: 0, outcomes: [stale] })).toEqual([])
    expect(world.queue('a')).toHaveLength(1)
  })

  test('a slot that gives back everything, its head too, is free again', () => {
    const world = busyWorld()
    const slot = world.slot('a', 0)
    const tasks = world.queue('a')
    slot.queue = []
    world.send({ type: 'TasksReturned', node: 'a', slot: 0, tasks })
    expect(world.queue('a')[0]).toBe(tasks[0])
    expect(world.state.task(tasks[0]!)).toMatchObject({ attemptCount: 1 })
  })

  test('cancelled ones that the slot passed over are gone when a later one has finished', () => {
    const world = busyWorld()
    const slot = world.slot('a', 0)
    const [, second, third] = world.queue('a')
    world.cancel(second!, third!)
    world.finishSlot(slot)
    slot.queue.splice(0, 2)
    world.finishSlot(slot)
    expect(world.state.nodes.get('a')!.queues[0]!.slice(0, 3)).toEqual(world.queue('a').slice(0, 3))
  })
})
