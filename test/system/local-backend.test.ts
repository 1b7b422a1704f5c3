import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync, mkdirSync, existsSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { localBackend } from '../../kernel/cluster/local/backend.ts'
import type { ValueRef } from '../../kernel/cluster/backend.ts'
import { runOf } from './body.ts'
import { buildTestProgram } from './test-program.ts'
import { decoded, eventually, filesIn, isRunning, LocalCluster, node, valueOf } from './local-cluster.ts'

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, k) => from + k)

/** Files by which tests tell busy tasks to end. */
const scratch = mkdtempSync(join(tmpdir(), 'slc-'))
afterAll(() => rmSync(scratch, { recursive: true }))

let open: LocalCluster[] = []
async function cluster(...parameters: ConstructorParameters<typeof LocalCluster>): Promise<LocalCluster> {
  const made = new LocalCluster(...parameters)
  open.push(made)
  await made.open()
  return made
}
afterEach(async () => {
  await Promise.all(open.map((one) => one.backend.close()))
  open = []
})

const KEPT = 100_000
/** A body whose result is too large for the kernel. */
const large = `async (task) => new Float64Array(${KEPT}).fill(task.index)`
const refOf = (task: number, ...nodes: string[]): ValueRef => ({ task, size: KEPT * 8, nodes })

describe('tasks', () => {
  it('return what their bodies return', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, 'async (x, task) => ({ twice: x * 2, index: task.index, attempt: task.attempt, node: task.node })'))
    one.start([7], { attempt: 3, inputs: [[21]] })
    const outcome = await one.outcome(7, 3)
    expect(valueOf(outcome)).toEqual({ twice: 42, index: 7, attempt: 3, node: 'a' })
    expect(outcome.began).toBeLessThanOrEqual(outcome.ended)
    expect(Math.abs(outcome.ended - performance.now())).toBeLessThan(5000)
  })

  it('run ten thousand in a batch, each with its own result, in order', async () => {
    const one = await cluster([node('a', 2)])
    one.backend.prepare(runOf(1, 'async (x, task) => x + task.index'))
    const [left, right] = [numbers(0, 10_000), numbers(10_000, 10_000)]
    one.start(left, { slot: 0, inputs: left.map((task) => [task]) })
    one.start(right, { slot: 1, inputs: right.map((task) => [task]) })
    const outcomes = await one.outcomes([...left, ...right])
    expect(outcomes.map(valueOf)).toEqual([...left, ...right].map((task) => task * 2))
    const order = one.all('finished').filter(({ slot }) => slot === 0).flatMap((event) => event.outcomes.map(({ task }) => task))
    expect(order).toEqual(left)
  })

  it('run more at once than a slot can have outstanding', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, 'async (task) => task.index'))
    const tasks = numbers(0, 100_000)
    one.start(tasks)
    const outcomes = await one.outcomes(tasks)
    expect(outcomes.every((outcome) => valueOf(outcome) === outcome.task)).toBe(true)
  })

  it('carry every kind of value both ways', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, 'async (x) => x'))
    const values = [null, undefined, true, false, 0, -0, 1.5, NaN, -Infinity, 2 ** 40, '', 'é漢😀', 'lone \ud800 surrogate', 'a'.repeat(15_000)]
    one.start(numbers(0, values.length), { inputs: values.map((value) => [value]) })
    const outcomes = await one.outcomes(numbers(0, values.length))
    for (const [i, value] of values.entries()) expect(Object.is(valueOf(outcomes[i]!), value)).toBe(true)
  })

  it('report what they throw, with the thrown value when it travels', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, `async (task) => {
      if (task.index === 0) throw new RangeError('too far', { cause: new Error('the root') })
      if (task.index === 1) throw { code: 7 }
      throw Object.assign(new Error('x'.repeat(100_000)), { get name() { throw 1 } })
    }`))
    one.start([0, 1, 2])
    const [error, object, long] = await one.outcomes([0, 1, 2])
    expect(error).toMatchObject({ ok: false, final: false, taskError: { name: 'RangeError', message: 'too far' } })
    expect(error!.taskError!.stack).toMatch(/cell-1\.js/)
    expect(error!.taskError!.stack).toContain('the root')
    expect(object!.taskError!.message).toBe('{ code: 7 }')
    expect(decoded(object!.taskError!.value)).toEqual({ code: 7 })
    expect(long!.taskError!.message.length).toBeLessThan(20_000)
  })

  it('fail for good when their result cannot travel, and say where in it', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, 'async () => ({ config: { wait: new Promise(() => {}) } })'))
    one.start([0])
    const outcome = await one.outcome(0)
    expect(outcome).toMatchObject({ ok: false, final: true })
    expect(outcome.taskError!.message).toContain('config.wait')
  })

  it('import what the notebook imports, and see errors at the lines of its files', async () => {
    const notebook = mkdtempSync(join(tmpdir(), 'slc-'))
    writeFileSync(join(notebook, 'data.ts'), "export const scale: number = 3\n\nexport function fail(): never {\n  throw new Error('here')\n}\n")
    const one = await cluster([node('a')], { directory: notebook })
    const url = pathToFileURL(join(notebook, 'data.ts')).href
    const imports = { scaleOf: { url, name: '*', version: '' } }
    one.backend.prepare(runOf(1, 'async (x) => [x * scaleOf.scale, (await __sluice.import("./data.ts")).scale, process.cwd()]', {}, { imports }))
    one.backend.prepare(runOf(2, 'async () => scaleOf.fail()', {}, { imports }))
    one.backend.prepare(runOf(3, 'async () => __sluice.line("%tasks")'))
    one.backend.prepare(runOf(4, 'async () => gone.x', {}, { imports: { gone: { url: pathToFileURL(join(notebook, 'gone.ts')).href, name: '*', version: '' } } }))
    one.start([0], { inputs: [[7]] })
    for (const run of [2, 3, 4]) one.start([run], { run })
    expect(valueOf(await one.outcome(0))).toEqual([21, 3, notebook])
    expect((await one.outcome(2)).taskError!.stack).toMatch(/data\.ts:4:9/)
    expect((await one.outcome(3)).taskError!.message).toContain('works in cells only')
    expect((await one.outcome(4)).taskError!.message).toContain('gone.ts')
    rmSync(notebook, { recursive: true })
  })

  it('draw the same random numbers in every attempt, others in every task', async () => {
    const one = await cluster([node('a', 2)])
    one.backend.prepare(runOf(1, 'async (task) => Array.from({ length: 3 }, task.random)', { seed: 42 }))
    one.start([0, 1])
    one.start([0], { slot: 1, attempt: 2 })
    const [first, other] = (await one.outcomes([0, 1])).map(valueOf)
    expect(valueOf(await one.outcome(0, 2))).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it('show what they print before they end, and say what was too much', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, `async (task) => {
      if (task.index === 0) { console.log('out', { a: 1 }); console.error('err'); process.stdout.write(Buffer.from('raw')) }
      else if (task.index === 1) for (let i = 0; i < 200; i++) console.log('y'.repeat(10_000))
    }`))
    one.start([0, 1, 2])
    await one.outcomes([0, 1, 2])
    expect(one.logOf(0)).toBe('out { a: 1 }\nerr\nraw')
    expect(one.all('log').filter(({ stream, task }) => task === 0 && stream === 'stderr').map(({ text }) => text)).toEqual(['err\n'])
    expect(one.logOf(1).length).toBeLessThan(2 ** 20 + 200)
    expect(one.logOf(1)).toMatch(/9\d{5} more characters were printed and not kept/)
    expect(one.logOf(2)).toBe('')
    const last = one.events.findLastIndex((event) => event.type === 'log' && event.task === 0)
    expect(last).toBeLessThan(one.events.findIndex((event) => event.type === 'finished' && event.outcomes.some(({ task }) => task === 0)))
  })

  it('show what they printed while they are still busy, and that earlier ones ended', async () => {
    const one = await cluster([node('a')])
    const file = join(scratch, randomBytes(6).toString('hex'))
    one.backend.prepare(runOf(1, `async (file, task) => {
      if (task.index === 0) return
      console.log('begun')
      console.log('and more')
      while (!process.getBuiltinModule('fs').existsSync(file)) {}
    }`))
    one.start([0, 1], { inputs: [[file], [file]] })
    await one.until(() => one.logOf(1).includes('begun'))
    await one.outcome(0)
    expect(one.finished.length).toBe(1)
    writeFileSync(file, '')
    await one.outcome(1)
    expect(one.logOf(1)).toBe('begun\nand more\n')
  })

  it('report progress; the last always arrives, and nonsense is refused', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, `async (task) => {
      for (let i = 0; i <= 10_000; i++) task.progress(i / 10_000, 'step ' + i)
      try { task.progress(2) } catch (error) { return error.message }
    }`))
    one.start([0])
    expect(valueOf(await one.outcome(0))).toMatch(/from 0 to 1, not 2/)
    const progress = one.all('progress')
    expect(progress.at(-1)).toEqual({ type: 'progress', task: 0, fraction: 1, text: 'step 10000' })
    expect(progress.length).toBeLessThan(20)
  })
})

describe('values', () => {
  it('that are large stay on their node until they are read', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, large))
    one.backend.prepare(runOf(2, "async () => 'é'.repeat(20_000)"))
    one.start([3])
    one.start([4], { run: 2 })
    const [array, text] = await one.outcomes([3, 4])
    expect(array).toMatchObject({ ok: true, inKernel: false })
    expect(array).not.toHaveProperty('value')
    expect(text).toMatchObject({ ok: true, inKernel: false, size: 40_000 })
    expect(decoded(await one.backend.read(refOf(3, 'a')))).toEqual(new Float64Array(KEPT).fill(3))
    expect(await one.backend.read(refOf(4, 'a'))).toBe('é'.repeat(20_000))
  })

  it('move from node to node, once', async () => {
    const one = await cluster([node('a'), node('b', 2)])
    one.backend.prepare(runOf(1, large))
    one.backend.prepare(runOf(2, 'async (x) => x.length + x[5]'))
    one.start([3])
    await one.outcome(3)
    one.start([10, 11], { run: 2, node: 'b', slot: 0, inputs: [[refOf(3, 'a')], [refOf(3, 'a')]] })
    one.start([12], { run: 2, node: 'b', slot: 1, inputs: [[refOf(3, 'a')]] })
    one.start([13], { run: 2, node: 'a', inputs: [[refOf(3, 'a')]] })
    expect((await one.outcomes([10, 11, 12, 13])).map(valueOf)).toEqual([KEPT + 3, KEPT + 3, KEPT + 3, KEPT + 3])
    expect(one.all('copied')).toEqual([{ type: 'copied', task: 3, node: 'b' }])
  })

  it('that a body captured are an array that can be awaited, and a single one can be awaited', async () => {
    const one = await cluster([node('a'), node('b')])
    one.backend.prepare(runOf(1, large))
    one.start([0])
    await one.outcome(0)
    const source = `async () => {
      const plain = await delays
      return [plain.length, delays.length, delays[0][7], await delays[1], [...delays].length, await total, Array.isArray(plain), plain.then === undefined, (await delays.results()).length]
    }`
    const handles = [
      { ref: { run: 1 }, shape: 'array' as const, values: [refOf(0, 'a'), 'second'] },
      { ref: { run: 5 }, shape: 'single' as const, values: [99] },
    ]
    one.backend.prepare(runOf(2, source, { handles }, { handles: { delays: { run: 1 }, total: { run: 5 } } }))
    one.start([10], { run: 2, node: 'a' })
    one.start([11], { run: 2, node: 'b' })
    for (const outcome of await one.outcomes([10, 11])) expect(valueOf(outcome)).toEqual([2, 2, 0, 'second', 2, 99, true, true, 2])
  })

  it('captured by a body are those of its own run, though the code is the same', async () => {
    const one = await cluster([node('a')])
    const source = 'async () => await source'
    one.backend.prepare(runOf(2, source, { handles: [{ ref: { run: 1 }, shape: 'single', values: ['old'] }] }, { handles: { source: { run: 1 } } }))
    one.start([10], { run: 2 })
    expect(valueOf(await one.outcome(10))).toBe('old')
    one.backend.prepare(runOf(4, source, { handles: [{ ref: { run: 3 }, shape: 'single', values: ['new'] }] }, { handles: { source: { run: 3 } } }))
    one.start([11], { run: 4 })
    expect(valueOf(await one.outcome(11))).toBe('new')
    one.backend.prepare(runOf(2, source, { handles: [{ ref: { run: 1 }, shape: 'single', values: ['renewed'] }] }, { handles: { source: { run: 1 } } }))
    one.start([12], { run: 2 })
    expect(valueOf(await one.outcome(12))).toBe('renewed')
  })

  it('that are released are gone, and reading them says so', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, large))
    one.start([3])
    await one.outcome(3)
    one.backend.release([3])
    one.backend.prepare(runOf(2, 'async () => 1'))
    one.start([4], { run: 2 })
    await one.outcome(4)
    await eventuallyRejects(() => one.backend.read(refOf(3, 'a')))
    await expect(one.backend.read(refOf(3, 'a'))).rejects.toMatchObject({ code: 'value-gone' })
  })

  it('that died with their node are reported lost, and the task that wanted them comes back unharmed', async () => {
    const one = await cluster([node('a'), node('b')], { respawn: false })
    one.backend.prepare(runOf(1, large))
    one.backend.prepare(runOf(2, 'async (x) => x[0]'))
    one.start([3], { node: 'b' })
    await one.outcome(3)
    process.kill(await pidOf(one, 'b'), 'SIGKILL')
    await one.event('node-lost')
    one.start([10, 11], { run: 2, inputs: [[refOf(3, 'b')], ['text']] })
    await one.event('returned', ({ tasks }) => tasks.includes(10))
    expect(one.events.findIndex(({ type }) => type === 'value-lost')).toBeLessThan(one.events.findIndex(({ type }) => type === 'returned'))
    expect(one.all('value-lost')).toEqual([{ type: 'value-lost', task: 3 }])
    expect(valueOf(await one.outcome(11))).toBe('t')
    // Computed again elsewhere, it is found there.
    one.start([3], { attempt: 2 })
    await one.outcome(3, 2)
    one.start([10], { run: 2, attempt: 2, inputs: [[refOf(3, 'b')]] })
    expect(valueOf(await one.outcome(10, 2))).toBe(3)
    await expect(one.backend.read(refOf(99, 'b'))).rejects.toMatchObject({ code: 'value-gone' })
  })

  it('survive the thread that made them', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, large))
    one.start([3])
    await one.outcome(3)
    await busy(one, 4)
    one.backend.cancel([{ task: 4, attempt: 1, node: 'a', slot: 0 }], true)
    await one.event('slot-reset')
    expect((decoded(await one.backend.read(refOf(3, 'a'))) as Float64Array)[9]).toBe(3)
  })
})

/** Asks the node's process itself. */
async function pidOf(one: LocalCluster, name: string): Promise<number> {
  const task = 900_000 + Math.floor(Math.random() * 90_000)
  one.backend.prepare(runOf(900, 'async () => process.pid'))
  one.start([task], { run: 900, node: name })
  return valueOf(await one.outcome(task)) as number
}

async function eventuallyRejects(attempt: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await attempt()
    } catch {
      return
    }
  }
}

/** Starts a task that is busy until `free()` or its end by force, and waits until it runs. */
async function busy(one: LocalCluster, task: number, more: { slot?: number; node?: string } = {}): Promise<() => void> {
  const file = join(scratch, randomBytes(6).toString('hex'))
  one.backend.prepare(runOf(800, "async (file) => { console.log('busy'); while (!process.getBuiltinModule('fs').existsSync(file)) {} }"))
  one.start([task], { run: 800, ...more, inputs: [[file]] })
  await one.until(() => one.logOf(task).includes('busy') || undefined)
  return () => writeFileSync(file, '')
}

describe('slots', () => {
  it('give back what has not begun though they are busy', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, 'async (task) => task.index'))
    const free = await busy(one, 100)
    one.start(numbers(0, 50))
    one.backend.recall('a', 0, [...numbers(10, 40), 100, 777])
    const { tasks } = await one.event('returned')
    expect(tasks).toEqual(numbers(10, 40))
    free()
    await one.outcomes([100, ...numbers(0, 10)])
    // What came back can be handed out again, here as anywhere.
    one.start([20], { attempt: 2 })
    expect(valueOf(await one.outcome(20, 2))).toBe(20)
    expect(one.finished.filter(({ task }) => task >= 10 && task < 50).length).toBe(1)
  })

  it('lose and repeat nothing when tasks are recalled while they run', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, 'async () => { let x = 0; for (let i = 0; i < 20_000; i++) x += i; return x }'))
    const tasks = numbers(0, 5000)
    one.start(tasks)
    for (let k = 0; k < 20; k++) {
      one.backend.recall('a', 0, tasks.filter((task) => task % 20 === k))
      await new Promise((resolve) => setImmediate(resolve))
    }
    const account = () => [...one.finished.map(({ task }) => task), ...one.all('returned').flatMap((event) => event.tasks)].sort((a, b) => a - b)
    await one.until(() => account().length >= tasks.length || undefined)
    expect(account()).toEqual(tasks)
  })

  it('tell a task through its signal that it is cancelled, and go on', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, `(task) => new Promise((resolve, reject) => {
      console.log('waiting')
      task.signal.addEventListener('abort', () => reject(task.signal.reason))
    })`))
    one.backend.prepare(runOf(2, 'async () => 5'))
    one.start([0])
    one.start([1, 2], { run: 2 })
    await one.until(() => one.logOf(0).includes('waiting') || undefined)
    one.backend.cancel([{ task: 0, attempt: 1, node: 'a', slot: 0 }, { task: 1, attempt: 1, node: 'a', slot: 0 }], false)
    expect((await one.outcome(0)).taskError!.name).toBe('AbortError')
    expect(valueOf(await one.outcome(2))).toBe(5)
    expect(one.all('slot-reset')).toEqual([])
    expect(one.finished.some(({ task }) => task === 1)).toBe(false)
  })

  it('end a task that does not listen after a grace period, and hurt no neighbour', async () => {
    const one = await cluster([node('a', 2)])
    one.backend.prepare(runOf(1, 'async () => 5'))
    const free = await busy(one, 50, { slot: 1 })
    await busy(one, 100)
    const began = performance.now()
    one.backend.cancel([{ task: 100, attempt: 1, node: 'a', slot: 0 }], false)
    const reset = await one.event('slot-reset')
    expect(performance.now() - began).toBeGreaterThan(250)
    expect(reset).toMatchObject({ node: 'a', slot: 0 })
    one.start([1])
    expect(valueOf(await one.outcome(1))).toBe(5)
    free()
    expect((await one.outcome(50)).ok).toBe(true)
    expect(one.finished.some(({ task }) => task === 100)).toBe(false)
  })

  it('end an endless loop at once when forced, before one that is given its time; what it had finished before is reported', async () => {
    const one = await cluster([node('a', 2)])
    one.backend.prepare(runOf(1, "async (task) => { if (task.index === 20) { console.log('in'); for (;;) {} } return task.index }"))
    one.start(numbers(0, 30))
    await one.until(() => one.logOf(20).includes('in') || undefined)
    await busy(one, 100, { slot: 1 })
    one.backend.cancel([{ task: 100, attempt: 1, node: 'a', slot: 1 }], false)
    one.backend.cancel([{ task: 20, attempt: 1, node: 'a', slot: 0 }], true)
    expect(await one.event('slot-reset')).toMatchObject({ slot: 0 })
    expect(one.finished.map(({ task }) => task)).toEqual(numbers(0, 20))
    one.start([21], { attempt: 2 })
    expect(valueOf(await one.outcome(21, 2))).toBe(21)
  })

  it('replace a thread that is caught in native code', async () => {
    const one = await cluster([node('a', 2)])
    one.backend.prepare(runOf(1, "async (task) => { console.log('in'); process.getBuiltinModule('child_process').execSync('sleep 30') }"))
    one.backend.prepare(runOf(2, 'async () => 5'))
    one.start([0])
    await one.until(() => one.logOf(0).includes('in') || undefined)
    one.backend.cancel([{ task: 0, attempt: 1, node: 'a', slot: 0 }], true)
    await one.event('slot-reset')
    one.start([1], { run: 2 })
    expect(valueOf(await one.outcome(1))).toBe(5)
  })

  it('end a task that uses more heap than it may, say so, and hurt no neighbour', async () => {
    const one = await cluster([node('a', 2, 256 * 2 ** 20)])
    const free = await busy(one, 50, { slot: 1 })
    one.backend.prepare(runOf(1, "async (task) => { const all = []; if (task.index === 0) while (all.length < 1e7) all.push({ a: Math.random(), b: [1, 2, 3] }); if (task.index === 2) while (all.length < 6) all.push(new Array(2e7).fill(0)); if (task.index !== 1) for (;;) all[0].x; return 'fine' }"))
    one.start([0, 1])
    const outcome = await one.outcome(0)
    expect(outcome).toMatchObject({ ok: false, final: false, taskError: { name: 'OutOfMemory' } })
    expect(outcome.taskError!.message).toMatch(/128 MiB.*--memory 256MiB|node used .* of 256 MiB.*--memory 512MiB/)
    await one.event('slot-reset')
    one.start([1], { attempt: 2 })
    expect(valueOf(await one.outcome(1, 2))).toBe('fine')
    // A few large allocations rather than many small ones.
    one.start([2])
    expect(await one.outcome(2)).toMatchObject({ taskError: { name: 'OutOfMemory' } })
    free()
    expect((await one.outcome(50)).ok).toBe(true)
    expect(one.all('node-lost')).toEqual([])
  })

  it('give a run the memory that it asks for', async () => {
    const one = await cluster([node('a', 4, 512 * 2 ** 20)])
    const source = "async () => { const all = []; for (let i = 0; i < 3e6; i++) all.push({ a: i, b: i }); return all.length }"
    one.backend.prepare(runOf(1, source, { memory: 400 * 2 ** 20 }))
    one.backend.prepare(runOf(2, 'async () => 1'))
    one.start([0, 1], { run: 2 })
    one.start([10])
    one.start([2], { run: 2 })
    expect((await one.outcomes([0, 1, 10, 2])).map(valueOf)).toEqual([1, 1, 3e6, 1])
    expect(one.all('slot-reset')).toEqual([])
  })

  it('end a task whose buffers use more than its node has', async () => {
    const one = await cluster([node('a', 1, 128 * 2 ** 20)])
    one.backend.prepare(runOf(1, `async () => {
      const all = []
      for (let i = 0; i < 100; i++) { all.push(Buffer.alloc(16 * 2 ** 20, 1)); await new Promise((resolve) => setTimeout(resolve, 10)) }
      return all.length
    }`))
    one.start([0])
    expect((await one.outcome(0)).taskError).toMatchObject({ name: 'OutOfMemory' })
    await one.event('slot-reset')
    expect(one.all('node-lost')).toEqual([])
  })

  it('report process.exit and errors outside the promise as failures of the task', async () => {
    const one = await cluster([node('a')])
    one.backend.prepare(runOf(1, `async (task) => {
      if (task.index === 0) process.exit(3)
      setTimeout(() => { throw new TypeError('in a timer') })
      await new Promise(() => {})
    }`))
    one.start([0])
    expect((await one.outcome(0)).taskError!.message).toContain('process.exit(3)')
    await one.event('slot-reset')
    one.start([1])
    expect((await one.outcome(1)).taskError).toMatchObject({ name: 'TypeError', message: 'in a timer' })
    expect(one.all('node-lost')).toEqual([])
  })
})

describe('nodes', () => {
  it('that are killed are noticed at once, and started again under the same name', async () => {
    const one = await cluster([node('a'), node('b')])
    const pid = await pidOf(one, 'a')
    await busy(one, 1)
    process.kill(pid, 'SIGKILL')
    const lost = await one.event('node-lost')
    // By its end, that is, not by its silence.
    expect(lost).toMatchObject({ node: 'a', reason: expect.stringContaining('SIGKILL') as string })
    await one.until(() => one.all('node-joined').length === 3 || undefined)
    one.backend.prepare(runOf(2, 'async () => process.pid'))
    one.start([5], { run: 2 })
    one.start([6], { run: 2, node: 'b' })
    expect(valueOf(await one.outcome(5))).not.toBe(pid)
    expect((await one.outcome(6)).ok).toBe(true)
  })

  it('that crash say why', async () => {
    const one = await cluster([node('a')], { respawn: false })
    one.backend.prepare(runOf(1, 'async () => { process.kill(process.pid, "SIGABRT"); await new Promise(() => {}) }'))
    one.start([0])
    expect((await one.event('node-lost')).reason).toContain('SIGABRT')
    expect(one.all('node-lost').length).toBe(1)
  })

  it('take the processes that their tasks started with them', async () => {
    const one = await cluster([node('a')], { respawn: false })
    one.backend.prepare(runOf(1, "async () => process.getBuiltinModule('child_process').spawn('sleep', ['1000']).pid"))
    one.start([0])
    const child = valueOf(await one.outcome(0)) as number
    expect(isRunning(child)).toBe(true)
    process.kill(await pidOf(one, 'a'), 'SIGKILL')
    await one.event('node-lost')
    await eventually(() => !isRunning(child))
  })

  it('report their load while tasks run', async () => {
    const one = await cluster([node('a')])
    const free = await busy(one, 0)
    const { sample } = await one.event('sample', (event) => event.sample.cpu > 0.2)
    expect(sample.node).toBe('a')
    expect(sample.memory).toBeGreaterThan(2 ** 20)
    expect(sample.bytesIn).toBeGreaterThan(0)
    free()
  })

  it('die with the kernel, however it dies and whatever they do, and leave no file', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'slc-'))
    const kernel = await spawnKernel(directory)
    expect(kernel.nodes.length).toBe(2)
    expect(kernel.nodes.every(isRunning)).toBe(true)
    process.kill(kernel.pid, 'SIGKILL')
    await eventually(() => !kernel.nodes.some(isRunning))
    await eventually(() => filesIn(directory).length === 0)
    rmSync(directory, { recursive: true })
  })
})

describe('the backend', () => {
  let directory = ''
  beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'slc-'))))
  afterAll(() => rmSync(directory, { recursive: true }))

  it('drops strangers and garbage, and works on', async () => {
    const one = await cluster([node('a')], { runtimeDirectory: directory })
    const socket = filesIn(directory).find((file) => file.endsWith('kernel.sock'))!
    for (const bytes of [randomBytes(52), randomBytes(10_000), Buffer.alloc(52), Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(20))]) {
      for (const file of [socket, socket.replace('kernel', '0')]) {
        const stranger = createConnection(join(directory, file))
        stranger.on('error', () => {})
        stranger.write(bytes)
        await once(stranger, 'close')
      }
    }
    one.backend.prepare(runOf(1, 'async () => 5'))
    one.start([0])
    expect(valueOf(await one.outcome(0))).toBe(5)
    expect(one.all('node-lost')).toEqual([])
  })

  it('leaves no process and no file behind when it is closed', async () => {
    const one = await cluster([node('a'), node('b')], { runtimeDirectory: directory })
    const pids = [await pidOf(one, 'a'), await pidOf(one, 'b')]
    await busy(one, 0)
    expect(filesIn(directory).length).toBeGreaterThan(0)
    await one.backend.close()
    expect(pids.some(isRunning)).toBe(false)
    expect(filesIn(directory)).toEqual([])
    await one.backend.close()
  })

  it('removes what killed kernels left, and nothing else', async () => {
    const [stale, alive, foreign] = ['stale', 'alive', 'foreign'].map((name) => join(tmpdir(), `sluice-${name}-${randomBytes(4).toString('hex')}`)) as [string, string, string]
    for (const made of [stale, alive, foreign]) mkdirSync(made)
    writeFileSync(join(stale, 'owner'), '4194304')
    writeFileSync(join(alive, 'owner'), String(process.pid))
    await cluster([node('a')])
    expect([stale, alive, foreign].map((made) => existsSync(made))).toEqual([false, true, true])
    for (const made of [alive, foreign]) rmSync(made, { recursive: true })
  })

  it('refuses nodes that make no sense, naming them', () => {
    const options = { clock: () => 0, directory: '.', respawn: false }
    expect(() => localBackend({ ...options, nodes: [] })).toThrow(/1 to 1024/)
    expect(() => localBackend({ ...options, nodes: [node('a'), node('a')] })).toThrow(/node a: another/)
    expect(() => localBackend({ ...options, nodes: [node('a', 0)] })).toThrow(/slots/)
  })

  it('says why a node does not start, and ends the others', async () => {
    const one = new LocalCluster([node('a')], { directory: join(directory, 'not-there'), runtimeDirectory: directory })
    await expect(one.open()).rejects.toMatchObject({ code: 'node-did-not-start' })
    expect(filesIn(directory)).toEqual([])
  })

  it('sends code to a node once, whatever its size and however many runs use it', async () => {
    const one = await cluster([node('a', 2)])
    const context = runOf(0, `async () => '${'x'.repeat(1_000_000)}'.length`)
    for (const run of [1, 2, 3, 4]) {
      one.backend.prepare({ ...context, run })
      one.start([run], { run, slot: run % 2 })
      expect(valueOf(await one.outcome(run))).toBe(1_000_000)
      one.backend.forget(run)
    }
    const free = await busy(one, 10)
    const { sample } = await one.event('sample')
    expect(sample.bytesIn).toBeGreaterThan(1_000_000)
    expect(sample.bytesIn).toBeLessThan(2_000_000)
    free()
  })
})

/** A kernel process of its own, with two nodes that are busy. */
async function spawnKernel(directory: string): Promise<{ readonly pid: number; readonly nodes: readonly number[] }> {
  const child = spawn(process.execPath, [await buildTestProgram('local-kernel'), directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { pid: child.pid!, nodes: JSON.parse(String(line)) as number[] }
}
