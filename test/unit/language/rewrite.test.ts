import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Edits } from '../../../kernel/language/edits.ts'
import { rewrite } from '../../../kernel/language/rewrite.ts'

const code = (source: string) => rewrite(source, 'Cell [1]').code.trim()

describe('a cell', () => {
  test.each([
    ['1 + 1', '__sluice.result((1 + 1));'],
    ['a, b', '__sluice.result((a, b));'],
    ["'use strict'", '__sluice.result(("use strict"));'],
    ['{ a: 1 }', '__sluice.result((({ a: 1 })));'],
    ['x = await f() // c', '__sluice.result((x = await f()));'],
    ["import('q')", "__sluice.result((__sluice.import(\"q\")));"],
    ['let x = 1', 'let x = 1;'],
    ['', ''],
    ['interface A {}', ''],
  ])('%s gives its last expression as the result', (source, expected) => {
    expect(code(source)).toBe(expected)
  })

  test('that is a block stays one', () => {
    expect(code('{ let x = 1; x }')).not.toContain('result')
    expect(code('{ outer: for (;;) break outer }')).toContain('outer:')
  })

  test.each([
    ["import 'x'", 'await __sluice.import("x");'],
    ["import a from 'x'; a", 'const { "default": a } = await __sluice.import("x", { names: ["default"] });'],
    ["import * as n from 'x'", 'const n = await __sluice.import("x");'],
    ["import a, { b as c, type T } from 'x'; c", 'const { "default": a, "b": c } = await __sluice.import("x", { names: ["b"] });'],
    ["import a, * as n from 'x'", 'const n = await __sluice.import("x"), { "default": a } = n;'],
    ["import j from './j.json' with { type: 'json' }", 'const { "default": j } = await __sluice.import("./j.json", { with: {"type":"json"} });'],
    ["import { 'a-b' as c } from 'x'", 'const { "a-b": c } = await __sluice.import("x");'],
    ["import type { T } from 'x'", ''],
    ["export { a } from 'x'", 'await __sluice.import("x");'],
    ["export * from 'x'", 'await __sluice.import("x");'],
    ['export const a = 1', 'const a = 1;'],
    ['export default function f() {}', 'function f() {}'],
    ['export { a }', ''],
  ])('%s is translated', (source, expected) => {
    expect(code(source).split('\n')[0]).toBe(expected)
  })

  test('requires of a module only the names that it uses as values', () => {
    const names = (source: string) => /names: (\[.*?\])/.exec(code(source))?.[1]
    expect(names("import { A, B, C, D } from 'x'; const a: A = 1; o.B; ({ C: 1 }); new D()")).toBe('["D"]')
    expect(names("import { A } from 'x'; o[A]")).toBe('["A"]')
    expect(names("import { A } from 'x'; ({ A })")).toBe('["A"]')
    expect(names("import { A } from 'x'; class K extends A {}")).toBe('["A"]')
  })

  test('translates import.meta and dynamic imports, wherever they are', () => {
    expect(code("const f = async () => (await import('x', { with: { type: 'json' } })).default + import.meta.url")).toBe(
      'const f = async () => (await __sluice.import("x", { with: { type: "json" } })).default + __sluice.meta.url;',
    )
    expect(code("const text = 'import.meta and import(x)'")).toBe('const text = "import.meta and import(x)";')
  })
})

describe('positions', () => {
  /** Where `needle` stands in the code, mapped back. */
  const mapped = (source: string, needle: string) => {
    const rewritten = rewrite(source, 'Cell [1]')
    const before = rewritten.code.slice(0, rewritten.code.indexOf(needle)).split('\n')
    return rewritten.original({ line: before.length, column: before.at(-1)!.length + 1 })
  }

  test('are those of the cell, past everything that was put in or taken out', () => {
    expect(mapped("import { a } from 'x'; interface I { a: string }\n\nconst x: number = 1; fail(x)", 'fail')).toEqual({ line: 3, column: 22 })
    expect(mapped('enum E { A }\nclass P { constructor(private q: number) {} }\n\nconst n = <any>target()', 'target')).toEqual({ line: 4, column: 16 })
    expect(mapped('{ a: fail() }', 'fail')).toEqual({ line: 1, column: 6 })
    expect(mapped("const 𝒳 = 'é'; fail()", 'fail')).toEqual({ line: 1, column: 17 })
  })

  test('of syntax errors are drawn', () => {
    const thrown = (source: string) => {
      try {
        rewrite(source, 'Cell [7]')
      } catch (error) {
        return error as SyntaxError
      }
      throw new Error('no error')
    }
    expect(thrown('let x = ;')).toBeInstanceOf(SyntaxError)
    expect(thrown('let x = ;').stack).toBe('SyntaxError: Unexpected token\n    at Cell [7]:1:9\n\n> 1 | let x = ;\n    |         ^')
    expect(thrown(`let x = '${'a'.repeat(300)}' ;;; let x`).stack!.split('\n').every((line) => line.length < 200)).toBe(true)
    expect(thrown('f(').message).not.toMatch(/^TS/)
  })
})

test('edits apply where they were asked for, and every kept character leads back to itself', () => {
  const edit = fc.record({ at: fc.nat(60), length: fc.nat(5), text: fc.stringMatching(/^[A-Z]{0,4}$/) })
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z\n]{0,60}$/), fc.array(edit, { maxLength: 6 }), (source, wanted) => {
      const edits = new Edits(source)
      let [expected, from] = ['', 0]
      for (const { at, length, text } of wanted.toSorted((a, b) => a.at - b.at)) {
        const [start, end] = [Math.min(at, source.length), Math.min(at + length + 1, source.length)]
        if (start < from || start === end) continue
        edits.replace(start, end, text)
        expected += source.slice(from, start) + text
        from = end
      }
      expected += source.slice(from)
      expect(edits.toString()).toBe(expected)
      const lines = expected.split('\n')
      lines.forEach((line, i) => [...line].forEach((character, j) => /[a-z]/.test(character) && expect(source[edits.original({ line: i + 1, column: j + 1 })]).toBe(character)))
    }),
  )
})
