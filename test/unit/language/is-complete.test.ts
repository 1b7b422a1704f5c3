import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isComplete } from '../../../kernel/language/is-complete.ts'

const complete = [
  '', '1 + 1', 'const a = [1, 2]', 'for (const x of xs) {\n  f(x)\n}', 'await fetch(url)', 'foo // (', '/* ( */', "'('", '`(${1}`', '/[(]/.test(s)',
  'type A = { b: string }', 'enum Color { Red }', 'x = <T>(a: T) => a', 'import fs from "node:fs"', 'if (a) {}', 'label: for (;;) break label',
]
const incomplete = [
  'function f() {', 'foo(', 'a +', 'x =>', 'async () =>', 'if (a)', 'let x:', 'foo.', 'foo?.', 'a ? b', '`abc', '`a ${b', '`a ${b} c', '/* foo', '/** foo\n * bar',
  "'abc \\\n", 'try {}', '[1, 2,', 'x = { a: 1', 'class A {\n  m(', 'import {a', 'const f = (a: number', 'switch (a) { case 1:', 'do {}', 'type A =', 'foo(\n// why\n',
  'const x = 1 +', 'const s = `${f({ a: `', 'x as', '`\\',
]
const invalid = ['foo(]', 'const = {', 'a b {', '} foo {', 'foo)', '"abc', "'abc", 'const x', 'else {', 'return 5', '1 2', 'var 1a', 'f(1 2', 'import x y', '}', '(1 +]']

describe('isComplete', () => {
  test.each(complete)('%j is complete', (code) => expect(isComplete(code)).toEqual({ status: 'complete' }))
  test.each(incomplete)('%j is incomplete', (code) => expect(isComplete(code).status).toBe('incomplete'))
  test.each(invalid)('%j is invalid', (code) => expect(isComplete(code)).toEqual({ status: 'invalid' }))

  test.each([
    ['function f() {', '  '],
    ['function f() {\n  if (a) {', '    '],
    ['function f() {\n  if (a) {\n    g()\n  }', '  '],
    ['foo(a,', '  '],
    ['const x =', '  '],
    ['  const x =', '    '],
    ['foo({ a: "(" },\n  [1, // [', '    '],
    ['`abc', ''],
    ['f(`abc \\`', ''],
    ['/*/', ''],
    ['f(`abc ${', '  '],
    ['f(`abc ${x} d', ''],
    ['  /* why', '  '],
    ['if (/[{(]/.test(a)) {', '  '],
    ['a / b / (', '  '],
    ['\tfor (;;) {', '\t  '],
  ])('after %j the next line begins with %j', (code, indent) => expect(isComplete(code)).toEqual({ status: 'incomplete', indent }))

  test('whatever is typed gets an answer, and every cell that parses is complete', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '(', ')', '{', '}', '`', '$', "'", '"', '/', '*', '\\', '\n', '[', ']', '=', '>', '1', '\u{1f600}') }), (code) => {
      expect(['complete', 'incomplete', 'invalid']).toContain(isComplete(code).status)
    }))
  })

  test('every beginning of a program with brackets open is incomplete', () => {
    const program = 'const a = f({ b: [1, 2], c: `x ${d} y` }, (e) => {\n  return e / 2\n})'
    for (let end = program.indexOf('(') + 1; end < program.length; end++) {
      const code = program.slice(0, end)
      expect([code, isComplete(code).status]).toEqual([code, 'incomplete'])
    }
  })
})
