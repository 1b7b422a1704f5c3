/** The coordinator between a session that declares and a backend that only does what the test tells it to. */
import { describe, expect, test } from 'vitest'
import { declaration, here, made, number, running, thrown } from './fake-cluster.ts'

describe('a declaration', () => {
  test('starts the cluster, and what is asked of it meanwhile waits', async () => {
    const { backend, coordinator } = made()
    const declared = coordinator.declareNow(declaration('a', [1, 2, 3]))
    const wanted = coordinator.want(number, undefined, true)
    expect(coordinator.cancel([{ run: number, index: 2 }])).toBe(1)
    await new Promise(setImmediate)
    backend.joined()
    await declared
    expect(backend.started.flatMap((one) => one.tasks)).toEqual([0, 1])
    expect(await wanted).toMatchObject([{ status: 'cancelled', task: { name: 'a', index: 2 } }])
  })

  test('that no node could ever run is refused, and costs nothing', async () => {
    const { backend, coordinator } = await running()
    expect(() => coordinator.declareNow(declaration('big', [1], { options: { resources: { cpu: 64 } } }))).toThrow(/big can never run on this cluster: cpu: asked 64, .*has 2/)
    expect(() => coordinator.declareNow(declaration('odd', [1], { options: { policy: 'localty' } }))).toThrow(/did you mean locality/)
    expect([coordinator.runs.size, backend.started]).toEqual([0, []])
  })

  test('without its code asks for it', async () => {
    const { coordinator } = await running()
    const { bundle: _, ...codeless } = declaration('a', [1], { code: 'unheard of' })
    expect(() => coordinator.declareNow(codeless)).toThrow(expect.objectContaining({ code: 'code-missing' }))
  })
})

describe('results', () => {
  test('come in order when all are there; with failFast the first failure comes alone, and at once', async () => {
    const { backend, coordinator, settled } = await running()
    coordinator.declareNow(declaration('a', [1, 2]))
    const all = coordinator.want(number, undefined, false)
    const first = coordinator.want(number, undefined, true)
    backend.finish(1, () => thrown('no'))
    expect(await first).toMatchObject([{ status: 'failed', kind: 'threw', error: { message: 'no' }, task: { index: 1 } }])
    backend.finish(0, () => here('one'))
    expect(await all).toMatchObject([{ status: 'succeeded', value: 'one' }, { status: 'failed' }])
    expect(settled).toEqual(['a[1]', 'a[0]'])
  })

  test('that a node has lost by the time they are read are computed again', async () => {
    const { backend, coordinator } = await running()
    coordinator.declareNow(declaration('a', [1]))
    const wanted = coordinator.want(number, undefined, true)
    backend.finish(-1, () => ({ ok: true, size: 1e6, inKernel: false }))
    await expect.poll(() => backend.started.length).toBe(2)
    backend.held.set(0, 'again')
    backend.finish(-1, () => ({ ok: true, size: 1e6, inKernel: false }))
    expect(await wanted).toEqual([{ status: 'succeeded', value: 'again' }])
  })

  test('are dropped when no handle reaches them and nothing needs them', async () => {
    const { backend, coordinator } = await running()
    coordinator.declareNow(declaration('a', [1]))
    const a = number
    coordinator.declareNow(declaration('b', [], { count: 1, parameters: [{ from: 'results', of: a, count: 1, stride: 1 }] }))
    backend.finish(0, () => here(1))
    coordinator.release([a])
    expect(backend.released).toEqual([])
    expect(backend.started.at(-1)!.inputs).toEqual([[1]])
    backend.finish(-1, () => here(2))
    expect(backend.released).toEqual([0])
  })

  test('of a tree are combined in the order of its leaves', async () => {
    const { backend, coordinator } = await running()
    coordinator.declareNow(declaration('sum', [], { count: 2, parameters: [], shape: 'single', reduction: { leaves: 'items', items: ['a', 'b', 'c'] } }))
    const wanted = coordinator.want(number, undefined, true)
    expect(backend.started.at(-1)!.inputs).toEqual([['a', 'b']])
    backend.finish(-1, () => here('ab'))
    expect(backend.started.at(-1)!.inputs).toEqual([['ab', 'c']])
    backend.finish(-1, () => here('abc'))
    expect(await wanted).toEqual([{ status: 'succeeded', value: 'abc' }])
  })
})

describe('the record', () => {
  test('says where a task failed in the user’s own lines', async () => {
    const { backend, coordinator } = await running()
    const run = coordinator.declareNow(declaration('a', [1]))
    backend.finish(-1, () => thrown('no'))
    await coordinator.places.settled()
    expect(coordinator.record(await run).errors[0]!.stack).toContain('at Cell [1]:2:3')
  })
})

test('a kernel that declares for ever remembers only the latest of what nobody needs', async () => {
  const { backend, coordinator } = await running()
  for (let i = 0; i < 1500; i++) {
    coordinator.declareNow(declaration('one', [i]))
    backend.finish(-1, () => here(i))
    coordinator.release([number])
  }
  expect(coordinator.runs.size).toBe(1000)
  expect(coordinator.find(0)).toBeUndefined()
  expect(coordinator.find(1499)!.name).toBe('one')
})
