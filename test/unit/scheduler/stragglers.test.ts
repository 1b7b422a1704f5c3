import { describe, expect, test } from 'vitest'
import { explain, nextDeadline } from '../../../kernel/scheduler/index.ts'
import { known, only, World } from './build.ts'

/** So many nodes; of x it is known that it takes 100 ms. */
function world(nodes: number, options: object = { speculate: true }): World {
  const world = new World({ estimates: known({ x: 100 }) })
  for (let i = 0; i < nodes; i++) world.node(`n${i}`)
  world.run('x', options)
  return world
}

describe('a task that takes far longer than such tasks do', () => {
  test('gets one copy on another node; the first result counts and the other is ended', () => {
    const w = world(3)
    w.waitUntil(95)
    expect(w.executing()).toHaveLength(1)
    w.waitUntil(300)
    expect(w.state.task(0)).toMatchObject({ attempts: [{ node: 'n0', attempt: 1 }, { attempt: 2 }] })
    w.waitUntil(10_000)
    expect(w.executing()).toHaveLength(2)
    expect(explain(w.state, 0).decision?.reason).toContain('takes far longer than such tasks do')
    const copy = w.slots.find(({ node, queue }) => node !== 'n0' && queue.length > 0)!
    const commands = w.finishSlot(copy)
    expect(only(commands, 'CancelAttempt')).toMatchObject([{ task: 0, node: 'n0', reason: 'superseded' }])
    expect(w.state.task(0)).toMatchObject({ state: 'succeeded', node: copy.node })
  })

  test('gets none unless it was asked for, nor while nothing is known of such tasks', () => {
    const silent = world(2, {})
    expect(nextDeadline(silent.state)).toBeUndefined()
    const unknown = new World()
    for (const node of ['a', 'b']) unknown.node(node)
    unknown.run('y', { speculate: true })
    unknown.waitUntil(60_000)
    expect(unknown.executing()).toHaveLength(1)
  })

  test('gets it when a node comes free that nothing else wants', () => {
    const w = world(1)
    w.waitUntil(1000)
    expect(w.executing()).toEqual([0])
    w.node('late')
    expect(w.queue('late')).toEqual([0])
    const wanted = world(1)
    wanted.waitUntil(1000)
    wanted.run('other', { priority: -10 })
    wanted.node('late')
    expect(wanted.queue('late')).toEqual([1])
  })

  test('gets it only where that is expected to end first', () => {
    const w = new World({ estimates: known({ x: 100 }), link: { bandwidth: 1, latency: 0 } })
    w.node('a')
    w.run('data')
    w.finish(0, { ok: true, size: 1e6, inKernel: false })
    w.node('b')
    w.run('x', { inputs: [[0]], speculate: true })
    w.waitUntil(2000)
    expect(w.executing()).toEqual([1])
  })

  test('gets it later, when the copy is expected to end first by then', () => {
    const w = new World({ estimates: known({ x: 100 }), link: { bandwidth: 1, latency: 0 } })
    w.node('a')
    w.run('data')
    w.finish(0, { ok: true, size: 1000, inKernel: false })
    w.node('b')
    w.run('x', { inputs: [[0]], speculate: true })
    w.waitUntil(w.time + 800)
    expect(w.executing()).toEqual([1])
    w.waitUntil(w.time + 1500)
    expect(w.executing()).toEqual([1, 1])
  })

  test('goes on when its copy fails or is lost, and the other way round', () => {
    for (const lost of ['n0', 'copy']) {
      const w = world(3)
      w.waitUntil(1000)
      const copy = w.slots.find(({ node, queue }) => node !== 'n0' && queue.length > 0)!.node
      w.lose(lost === 'copy' ? copy : lost)
      expect(w.executing()).toEqual([0])
      expect(w.state.task(0).state).toBe('running')
      w.drain()
      expect(w.state.task(0).state).toBe('succeeded')
    }
  })

  test('is one of few: no more copies than a tenth of the slots, and one', () => {
    const w = new World({ estimates: known({ x: 100 }) })
    for (let i = 0; i < 10; i++) w.node(`n${i}`)
    w.run('x', { count: 5, speculate: true })
    w.waitUntil(5000)
    expect(w.executing()).toHaveLength(7)
  })
})
