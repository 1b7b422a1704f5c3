import { inspect } from 'node:util'
import { Serializer } from 'node:v8'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeBody } from '../../../kernel/travel/capture.ts'
import { parameterNames, preview } from '../../../kernel/travel/preview.ts'
import { toWire } from '../../../kernel/travel/value.ts'
import { cell, encodeContext, out } from './notebook.ts'

const shown = (value: unknown) => preview(toWire(value, encodeContext()))
const cyclic: Record<string, unknown> = { name: 'loop' }
cyclic['self'] = cyclic

describe('a preview is what Node prints', () => {
  const same: Record<string, unknown> = {
    undefined, null: null, 'a number': -0, 'a string': 'it\u2019s\n', 'a bigint': 5n, 'an object': { a: 1, b: [1, 2, { c: 'd' }], 'e-f': null },
    'a long array': Array.from({ length: 50 }, (_, i) => i * 3), 'an array of arrays': [[1, [2, [3]]], []], 'a sparse array': Object.assign(new Array(5), { 1: 'a' }),
    'a Map': new Map<unknown, unknown>([['a', { x: 1 }], [{ k: 2 }, new Set([1, 'two'])]]), 'a Date': new Date(1e12), 'a RegExp': /a+/gi, 'a boxed number': Object(4),
    'typed arrays': { a: new Float64Array([1.5, NaN]), b: new Uint8Array(3), c: Buffer.from('abc'), d: new Float32Array([1, 2, 3]).subarray(1) },
    'symbols as values and keys': { a: Symbol.for('b'), [Symbol.for('c')]: 1 }, 'no prototype': Object.assign(Object.create(null), { a: 1 }), 'a frozen array': Object.freeze([1, [2]]),
    'a regex match': 'ab'.match(/(?<first>a)b/), 'an array with properties': Object.assign([1, 2], { unit: 'm' }), 'own __proto__': JSON.parse('{"__proto__": 1, "a": 2}'),
    'misleading keys': { constructor: 1, toString: 'no', kind: 'object', base: 'error', then: null }, 'an empty object': {},
  }
  test.each(Object.keys(same))('of %s', (name) => {
    expect(shown(same[name])).toBe(inspect(same[name], { depth: 5, breakLength: 100 }))
  })

  test('of instances of a class, whose code does not run', () => {
    cell('out.Point = class Point { constructor(x) { this.x = x } get y() { throw new Error("ran") } toString() { throw new Error("ran") } [Symbol.for("nodejs.util.inspect.custom")]() { throw new Error("ran") } }')
    expect(shown([new out.Point(1), { at: new out.Point(2) }])).toBe('[ Point { x: 1 }, { at: Point { x: 2 } } ]')
  })

  test('of functions and classes, by name', () => {
    cell('const f = (a) => a; async function g() {}; class C {}; Object.assign(out, { f, g, C })')
    const { f, g, C } = out
    expect(shown({ f, g, C, max: Math.max })).toBe('{ f: [Function: f], g: [AsyncFunction: g], C: [class C], max: [Math.max] }')
  })

  test('of an error, with its stack and what else it has', () => {
    const error = Object.assign(new RangeError('too far'), { code: 'E_FAR' })
    const text = shown({ error })
    expect(text).toMatch(/RangeError: too far\n +at /)
    expect(text).toContain(`{ code: 'E_FAR' }`)
  })
})

describe('a preview ends', () => {
  test('at cycles', () => {
    expect(shown(cyclic)).toBe(`{ name: 'loop', self: [Circular] }`)
  })

  test('after so many entries and so much text, and says how many more there are', () => {
    expect(shown(Array.from({ length: 100_000 }, (_, i) => i))).toMatch(/\.\.\. 99950 more items\n\]$/)
    expect(shown(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i])))).toContain('450 more properties')
    expect(shown(new Set(Array.from({ length: 300 }, (_, i) => i)))).toMatch(/^Set\(300\).*250 more items/s)
    expect(shown('x'.repeat(1e6)).length).toBeLessThanOrEqual(4000)
    expect(shown({ deep: { a: { b: { c: { d: 1 } } } } })).toContain('[Object]')
  })

  test('soon, though everything in it is there a thousand times', () => {
    let value: unknown = { leaf: true }
    for (let i = 0; i < 12; i++) value = new Array(50).fill(value)
    const began = performance.now()
    expect(shown(value).length).toBeLessThanOrEqual(4000)
    expect(performance.now() - began).toBeLessThan(500)
  })
})

test.each([
  ['out.f = (month, { a, b }, [c] = [1, 2]) => month', ['month', '{ a, b }', '[c]']], ['out.f = async n => n', ['n']], ['out.f = async function named(x, task) {}', ['x', 'task']], ['out.f = () => 1', []],
])('the parameters of a body are called as in its source: %s', (code, names) => {
  cell(code)
  expect(parameterNames(encodeBody(out.f, encodeContext()).bundle)).toEqual(names)
})

describe('bytes that are no value', () => {
  test('make a text that says so', () => {
    expect(preview(new Uint8Array([9, 9, 9]))).toContain('cannot be shown')
    expect(preview(new Uint8Array())).toContain('cannot be shown')
    expect(parameterNames(new Uint8Array([1, 2]))).toEqual([])
  })

  test('never make it throw, whatever they are', () => {
    const good = [toWire({ a: [1, new Map([[1, Symbol.for('x')]])], e: new Error('e'), d: new Date(1), v: Buffer.from('abc') }, encodeContext()), toWire({ a: [1, 'b', new Map([[1, 2]])] }, encodeContext())] as Uint8Array[]
    fc.assert(fc.property(fc.constantFrom(...good), fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }), (bytes, changes) => {
      const broken = Uint8Array.from(bytes)
      for (const [at, byte] of changes) broken[at % broken.length] = byte
      expect(typeof preview(broken)).toBe('string')
    }), { numRuns: 500 })
  })

  test('that claim to be records of things are not believed', () => {
    const forged = (special: object) => {
      const serializer = new Serializer()
      serializer.writeUint32(1)
      serializer.writeHeader()
      serializer.writeValue([])
      serializer.writeValue({ root: [special], specials: [special], containers: [], keys: [], numbers: [], collections: [] })
      return preview(serializer.releaseBuffer())
    }
    expect(forged({ kind: 'object', base: 'view', view: { type: 'Function', buffer: new ArrayBuffer(8), offset: 0, length: 1 } })).toContain('cannot be shown')
    expect(forged({ kind: 'object', base: 'map', payload: 5 })).toContain('{}')
    expect(forged({ kind: 'object', base: 'error', properties: { data: { stack: { toString: 1 }, name: [] } } })).toContain('Error')
    expect(forged({ kind: 'definition' })).toContain('Function')
  })
})
