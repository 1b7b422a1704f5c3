import fc from 'fast-check'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readDurations, writtenDurations } from '../../../kernel/cluster/durations-file.ts'
import { durationsFile, DurationStore } from '../../../kernel/cluster/durations.ts'
import { emptyEstimate, learned, mean, quantile, type Estimate } from '../../../kernel/scheduler/index.ts'

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-durations-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'deep', 'durations.json')
}

function known(...durations: number[]): Estimate {
  const estimate = emptyEstimate()
  for (const duration of durations) learned(estimate, 0, duration)
  return estimate
}

/** A kernel's life: what it is told at the beginning, and says. */
async function kernel(path: string) {
  const said: string[] = []
  const store = await DurationStore.open(path, (text) => said.push(text), 5)
  const estimates = new Map([...store.estimates].map(([name, estimate]) => [name, structuredClone(estimate)]))
  store.follow(estimates)
  return {
    said, estimates, store,
    learn(name: string, ...durations: number[]) {
      const estimate = estimates.get(name) ?? emptyEstimate()
      estimates.set(name, estimate)
      for (const duration of durations) learned(estimate, 0, duration)
      store.changed()
    },
  }
}

test('what one kernel learned the next one knows', async () => {
  const path = place()
  const first = await kernel(path)
  expect(first.estimates.size).toBe(0)
  first.learn('delays', 100, 110, 90)
  first.learn('model', 5000)
  await first.store.close()
  const second = await kernel(path)
  expect([...second.estimates.keys()].sort()).toEqual(['delays', 'model'])
  expect(mean(second.estimates.get('delays')!)).toBeCloseTo(mean(first.estimates.get('delays')!), 2)
  expect(quantile(second.estimates.get('model')!, 0, 0.9)).toBeCloseTo(quantile(first.estimates.get('model')!, 0, 0.9), 0)
  expect(statSync(path).mode & 0o077, 'nobody else may read it').toBe(0)
})

test('it is written soon after something was learned, whole or not at all, and leaves nothing else behind', async () => {
  const path = place()
  const one = await kernel(path)
  one.learn('delays', 100)
  await expect.poll(() => { try { return readDurations(readFileSync(path, 'utf8')).entries.size } catch { return 0 } }).toBe(1)
  one.learn('delays', 100)
  await one.store.close()
  expect(readdirSync(join(path, '..'))).toEqual(['durations.json'])
})

test('what has not changed is not written', async () => {
  const path = place()
  const one = await kernel(path)
  one.learn('delays', 100)
  await one.store.close()
  rmSync(path)
  one.store.changed()
  await one.store.close()
  expect(readdirSync(join(path, '..'))).toEqual([])
})

test('kernels side by side keep what the others learned, and what both learned of a name counts once', async () => {
  const path = place()
  const before = await kernel(path)
  before.learn('shared', ...Array.from({ length: 20 }, () => 100))
  await before.store.close()
  const kernels = await Promise.all(Array.from({ length: 6 }, () => kernel(path)))
  kernels.forEach((one, i) => {
    one.learn(`own ${i}`, 10 * (i + 1))
    one.learn('shared', i < 3 ? 50 : 200)
  })
  await Promise.all(kernels.map((one) => one.store.close()))
  expect(kernels.flatMap(({ said }) => said)).toEqual([])
  const after = (await kernel(path)).estimates
  expect([...after.keys()].sort()).toEqual([...kernels.map((_, i) => `own ${i}`), 'shared'])
  expect(after.get('shared')!.weight).toBeLessThanOrEqual(21.01)
  // Both sides count, and once more when the same kernels write again.
  kernels[0]!.learn('shared', 50)
  await kernels[0]!.store.close()
  const again = (await kernel(path)).estimates.get('shared')!
  expect(again.weight).toBeLessThanOrEqual(22.01)
  expect(mean(again)).toBeGreaterThan(80)
})

test.each([
  ['no JSON', '{"version":1,"nam'],
  ['something else', '[1,2,3]'],
  ['of another version', '{"version":2,"names":[]}'],
  ['made to do harm', `{"version":1,"names":[{"name":"__proto__","revision":1,"used":1,"weight":1e308}]}`],
  ['full of what are no numbers', `{"version":1,"names":[${JSON.stringify({ name: 'a', revision: 1, used: 1, ...emptyEstimate(), weight: 'x' })}]}`],
  ['too short in its buckets', `{"version":1,"names":[${JSON.stringify({ name: 'a', revision: 1, used: 1, ...known(5), residuals: [1] })}]}`],
])('a file that is %s is set aside, the user is told, and the kernel starts and learns anew', async (_what, text) => {
  const path = place()
  const first = await kernel(path)
  first.learn('delays', 1)
  await first.store.close()
  writeFileSync(path, text)
  const second = await kernel(path)
  expect([second.estimates.size, second.said]).toEqual([0, [expect.stringMatching(/durations of earlier runs cannot be read from .*durations\.json: .*\. It is now .*\.bad, and durations are learned anew/)]])
  expect(readFileSync(`${path}.bad`, 'utf8')).toBe(text)
  second.learn('model', 7)
  await second.store.close()
  expect([...(await kernel(path)).estimates.keys()]).toEqual(['model'])
})

test('a place that cannot be written costs a message, once', async () => {
  const path = join(place(), '..')
  writeFileSync(path, 'a file where a folder should be')
  const one = await kernel(join(path, 'durations.json'))
  one.learn('a', 1)
  await one.store.close()
  one.learn('a', 1)
  await one.store.close()
  expect(one.said.filter((text) => text.startsWith('durations are not kept on disk'))).toHaveLength(1)
})

test('the lock of a kernel that died holds nobody up', async () => {
  const path = place()
  const first = await kernel(path)
  first.learn('a', 1)
  await first.store.close()
  writeFileSync(`${path}.lock`, '')
  utimesSync(`${path}.lock`, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000))
  const second = await kernel(path)
  second.learn('b', 1)
  await second.store.close()
  expect([second.said, [...(await kernel(path)).estimates.keys()].sort()]).toEqual([[], ['a', 'b']])
})

test('the file stays bounded: what was not used for longest goes first', () => {
  const entries = new Map(Array.from({ length: 1500 }, (_, i) => [`name ${i}`, { revision: 1, used: i, estimate: known(5) }]))
  const text = writtenDurations(entries)
  expect(text.length).toBeLessThan(1_000_000)
  const kept = readDurations(text).entries
  expect([kept.size, kept.has('name 499'), kept.has('name 500')]).toEqual([1000, false, true])
})

test('what is written is read as it was, to six digits, whatever was learned', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.string({ maxLength: 200 }), fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 20 })), { maxLength: 5 }), (all) => {
    const entries = new Map(all.map(([name, durations]) => [name, { revision: 4_294_967_295, used: 1.7e12, estimate: known(...durations) }]))
    const read = readDurations(writtenDurations(entries)).entries
    expect(read.size).toBe(entries.size)
    for (const [name, { estimate, revision }] of entries) {
      expect(read.get(name)!.revision).toBe(revision)
      expect(mean(read.get(name)!.estimate) / mean(estimate)).toBeCloseTo(1, 3)
    }
  }), { numRuns: 50 })
})

test('which policy won on which graphs is kept beside, by whichever kernel it was found out', async () => {
  const path = place()
  const [one, other] = [await kernel(path), await kernel(path)]
  one.store.wins.set('3 1', new Map([['heft', 2]]))
  one.store.won()
  other.store.wins.set('3 1', new Map([['heft', 1], ['sjf', 4]])).set('5 2', new Map([['max-min', 1]]))
  other.store.won()
  await Promise.all([one.store.close(), other.store.close()])
  const { wins, estimates } = (await kernel(path)).store
  expect([[...wins].map(([shape, policies]) => [shape, Object.fromEntries(policies)]).sort(), estimates.size]).toEqual([[['3 1', { heft: 2, sjf: 4 }], ['5 2', { 'max-min': 1 }]], 0])
})

test('a file from before it was known who won is read, and what is no count is left out', () => {
  expect(readDurations('{"version":1,"names":[]}').wins.size).toBe(0)
  expect([...readDurations('{"version":1,"names":[],"wins":[["a",[["heft",1],["x",-1],["y"],7]]]}').wins.get('a')!]).toEqual([['heft', 1]])
  expect(() => readDurations('{"version":1,"names":[],"wins":[7]}')).toThrow(/what won has no shape/)
})

test('where it is kept follows the history, may be chosen, and may be nowhere', () => {
  expect(durationsFile({ XDG_DATA_HOME: '/data' })).toBe('/data/sluice/durations.json')
  expect(durationsFile({})).toMatch(/\.local\/share\/sluice\/durations\.json$/)
  expect(durationsFile({ SLUICE_DURATIONS: '/mine.json', XDG_DATA_HOME: '/data' })).toBe('/mine.json')
  expect(durationsFile({ SLUICE_DURATIONS: 'off' })).toBeUndefined()
})
