import { isDeepStrictEqual, types } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromWire, toWire } from '../../../kernel/travel/value.ts'
import { openElsewhere, type Elsewhere } from './elsewhere.ts'
import { cell, decodeContext, encodeContext, out } from './notebook.ts'

let elsewhere: Elsewhere
beforeAll(() => {
  elsewhere = openElsewhere()
})
afterAll(() => elsewhere.close())

/** To another realm and back; whoever receives it knows no class or function yet. */
async function there<T>(value: T): Promise<T> {
  return fromWire(await elsewhere.echo(toWire(value, encodeContext())), decodeContext()) as T
}

const hidden = Object.defineProperty({ shown: 1 }, 'hidden', { value: 2, enumerable: false, writable: true, configurable: true })
const fixed = Object.defineProperty({ free: 1 }, 'fixed', { value: 2, enumerable: true, writable: false, configurable: false })
const withSymbols = { [Symbol.for('registered')]: 1, [Symbol.iterator]: 'well-known', plain: 2 }
const sparse = Object.assign(new Array(5), { 1: 'a', 3: undefined })
const named = Object.assign([1, 2, 3], { name: 'three' })
const verySparse = Object.assign([] as number[], { 3_000_000_000: 1, 5: 2 })

const values: Record<string, unknown> = {
  undefined: undefined, null: null, true: true, 'a number': 1.5, NaN: NaN, '-0': -0, Infinity: -Infinity, 'a bigint': -(2n ** 200n),
  'a string': 'naïve \u0000 😀', 'an unpaired surrogate': '\ud800', 'the empty string': '', 'a registered symbol': Symbol.for('x'), 'a well-known symbol': Symbol.asyncIterator,
  'a plain object': { a: 1, b: { c: [null, undefined, -0, NaN] } }, 'an object without prototype': Object.assign(Object.create(null), { a: Object.create(null) }),
  'own __proto__': JSON.parse('{"__proto__": {"x": 1}, "a": 2}'), 'symbol keys': withSymbols, 'hidden properties': hidden, 'fixed properties': fixed,
  'a frozen object': Object.freeze({ a: 1, b: Symbol.for('b') }), 'a sealed object': Object.seal({ a: 1 }), 'a closed object': Object.preventExtensions({ a: 1 }), 'a frozen array': Object.freeze([1, [2]]),
  'integer-like keys': { 2: 'b', 1: 'a', x: 0 }, 'a sparse array': sparse, 'an array with properties': named, 'a very sparse array': verySparse,
  'an array with an index that reads undefined': [undefined, , undefined], 'a regex match': 'ab'.match(/(?<first>a)b/), 'strings of a template': ((strings: TemplateStringsArray, ..._: unknown[]) => strings)`a${0}b\n`,
  'a Map': new Map<unknown, unknown>([['a', 1], [{ k: 1 }, new Set([1])], [NaN, -0]]), 'a Set': new Set([1, 'a', { b: 1 }]), 'a Map with special keys': new Map<unknown, unknown>([[Symbol.for('k'), 1], [Object.freeze({}), Math.max]]), 'a Set of specials': new Set([Symbol.for('k'), Math]),
  'a Date': new Date(1e12), 'a RegExp': /a+b/giu, 'a RegExp in use': Object.assign(/a/g, { lastIndex: 3 }), 'a Date with a property': Object.assign(new Date(5), { zone: 'UTC' }),
  'a boxed number': Object(-0), 'a boxed string': Object('abc'), 'a boxed boolean': Object(false), 'a boxed bigint': Object(5n), 'a boxed symbol': Object(Symbol.for('s')),
  'an ArrayBuffer': new Uint8Array([1, 2, 3]).buffer, 'a DataView': new DataView(new ArrayBuffer(16), 4, 8), 'a Uint8Array': new Uint8Array([1, 255]), 'a Float64Array': new Float64Array([1.5, -0, NaN]), 'a BigInt64Array': new BigInt64Array([-5n]),
  'a part of a Float32Array': new Float32Array([1, 2, 3, 4]).subarray(1, 3), 'an empty typed array': new Int16Array(0), 'a Buffer': Buffer.from('abc'), 'a large Buffer': Buffer.alloc(100_000, 7), 'a typed array with a property': Object.assign(new Int8Array(40), { unit: 'm' }),
  'an Error': new Error('boo'), 'an Error with a cause': new RangeError('a', { cause: new TypeError('b') }), 'an AggregateError': new AggregateError([new Error('x'), 5], 'many'), 'an Error with properties': Object.assign(new Error('c'), { code: 'E', at: new Date(3) }),
  'a URL': new URL('https://a.b/c?d=é#f'), 'URLSearchParams': new URLSearchParams([['a', '1'], ['a', '2 & 3']]), 'a DOMException': new DOMException('stop', 'AbortError'),
  'a global function': Math.max, 'a global class': Map, 'a global object': JSON, 'a method of a global class': Array.prototype.slice, 'globalThis': globalThis,
}

describe('a value that goes to another realm and comes back', () => {
  for (const [what, value] of Object.entries(values)) {
    test(`is the same: ${what}`, async () => {
      const back = await there(value)
      expect(isDeepStrictEqual(back, value)).toBe(true)
      if (typeof value !== 'object' || value === null || value === globalThis) return
      expect(Object.prototype.toString.call(back)).toBe(Object.prototype.toString.call(value))
      expect(Object.getPrototypeOf(back)).toBe(Object.getPrototypeOf(value))
      expect([Object.isFrozen(back), Object.isSealed(back), Object.isExtensible(back)]).toEqual([Object.isFrozen(value), Object.isSealed(value), Object.isExtensible(value)])
      if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return
      expect(describeKeys(back as object)).toEqual(describeKeys(value))
    })
  }

  test('is the same: an invalid Date', async () => {
    expect((await there(new Date(NaN))).getTime()).toBeNaN()
  })

  test('is the same when it is global by identity', async () => {
    for (const value of [Math.max, JSON, Array, Symbol.iterator, globalThis, crypto, fetch, FormData, Buffer.from]) expect(await there(value)).toBe(value)
  })

  test('keeps an error’s stack, and is an error to Node', async () => {
    const error = new TypeError('boo')
    const back = await there(error)
    expect(back.stack).toBe(error.stack)
    expect(types.isNativeError(back)).toBe(true)
  })

  test('keeps shared identity and cycles, also through specials', async () => {
    const shared = { n: 1 }
    const special = Object.freeze([shared])
    const value: Record<string, unknown> = { a: shared, b: [shared], map: new Map([[shared, special]]), set: new Set([special]), special }
    value['self'] = value
    const back = await there(value)
    expect(back['self']).toBe(back)
    expect((back['b'] as unknown[])[0]).toBe(back['a'])
    expect((back['map'] as Map<unknown, unknown>).get(back['a'])).toBe(back['special'])
    expect((back['set'] as Set<unknown>).has(back['special'])).toBe(true)
    expect((back['special'] as unknown[])[0]).toBe(back['a'])
  })

  test('keeps a cycle through an object without prototype', async () => {
    const value = Object.create(null) as Record<string, unknown>
    value['list'] = [value, new Map([[value, value]])]
    const back = await there(value)
    const list = back['list'] as [unknown, Map<unknown, unknown>]
    expect(list[0]).toBe(back)
    expect([...list[1]][0]).toEqual([back, back])
    expect([...list[1]][0]![0]).toBe(back)
  })

  test('takes only its part of a large buffer along, and views that overlap still share it', async () => {
    const large = new Float64Array(1_000_000)
    const [a, b] = [large.subarray(10, 20), large.subarray(15, 30)]
    a[7] = 5
    const wire = toWire({ a, b }, encodeContext()) as Uint8Array
    expect(wire.length).toBeLessThan(1000)
    const back = fromWire(wire, decodeContext()) as { a: Float64Array; b: Float64Array }
    expect([back.a.length, back.b.length, back.b[2]]).toEqual([10, 15, 5])
    back.a[7] = 6
    expect(back.b[2]).toBe(6)
  })

  test('does not share a small Buffer’s pool', () => {
    const wire = toWire(Buffer.from('abc'), encodeContext()) as Uint8Array
    expect(wire.length).toBeLessThan(400)
  })

  test('is independent of the bytes that it came in', () => {
    const wire = toWire(new Uint8Array([1, 2, 3]), encodeContext()) as Uint8Array
    const one = fromWire(wire, decodeContext()) as Uint8Array
    one[0] = 9
    expect([...(fromWire(wire, decodeContext()) as Uint8Array)]).toEqual([1, 2, 3])
    expect(one.buffer.byteLength).toBe(3)
  })

  test('stays as it is when it is a primitive that JSON could hold', () => {
    for (const value of [undefined, null, true, 1.5, -0, NaN, 'x']) expect(toWire(value, encodeContext())).toBe(value)
  })

  test('is an export by name when a module exports it', async () => {
    const { join } = await import('node:path')
    const ref = { url: 'node:path', name: 'join', version: '' }
    const namespace = { url: 'node:path', name: '*', version: '' }
    const path = await import('node:path')
    const context = encodeContext({ exportOf: (value) => (value === join ? ref : value === path ? namespace : undefined) })
    const back = fromWire(toWire({ list: [join, join], path }, context), decodeContext({ namespace: () => path })) as { list: unknown[]; path: unknown }
    expect(back.list).toEqual([join, join])
    expect(back.path).toBe(path)
  })
})

describe('instances of the notebook’s classes', () => {
  test('come back as instances of the very class that left', async () => {
    cell(`class Point { constructor(x, y) { this.x = x; this.y = y } norm() { return Math.hypot(this.x, this.y) } get sum() { return this.x + this.y } }
      class Named extends Point { name = 'p'; norm() { return super.norm() + 1 } }
      out.value = { a: new Point(3, 4), b: new Named(3, 4) }; out.Point = Point; out.Named = Named`)
    const context = encodeContext()
    const wire = await elsewhere.echo(toWire(out.value, context))
    const back = fromWire(wire, decodeContext({ definitions: context.definitions })) as typeof out.value
    expect(back.b).toBeInstanceOf(out.Named)
    expect(Object.getPrototypeOf(back.a)).toBe(out.Point.prototype)
    expect([back.a.norm(), back.b.norm(), back.a.sum, back.b.name]).toEqual([5, 6, 7, 'p'])
    expect(back).toEqual(out.value)
  })

  test('are rebuilt where nothing is known of the class, and twice of one class', async () => {
    cell(`{ class Temperature { constructor(c) { this.c = c } get f() { return this.c * 1.8 + 32 } }; out.value = [new Temperature(100), new Temperature(0)] }`)
    const context = decodeContext()
    const wire = await elsewhere.echo(toWire(out.value, encodeContext()))
    const [one, two] = fromWire(wire, context) as { f: number; constructor: unknown }[]
    const [three] = fromWire(wire, context) as object[]
    expect([one!.f, two!.f]).toEqual([212, 32])
    expect(one!.constructor).toBe(two!.constructor)
    expect(Object.getPrototypeOf(three)).toBe(Object.getPrototypeOf(one))
  })

  test('may derive from Error, Map, Set, Array, Date and typed arrays', async () => {
    cell(`class Failed extends Error { constructor(message, code) { super(message); this.name = 'Failed'; this.code = code } }
      class Bag extends Map { total() { let sum = 0; for (const n of this.values()) sum += n; return sum } }
      class Tags extends Set { first() { return [...this][0] } }
      class Stack extends Array { top() { return this.at(-1) } }
      class Day extends Date { year() { return this.getUTCFullYear() } }
      class Signal extends Float32Array { peak() { return Math.max(...this) } }
      out.value = { failed: new Failed('boo', 7), bag: new Bag([['a', 1], ['b', 2]]), tags: new Tags(['t']), stack: Stack.of(1, 2, 3), day: new Day(0), signal: Signal.of(1, 3, 2) }`)
    const back = await there(out.value)
    expect([back.failed.name, back.failed.message, back.failed.code, types.isNativeError(back.failed)]).toEqual(['Failed', 'boo', 7, true])
    expect([back.bag.total(), back.tags.first(), back.stack.top(), back.day.year(), back.signal.peak()]).toEqual([3, 't', 3, 1970, 3])
    expect([types.isMap(back.bag), Array.isArray(back.stack), back.stack.length]).toEqual([true, true, 3])
  })

  test('may lead back to themselves and to their class', async () => {
    cell(`class Tree { static root; constructor(parent) { this.parent = parent; this.children = []; this.type = Tree } }
      const tree = new Tree(null); tree.children.push(new Tree(tree)); Tree.root = tree; out.value = tree`)
    const back = await there(out.value)
    expect(back.children[0].parent).toBe(back)
    expect(back.type.root).toBe(back)
    expect(back).toBeInstanceOf(back.type)
  })
})

function describeKeys(value: object): unknown {
  return Reflect.ownKeys(value).filter((key) => key !== 'stack').map((key) => {
    const { enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(value, key)!
    return [key, enumerable, writable, configurable]
  })
}
