/** The coordinator between a session that declares and a backend that only does what the test tells it to. */
import { describe, expect, test } from 'vitest'
import type { Run } from '../../../kernel/cluster/run.ts'
import { declaration, FakeBackend, here, local, made, number, running, thrown } from './fake-cluster.ts'

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

describe('a cluster', () => {
  const settled = () => new Promise(setImmediate)
  const outcomeOf = (opened: Promise<void>) => opened.then(() => 'up', (error: Error) => error.message)

  test.each(['joined', 'failed'] as const)('gives way to one that is asked for while it starts, whether it has then %s or not', async (how) => {
    const { coordinator } = made()
    const [first, second] = [new FakeBackend(), new FakeBackend()]
    const opened = [coordinator.open(first), coordinator.open(second)].map(outcomeOf)
    await settled()
    second.joined()
    await settled()
    first[how](new Error('killed'))
    expect(await Promise.all(opened)).toEqual([expect.stringMatching(/another one started in its place/), 'up'])
    expect([coordinator.backend, first.closed, second.closed, coordinator.state.nodes.size]).toEqual([second, true, false, 1])
    coordinator.declareNow(declaration('a', [1]))
    expect([first.started.length, second.started.length]).toEqual([0, 1])
  })

  test('that is asked for last is the one that runs, and the others never start', async () => {
    const { backend, coordinator } = await running()
    const asked = [new FakeBackend(), new FakeBackend(), new FakeBackend()]
    const opened = asked.map((one) => outcomeOf(coordinator.open(one)))
    await settled()
    asked[2]!.joined()
    expect(await Promise.all(opened)).toEqual([expect.stringMatching(/in its place/), expect.stringMatching(/in its place/), 'up'])
    expect([coordinator.backend, backend.closed]).toEqual([asked[2], true])
    await coordinator.close()
    expect([coordinator.backend, asked[2]!.closed, coordinator.state.nodes.size]).toEqual([undefined, true, 0])
  })

  test('that is stopped while it starts does not come up, and what waited for it is refused', async () => {
    const { backend, coordinator } = made()
    const declared = Promise.resolve(coordinator.declareNow(declaration('a', [1]))).catch((error: Error) => error.message)
    await coordinator.close()
    backend.joined()
    expect(await declared).toMatch(/was stopped, .* before it was ready/)
    expect([coordinator.backend, coordinator.runs.size, backend.started]).toEqual([undefined, 0, []])
  })

  test('that takes the place of one that a run waits for gets the run', async () => {
    const { coordinator } = made()
    const declared = coordinator.declareNow(declaration('a', [1]))
    const other = new FakeBackend()
    const opened = coordinator.open(other)
    await settled()
    other.joined()
    await opened
    expect((await declared).name).toBe('a')
    expect(other.started.flatMap(({ tasks }) => tasks)).toEqual([0])
  })

  test('that cannot start leaves none, and whoever watches is told', async () => {
    let told = 0
    const { backend, coordinator } = made({ onCluster: () => void told++ })
    const opened = coordinator.open(backend)
    await settled()
    backend.tell([{ type: 'node-joined', node: local }])
    const before = told
    backend.failed(new Error('no room'))
    await expect(opened).rejects.toThrow('no room')
    expect([coordinator.backend, backend.closed, coordinator.state.nodes.size, told - before]).toEqual([undefined, true, 0, 1])
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

test('a run that nobody needed is not forgotten while it runs again, and is once it has ended', async () => {
  const { backend, coordinator } = await running()
  const old = coordinator.declareNow(declaration('old', [1])) as Run
  backend.finish(-1, () => thrown('no'))
  coordinator.release([old.spec.id])
  expect(coordinator.rerun({ run: old.spec.id }, true)).toBe(1)
  const again = backend.started.length - 1
  const retireOthers = () => {
    for (let i = 0; i < 1100; i++) coordinator.release([(coordinator.declareNow(declaration('none', [])) as Run).spec.id])
  }
  retireOthers()
  expect(coordinator.byUid(old.uid)).toBe(old)
  backend.finish(again, () => thrown('no'))
  expect(coordinator.counts(old)).toMatchObject({ failed: 1 })
  expect([...coordinator.state.nodes.values()].map(({ idleSlots }) => idleSlots)).toEqual([2])
  retireOthers()
  expect(coordinator.byUid(old.uid)).toBeUndefined()
})
