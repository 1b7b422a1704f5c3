import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { capturedHandle } from '../../../kernel/cluster/captured-handle.ts'
import { programs } from '../../../kernel/entry.ts'
import { taskError } from '../../../kernel/cluster/task-error.ts'
import { taskRandom } from '../../../kernel/cluster/task-random.ts'
import { TaskControl } from '../../../kernel/cluster/task-runtime.ts'

describe('task.random', () => {
  it('is the same for the same seed and index, and in [0, 1)', () => {
    fc.assert(
      fc.property(fc.double(), fc.nat(1e6), (seed, index) => {
        const [a, b] = [taskRandom(seed, index), taskRandom(seed, index)]
        for (let i = 0; i < 20; i++) {
          const value = a()
          expect(value).toBe(b())
          expect(value >= 0 && value < 1).toBe(true)
        }
      }),
    )
  })

  it('is spread evenly, within a task and over the first numbers of neighbouring tasks and seeds', () => {
    const count = 20_000
    const one = taskRandom(7, 0)
    const samples = [
      Array.from({ length: count }, one),
      Array.from({ length: count }, (_, index) => taskRandom(7, index)()),
      Array.from({ length: count }, (_, seed) => taskRandom(seed, 0)()),
    ]
    for (const sample of samples) {
      const bins = new Array<number>(20).fill(0)
      for (const value of sample) bins[Math.floor(value * 20)]!++
      // Chi-squared with 19 degrees of freedom: above 43.8 once in a thousand.
      expect(bins.reduce((sum, n) => sum + (n - count / 20) ** 2 / (count / 20), 0)).toBeLessThan(43.8)
      expect(new Set(sample).size).toBe(count)
    }
  })
})

describe('a captured handle', () => {
  it('is the array of its results, and awaits to a plain one', async () => {
    const handle = capturedHandle([1, 2, 3], 'array') as number[] & PromiseLike<number[]>
    expect([...handle, handle.length, handle[1]]).toEqual([1, 2, 3, 3, 2])
    expect(Object.keys(handle)).toEqual(['0', '1', '2'])
    const plain = await handle
    expect(plain).toEqual([1, 2, 3])
    expect('then' in plain).toBe(false)
  })

  it('of a single value awaits to it', async () => {
    expect(await (capturedHandle([{ a: 1 }], 'single') as PromiseLike<unknown>)).toEqual({ a: 1 })
  })

  it('offers what a handle in a cell offers', async () => {
    const handle = capturedHandle([1, 2], 'array') as RunHandle<number[], number>
    expect(await handle.results({ settled: true })).toEqual([{ status: 'fulfilled', value: 1 }, { status: 'fulfilled', value: 2 }])
    const seen: object[] = []
    for await (const one of handle.asCompleted()) seen.push(one)
    expect(seen).toEqual([{ index: 0, value: 1 }, { index: 1, value: 2 }])
    expect(handle.status.succeeded).toBe(2)
  })
})

interface RunHandle<T, E> extends PromiseLike<T> {
  readonly status: { readonly succeeded: number }
  results(options: { settled: true }): Promise<unknown[]>
  asCompleted(): AsyncIterable<{ readonly index: number; readonly value: E }>
}

describe('what was thrown', () => {
  it('tells where an error was in the body, and not where Sluice is installed', () => {
    const error = new Error('no date')
    error.stack = `Error: no date\n    at cell-1.js:3:9\n    at async TaskRuntime.run (file://${programs}/slot.js:2132:16)\n    at node:internal/process/task_queues:95:5`
    expect(taskError(error).stack).toBe('Error: no date\n    at cell-1.js:3:9')
  })

  it('becomes a name, a message and a stack, whatever it was', () => {
    const hostile = { get name(): string { throw new Error('no') } }
    for (const thrown of [undefined, null, 3, 'text', Symbol('s'), { a: 1 }, hostile, Object.assign(new Error('m'), { name: 5 }), Object.create(null)]) {
      const error = taskError(thrown)
      expect([typeof error.name, typeof error.message, typeof error.stack]).toEqual(['string', 'string', 'string'])
      expect(error).not.toHaveProperty('value')
    }
    expect(taskError('text').message).toBe('text')
  })

  it('takes the value along when it travels and is not too large', () => {
    expect(taskError(5, () => 5).value).toBe(5)
    expect(taskError(5, () => new Uint8Array(300_000))).not.toHaveProperty('value')
    expect(taskError(5, () => { throw new Error('cannot') })).not.toHaveProperty('value')
  })
})

describe('a task that is cancelled', () => {
  it('sees so, whether it looks at its signal before or after', () => {
    const [before, after] = [new TaskControl(() => {}), new TaskControl(() => {})]
    const signal = before.signal
    before.abort()
    after.abort()
    expect([signal.aborted, after.signal.aborted]).toEqual([true, true])
  })
})
