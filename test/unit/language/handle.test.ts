import { setFlagsFromString } from 'node:v8'
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, test } from 'vitest'
import type { RunHandle } from '../../../kernel/language/handle.ts'
import { encodeBody } from '../../../kernel/travel/capture.ts'
import { toWire } from '../../../kernel/travel/value.ts'
import { encodeContext } from '../travel/notebook.ts'
import { FakeKernel, failed, succeeded } from './fake-kernel.ts'

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))
afterEach(() => {
  expect(unhandled.splice(0)).toEqual([])
})

function declare(kernel = new FakeKernel(), items: unknown[] = [1, 2, 3]): { kernel: FakeKernel; handle: RunHandle & Record<number, PromiseLike<unknown> & { cancel(): void; index: number }> } {
  return { kernel, handle: kernel.distribution.distribute('squares', items, kernel.body()) as never }
}
const wire = (value: unknown) => toWire(value, encodeContext())

describe('a handle', () => {
  test('is a promise of all results', async () => {
    const { kernel, handle } = declare()
    const all = Promise.all([handle, handle])
    const want = await kernel.answerWant([succeeded(1), succeeded(wire({ a: 1 })), succeeded(3)])
    expect(want).toMatchObject({ run: 100, failFast: true })
    expect(want.indices).toBeUndefined()
    const [one, two] = await all
    expect(one).toEqual([1, { a: 1 }, 3])
    expect(two).toBe(one)
  })

  test('gives single tasks, of which each waits for no other', async () => {
    const { kernel, handle } = declare()
    const second = Promise.resolve(handle[1]!)
    const want = await kernel.answerWant([succeeded('b')])
    expect(want.indices).toEqual([1])
    expect(await second).toBe('b')
    expect(handle[1]!.index).toBe(1)
  })

  test('refuses an index that it does not have', () => {
    const { handle } = declare()
    expect(() => handle[3]).toThrow(/^squares has 3 tasks; there is no squares\[3\]/)
  })

  test('is an ordinary object otherwise', () => {
    const { handle } = declare()
    expect('nothing' in handle).toBe(false)
    expect((handle as unknown as Record<string, unknown>)['nothing']).toBeUndefined()
    expect(Object.keys(handle)).toEqual([])
  })

  test('rejects with the body’s own error, the notebook’s lines, and where it was', async () => {
    const { kernel, handle } = declare()
    const caught = handle.catch((error: unknown) => error)
    await kernel.answerWant([failed('boo', { error: { name: 'RangeError', message: 'boo', stack: 'RangeError: boo\n    at f (cell-3.js:2:3)', value: wire(Object.assign(new RangeError('boo'), { code: 5, stack: 'RangeError: boo\n    at f (cell-3.js:2:3)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)' })) } })])
    const error = (await caught) as Error & Record<string, unknown>
    expect(error).toBeInstanceOf(Error)
    expect([error.name, error.message, error['task'], error['node'], error['attempt'], error['kind']]).toEqual(['RangeError', 'boo', 'squares[1]', 'node-1', 2, 'threw'])
    expect(error.stack).toBe('RangeError: boo\n    at f (Cell [1]:2:3)')
    // It is the thrown error itself, with what it carried.
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toMatchObject({ code: 5 })
    expect(error.cause).toBeUndefined()
  })

  test('says what an error says even when the thrown value cannot be decoded here', async () => {
    const { kernel, handle } = declare()
    const caught = handle[0]!.then(undefined, (error: unknown) => error)
    await kernel.answerWant([failed('boo', { error: { name: 'Error', message: 'boo', stack: '', value: new Uint8Array([1, 2, 3]) } })])
    const error = (await caught) as Error
    expect([error.message, error.stack, 'cause' in error]).toEqual(['boo', 'Error: boo', false])
  })

  test('asks again after a failure, for the task may have been run again', async () => {
    const { kernel, handle } = declare()
    const first = handle.catch((error: unknown) => (error as Error).message)
    await kernel.answerWant([failed('boo')])
    expect(await first).toBe('boo')
    const second = handle.then((value) => value)
    await kernel.answerWant([1, 2, 3].map(succeeded), 2)
    expect(await second).toEqual([1, 2, 3])
  })

  test('gives every outcome with results({ settled: true })', async () => {
    const { kernel, handle } = declare()
    const results = handle.results({ settled: true })
    const want = await kernel.answerWant([succeeded(1), failed('boo'), succeeded(3)])
    expect(want.failFast).toBe(false)
    expect(await results).toEqual([{ status: 'fulfilled', value: 1 }, { status: 'rejected', reason: expect.objectContaining({ message: 'boo' }) as unknown }, { status: 'fulfilled', value: 3 }])
  })

  test('knows its status as last heard, and prints it', () => {
    const { kernel, handle } = declare()
    expect(handle.status.waiting).toBe(3)
    kernel.answer({ type: 'counts', run: 100, counts: { succeeded: 2, running: 1 } })
    expect(handle.status).toEqual({ waiting: 0, ready: 0, running: 1, 'backing-off': 0, succeeded: 2, failed: 0, cancelled: 0, skipped: 0 })
    const text = "RunHandle 'squares' { 3 tasks: 2 succeeded, 1 running }"
    expect([String(handle), inspect(handle), (handle as unknown as Record<symbol, () => object>)[Symbol.for('Jupyter.display')]!()]).toEqual([text, text, { 'text/plain': text }])
    expect(inspect(handle[0])).toBe("TaskHandle 'squares[0]'")
  })

  test('lists its tasks', async () => {
    const { kernel, handle } = declare()
    const tasks = handle.tasks
    const { id } = await kernel.next('tasks')
    kernel.answer({ type: 'tasks', id, tasks: [{ index: 0, state: 'running', attempts: 1 }] })
    expect(await tasks).toEqual([{ index: 0, state: 'running', attempts: 1 }])
  })

  test('cancels the run, or a task of it', () => {
    const { kernel, handle } = declare()
    handle.cancel()
    handle[2]!.cancel()
    expect(kernel.all('cancel').map((one) => one.handles)).toEqual([[{ run: 100 }], [{ run: 100, index: 2 }]])
  })

  test('changes its priority', () => {
    const { kernel, handle } = declare()
    handle.priority = 10
    expect([handle.priority, kernel.all('prioritize')[0]]).toEqual([10, { type: 'prioritize', run: 100, priority: 10 }])
    expect(() => (handle.priority = 'urgent' as never)).toThrow(/^priority takes low, normal, high or a number/)
    expect(handle.priority).toBe(10)
  })

  test('is found by those who encode values', () => {
    const { kernel, handle } = declare()
    expect([kernel.distribution.handleOf(handle), kernel.distribution.handleOf(handle[1]!), kernel.distribution.handleOf({})]).toEqual([{ run: 100 }, { run: 100, index: 1 }, undefined])
  })

  test('that fails while nobody awaits it warns of nothing', async () => {
    const { kernel, handle } = declare()
    kernel.answer({ type: 'counts', run: 100, counts: { failed: 3 } })
    void handle.catch(() => undefined)
    await kernel.answerWant([failed('boo')])
    await new Promise((resolve) => setImmediate(resolve))
    expect(handle.status.failed).toBe(3)
  })

  test('rejects with the reason when its declaration is refused', async () => {
    const { kernel, handle } = declare()
    const early = handle.catch((error: unknown) => error)
    kernel.answer({ type: 'declared', run: 100, error: { code: 'cannot-ever-run', message: 'asked too much' } })
    await expect(early).resolves.toMatchObject({ code: 'cannot-ever-run' })
    await expect(handle[0]).rejects.toThrow('asked too much')
    await expect(handle.tasks).rejects.toThrow('asked too much')
    expect(kernel.all('stream')).toEqual([])
  })

  test('whose refusal nobody awaits says so on stderr', () => {
    const { kernel } = declare()
    kernel.answer({ type: 'declared', run: 100, error: { code: 'cannot-ever-run', message: 'asked too much.' } })
    expect(kernel.all('stream')).toMatchObject([{ name: 'stderr', execution: 'cell 1', text: 'squares was not declared: asked too much.\n' }])
  })

  test('of a run that the kernel has forgotten says so', async () => {
    const { kernel, handle } = declare()
    kernel.answer({ type: 'declared', run: 100 })
    const result = handle.catch((error: unknown) => error)
    await kernel.answerWant([])
    expect(await result).toMatchObject({ code: 'run-forgotten' })
  })

  test('restored to a new session is as good as before', async () => {
    const kernel = new FakeKernel()
    const handle = kernel.distribution.restore([{ run: 7, name: 'old', count: 2, shape: 'array' }]).get('old')!
    const result = handle.then((value) => value)
    expect(await kernel.answerWant([succeeded(1), succeeded(2)])).toMatchObject({ run: 7 })
    expect(await result).toEqual([1, 2])
    expect(kernel.distribution.handleOf(handle)).toEqual({ run: 7 })
  })

  test('imports the modules that its results name', async () => {
    const path = await import('node:path')
    const ref = { url: 'node:path', name: 'join', version: '' }
    const { kernel, handle } = declare(new FakeKernel({ load: () => Promise.resolve(path) }))
    const result = handle.then((value) => value)
    await kernel.answerWant([succeeded(toWire([path.join], encodeContext({ exportOf: (value) => (value === path.join ? ref : undefined) }))), succeeded(2), succeeded(3)])
    expect(((await result) as [unknown[]])[0][0]).toBe(path.join)
  })

  test('is released when nothing reaches it any more, together with others', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const kernel = new FakeKernel()
    const body = kernel.body()
    const kept = kernel.distribution.distribute('kept', [1], body)
    const keptTask = (kernel.distribution.distribute('kept-by-task', [1], body) as never as object[])[0]
    for (let i = 0; i < 3; i++) kernel.distribution.distribute(`dropped ${i}`, [1], body)
    for (let run = 100; run < 105; run++) kernel.answer({ type: 'declared', run })
    const released = () => kernel.all('release').flatMap((one) => one.runs)
    while (released().length < 3) {
      await new Promise((resolve) => setImmediate(resolve))
      collect()
    }
    expect(released().sort()).toEqual([102, 103, 104])
    expect([kernel.distribution.handleOf(kept), kernel.distribution.handleOf(keptTask!)]).toEqual([{ run: 100 }, { run: 101, index: 0 }])
  })
})

describe('asCompleted', () => {
  test('gives results in the order in which tasks settle, as they do', async () => {
    const { kernel, handle } = declare()
    const iterator = handle.asCompleted()
    const first = iterator.next()
    expect(await kernel.next('watch')).toMatchObject({ run: 100, on: true })
    kernel.answer({ type: 'settled', run: 100, indices: [2] })
    expect((await kernel.answerWant([succeeded('c')])).indices).toEqual([2])
    expect(await first).toEqual({ done: false, value: { index: 2, value: 'c' } })
    kernel.answer({ type: 'settled', run: 100, indices: [0, 1] })
    const second = iterator.next()
    await kernel.answerWant([succeeded('a'), succeeded('b')], 2)
    expect([await second, await iterator.next(), await iterator.next()]).toEqual([{ done: false, value: { index: 0, value: 'a' } }, { done: false, value: { index: 1, value: 'b' } }, { done: true, value: undefined }])
    expect(kernel.all('watch').map((one) => one.on)).toEqual([true, false])
  })

  test('throws at the first failure and stops watching', async () => {
    const { kernel, handle } = declare()
    const seen: unknown[] = []
    const loop = (async () => {
      for await (const { index } of handle.asCompleted()) seen.push(index)
    })()
    await kernel.next('watch')
    kernel.answer({ type: 'settled', run: 100, indices: [0, 1, 2] })
    await kernel.answerWant([succeeded(1), failed('boo'), succeeded(3)])
    await expect(loop).rejects.toThrow('boo')
    expect(seen).toEqual([0])
    expect(kernel.all('watch').at(-1)).toMatchObject({ on: false })
  })

  test('stops watching when the loop is left', async () => {
    const { kernel, handle } = declare()
    const loop = (async () => {
      for await (const one of handle.asCompleted()) return one
      return undefined
    })()
    await kernel.next('watch')
    kernel.answer({ type: 'settled', run: 100, indices: [0] })
    await kernel.answerWant([succeeded(1)])
    expect(await loop).toEqual({ index: 0, value: 1 })
    expect(kernel.all('watch').at(-1)).toMatchObject({ on: false })
  })

  test('gives each of two loops every result once, though the kernel repeats itself', async () => {
    const { kernel, handle } = declare(new FakeKernel(), [1, 2])
    const collect = async () => {
      const seen: unknown[] = []
      for await (const { value } of handle.asCompleted()) seen.push(value)
      return seen
    }
    const one = collect()
    await kernel.next('watch')
    kernel.answer({ type: 'settled', run: 100, indices: [1] })
    await kernel.answerWant([succeeded('b')])
    const two = collect()
    kernel.answer({ type: 'settled', run: 100, indices: [1, 0] })
    expect((await kernel.answerWant([succeeded('b')], 2)).indices).toEqual([1])
    await kernel.answerWant([succeeded('a')], 3)
    await kernel.answerWant([succeeded('a')], 4)
    expect(kernel.all('watch').length).toBe(1)
    expect(await Promise.all([one, two])).toEqual([['b', 'a'], ['b', 'a']])
  })

  test('of no tasks ends at once', async () => {
    const { handle } = declare(new FakeKernel(), [])
    expect(await handle.asCompleted().next()).toEqual({ done: true, value: undefined })
  })

  test('throws when the declaration is refused', async () => {
    const { kernel, handle } = declare()
    const first = handle.asCompleted().next()
    await kernel.next('watch')
    kernel.answer({ type: 'declared', run: 100, error: { code: 'cannot-ever-run', message: 'asked too much' } })
    await expect(first).rejects.toThrow('asked too much')
  })
})

test('a small body is encoded again in microseconds', () => {
  const kernel = new FakeKernel()
  const body: unknown = kernel.body('(x) => x * 2')
  const context = encodeContext()
  for (let i = 0; i < 200; i++) encodeBody(body, context)
  const times = Array.from({ length: 200 }, () => {
    const began = performance.now()
    encodeBody(body, context)
    return performance.now() - began
  }).sort((a, b) => a - b)
  // The median is about 40 µs; what is tested is that nothing of it grew tenfold.
  expect(times[100]).toBeLessThan(0.5)
})
