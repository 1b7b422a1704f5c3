import { describe, expect, test } from 'vitest'
import { nextDeadline } from '../../../kernel/scheduler/index.ts'
import { only, World } from './build.ts'

describe('a body that throws', () => {
  test('is tried again after a pause that doubles, then has failed with its own error', () => {
    const world = new World()
    world.node('a')
    const run = world.run('x', { retries: 2, backoff: 100 })
    world.fail(0, 'first')
    expect(world.state.task(0)).toMatchObject({ state: 'backing-off', until: 120 })
    expect(nextDeadline(world.state)).toBe(120)
    world.wait()
    world.fail(0, 'second')
    expect(world.state.task(0)).toMatchObject({ state: 'backing-off', until: 120 + 20 + 200 })
    world.wait()
    world.fail(0, 'third')
    expect(world.state.task(0)).toMatchObject({ state: 'failed', attempt: 3, failure: { kind: 'threw', error: 'third' } })
    expect(world.settled).toEqual([0])
    expect(world.state.history(0).map(({ error }) => error)).toEqual(['first', 'second', 'third'])
    expect(world.state.run(run.id)).toMatchObject({ unfinished: 0, counts: { failed: 1 } })
  })

  test('is not tried again when its result cannot travel', () => {
    const world = new World()
    world.node('a')
    world.run('x', { retries: 5 })
    world.fail(0, 'a Socket', true)
    expect(world.state.task(0).state).toBe('failed')
  })

  test('leaves the others of its run alone', () => {
    const world = new World()
    world.node('a')
    const run = world.run('x', { count: 3 })
    world.fail(0)
    world.drain()
    expect(world.states(run)).toEqual(['failed', 'succeeded', 'succeeded'])
  })
})

describe('skipping', () => {
  test('reaches everything behind the failure, and names the first failure, not the nearest', () => {
    const world = new World()
    world.node('a', 2)
    world.run('x', { count: 2 })
    const y = world.run('y', { inputs: [[0], [1]] })
    const z = world.run('z', { inputs: [[2], [3]] })
    const all = world.run('all', { count: 2, after: [z] })
    const shared = world.run('shared', { count: 2, shared: [4] })
    world.fail(0)
    expect(world.state.task(2)).toMatchObject({ state: 'skipped', root: 0 })
    expect(world.state.task(4)).toMatchObject({ state: 'skipped', root: 0 })
    expect(world.states(all)).toEqual(['skipped', 'skipped'])
    expect(world.states(shared)).toEqual(['skipped', 'skipped'])
    world.drain()
    expect(world.states(y)).toEqual(['skipped', 'succeeded'])
    expect(world.states(z)).toEqual(['skipped', 'succeeded'])
    expect([...world.settled].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('happens at once to what is declared behind a failure, and behind what was skipped', () => {
    const world = new World()
    world.node('a')
    const x = world.run('x')
    world.fail(0)
    const y = world.run('y', { after: [x] })
    world.run('z', { inputs: [[1]], after: [y] })
    expect(world.state.task(2)).toMatchObject({ state: 'skipped', root: 0 })
    expect(world.settled).toEqual([0, 1, 2])
  })
})

describe('cancelling', () => {
  test('ends the attempt, frees the slot when that has answered, and skips what depends on it', () => {
    const world = new World()
    world.node('a')
    world.run('x')
    world.run('y', { inputs: [[0]] })
    world.run('other')
    expect(only(world.cancel(0), 'CancelAttempt')).toMatchObject([{ task: 0, attempt: 1, node: 'a', slot: 0, reason: 'cancelled' }])
    expect(world.state.task(0).state).toBe('cancelled')
    expect(world.state.task(1)).toMatchObject({ state: 'skipped', root: 0 })
    expect(world.state.task(2).state).toBe('ready')
    world.finish(0, { ok: true, size: 1, inKernel: true })
    expect(world.state.task(0).state).toBe('cancelled')
    expect(world.executing()).toEqual([2])
  })

  test('of a task that is final changes nothing', () => {
    const world = new World()
    world.node('a')
    world.run('x')
    world.finish(0)
    expect(world.cancel(0)).toEqual([])
    expect(world.state.task(0).state).toBe('succeeded')
  })

  test('a forced end resets the slot, which then takes the next task', () => {
    const world = new World()
    world.node('a')
    world.run('x', { count: 2 })
    world.cancel(0)
    world.slot('a', 0).queue = []
    world.send({ type: 'SlotReset', node: 'a', slot: 0, reason: 'forced' })
    expect(world.executing()).toEqual([1])
    expect(world.state.history(1)).toEqual([])
  })
})

describe('time limits', () => {
  test('count from when the attempt became the head of its slot, and cost a retry', () => {
    const world = new World()
    world.node('a')
    world.run('x', { retries: 1, timeout: 50 })
    expect(nextDeadline(world.state)).toBe(50)
    expect(only(world.wait(), 'CancelAttempt')).toMatchObject([{ task: 0, attempt: 1, reason: 'timed-out' }])
    expect(world.state.task(0).state).toBe('ready')
    world.finish(0)
    expect(world.state.task(0)).toMatchObject({ state: 'running' })
    world.time = 500
    world.wait()
    expect(world.state.task(0)).toMatchObject({ state: 'failed', attempt: 2, failure: { kind: 'timed-out', after: 50 } })
  })

  test('a result that comes after the limit is ignored', () => {
    const world = new World()
    world.node('a')
    world.run('x', { timeout: 50 })
    world.wait()
    world.finish(0)
    expect(world.state.task(0).state).toBe('failed')
    expect(world.settled).toEqual([0])
  })
})

describe('a node that dies', () => {
  test('has its tasks run elsewhere, without costing them a retry', () => {
    const world = new World()
    world.node('a')
    world.run('x', { retries: 0 })
    world.lose('a')
    expect(world.state.task(0).state).toBe('ready')
    world.node('b')
    world.finish(0)
    expect(world.state.task(0)).toMatchObject({ state: 'succeeded', attempt: 2, node: 'b' })
  })

  test('three times under the same task is that task\'s fault', () => {
    const world = new World()
    world.run('x', { retries: 9 })
    for (const node of ['a', 'b', 'c']) {
      world.node(node)
      expect(world.state.task(0).state).toBe('running')
      world.lose(node)
    }
    expect(world.state.task(0)).toMatchObject({ state: 'failed', failure: { kind: 'killed-nodes', nodes: ['a', 'b', 'c'] } })
  })

  test('is no task\'s fault when it was taken away on purpose', () => {
    const world = new World()
    world.run('x')
    for (const node of ['a', 'b', 'c', 'd']) {
      world.node(node)
      world.lose(node, true)
    }
    expect(world.state.task(0).state).toBe('ready')
  })

  test('is blamed on what executed, not on what was queued behind it', () => {
    const world = new World()
    world.node('a')
    world.duration = 0.01
    const run = world.run('x', { count: 4000 })
    for (let i = 0; i < 3; i++) world.finishSlot(world.slot('a', 0), world.queue('a').length)
    for (const node of ['b', 'c', 'd']) {
      const [head, ...behind] = world.queue(world.slots[0]!.node)
      expect(behind.length).toBeGreaterThan(10)
      world.lose(world.slots[0]!.node)
      expect(world.state.history(head!).at(-1)).toMatchObject({ how: 'node-lost' })
      if (node !== 'd') world.node(node)
    }
    expect(world.state.run(run.id).counts).toMatchObject({ failed: 1, running: 0 })
  })

  test('takes results with it, which are computed again when somebody still needs them, with their inputs', () => {
    const world = new World()
    world.node('a')
    world.run('x')
    world.run('y', { inputs: [[0]] })
    world.run('z', { inputs: [[1]], request: { cpu: 1, gpu: 1 } })
    world.finish(0)
    world.finish(1)
    world.lose('a')
    expect(world.state.task(0).state).toBe('ready')
    expect(world.state.task(1)).toMatchObject({ state: 'waiting', missing: 1 })
    expect(world.state.task(2)).toMatchObject({ state: 'waiting', missing: 1 })
    world.node('b', 1, { cpu: 1, gpu: 1 })
    world.drain()
    expect(world.state.task(2).state).toBe('succeeded')
    expect(world.settled).toEqual([0, 1, 0, 1, 2])
  })

  test('loses nothing of what the kernel or another node holds', () => {
    const world = new World()
    world.node('a')
    world.node('b')
    world.run('x', { count: 2, placement: { node: 'a' } })
    world.finish(0, { ok: true, inKernel: true, size: 1 })
    world.finish(1)
    world.send({ type: 'ValueCopied', task: 1, node: 'b' })
    world.run('y', { inputs: [[0, 1]], request: { gpu: 1 } })
    world.lose('a')
    expect(world.state.task(0)).toMatchObject({ state: 'succeeded', value: { inKernel: true, nodes: [] } })
    expect(world.state.task(1)).toMatchObject({ state: 'succeeded', value: { nodes: ['b'] } })
  })

  test('does not have results computed again that nobody asks for, until somebody does', () => {
    const world = new World()
    world.node('a')
    world.run('x')
    world.finish(0)
    world.lose('a')
    expect(world.state.task(0)).toMatchObject({ state: 'succeeded', value: { nodes: [] } })
    world.node('b')
    world.send({ type: 'ResultsWanted', tasks: [0] })
    expect(world.state.task(0).state).toBe('running')
    world.finish(0)
    expect(world.state.task(0)).toMatchObject({ state: 'succeeded', value: { nodes: ['b'] } })
  })

  test('takes a result that cannot be computed again: that has failed as lost', () => {
    const world = new World()
    world.node('a', 2)
    world.run('x')
    world.run('y', { inputs: [[0]] })
    world.finish(0)
    world.finish(1)
    world.rerun(0)
    world.fail(0)
    world.send({ type: 'ValueLost', task: 1 })
    world.send({ type: 'ResultsWanted', tasks: [1] })
    expect(world.state.task(1)).toMatchObject({ state: 'failed', failure: { kind: 'lost', task: 0 } })
  })

  test('an attempt that fails because its input vanished costs no retry', () => {
    const world = new World()
    world.node('a')
    world.node('b')
    world.run('x', { placement: { node: 'a' } })
    world.run('y', { inputs: [[0]], placement: { node: 'b' } })
    world.finish(0)
    world.lose('a')
    expect(world.state.task(1).state).toBe('running')
    world.fail(1, 'input is gone')
    expect(world.state.task(1)).toMatchObject({ state: 'waiting', missing: 1 })
    world.node('a')
    world.drain()
    expect(world.state.task(1).state).toBe('succeeded')
  })
})

describe('running again', () => {
  test('a failed task starts over, and so does all that was skipped behind it', () => {
    const world = new World()
    world.node('a')
    const x = world.run('x', { count: 2 })
    const y = world.run('y', { after: [x] })
    world.fail(0)
    world.finish(1)
    world.rerun(0)
    expect(world.states(y)).toEqual(['waiting'])
    world.drain()
    expect(world.states(y)).toEqual(['succeeded'])
    expect(world.settled).toEqual([0, 2, 1, 0, 2])
  })

  test('a skipped task takes with it the failure it goes back to', () => {
    const world = new World()
    world.node('a')
    world.run('x')
    world.run('y', { inputs: [[0]] })
    world.fail(0)
    world.rerun(1)
    world.drain()
    expect(world.state.task(1).state).toBe('succeeded')
  })

  test('what depends on another failure too is skipped for that one', () => {
    const world = new World()
    world.node('a', 2)
    world.run('x', { count: 2 })
    world.run('y', { inputs: [[0, 1]] })
    world.fail(0)
    world.fail(1)
    world.rerun(0)
    expect(world.state.task(2)).toMatchObject({ state: 'skipped', root: 1 })
  })

  test('a task that succeeded gives up its result and computes another', () => {
    const world = new World()
    world.node('a')
    world.run('x')
    world.finish(0)
    const commands = world.rerun(0)
    expect(commands.map(({ type }) => type)).toEqual(['ReleaseValues', 'StartTasks'])
    world.finish(0)
    expect(world.state.task(0)).toMatchObject({ state: 'succeeded', attempt: 2 })
  })
})

describe('releasing', () => {
  test('results go once no unfinished task needs them', () => {
    const world = new World()
    world.node('a')
    const x = world.run('x', { count: 2 })
    world.run('y', { inputs: [[0]] })
    world.finish(0)
    world.finish(1)
    expect(only(world.send({ type: 'RunsReleased', runs: [x.id] }), 'ReleaseValues')).toMatchObject([{ tasks: [1] }])
    world.finish(2)
    expect(world.released).toEqual([1, 0])
  })

  test('a released input is computed again when a lost result needs it, and goes again', () => {
    const world = new World()
    world.node('a')
    const x = world.run('x')
    world.run('y', { inputs: [[0]] })
    world.send({ type: 'RunsReleased', runs: [x.id] })
    world.finish(0)
    world.finish(1)
    expect(world.released).toEqual([0])
    world.lose('a')
    world.node('b')
    world.send({ type: 'ResultsWanted', tasks: [1] })
    expect(world.executing()).toEqual([0])
    world.drain()
    expect(world.state.task(1).state).toBe('succeeded')
    expect(world.released).toEqual([0, 0])
  })

  test('a copy that arrives after the release is dropped too', () => {
    const world = new World()
    world.node('a')
    world.node('b')
    const x = world.run('x')
    world.finish(0)
    world.send({ type: 'RunsReleased', runs: [x.id] })
    expect(world.send({ type: 'ValueCopied', task: 0, node: 'b' })).toEqual([{ type: 'ReleaseValues', tasks: [0] }])
  })
})
