import { expect, test } from 'vitest'
import { Bundles } from '../../../kernel/cluster/bundles.ts'

test('code is sent once, and kept while runs use it', () => {
  const bundles = new Bundles()
  expect(bundles.use('a', undefined)).toBeUndefined()
  const bytes = new Uint8Array(8)
  expect(bundles.use('a', bytes)).toBe(bytes)
  expect(bundles.use('a', undefined)).toBe(bytes)
  bundles.release('a')
  bundles.release('a')
  expect(bundles.use('a', undefined)).toBe(bytes)
})

test('of what no run uses, the least recently used goes when it becomes too much', () => {
  const bundles = new Bundles()
  const size = 30 * 1024 ** 2
  for (const code of ['a', 'b', 'c']) bundles.use(code, new Uint8Array(size))
  for (const code of ['b', 'a', 'c']) bundles.release(code)
  expect(bundles.use('b', undefined)).toBeUndefined()
  expect(bundles.use('a', undefined)).toHaveLength(size)
  expect(bundles.use('c', undefined)).toHaveLength(size)
})
