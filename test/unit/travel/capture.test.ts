import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeBody, encodeBody, type Body } from '../../../kernel/travel/capture.ts'
import { fromWire, toWire } from '../../../kernel/travel/value.ts'
import { openElsewhere, type Elsewhere } from './elsewhere.ts'
import { cell, decodeContext, encodeContext, out } from './notebook.ts'

let elsewhere: Elsewhere
beforeAll(() => {
  elsewhere = openElsewhere()
})
afterAll(() => elsewhere.close())

/** Runs `out.body` of a cell elsewhere. */
async function run(code: string, ...inputs: unknown[]): Promise<unknown> {
  cell(code)
  return call(encodeBody(out.body, encodeContext()), ...inputs)
}

async function call(body: Body, ...inputs: unknown[]): Promise<unknown> {
  const wires = inputs.map((one) => toWire(one, encodeContext()))
  return fromWire(await elsewhere.call(body.bundle, ...wires), decodeContext())
}

describe('a body takes along', () => {
  test('nothing, when it uses nothing', async () => {
    expect(await run('out.body = (a, b) => a * b', 6, 7)).toBe(42)
  })

  test('data of the notebook by value, as it is when the cell runs', async () => {
    cell('let n = 1; const list = [1, 2]; var v = { deep: list }; out.body = () => [n, list, v]')
    const before = encodeBody(out.body, encodeContext())
    cell('n = 2; list.push(3)')
    const after = encodeBody(out.body, encodeContext())
    expect(await call(before)).toEqual([1, [1, 2], { deep: [1, 2] }])
    expect(await call(after)).toEqual([2, [1, 2, 3], { deep: [1, 2, 3] }])
    expect(after.code).not.toBe(before.code)
  })

  test('a redeclared variable’s latest value', async () => {
    cell('const again = 1; out.body = () => again')
    cell('const again2 = 5; let redeclared = 1; out.body = () => redeclared')
    cell('let redeclared = 2')
    expect(await call(encodeBody(out.body, encodeContext()))).toBe(2)
  })

  test('local variables of the functions around it, and only those it uses', async () => {
    cell(`function make(a) { const b = { a }; let unused = Promise.resolve(); { const c = [b]; { try { throw 4 } catch (e) { return function (x) { return [a, b, c, e, x] } } } } }
      out.body = make(1); out.other = make(2)`)
    const context = encodeContext()
    expect(await call(encodeBody(out.body, context), 9)).toEqual([1, { a: 1 }, [{ a: 1 }], 4, 9])
    expect(await call(encodeBody(out.other, context), 9)).toEqual([2, { a: 2 }, [{ a: 2 }], 4, 9])
  })

  test('a local variable that shadows one of the notebook', async () => {
    expect(await run('const shade = 1; out.body = ((shade) => () => shade)(2)')).toBe(2)
  })

  test('functions that call each other, and themselves', async () => {
    expect(await run(`function even(n) { return n === 0 ? true : odd(n - 1) }
      function odd(n) { return n === 0 ? false : even(n - 1) }
      const factorial = function self(n) { return n < 2 ? 1 : n * self(n - 1) }
      const loop = (n) => n === 0 ? 'end' : loop(n - 1)
      out.body = (n) => [even(n), odd(n), factorial(n), loop(n)]`, 5)).toEqual([false, true, 120, 'end'])
  })

  test('itself', async () => {
    expect(await run('globalThis.down = (n) => n === 0 ? "bottom" : down(n - 1); out.body = down', 3)).toBe('bottom')
  })

  test('functions of every kind', async () => {
    expect(await run(`async function later(x) { return x + 1 }
      function* three() { yield 1; yield* [2, 3] }
      async function* slow() { yield 'a'; yield 'b' }
      const arrow = async ({ a, ...rest }, [b] = [2]) => ({ a, b, rest })
      const object = { method(x) { return this.n + x }, async wait() { return 'w' }, *[Symbol.iterator]() { yield this.n }, n: 5, 'odd name'() { return 'odd' } }
      const { method } = object
      out.body = async () => { const slowly = []; for await (const x of slow()) slowly.push(x)
        return [await later(1), [...three()], slowly, await arrow({ a: 1, z: 3 }), object.method(1), await object.wait(), [...object], object['odd name'](), method.call({ n: 1 }, 1), method.name, arrow.name] }`))
      .toEqual([2, [1, 2, 3], ['a', 'b'], { a: 1, b: 2, rest: { z: 3 } }, 6, 'w', [5], 'odd', 2, 'method', 'arrow'])
  })

  test('one object once, however many functions captured it', async () => {
    expect(await run(`const box = { n: 0 }; const put = (x) => { box.n = x }; const take = () => box.n
      out.body = () => { put(7); return [take(), box.n] }`)).toEqual([7, 7])
  })

  test('properties that were given to a function', async () => {
    expect(await run(`function tagged() { return tagged.tag }; tagged.tag = { v: 1 }
      function Old(x) { this.x = x }; Old.prototype.twice = function () { return this.x * 2 }
      out.body = () => [tagged(), new Old(4).twice(), new Old(1) instanceof Old]`)).toEqual([{ v: 1 }, 8, true])
  })

  test('handles, which it names', async () => {
    const handle = {}
    cell('out.make = (handle) => async () => [await handle, handle]')
    const context = encodeContext({ handleOf: (value) => (value === handle ? { run: 4, index: 2 } : undefined) })
    const body = encodeBody(out.make(handle), context)
    expect(body.handles).toEqual([{ run: 4, index: 2 }])
    expect(await call(body)).toEqual(['handle 4 2', 'handle 4 2'])
  })

  test('imports, by name', async () => {
    const path = await import('node:path')
    const context = encodeContext({ exportOf: (value) => (value === path.join ? { url: 'node:path', name: 'join', version: '' } : undefined) })
    cell('out.make = (join) => (a) => join(a, "b")')
    expect(await call(encodeBody(out.make(path.join), context), 'a')).toBe('a/b')
  })

  test('nothing that every worker has, unless the notebook put something else there', async () => {
    expect(await run('const Math2 = Math; out.body = () => [typeof console.log, Math.max(1, 2), Math2 === Math, typeof fetch, typeof crypto.randomUUID, typeof Buffer, typeof setTimeout, typeof nothingAnywhere]'))
      .toEqual(['function', 2, true, 'function', 'function', 'function', 'function', 'undefined'])
    cell('globalThis.original = globalThis.structuredClone; globalThis.structuredClone = (x) => ["mine", x]')
    expect(await run('out.body = () => structuredClone(1)')).toEqual(['mine', 1])
    // One that nothing else uses: it stays shadowed for all tests in this thread.
    cell('globalThis.structuredClone = original; const CountQueuingStrategy = () => "shadow"')
    expect(await run('out.body = () => CountQueuingStrategy()')).toBe('shadow')
  })

  test('`import()`, which the notebook’s rewriter has made __sluice.import', async () => {
    expect(await run('out.body = async () => (await __sluice.import("node:path")).basename("/a/b")')).toBe('b')
  })
})

describe('a class', () => {
  test('travels with its parent, statics, private members and accessors', async () => {
    expect(await run(`const unit = 'm'
      class Shape { static made = 0; static #secret = 's'; static { Shape.ready = true } static secret() { return Shape.#secret } #id = ++Shape.made; get id() { return this.#id } area() { return 0 } toString() { return this.area() + unit } }
      class Square extends Shape { constructor(side) { super(); this.side = side } area() { return this.side ** 2 } static unit = () => this.name }
      out.body = () => { const square = new Square(3); return [String(square), square.id, Square.secret(), Shape.ready, square instanceof Shape, Square.unit(), Square.name, Object.keys(Square)] }`))
      .toEqual(['9m', 1, 's', true, true, 'Square', 'Square', ['unit']])
  })

  test('has the static data that it has now, not what it was declared with', async () => {
    expect(await run(`class Registry { static names = ['a']; static limit = 1; static same() { return this.names } }; Registry.names.push('b'); Registry.limit = 5; Registry.extra = 'x'
      out.body = () => [Registry.names, Registry.limit, Registry.extra, Registry.same() === Registry.names]`)).toEqual([['a', 'b'], 5, 'x', true])
  })

  test('extends the class that it was declared with, even when that name means another now', async () => {
    cell('{ out.Base = class Base { who() { return "first" } } }; var Base = out.Base')
    cell('class Derived extends Base { say() { return this.who() } }')
    cell('var Base = class Base { who() { return "second" } }')
    expect(await run('out.body = () => new Derived().say()')).toBe('first')
  })

  test('may extend the result of an expression', async () => {
    expect(await run(`let made = 0; const mixin = (Parent) => { made; return class extends Parent { mixed() { return 'mixed ' + super.own() } } }
      class Root { own() { return 'own' } }
      class Leaf extends mixin(Root) { }
      out.body = () => [new Leaf().mixed(), new Leaf() instanceof Root]`)).toEqual(['mixed own', true])
  })

  test('is evaluated after the classes and values that its static initializers use', async () => {
    expect(await run(`class First { constructor(n) { this.n = n } }
      const table = new Map([['k', new First(1)]])
      const half = (x) => x.n / 2
      class Second { static one = new First(3); static half = half(Second.one); static fromTable = table.get('k').n; static same = table.get('k') instanceof First }
      out.body = () => [Second.half, Second.fromTable, Second.same, Second.one instanceof First]`)).toEqual([1.5, 1, true, true])
  })

  test('has methods that were added to its prototype later', async () => {
    expect(await run('class Late { }; Late.prototype.added = function () { return "added" }; Late.prototype.shared = [1]; out.body = () => [new Late().added(), new Late().shared]')).toEqual(['added', [1]])
  })

  test('returned by a task makes results that are instances of the notebook’s own class', async () => {
    cell(`class Result { constructor(v) { this.v = v } double() { return this.v * 2 } }; out.Result = Result; out.body = (v) => ({ made: new Result(v), type: Result, helper: twice }); function twice(x) { return x * 2 }; out.twice = twice`)
    const context = encodeContext()
    const wire = await elsewhere.call(encodeBody(out.body, context).bundle, 4)
    const result = fromWire(wire, decodeContext({ definitions: context.definitions })) as typeof out
    expect(result.made).toBeInstanceOf(out.Result)
    expect([result.type, result.helper, result.made.double()]).toEqual([out.Result, out.twice, 8])
  })

  test('that came in an argument is the one that the body captured', async () => {
    cell('class Money { constructor(n) { this.n = n } }; out.body = (m) => [m instanceof Money, m.constructor === Money]; out.money = new Money(5)')
    const context = encodeContext()
    const wire = await elsewhere.call(encodeBody(out.body, context).bundle, toWire(out.money, context))
    expect(fromWire(wire, decodeContext())).toEqual([true, true])
  })

  test('and functions that a task makes for itself cannot be returned, and say so', async () => {
    await expect(run('out.body = () => ({ f: () => 1 })')).rejects.toThrow(/^the result\.f is a function made by a task/)
  })

  test('goes on to a third process', async () => {
    cell('class Relay { static hops = 1; constructor(n) { this.n = n } next() { return new Relay(this.n + bonus) } }; const bonus = 10; out.body = (r) => (r ?? new Relay(1)).next()')
    const first = await elsewhere.call(encodeBody(out.body, encodeContext()).bundle, undefined)
    const other = openElsewhere()
    try {
      cell('out.next = (r) => [r.next(), r.constructor.hops]')
      const second = fromWire(await other.call(encodeBody(out.next, encodeContext()).bundle, first), decodeContext()) as [{ n: number }, number]
      expect([second[0].n, second[1]]).toEqual([21, 1])
    } finally {
      await other.close()
    }
  })
})

describe('an encoded body', () => {
  test('has an id that depends on code and captured values alone', () => {
    cell('const factor = { by: 2 }; const scale = (x) => x * factor.by; class Thing { n = factor }; out.body = (x) => [scale(x), new Thing()]')
    const [one, two] = [encodeBody(out.body, encodeContext()), encodeBody(out.body, encodeContext())]
    expect(one.code).toBe(two.code)
    expect(one.digest).toBe(two.digest)
    cell('factor.by = 3')
    expect(encodeBody(out.body, encodeContext()).digest).not.toBe(one.digest)
  })

  test('has a digest that does not depend on where the code stands', () => {
    cell('out.body = (x) => x + 1')
    const one = encodeBody(out.body, encodeContext())
    cell('\n\n  out.body = (x) => x + 1')
    const two = encodeBody(out.body, encodeContext())
    expect([two.digest === one.digest, two.code === one.code]).toEqual([true, false])
  })

  test('is the hash of its bytes', async () => {
    const { createHash } = await import('node:crypto')
    cell('out.body = (x) => x')
    const { code, bundle } = encodeBody(out.body, encodeContext())
    expect(createHash('sha256').update(bundle).digest('hex')).toBe(code)
  })

  test('throws at the lines and columns of the cell that it came from', async () => {
    const url = cell(`const padding = 1
class Deep {
    fail() {   throw new Error('deep') }
}
async function helper(x) {
  if (x) new Deep().fail()
}
    out.body = async (x) => {
      await helper(x)
    }
out.where = () => { throw new Error('here') }`)
    const local = await out.body(1).catch((error: Error) => error.stack)
    const remote = await elsewhere.call(encodeBody(out.body, encodeContext()).bundle, 1).then(() => '', (error: Error) => error.stack!)
    const positions = (stack: string) => [...stack.matchAll(/cell-\d+\.js:\d+:\d+/g)].map((match) => match[0])
    expect(positions(local)).toEqual([`${url}:3:22`, `${url}:6:21`, `${url}:9:13`])
    expect(positions(remote)).toEqual(positions(local))
  })

  test('is evaluated anew wherever it arrives, so that what it captured is that of its own run', async () => {
    cell('let level = 1; out.body = () => level')
    const context = encodeContext()
    const one = encodeBody(out.body, context)
    cell('level = 2')
    const two = encodeBody(out.body, context)
    const here = decodeContext()
    const load = () => Promise.reject(new Error('nothing to load'))
    const bodies = [await decodeBody(one.bundle, { ...here, load }), await decodeBody(two.bundle, { ...here, load }), await decodeBody(one.bundle, { ...here, load })]
    expect(bodies.map((body) => body())).toEqual([1, 2, 1])
  })

  test('that is damaged says so', async () => {
    cell('out.body = (x) => x')
    const { bundle } = encodeBody(out.body, encodeContext())
    await expect(decodeBody(bundle.subarray(0, 40), { ...decodeContext(), load: () => Promise.reject(new Error()) })).rejects.toMatchObject({ code: 'garbled-value' })
  })

  test('names an export that is gone', async () => {
    const gone = () => 1
    cell('out.make = (gone) => () => gone()')
    const body = encodeBody(out.make(gone), encodeContext({ exportOf: (value) => (value === gone ? { url: 'node:path', name: 'gone', version: '' } : undefined) }))
    await expect(call(body)).rejects.toThrow(/^gone of node:path cannot be rebuilt here: the module has no such export/)
  })
})
