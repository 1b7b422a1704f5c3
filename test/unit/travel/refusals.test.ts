import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { encodeBody } from '../../../kernel/travel/capture.ts'
import { toWire } from '../../../kernel/travel/value.ts'
import { cell, encodeContext, out } from './notebook.ts'

let ran = false
const withGetter = { list: [{ get x() { ran = true; return 1 } }] }
const withSetter = Object.defineProperty({}, 'y', { set() { ran = true }, enumerable: true })
const watched = new Proxy({ a: 1 }, { ownKeys() { ran = true; return [] }, getPrototypeOf() { ran = true; return null } })
const detached = new ArrayBuffer(8)
structuredClone(detached, { transfer: [detached] })
let deep: unknown = 0
for (let i = 0; i < 200_000; i++) deep = [deep]

const refused: Record<string, [value: unknown, says: RegExp]> = {
  'a getter, without running it': [withGetter, /^the value\.list\[0\]\.x is a getter or setter: .*Copy its value/],
  'a setter': [withSetter, /^the value\.y is a getter or setter/],
  'a getter among the elements of an array': [{ list: Object.defineProperty([1], 0, { get() { ran = true; return 1 } }) }, /list\[0\] is a getter or setter/],
  'a Proxy, without running its traps': [{ a: watched }, /^the value\.a is a Proxy/],
  'a Promise': [{ a: [Promise.resolve(1)] }, /^the value\.a\[0\] is a Promise: await it first/],
  'a WeakMap': [new Map([['k', new WeakMap()]]), /^the value\.get\("k"\) is a WeakMap/],
  'a WeakSet': [new Set([new WeakSet()]), /^an item of the value is a WeakSet/],
  'a WeakRef': [{ 'odd key': new WeakRef({}) }, /^the value\["odd key"\] is a WeakRef/],
  'a FinalizationRegistry': [{ r: new FinalizationRegistry(() => {}) }, /r is a FinalizationRegistry/],
  'a generator': [{ g: (function* () { yield 1 })() }, /g is a generator: .*\[\.\.\.it\]/],
  'an async generator': [{ g: (async function* () { yield 1 })() }, /g is a generator/],
  'an iterator': [{ g: [1].values() }, /g is an iterator/],
  'an iterator of a Map': [{ g: new Map().keys() }, /g is an iterator of a Map/],
  'a SharedArrayBuffer': [{ s: new SharedArrayBuffer(8) }, /s is a SharedArrayBuffer/],
  'a view of a SharedArrayBuffer': [{ s: new Uint8Array(new SharedArrayBuffer(8)) }, /s is a view of a SharedArrayBuffer/],
  'a unique symbol': [{ s: Symbol('mine') }, /s is the unique Symbol\(mine\): .*Symbol\.for/],
  'a unique symbol as a key': [{ [Symbol('key')]: 1 }, /is the unique Symbol\(key\)/],
  'arguments': [(function (..._: unknown[]) { return arguments })(1), /is an arguments object/],
  'a socket': [{ db: { socket: new Socket() } }, /^the value\.db\.socket is a Socket: /],
  'a stream': [{ in: Readable.from([1]) }, /in is a Readable/],
  'an EventEmitter': [{ bus: new EventEmitter() }, /bus is an EventEmitter/],
  'an object of Intl': [{ f: new Intl.NumberFormat('en') }, /f is a NumberFormat/],
  Headers: [{ h: new Headers() }, /h is a Headers/],
  'an AbortSignal': [{ s: new AbortController().signal }, /s is an AbortSignal/],
  'a Blob': [{ b: new Blob(['a']) }, /b is a Blob/],
  'a bound function': [{ f: Math.max.bind(null, 1) }, /f is a bound function: .*arrow function/],
  'a function of a module that it does not export': [{ f: () => 1 }, /f is the function f of .*: that module does not export it/],
  'an object whose prototype is an object': [{ o: Object.create({ inherited: 1 }) }, /o is an object whose prototype is another object/],
  'what is nested too deeply': [deep, /is nested too deeply/],
  'a detached buffer': [{ a: { b: detached } }, /^the value\.a\.b is a detached ArrayBuffer/],
}

describe('a value that would arrive as something else is refused', () => {
  for (const [what, [value, says]] of Object.entries(refused)) {
    test(`with its path and what to do: ${what}`, () => {
      ran = false
      expect(() => toWire(value, encodeContext())).toThrow(expect.objectContaining({ code: 'cannot-travel', message: expect.stringMatching(says) as string }))
      expect(ran).toBe(false)
    })
  }

  test('when it is of a class with private members, which it names', () => {
    cell(`class Account { #balance = 5; owner = 'a'; get balance() { return this.#balance } }; class Savings extends Account {}; out.list = [1, new Savings()]`)
    expect(() => toWire({ accounts: out.list }, encodeContext())).toThrow(/^the value\.accounts\[1\] is a Savings: it extends Account, and its private #balance cannot be read/)
  })

  test('when an object of a class owns a getter', () => {
    cell(`class Lazy { constructor() { Object.defineProperty(this, 'now', { get: () => 1, enumerable: true }) } }; out.lazy = new Lazy()`)
    expect(() => toWire(out.lazy, encodeContext())).toThrow(/^the value\.now is a getter or setter/)
  })

  test('when it is an instance of a class that a module exports and Node owns', () => {
    const context = encodeContext({ exportOf: (value) => (value === EventEmitter ? { url: 'node:events', name: 'EventEmitter', version: '' } : undefined) })
    cell('out.make = (EventEmitter) => { class Bus extends EventEmitter { a = 1 }; return new Bus() }')
    expect(() => toWire({ bus: out.make(EventEmitter) }, context)).toThrow(/bus is a Bus: it extends EventEmitter, and it belongs to Node/)
  })
})

describe('a body that captured what cannot travel is refused', () => {
  const cases: Record<string, [code: string, says: RegExp]> = {
    'the path begins at the variable': ['{ const config = { db: { conn: Promise.resolve() } }; out.body = () => config }', /^config\.db\.conn is a Promise/],
    'the function between is named': ['{ const cache = new WeakMap(); const helper = (x) => cache.get(x); out.body = (x) => helper(x) }', /^cache \(captured by helper\) is a WeakMap/],
    'assignment to a captured variable': ['let total = 0; out.body = (x) => { total += x; return total }', /^the body assigns the captured variable total \(cell-\d+\.js:1:\d+\)/],
    'an assignment in a helper': ['let count = 0\nfunction bump() {\n  return ++count\n}\nout.body = () => bump()', /^bump assigns the captured variable count \(cell-\d+\.js:3:12\)/],
    'destructuring into a captured variable': ['let a, b; out.body = () => { ({ a, b } = { a: 1, b: 2 }) }', /assigns the captured variable a/],
    'a for loop over a captured variable': ['let item; out.body = (list) => { for (item of list) ; }', /assigns the captured variable item/],
    'a function that assigns its own name': ['function once() { once = () => 1; return 2 }; out.body = () => once()', /once assigns the captured variable once/],
    '`this` in an arrow function': ['class Job { n = 1; run = () => this.n }; const job = new Job().run; out.body = () => job()', /^job is a function that cannot travel: it is an arrow function that uses `this`/],
    '`arguments` in an arrow function': ['(function () { out.body = () => arguments[0] })(1)', /uses `arguments` of the function around it/],
    '`super` in a method': ['const method = ({ m() { return super.toString() } }).m; out.body = () => method()', /^method is a function that cannot travel: it uses `super`/],
    'new.target in an arrow function': ['(function () { out.body = () => new.target })()', /new\.target/],
    eval: ['out.body = (x) => eval(x)', /uses eval\(\)/],
    with: ['out.body = function (o) { with (o) { return a } }', /uses `with`/],
    'private names of a class around it': ['class P { #x = 1; static get = (p) => p.#x }; const get = P.get; out.body = () => get()', /^get is a function that cannot travel/],
    'a getter put on a class later': ['class Q {}; Object.defineProperty(Q, "now", { get: () => 1 }); out.body = () => Q', /^Q\.now is a getter or setter/],
    'a static property that cannot travel': ['class R { static pending = Promise.resolve() }; out.body = () => R', /^R\.pending is a Promise/],
  }
  for (const [what, [code, says]] of Object.entries(cases)) {
    test(what, () => {
      cell(code)
      expect(() => encodeBody(out.body, encodeContext())).toThrow(says)
    })
  }

  test('a variable of the notebook that is declared and has no value yet', () => {
    cell('out.body = () => neverInitialized; throw new Error("the cell fails before its end"); const neverInitialized = 1')
    expect(() => encodeBody(out.body, encodeContext())).toThrow(/^the body uses neverInitialized, which is declared but has no value yet/)
  })

  test('names of the notebook’s own functions say that they are for cells', () => {
    cell('globalThis.display = () => 1; out.body = () => display(1)')
    expect(() => encodeBody(out.body, encodeContext())).toThrow(/^display is a function of the notebook’s cells/)
  })

  test('something that is no function', () => {
    expect(() => encodeBody({}, encodeContext())).toThrow(/^the body is not a function/)
  })
})
