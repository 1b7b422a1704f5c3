import { describe, expect, test } from 'vitest'
import { addPolicy, explain, policies } from '../../../kernel/scheduler/index.ts'
import { fairSharing } from '../../../kernel/scheduler/policies/fair.ts'
import { known, World } from './build.ts'

/** A world in which so much is known of durations, by run name. */
function knowing(policy: string, durations: Record<string, number>): World {
  return new World({ policy, estimates: known(durations) })
}

/** Tasks in the order in which the only slot, of node a, executes them. */
function order(world: World): number[] {
  const order: number[] = []
  for (;;) {
    const [task] = world.queue('a')
    if (task === undefined) return order
    order.push(task)
    world.finish(task)
  }
}

test('every policy has a name of its own, a source and a meaning', () => {
  expect(new Set(policies.map(({ name }) => name)).size).toBe(policies.length)
  for (const { source, meaning } of policies) expect([/\d{4}/.test(source), meaning.length > 10]).toEqual([true, true])
  expect(policies.map(({ name }) => name)).toEqual(expect.arrayContaining([
    'random', 'round-robin', 'least-loaded', 'fifo', 'sjf', 'priority', 'critical-path', 'heft', 'peft', 'min-min', 'max-min', 'work-stealing', 'locality',
    'lp', 'assignment', 'genetic', 'annealing', 'particle-swarm', 'ant-colony', 'adaptive', 'learned', 'fair',
  ]))
})

test.each([
  // busy, then x and z of one job, y of another that came between them.
  ['fifo', [0, 1, 3, 2]],
  ['priority', [0, 1, 2, 3]],
])('%s: order of jobs, or of declaration', (policy, expected) => {
  const world = new World(policy)
  world.node('a')
  world.run('busy')
  world.time = 1
  const x = world.run('x')
  world.time = 2
  world.run('y')
  world.run('z', { after: [x] })
  expect(order(world)).toEqual(expected)
})

test('random takes any node, the same ones with the same seed', () => {
  const nodes = (seed: number) => {
    const world = new World({ policy: 'random', seed })
    for (let i = 0; i < 8; i++) world.node(`n${i}`)
    world.run('x', { count: 5 })
    return world.slots.filter(({ queue }) => queue.length > 0).map(({ node }) => node).join()
  }
  expect(nodes(1)).toBe(nodes(1))
  expect(new Set([1, 2, 3, 4, 5].map(nodes)).size).toBeGreaterThan(2)
})

test('round-robin takes the nodes in turn, however loaded', () => {
  const world = new World('round-robin')
  for (const node of ['a', 'b', 'c']) world.node(node, 4)
  const taken = [0, 1, 2, 3, 4].map(task => {
    world.run('x')
    const node = world.nodeOf(task)
    if (task !== 1) world.finish(task)
    return node
  })
  expect(taken).toEqual(['a', 'b', 'c', 'a', 'b'])
})

describe('sjf', () => {
  test('takes the job with the least work left, and goes on with what it has begun', () => {
    const world = knowing('sjf', { busy: 10, long: 1000, short: 10, tail: 500 })
    world.node('a')
    world.run('busy')
    world.run('long')
    const short = world.run('short', { count: 3 })
    world.run('tail', { after: [short] })
    world.run('short', { count: 4 })
    expect(order(world)).toEqual([0, 6, 7, 8, 9, 2, 3, 4, 5, 1])
  })

  test('tries the first tasks of what nobody knows first', () => {
    const world = knowing('sjf', { busy: 10, short: 1 })
    world.node('a')
    world.run('busy')
    world.run('short', { count: 2 })
    world.run('unknown', { count: 9 })
    expect(order(world).slice(0, 4)).toEqual([0, 3, 1, 2])
  })

  test('takes the shorter of a run’s tasks, by their input', () => {
    const world = new World('sjf')
    world.node('a')
    for (const size of [1e3, 1e5, 1e4, 1e6]) world.run('data', { request: {} }) && world.finish(world.state.unfinishedTasks()[0]!, { ok: true, size, inKernel: false })
    for (let i = 0; i < 4; i++) {
      world.run('grow', { inputs: [[i]] })
      world.duration = [1, 100, 10, 1000][i]!
      world.drain()
    }
    world.run('busy')
    const last = world.run('grow', { inputs: [[3], [0], [1], [2]] })
    expect(order(world).slice(1).map(task => task - last.first)).toEqual([1, 3, 2, 0])
  })
})

describe('fair', () => {
  test('gives every job as many running tasks, whatever their number', () => {
    const world = new World('fair')
    for (let i = 0; i < 6; i++) world.node(`n${i}`)
    world.run('x', { count: 100 })
    const y = world.run('y', { count: 100 })
    const z = world.run('z', { count: 2 })
    for (let i = 0; i < 10; i++) world.finishSlot(world.slots[i % 6]!)
    expect([world.state.run(1), world.state.run(y.id)].map(({ counts }) => counts.running)).toEqual([3, 3])
    expect(world.state.run(z.id).counts.succeeded).toBe(2)
  })

  test('counts runs that wait for each other as one job', () => {
    const world = new World('fair')
    for (let i = 0; i < 4; i++) world.node(`n${i}`)
    const busy = world.run('busy', { count: 4 })
    const data = world.run('data')
    for (const name of ['x', 'y']) world.run(name, { count: 10, shared: [data.first] })
    world.run('z', { count: 10, after: [busy] })
    world.duration = 100
    for (let i = 0; i < 12; i++) world.finishSlot(world.slots[i % 4]!)
    expect(world.state.job(3)).toMatchObject({ id: 2, running: 2 })
    expect(world.state.job(4)).toBe(world.state.job(3))
    expect(world.state.job(5)).toMatchObject({ running: 2 })
  })

  test('weighs jobs by their work, if asked', () => {
    const world = new World({ estimates: known({ small: 10, large: 10 }) })
    addPolicy(world.state, fairSharing('small-first', -1))
    world.send({ type: 'PolicyChanged', policy: 'small-first' })
    for (let i = 0; i < 8; i++) world.node(`n${i}`)
    world.run('large', { count: 300 })
    world.run('small', { count: 100 })
    for (let i = 0; i < 16; i++) world.finishSlot(world.slots[i % 8]!)
    expect(world.state.run(2).counts.running).toBe(6)
  })
})

describe('where nodes differ in speed and durations are known', () => {
  test.each(['critical-path', 'sjf', 'min-min', 'max-min'])('%s takes the node where the task ends first', policy => {
    const world = knowing(policy, { data: 1, quick: 1, slow: 1000 })
    world.node('slow', 2)
    world.node('fast', 2, { cpu: 2 }, {}, 4)
    world.run('data', { placement: { node: 'slow' } })
    world.finish(0, { ok: true, size: 125e3 * 100, inKernel: false })
    // Its input would travel for 100 ms, which pays for the longer one.
    world.run('quick', { inputs: [[0]] })
    world.run('slow', { inputs: [[0]] })
    expect([world.nodeOf(1), world.nodeOf(2)]).toEqual(['slow', 'fast'])
  })

  test('min-min waits for a faster node as long as it would end first there', () => {
    const world = knowing('min-min', { busy: 50, x: 400 })
    world.node('fast', 1, { cpu: 1 }, {}, 4)
    world.run('busy')
    world.node('slow')
    world.run('x')
    expect(explain(world.state, 1).held).toMatchObject({ for: 'fast', policy: 'min-min' })
    world.finish(0)
    expect(world.nodeOf(1)).toBe('fast')
    world.run('x', { count: 2 })
    world.run('busy')
    // By now it is busy with one and awaited by another: the third is better off on the slow one.
    expect(world.executing().sort()).toEqual([1, 4])
  })

  test('max-min starts the longest first, min-min the shortest', () => {
    for (const [policy, expected] of [['max-min', [0, 2, 1]], ['min-min', [0, 1, 2]]] as const) {
      const world = knowing(policy, { busy: 1, short: 10, long: 100 })
      world.node('a')
      world.run('busy')
      world.run('short')
      world.run('long')
      expect(order(world)).toEqual(expected)
    }
  })
})

describe('locality', () => {
  /** Node a holds 12.5 MB (100 ms) and is expected to be busy for as long as is known of it; b is idle. */
  function withData(busy: number): World {
    const world = knowing('locality', { busy })
    world.node('a')
    world.run('data')
    world.finish(0, { ok: true, size: 12.5e6, inKernel: false })
    world.run('busy')
    world.node('b')
    world.run('x', { inputs: [[0]] })
    return world
  }

  test('waits for the node that holds the inputs while that costs less than to bring them', () => {
    const world = withData(40)
    expect(explain(world.state, 2).held).toMatchObject({ for: 'a', until: world.time + 100 })
    world.finish(1)
    expect(world.nodeOf(2)).toBe('a')
  })

  test('no longer, even if the node is late', () => {
    const world = withData(40)
    world.wait()
    expect(world.nodeOf(2)).toBe('b')
    expect(explain(world.state, 2).decision).toMatchObject({ policy: 'locality', fitted: 1, reason: expect.stringContaining('no free node holds inputs') })
  })

  test('not at all for one that will be busy for longer', () => {
    expect(withData(500).nodeOf(2)).toBe('b')
  })
})

describe('work-stealing', () => {
  test('a node goes on with what its results made ready; an idle one takes from the node for which most wait', () => {
    const world = new World('work-stealing')
    for (const node of ['a', 'b', 'c']) world.node(node)
    world.run('data', { count: 2 })
    const [first, second] = [world.nodeOf(0), world.nodeOf(1)]
    for (const task of [0, 1]) world.finish(task, { ok: true, size: 10, inKernel: false })
    const third = ['a', 'b', 'c'].find(node => node !== first && node !== second)!
    world.run('busy', { count: 3, priority: 1 })
    const few = world.run('few', { inputs: [[0]], count: 1 })
    const many = world.run('many', { inputs: [[1], [1], [1]] })
    world.finish(world.queue(third)[0]!)
    expect(world.queue(third)).toEqual([many.first])
    world.finish(world.queue(first)[0]!)
    expect(world.queue(first)).toEqual([few.first])
    world.finish(world.queue(second)[0]!)
    expect(world.queue(second)).toEqual([many.first + 1])
    world.finish(many.first)
    expect(explain(world.state, many.first + 2).decision).toMatchObject({ reason: 'stolen by a node that was idle' })
  })
})

test('a policy that throws or answers nonsense stops nothing, and %why says so', () => {
  const world = new World()
  const place = [() => { throw new Error('out of ideas') }, () => undefined, () => ({ node: 7 })]
  place.forEach((place, i) => addPolicy(world.state, { name: `bad${i}`, source: 'a test', meaning: 'fails', place: place as never, rankTask: () => { throw new Error('no') } }))
  world.node('a', 4)
  world.node('b', 4)
  for (let i = 0; i < 3; i++) world.run('x', { policy: `bad${i}` })
  expect(world.executing()).toHaveLength(3)
  expect(explain(world.state, 0).decision).toMatchObject({ policy: 'bad0', reason: 'the least loaded: the policy failed (out of ideas)', fitted: 2 })
  expect(explain(world.state, 2).decision?.reason).toBe('the least loaded: the one chosen did not fit')
})
