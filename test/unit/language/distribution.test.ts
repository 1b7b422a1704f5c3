import { describe, expect, test } from 'vitest'
import { decodeBody } from '../../../kernel/travel/capture.ts'
import { decodeContext } from '../travel/notebook.ts'
import type { RunHandle } from '../../../kernel/language/handle.ts'
import { FakeKernel, succeeded } from './fake-kernel.ts'

describe('distribute()', () => {
  test('declares at once, and asks for the first awaited result in the same turn', async () => {
    const kernel = new FakeKernel()
    const handle = kernel.distribution.distribute('squares', [1, 'two', null], kernel.body(), { retries: 2, memory: '2GiB', priority: 'high' })
    const result = handle.then((value) => value)
    expect(kernel.sent.map((one) => one.type)).toEqual(['declare', 'want'])
    expect(kernel.declarations[0]).toMatchObject({
      run: 100, cell: 'cell 1', name: 'squares', count: 3, shape: 'array', handles: [], after: [],
      parameters: [{ from: 'items', items: [1, 'two', null], stride: 1 }], options: { retries: 2, resources: { memory: 2 ** 31 }, priority: 10 },
    })
    await kernel.answerWant([1, 2, 3].map(succeeded))
    expect(await result).toEqual([1, 2, 3])
  })

  test('sends the same code once, and again after a refusal', () => {
    const kernel = new FakeKernel()
    const body = kernel.body()
    const { distribute } = kernel.distribution
    distribute('a', [1], body)
    distribute('b', [2], body)
    const [a, b] = kernel.declarations
    expect([a!.bundle !== undefined, b!.bundle !== undefined, a!.code === b!.code]).toEqual([true, false, true])
    kernel.answer({ type: 'declared', run: 100, error: { code: 'cannot-ever-run', message: 'no' } })
    distribute('c', [3], body)
    expect(kernel.declarations[2]!.bundle).toBeDefined()
  })

  test('makes the product of several sets, the last varying fastest', () => {
    const kernel = new FakeKernel()
    const { distribute, product } = kernel.distribution
    const earlier = distribute('earlier', [1, 2, 3], kernel.body())
    distribute('grid', product(['a', 'b'], earlier, new Set([true])), kernel.body('(a, b, c) => [a, b, c]'))
    expect(kernel.declarations[1]).toMatchObject({
      count: 6,
      parameters: [{ from: 'items', items: ['a', 'b'], stride: 3 }, { from: 'results', of: 100, count: 3, stride: 1 }, { from: 'items', items: [true], stride: 1 }],
    })
  })

  test('declares a single task when there are no items', async () => {
    const kernel = new FakeKernel()
    const handle = kernel.distribution.distribute('one', kernel.body('() => 5'))
    expect(kernel.declarations[0]).toMatchObject({ count: 1, shape: 'single', parameters: [] })
    const result = handle.then((value) => value)
    await kernel.answerWant([succeeded(5)])
    expect(await result).toBe(5)
  })

  test('declares no task for no items', () => {
    const kernel = new FakeKernel()
    expect(kernel.distribution.distribute('none', [], kernel.body()).length).toBe(0)
    expect(kernel.declarations[0]).toMatchObject({ count: 0, shape: 'array' })
  })

  test('names handles that the body captured, and those among the items, as dependencies', () => {
    const kernel = new FakeKernel()
    const { distribute } = kernel.distribution
    const one = distribute('one', [1, 2], kernel.body()) as RunHandle & readonly unknown[]
    const two = distribute('two', kernel.body())
    distribute('three', [one[1], { deep: two }, one[1]], kernel.body('((one) => async (x) => [await one, x])')(one), { after: [two, one[0]] })
    expect(kernel.declarations[2]).toMatchObject({ handles: [{ run: 100 }, { run: 100, index: 1 }, { run: 101 }], after: [{ run: 101 }, { run: 100, index: 0 }] })
  })

  test('sends ten thousand numbers as they are', () => {
    const kernel = new FakeKernel()
    kernel.distribution.distribute('many', Array.from({ length: 10_000 }, (_, i) => i), kernel.body())
    const [parameter] = kernel.declarations[0]!.parameters
    expect(parameter!.from === 'items' && parameter!.items.every((item, i) => item === i)).toBe(true)
  })

  test('sends a body that runs elsewhere', async () => {
    const kernel = new FakeKernel()
    kernel.distribution.distribute('add', [1], kernel.body('(x, task) => x + task.index'))
    const body = await decodeBody(kernel.declarations[0]!.bundle!, { ...decodeContext(), load: () => Promise.reject(new Error()) })
    expect(body(1, { index: 4 })).toBe(5)
  })

  const mistakes: Record<string, [call: (kernel: FakeKernel) => unknown, says: RegExp]> = {
    'a string as items': [(k) => k.distribution.distribute('n', 'abc', k.body()), /^n cannot go through a string: .*\[\.\.\.text\]/],
    'a number as items': [(k) => k.distribution.distribute('n', 5, k.body()), /^n cannot go through 5/],
    'a promise as items': [(k) => k.distribution.distribute('n', Promise.resolve([1]), k.body()), /a promise: await it first/],
    'an async iterable as items': [(k) => k.distribution.distribute('n', (async function* () {})(), k.body()), /an async iterable: .*for await/],
    'a plain object as items': [(k) => k.distribution.distribute('n', { a: 1 }, k.body()), /an object: .*Object\.entries/],
    'a single result as items': [(k) => k.distribution.distribute('n', k.distribution.distribute('one', k.body()), k.body()), /one, whose result is one value/],
    'one task as items': [(k) => k.distribution.distribute('n', (k.distribution.distribute('one', [1], k.body()) as unknown as unknown[])[0], k.body()), /one\[0\], the handle of one task/],
    'a product in a product': [(k) => k.distribution.distribute('n', k.distribution.product([1], k.distribution.product([1])), k.body()), /a product inside a product/],
    'no body': [(k) => k.distribution.distribute('n', [1]), /^n has no body/],
    'no name': [(k) => k.distribution.distribute([1], k.body()), /takes the run's name first/],
    'an unknown option': [(k) => k.distribution.distribute('n', [1], k.body(), { retires: 1 }), /^distribute has no option retires \(did you mean retries\?\)/],
    'a bad size': [(k) => k.distribution.distribute('n', [1], k.body(), { memory: '2 apples' }), /^memory takes a size/],
    'a bad duration': [(k) => k.distribution.distribute('n', [1], k.body(), { timeout: {} }), /^timeout takes a duration.*an object/],
    'a bad number of retries': [(k) => k.distribution.distribute('n', [1], k.body(), { retries: -1 }), /^retries takes a whole number, 0 or more; "-1" was given/],
    'a bad mode': [(k) => k.distribution.distribute('n', [1], k.body(), { mode: 'fast' }), /^mode takes async or sync/],
    'a bad resource': [(k) => k.distribution.distribute('n', [1], k.body(), { resources: { tpu: 'x' } }), /^resources\.tpu takes a number/],
    'results to wait for': [(k) => k.distribution.distribute('n', [1], k.body(), { after: [[1, 2]] }), /after holds an array/],
    'an item that cannot travel': [(k) => k.distribution.distribute('n', [1, { a: Promise.resolve() }], k.body()), /^items\[1\]\.a is a Promise/],
    'an empty product': [(k) => k.distribution.product(), /at least one set/],
    'nothing to reduce': [(k) => k.distribution.reduce('n', [], k.body()), /^n has nothing to combine/],
  }
  for (const [what, [call, says]] of Object.entries(mistakes)) {
    test(`says what is wrong with ${what}, and declares nothing of it`, () => {
      const kernel = new FakeKernel()
      expect(() => call(kernel)).toThrow(expect.objectContaining({ name: 'SluiceError', message: expect.stringMatching(says) as string }))
      expect(kernel.declarations.filter((one) => one.name === 'n')).toEqual([])
    })
  }

  test('takes labels, custom resources and every other option', () => {
    const kernel = new FakeKernel()
    kernel.distribution.distribute('n', [1], kernel.body(), { cpu: 2, gpu: 1, resources: { license: 1 }, node: 'zone=eu', backoff: '1s', timeout: 500, replicas: 2, mode: 'sync', policy: 'heft', speculate: true, seed: 7, priority: -3 })
    expect(kernel.declarations[0]!.options).toEqual({ resources: { cpu: 2, gpu: 1, license: 1 }, labels: { zone: 'eu' }, backoff: 1000, timeout: 500, replicas: 2, mode: 'sync', policy: 'heft', speculate: true, seed: 7, priority: -3 })
  })
})

describe('reduce()', () => {
  test('declares one task less than there are leaves', async () => {
    const kernel = new FakeKernel()
    const { distribute, reduce } = kernel.distribution
    const sum = reduce('sum', [1, 2, 3], kernel.body('(a, b) => a + b'))
    expect(kernel.declarations[0]).toMatchObject({ count: 2, shape: 'single', reduction: { leaves: 'items', items: [1, 2, 3] } })
    reduce('all', distribute('parts', [1, 2], kernel.body()), kernel.body('(a, b) => a + b'))
    expect(kernel.declarations[2]).toMatchObject({ count: 1, reduction: { leaves: 'results', of: 101 } })
    const result = sum.then((value) => value)
    await kernel.answerWant([succeeded(6)])
    expect(await result).toBe(6)
  })

  test('of one leaf is that leaf', async () => {
    const kernel = new FakeKernel()
    const result = kernel.distribution.reduce('sum', [5], kernel.body('(a, b) => a + b')).then((value) => value)
    expect(kernel.declarations[0]).toMatchObject({ count: 0 })
    await kernel.answerWant([succeeded(5)])
    expect(await result).toBe(5)
  })
})

describe('a cell with a magic', () => {
  test('gets its handle when the kernel has taken the declaration', async () => {
    const kernel = new FakeKernel()
    const declared = kernel.distribution.declareCell({ name: 'delays', each: ['month'], options: { retries: 1 }, after: [] }, [['a', 'b']], kernel.body('async (month, task) => month'))
    expect((await kernel.next('declare')).declaration).toMatchObject({ name: 'delays', count: 2, shape: 'array', view: true, options: { retries: 1 } })
    kernel.answer({ type: 'declared', run: 100 })
    const { handle } = await declared
    expect([handle.name, handle.length]).toEqual(['delays', 2])
  })

  test('fails with the reason when the kernel refuses', async () => {
    const kernel = new FakeKernel()
    const declared = kernel.distribution.declareCell({ name: 'big', options: {} }, [], kernel.body('async (task) => 1'))
    kernel.answer({ type: 'declared', run: 100, error: { code: 'cannot-ever-run', message: 'big can never run' } })
    await expect(declared).rejects.toMatchObject({ code: 'cannot-ever-run', message: 'big can never run' })
  })

  test('names the variable of --each when an element cannot travel', async () => {
    const kernel = new FakeKernel()
    await expect(kernel.distribution.declareCell({ name: 'n', each: ['row'], options: {} }, [[new WeakMap()]], kernel.body())).rejects.toThrow(/^row\[0\] is a WeakMap/)
  })

  test('with --wait ends when every task has settled, and fails when one has no result', async () => {
    const kernel = new FakeKernel()
    let ended = false
    const cell = kernel.distribution.declareCell({ name: 'w', each: ['x'], options: {}, wait: true }, [[1, 2]], kernel.body())
    void cell.then(() => (ended = true), () => (ended = true))
    kernel.answer({ type: 'declared', run: 100 })
    expect(await kernel.next('watch')).toMatchObject({ run: 100, on: true })
    kernel.answer({ type: 'settled', run: 100, indices: [1] })
    await Promise.resolve()
    expect(ended).toBe(false)
    kernel.answer({ type: 'settled', run: 100, indices: [0] })
    const asked = await kernel.next('tasks')
    kernel.answer({ type: 'tasks', id: asked.id, tasks: [{ index: 0, state: 'succeeded', attempts: 1 }, { index: 1, state: 'succeeded', attempts: 1 }] })
    expect((await cell).handle.length).toBe(2)
    expect(kernel.all('want')).toEqual([])
  })

  test('combines by --reduce', async () => {
    const kernel = new FakeKernel()
    const declared = kernel.distribution.reduceCell({ name: 'sum', options: {} }, [1, 2, 3, 4], kernel.body('async (a, b, task) => a + b'))
    kernel.answer({ type: 'declared', run: 100 })
    expect((await declared).handle.length).toBe(3)
  })
})
