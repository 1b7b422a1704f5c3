import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromWire, toWire } from '../../../kernel/travel/value.ts'
import { decodeContext, encodeContext } from './notebook.ts'

/** Values with everything that travels, as graphs: any part may be met again elsewhere, and lead back to the whole. */
const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.anything({ withBigInt: true, withDate: false, withMap: true, withSet: true, withTypedArray: true, withSparseArray: true, withNullPrototype: true, withBoxedValues: true, withObjectString: false }),
    fc.date({ noInvalidDate: true }),
    fc.constantFrom(Symbol.for('a'), Symbol.iterator, Math, Math.max, Array, /x/gi, -0, NaN),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.tuple(fc.uint8Array({ minLength: 8 }), fc.nat(4)).map(([bytes, from]) => bytes.subarray(from)),
    fc.string().map((text) => new RangeError(text)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 4 }).map((list) => Object.freeze(list)),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 3, noNullPrototype: true }).map((object) => Object.defineProperty(object, Symbol.for('k'), { value: object, enumerable: true })),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => new Set(items)),
  ),
})).value

const there = (value: unknown) => fromWire(toWire(value, encodeContext()), decodeContext())

describe('whatever is made of values that travel', () => {
  test('arrives deeply equal', () => {
    fc.assert(fc.property(values, (value) => {
      expect(isDeepStrictEqual(there(value), value)).toBe(true)
    }), { numRuns: 400 })
  })

  test('arrives with its shared identity, beside specials or not', () => {
    fc.assert(fc.property(values, fc.boolean(), (value, special) => {
      const whole: Record<string, unknown> = { one: value, two: [value], ...(special && { three: Object.freeze([value]) }) }
      whole['self'] = whole
      const back = there(whole) as { one: unknown; two: unknown[]; three?: unknown[]; self: unknown }
      expect(back.self).toBe(back)
      expect(Object.is(back.two[0], back.one)).toBe(true)
      if (special) expect(Object.is(back.three![0], back.one)).toBe(true)
    }), { numRuns: 200 })
  })

  test('is encoded to the same bytes whenever it is the same', () => {
    fc.assert(fc.property(values, (value) => {
      const [one, two] = [toWire(value, encodeContext()), toWire(value, encodeContext())]
      expect(isDeepStrictEqual(one, two)).toBe(true)
    }), { numRuns: 100 })
  })
})
