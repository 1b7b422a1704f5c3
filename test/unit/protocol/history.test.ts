import { appendFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { historyDirectory, HistoryStore, type Entry } from '../../../kernel/protocol/history.ts'

let parent: string
let directory: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'history-'))
  directory = join(parent, 'history')
})
afterEach(() => rm(parent, { recursive: true }))

/** A session that ran these cells and ended. */
async function session(...codes: string[]): Promise<void> {
  const store = new HistoryStore(directory)
  codes.forEach((code, at) => store.add(at + 1, code))
  await store.close()
}

const brief = (entries: Entry[]) => entries.map(({ session, line, code }) => `${session}:${line} ${code}`)

test('history is kept across sessions, oldest first', async () => {
  await session('a', 'b')
  await session('c')
  const store = new HistoryStore(directory)
  store.add(1, 'd')
  expect(brief(await store.tail(3))).toEqual(['1:2 b', '2:1 c', '3:1 d'])
  expect(brief(await store.tail(99))).toHaveLength(4)
  await store.close()
})

test('a range is taken from this session, one by number, or one counted back', async () => {
  await session('a', 'b', 'c')
  await session('x')
  const store = new HistoryStore(directory)
  expect(brief(await store.range(-1, 0, undefined))).toEqual(['2:1 x'])
  store.add(1, 'd')
  expect(brief(await store.range(1, 2, 3))).toEqual(['1:2 b'])
  expect(brief(await store.range(0, 1, undefined))).toEqual(['3:1 d'])
  expect(brief(await store.range(3, 1, undefined))).toEqual(['3:1 d'])
  expect(brief(await store.range(-2, 1, undefined))).toEqual(['1:1 a', '1:2 b', '1:3 c'])
  expect(await store.range(-9, 0, undefined)).toEqual([])
  expect(await store.range(77, 0, undefined)).toEqual([])
  await store.close()
})

test('a search goes through all sessions; unique keeps the last of equal ones', async () => {
  await session('let a', 'b')
  await session('let a', 'let c')
  const store = new HistoryStore(directory)
  expect(brief(await store.search('let*', undefined, false))).toEqual(['1:1 let a', '2:1 let a', '2:2 let c'])
  expect(brief(await store.search('let*', undefined, true))).toEqual(['2:1 let a', '2:2 let c'])
  expect(brief(await store.search('let*', 1, false))).toEqual(['2:2 let c'])
})

test('outputs are kept beside their lines, shortened when they are long', async () => {
  const store = new HistoryStore(directory)
  store.add(1, 'a')
  store.addOutput(1, 'x'.repeat(10_000))
  store.add(2, 'b')
  await store.close()
  const [a, b] = await new HistoryStore(directory).tail(2)
  expect(a!.output).toBe('x'.repeat(4_096))
  expect(b!.output).toBeNull()
})

test('kernels side by side get sessions of their own', async () => {
  const stores = Array.from({ length: 8 }, () => new HistoryStore(directory))
  for (const [at, store] of stores.entries()) for (let line = 1; line <= 20; line++) store.add(line, `${at}`)
  await Promise.all(stores.map((store) => store.close()))
  const all = await new HistoryStore(directory).tail(1_000)
  expect(all).toHaveLength(160)
  for (let number = 1; number <= 8; number++) {
    const codes = all.filter(({ session }) => session === number).map(({ code }) => code)
    expect(codes).toHaveLength(20)
    expect(new Set(codes).size).toBe(1)
  }
})

test('nobody else may read it', async () => {
  await session('secret')
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
  expect((await stat(join(directory, '1.jsonl'))).mode & 0o777).toBe(0o600)
})

test('lines that are no entries are skipped and counted', async () => {
  await session('a')
  await appendFile(join(directory, '1.jsonl'), 'garbage\n{"n":"x"}\n{"n":9,"output":"of nothing"}\n[]\n{"n":2,"code":"b"}\n{"n":3,"co')
  const store = new HistoryStore(directory)
  expect(brief(await store.tail(9))).toEqual(['1:1 a', '1:2 b'])
  expect(store.corrupted).toBe(5)
  await store.tail(9)
  expect(store.corrupted).toBe(5)
})

test('files of other names are no sessions', async () => {
  await session('a')
  await writeFile(join(directory, 'notes.txt'), 'x')
  await writeFile(join(directory, '0.jsonl'), 'x')
  expect(brief(await new HistoryStore(directory).tail(9))).toEqual(['1:1 a'])
})

test('a kernel that runs nothing leaves no file', async () => {
  const store = new HistoryStore(directory)
  expect(await store.tail(9)).toEqual([])
  await store.close()
  expect(await readdir(parent)).toEqual([])
})

test('the oldest sessions are deleted when there are too many', async () => {
  await session('first')
  await Promise.all(Array.from({ length: 1_005 }, (_, at) => writeFile(join(directory, `${at + 2}.jsonl`), '')))
  await session('last')
  const names = await readdir(directory)
  expect(names).toHaveLength(1_000)
  expect(names).toContain('1007.jsonl')
  expect(names).not.toContain('1.jsonl')
})

test('where nothing can be written, history stays in memory and the failure is told', async () => {
  await writeFile(directory, 'a file where the folder should be')
  const failures: Error[] = []
  const store = new HistoryStore(directory, (error) => failures.push(error))
  store.add(1, 'a')
  store.add(2, 'b')
  expect((await store.tail(9)).map(({ code }) => code)).toEqual(['a', 'b'])
  expect(failures).toHaveLength(1)
  await store.close()
})

test('the folder is in the user’s data directory', () => {
  expect(historyDirectory({ XDG_DATA_HOME: '/data' })).toBe('/data/sluice/history')
  expect(historyDirectory({ XDG_DATA_HOME: '' })).toMatch(/\.local\/share\/sluice\/history$/)
})
