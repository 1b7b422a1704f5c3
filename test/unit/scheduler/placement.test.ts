import { describe, expect, test } from 'vitest'
import { addPolicy, policyNames, satisfiable, createState, transition } from '../../../kernel/scheduler/index.ts'
import { only, World } from './build.ts'

describe('priority', () => {
  test('of the tasks that fit, one of higher priority always starts first', () => {
    const world = new World()
    world.node('a')
    world.run('busy')
    world.run('low', { priority: -10 })
    world.run('normal')
    world.run('high', { priority: 10 })
    const order = [1, 2, 3].map(() => {
      world.finishSlot(world.slot('a', 0))
      return world.executing()[0]
    })
    expect(order).toEqual([3, 2, 1])
  })

  test('holds across different requests, and what does not fit does not hold up what does', () => {
    const world = new World()
    world.node('a', 2, { cpu: 2 })
    world.run('busy')
    world.run('low', { request: { cpu: 0.5 }, priority: -10 })
    world.run('wide', { request: { cpu: 2 }, priority: 10 })
    expect(world.executing()).toEqual([0, 1])
    world.finish(0)
    world.finish(1)
    expect(world.executing()).toEqual([2])
  })

  test('can be changed while tasks wait', () => {
    const world = new World()
    world.node('a')
    world.run('busy')
    world.run('x')
    const y = world.run('y')
    world.send({ type: 'PriorityChanged', run: y.id, priority: 5 })
    world.finish(0)
    expect(world.executing()).toEqual([2])
  })
})

describe('resources', () => {
  test('are never given out twice, and tenths leave nothing behind', () => {
    const world = new World()
    world.node('a', 20, { cpu: 1 })
    world.run('x', { count: 30, request: { cpu: 0.1 } })
    expect(world.executing()).toHaveLength(10)
    world.drain()
    world.run('whole', { request: { cpu: 1 } })
    expect(world.executing()).toEqual([30])
  })

  test('a task may hold more than one slot\'s share', () => {
    const world = new World()
    world.node('a', 4, { cpu: 4, gpu: 1 })
    world.run('gpu', { count: 2, request: { gpu: 1 } })
    world.run('x', { count: 4 })
    expect(world.executing().sort()).toEqual([0, 2, 3, 4])
    expect(world.state.nodes.get('a')).toMatchObject({ idleSlots: 0, held: { gpu: 1, cpu: 3 } })
  })

  test('a task runs on the node and labels it asks for', () => {
    const world = new World()
    world.node('a')
    world.node('b', 1, { cpu: 1 }, { zone: 'x' })
    world.run('named', { placement: { node: 'b' } })
    world.run('labelled', { placement: { labels: { zone: 'x' } } })
    expect(world.queue('b')).toEqual([0])
    expect(world.queue('a')).toEqual([])
    world.finish(0)
    expect(world.queue('b')).toEqual([1])
  })
})

describe('what can never run', () => {
  const spec = (options: object) => ({
    id: 1, name: 'x', first: 0, count: 1, priority: 0, request: {}, placement: {}, retries: 0, backoff: 0, replicas: 1, mode: 'async' as const, ...options,
  })
  const world = new World()
  world.node('small', 2, { cpu: 2 })
  world.node('big', 4, { cpu: 8, gpu: 1 }, { zone: 'x' })

  test.each([
    [{ request: { cpu: 16 } }, 'cpu: asked 16, the largest node (big) has 8', 'big'],
    [{ request: { cpu: 4, gpu: 2 } }, 'gpu: asked 2, the largest node (big) has 1', 'big'],
    [{ request: { tpu: 1 } }, 'tpu: asked 1, the largest node (small) has 0', 'small'],
    [{ request: { gpu: 1 }, placement: { node: 'small' } }, 'gpu: asked 1, node small has 0', 'small'],
    [{ placement: { node: 'huge' } }, 'no node is named huge; there are small, big', 'small'],
    [{ placement: { labels: { zone: 'y' } } }, 'no node is labelled zone=y', 'small'],
    [{ placement: { node: 'small', labels: { zone: 'x' } } }, 'node small is not labelled zone=x', 'small'],
    [{ replicas: 3 }, 'replicas: asked 3, 2 nodes fit', 'small'],
    [{ replicas: 2, request: { gpu: 1 } }, 'replicas: asked 2, 1 node fits', 'big'],
  ])('%j: %s', (options, reason, largest) => {
    const refusal = satisfiable(world.state, spec(options))
    expect(refusal?.reason).toBe(reason)
    expect(refusal?.largest?.id).toBe(largest)
  })

  test('what fits an empty node is accepted, however busy the nodes are', () => {
    expect(satisfiable(world.state, spec({ request: { cpu: 8, gpu: 1 } }))).toBeUndefined()
    expect(satisfiable(createState({}), spec({}))?.reason).toBe('the cluster has no node')
  })
})

describe('replicas', () => {
  test('run on different nodes, the first result counts and the others are ended', () => {
    const world = new World()
    for (const node of ['a', 'b', 'c']) world.node(node, 2)
    world.run('x', { replicas: 2 })
    const [first, second] = world.slots.filter(({ queue }) => queue.length > 0)
    expect(first!.node).not.toBe(second!.node)
    const commands = world.finishSlot(second!)
    expect(only(commands, 'CancelAttempt')).toMatchObject([{ task: 0, node: first!.node, reason: 'superseded' }])
    expect(world.state.task(0)).toMatchObject({ state: 'succeeded', node: second!.node })
    world.finishSlot(first!)
    expect(world.settled).toEqual([0])
  })

  test('start as nodes become free', () => {
    const world = new World()
    world.node('a')
    world.node('b')
    world.run('busy', { placement: { node: 'b' } })
    world.run('x', { replicas: 2 })
    expect(world.state.task(1)).toMatchObject({ state: 'running', attempts: [{ node: 'a' }] })
    world.finish(0)
    expect(world.state.task(1)).toMatchObject({ attempts: [{ node: 'a' }, { node: 'b' }] })
  })

  test('that throw leave the task to the others; one that loses its node is replaced', () => {
    const world = new World()
    for (const node of ['a', 'b', 'c']) world.node(node)
    world.run('x', { replicas: 3 })
    world.fail(0)
    world.lose(world.slots.find(({ queue }) => queue.length > 0)!.node)
    expect(world.state.task(0)).toMatchObject({ state: 'running', attempts: [{ node: 'c', attempt: 3 }, { node: 'a', attempt: 4 }] })
    world.fail(0)
    world.fail(0, 'the last')
    expect(world.state.task(0)).toMatchObject({ state: 'failed', failure: { error: 'the last' } })
  })
})

describe('policies', () => {
  test('critical-path starts what has the longest way behind it', () => {
    const world = new World('critical-path')
    world.node('a')
    world.run('busy')
    world.run('x', { count: 3 })
    world.run('chain', { inputs: [[3], [4], [5]] })
    world.finish(0)
    expect(world.executing()).toEqual([3])
    expect(policyNames[0]).toBe('critical-path')
  })

  test('critical-path: a run that others wait for goes before one that nobody does', () => {
    const world = new World('critical-path')
    world.node('a')
    world.run('busy')
    world.run('leaf')
    const x = world.run('x')
    world.run('y', { after: [x] })
    world.finish(0)
    expect(world.executing()).toEqual([2])
  })

  test('critical-path: a later run lengthens the paths of those that wait already, through every link', () => {
    const world = new World('critical-path')
    world.node('a')
    world.run('busy')
    world.run('leaf')
    world.run('x')
    world.run('y', { inputs: [[2]] })
    world.run('chain', { inputs: [[1]] })
    world.run('z', { inputs: [[3]] })
    world.finish(0)
    expect(world.executing()).toEqual([2])
  })

  test('critical-path uses durations learned from an earlier run of the same name', () => {
    const world = new World('critical-path')
    world.node('a')
    world.run('long')
    world.duration = 5000
    world.finish(0)
    world.run('busy')
    world.run('x', { count: 2 })
    world.run('short', { inputs: [[2]] })
    world.run('shorter', { inputs: [[4]] })
    world.run('long', { inputs: [[3]] })
    world.finish(1)
    expect(world.executing()).toEqual([3])
  })

  test('priority is first in, first out', () => {
    const world = new World('priority')
    world.node('a')
    world.run('busy')
    world.run('x', { count: 3 })
    world.run('chain', { inputs: [[3]] })
    world.finish(0)
    expect(world.executing()).toEqual([1])
  })

  test('least-loaded spreads by share of busy slots', () => {
    const world = new World('least-loaded')
    world.node('a', 4)
    world.node('b', 2)
    world.run('x', { count: 3 })
    expect([world.slots.filter(({ node, queue }) => node === 'a' && queue.length).length, world.slots.filter(({ node, queue }) => node === 'b' && queue.length).length]).toEqual([2, 1])
  })

  test('of equally loaded nodes the faster is taken', () => {
    const world = new World('least-loaded')
    world.node('slow')
    world.node('fast', 1, { cpu: 1 }, {}, 4)
    world.run('x')
    expect(world.queue('fast')).toEqual([0])
  })

  test.each(['locality', 'critical-path'])('%s takes the node that holds the larger inputs', policy => {
    const world = new World(policy)
    for (const node of ['a', 'b', 'c']) world.node(node, 2)
    world.run('x', { placement: { node: 'b' } })
    world.run('y', { placement: { node: 'c' } })
    world.finish(0, { ok: true, size: 1e6, inKernel: false })
    world.finish(1, { ok: true, size: 5e6, inKernel: false })
    world.run('z', { inputs: [[0, 1]] })
    expect(world.slotOf(2).node).toBe('c')
  })

  test('a change of policy sorts what is ready anew; a run may keep its own', () => {
    const world = new World('priority')
    world.node('a')
    world.run('busy')
    world.run('x', { count: 2 })
    world.run('chain', { inputs: [[2]] })
    world.send({ type: 'PolicyChanged', policy: 'critical-path' })
    expect(world.state.policy).toBe('critical-path')
    world.finish(0)
    expect(world.executing()).toEqual([2])
    expect(() => world.send({ type: 'PolicyChanged', policy: 'none' })).toThrow('no policy is named none; there are critical-path, priority')
  })

  test('a policy given at run time decides, but cannot place where a task does not fit', () => {
    const world = new World()
    addPolicy(world.state, {
      name: 'stubborn', source: 'a test', meaning: 'the first node',
      rankTask: (_view, task) => task,
      place: view => ({ node: [...view.nodes.values()][0]!, reason: 'the first' }),
    })
    for (const node of ['a', 'b', 'c']) world.node(node)
    world.run('x', { count: 3, policy: 'stubborn' })
    expect([world.queue('a'), world.queue('b'), world.queue('c')]).toEqual([[2], [1], [0]])
  })
})

test('a state is only what createState made', () => {
  expect(() => transition({} as never, { type: 'TimePassed', time: 0 })).toThrow('createState')
  expect(() => createState({ policy: 'nope' })).toThrow('nope')
})
