import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { program } from '../../kernel/entry.ts'
import { Types } from '../../kernel/language/types/service.ts'

let directory: string
let types: Types
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-types-'))
  types = new Types({ directory })
})
afterEach(async () => {
  await types.stop()
  rmSync(directory, { recursive: true, force: true })
})

/** More syntax than a small heap can hold. */
const enormous = `const huge = [${'1,'.repeat(3_000_000)}]`

describe('the language service on its thread', () => {
  test('starts with the first question, knows the cells that ran before, and stops', async () => {
    let starts = 0
    types = new Types({ directory, onStarted: () => starts++ })
    types.ran({ id: 'a', count: 1, code: "const rows = [{ year: 2001, name: 'x' }]" })
    expect(types.started).toBe(false)
    expect((await types.complete('rows[0].', 8))?.matches).toEqual(['name', 'year'])
    expect([types.started, starts]).toEqual([true, 1])
    expect((await types.inspect('rows', 4, 0))?.text).toMatch(/^const rows: /)
    await types.stop()
    expect(types.started).toBe(false)
    expect(await types.complete('rows[0].', 8)).toBeUndefined()
  })

  test('finds what the build laid beside it: the names that Sluice brings, and Node types', async () => {
    expect((await types.complete('distri', 6))?.types[0]).toMatchObject({ text: 'distribute', type: 'function' })
    expect((await types.inspect('setTimeout', 10, 0))?.text).toContain('setTimeout')
  })

  test('tells what is wrong with a cell as it last ran', async () => {
    types.ran({ id: 'a', count: 1, code: 'const n: string = 1' })
    expect(await types.diagnostics('a')).toMatchObject([{ line: 1, column: 7, code: 2322 }])
    types.ran({ id: 'a', count: 2, code: 'const n: number = 1' })
    expect(await types.diagnostics('a')).toEqual([])
    expect(await types.diagnostics('unknown')).toEqual([])
  })

  test('of completions asked for together only the last is answered, whatever else is', async () => {
    types.ran({ id: 'a', count: 1, code: 'const first = 1, second = 2' })
    await types.complete('', 0)
    const [superseded, inspected, wrong, last] = await Promise.all([types.complete('fi', 2), types.inspect('first', 5, 0), types.diagnostics('a'), types.complete('sec', 3)])
    expect(superseded).toBeUndefined()
    expect(inspected?.text).toBe('const first: 1')
    expect(wrong).toEqual([])
    expect(last?.matches[0]).toBe('second')
  })

  test('a completion does not wait for diagnostics, and those are made all the same', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `cell ${i}`)
    ids.forEach((id, i) => types.ran({ id, count: i, code: `const value${i}: string = ${i === 0 ? 1 : `value${i - 1}.length`}` }))
    await types.complete('', 0)
    const order: string[] = []
    const diagnostics = Promise.all(ids.map((id) => types.diagnostics(id).then((found) => (order.push(id), found))))
    await types.complete('val', 3).then((found) => (order.push('completion'), expect(found?.matches).toHaveLength(20)))
    expect(order.indexOf('completion')).toBeLessThan(ids.length - 1)
    for (const found of await diagnostics) expect(found).toMatchObject([{ code: 2322 }])
  })

  test('a thread out of memory costs the questions in flight; the next one has the cells again', async () => {
    let starts = 0
    types = new Types({ directory, heap: 220, onStarted: () => starts++ })
    types.ran({ id: 'a', count: 1, code: 'const rows = [{ year: 2001 }]' })
    expect((await types.complete('rows[0].', 8))?.matches).toEqual(['year'])
    expect(await Promise.all([types.inspect(enormous, enormous.length, 0), types.diagnostics('a')])).toEqual([undefined, []])
    expect(types.started).toBe(false)
    expect((await types.complete('rows[0].', 8))?.matches).toEqual(['year'])
    expect(starts).toBe(2)
  })

  test('a thread that cannot live is not started forever, but again without what killed it when another cell ran', async () => {
    types = new Types({ directory, heap: 220 })
    types.ran({ id: 'a', count: 1, code: 'const rows = [{ year: 2001 }]' })
    expect((await types.complete('rows[0].', 8))?.matches).toEqual(['year'])
    types.ran({ id: 'b', count: 2, code: enormous })
    for (let i = 0; i < 5; i++) expect(await types.complete('hug', 3)).toBeUndefined()
    types.ran({ id: 'c', count: 3, code: 'const hundred = rows[0]!.year' })
    expect((await types.complete('hu', 2))?.matches).toEqual(['hundred'])
  })

  test.each([
    ['at once', 'process.kill(process.pid, "SIGKILL")'],
    ['while it starts', 'setTimeout(() => process.kill(process.pid, "SIGKILL"), 40)'],
    ['while it answers', 'types.on("message", ({ type }) => type === "answer" && process.kill(process.pid, "SIGKILL"))'],
  ])('ends without a word when its kernel is killed %s', async (_when, kill) => {
    const kernel = `
      const types = require('node:child_process').fork(${JSON.stringify(program('types'))}, [${JSON.stringify(directory)}, '1024'], {
        serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      ${kill}
      for (let id = 1; id <= 100; id++) types.send({ type: 'ask', id, question: { type: 'inspect', code: 'display', offset: 3, detail: 0 } })
    `
    const killed = spawn(process.execPath, ['-e', kernel], { stdio: ['ignore', 'ignore', 'pipe'] })
    // Which ends when all have that write to it.
    expect(await text(killed.stderr)).toBe('')
    expect(killed.signalCode ?? (await new Promise((resolve) => killed.once('exit', (_code, signal) => resolve(signal))))).toBe('SIGKILL')
  })
})
