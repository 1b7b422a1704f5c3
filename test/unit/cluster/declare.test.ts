import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { argumentBytes } from '../../../kernel/cluster/argument-bytes.ts'
import { specOf } from '../../../kernel/cluster/declare.ts'
import type { Parameter } from '../../../kernel/travel/declaration.ts'
import { declaration } from './fake-cluster.ts'

const items = (sizes: readonly number[], stride = 1): Parameter => ({ from: 'items', items: sizes.map((size) => new Uint8Array(size)), stride })

describe('what the scheduler is told of a declaration', () => {
  test('is whether stragglers get copies, and how large each task\'s arguments are', () => {
    const of = (more: Parameters<typeof declaration>[2]) => specOf(declaration('a', [1, 2], more), 5)
    expect(of({})).not.toHaveProperty('speculate')
    expect(of({})).not.toHaveProperty('bytes')
    expect(of({ options: { speculate: true } }).speculate).toBe(true)
    expect(of({ options: { speculate: false } })).not.toHaveProperty('speculate')
    expect(of({ parameters: [items([1000, 20])] }).bytes).toEqual(Float64Array.from([1000, 20]))
  })

  test('adds up the sets of a product, and leaves out the results of others', () => {
    const bytes = argumentBytes({ count: 6, parameters: [items([1000, 2000], 3), { from: 'results', of: 1, count: 3, stride: 1 }, items([1, 2, 3])] })
    expect([...bytes!]).toEqual([1001, 1002, 1003, 2001, 2002, 2003])
  })

  test('says nothing of arguments that are all small', () => {
    expect(argumentBytes({ count: 3, parameters: [{ from: 'items', items: [1, 'two', null], stride: 1 }] })).toBeUndefined()
    expect([...argumentBytes({ count: 2, parameters: [{ from: 'items', items: ['x'.repeat(300), true], stride: 1 }] })!]).toEqual([300, 8])
    expect(argumentBytes({ count: -1, parameters: [items([5000])] })).toHaveLength(0)
  })

  test('is a size for every task, whatever the sets', () => {
    fc.assert(fc.property(fc.array(fc.array(fc.nat(600), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 }), (sets) => {
      const count = sets.reduce((product, set) => product * set.length, 1)
      let stride = count
      const parameters = sets.map((set) => items(set, (stride /= set.length)))
      const bytes = argumentBytes({ count, parameters })
      if (bytes) expect(bytes.reduce((sum, size) => sum + size, 0)).toBe(sets.reduce((sum, set) => sum + (set.reduce((a, b) => a + b, 0) * count) / set.length, 0))
      else expect(Math.max(...sets.flat())).toBeLessThan(256)
    }))
  })
})
