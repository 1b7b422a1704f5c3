import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { Answers } from '../../../kernel/language/types/answers.ts'
import type { TypeDiagnostic } from '../../../kernel/language/types/messages.ts'

const globals = new URL('../../../kernel/language/globals.d.ts', import.meta.url).pathname
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

let directory: string
let notebook: Answers
let count = 0
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-types-'))
  folders.push(directory)
  notebook = new Answers(directory, globals)
})

function write(path: string, text: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true })
  writeFileSync(join(directory, path), text)
  // A file system may keep times too coarsely to tell two writes of one millisecond apart.
  utimesSync(join(directory, path), new Date(), new Date(1e12 + ++count * 1000))
}
function run(code: string, id = `cell ${++count}`): TypeDiagnostic[] {
  return notebook.diagnostics(notebook.ran({ id, count: ++count, code }))
}
/** Runs a cell in which nothing is wrong. */
function fine(code: string, id?: string): void {
  expect(run(code, id)).toEqual([])
}
function errors(code: string): string[] {
  return run(code).map((one) => `${one.line}:${one.column} ${one.message}`)
}
/** Runs a cell that says what type an expression has. */
function typeOf(expression: string): string {
  const text = notebook.inspect(`const probe = ${expression}`, 'const pro'.length, 0)!.text
  return text.replace(/^const probe: /, '')
}

/** `|` is the cursor. */
// However busy the machine is: what is told does not depend on the time here.
function complete(marked: string) {
  return notebook.complete(marked.replace('|', ''), marked.indexOf('|'), Infinity)
}
const names = (marked: string) => complete(marked).matches
function inspect(marked: string, detail: 0 | 1 = 0) {
  return notebook.inspect(marked.replace('|', ''), marked.indexOf('|'), detail)
}

describe('names across cells', () => {
  test('what a cell declares is there in later ones', () => {
    fine("const rows = [{ year: 2001, name: 'a' }]\nfunction total(x: number) { return x }\nclass Fish { swim() {} }\nenum Color { Red }")
    fine('interface Row { id: number }\ntype Id = Row["id"]\nnamespace N { export const inner = 1 }')
    fine('const y: number = total(rows[0]!.year)\nnew Fish().swim()\nconst c: Color = Color.Red\nconst r: Row = { id: 1 }\nconst i: Id = N.inner')
    expect(names('rows[0]!.|')).toEqual(['name', 'year'])
    expect(names('new Fish().|')).toEqual(['swim'])
    expect(names('Color.|')).toEqual(['Red'])
  })

  test('patterns, loops and blocks declare what they declare in JavaScript', () => {
    fine("const { a, b: [c, ...d], ...e } = { a: 1, b: ['x', 'y'], f: true }\nif (a) { var inBlock = 1; let hidden = 2 }\nfor (var i = 0; i < 3; i++) {}\nfunction f() { var inner = 1 }")
    expect(['a', 'c', 'd.length', 'e.f', 'inBlock', 'i'].map(typeOf)).toEqual(['number', 'string', '1', 'boolean', 'number', 'number'])
    expect(errors('hidden')).toEqual(["1:1 Cannot find name 'hidden'."])
    expect(errors('inner')).toEqual(["1:1 Cannot find name 'inner'."])
  })

  test('declaring a name again is no error, and the latest declaration wins', () => {
    fine('const x = 1')
    fine("const x = 'a'")
    expect(errors('const n: number = x')).toEqual(["1:7 Type 'string' is not assignable to type 'number'."])
  })

  test('variables of earlier cells can be assigned to, constants not, and both are checked', () => {
    fine('let n = 1\nvar v = 1\nconst c = 1\nlet xs = []')
    fine('n = 2\nv++\nxs.push(n)\nxs = [1]')
    expect(errors("n = 'a'")).toEqual(["1:1 Type 'string' is not assignable to type 'number'."])
    expect(run('c = 2').map(({ code }) => code)).not.toContain(2304)
  })

  test('functions and classes of earlier cells may be replaced by assignment', () => {
    fine('function f() { return 1 }')
    fine('f = () => 2')
  })

  test('a name can be a value from one cell and a type from another', () => {
    fine('interface Point { x: number }')
    fine('const Point = { origin: () => ({ x: 0 }) }')
    fine('const p: Point = Point.origin()')
    fine('let Shape = 1\ntype Shape = { sides: number }')
    fine('Shape = 2\nconst s: Shape = { sides: 3 }')
    fine('class Fish { swim() {} }')
    fine('const Fish = 3')
    fine('const n: number = Fish\ndeclare const fish: Fish\nfish.swim()')
  })

  test('running a cell again replaces what it was, also when it now depends on its dependents', () => {
    fine('const a = 1', 'A')
    fine('const b = a + 1', 'B')
    fine('const a = String(b)', 'A')
    expect(typeOf('a')).toBe('string')
    expect(typeOf('b')).toBe('number')
    fine('const b = a.length', 'B')
    expect(typeOf('b')).toBe('number')
  })

  test('a cell run again unchanged is the same module', () => {
    const cell = { id: 'A', count: 1, code: 'class Secret { #x = 1 }' }
    const first = notebook.ran(cell)
    fine('const secrets: Secret[] = []')
    expect(notebook.ran({ ...cell, count: 3 })).toBe(first)
    fine('secrets.push(new Secret())')
  })

  test('imports of a cell hold for later ones', () => {
    write('shapes.ts', 'export interface Shape { sides: number }\nexport default function draw(s: Shape) { return s.sides }\nexport const unit = 1')
    fine("import draw, { type Shape, unit as one } from './shapes.ts'\nimport * as all from './shapes'\nimport { readFile } from 'node:fs/promises'")
    fine('const s: Shape = { sides: one }\nconst n: number = draw(s) + all.unit\nconst text = await readFile("x", "utf8")\ntext.trim()')
    expect(names('all.|')).toEqual(['default', 'unit'])
  })

  test('a cell may export, and augment the global scope', () => {
    fine('export const x = 1\nexport default 3\nexport function f() {}\ndeclare global { interface Array<T> { second(): T } var everywhere: number }\nexport {}')
    fine('f()\n;[x].second().toFixed()\neverywhere.toFixed()')
  })

  test('top-level await, last expressions and an own module scope need no ceremony', () => {
    fine("const name = await Promise.resolve('a')\nfor await (const x of [1]) {}\nname\n'a'\n;[name].length")
    fine('const process = 3, display = 4, Buffer = 5\nprocess.toFixed(display + Buffer)')
  })

  test('a cell that does not parse still declares what can be made out', () => {
    expect(run('let good = 1\nconst = 2')[0]).toMatchObject({ line: 2, column: 7, category: 'error' })
    expect(typeOf('good')).toBe('number')
  })
})

describe('diagnostics', () => {
  test('positions are those of the cell, whatever stands in front of it', () => {
    fine('let a = 1\n/** Two\n * lines */\nlet b = 2')
    expect(run("b = 1\n\n  a.foo; 'ü\u{1f600}'.bar")).toMatchObject([
      { line: 3, column: 5, endLine: 3, endColumn: 8, message: "Property 'foo' does not exist on type 'number'.", code: 2339, category: 'error' },
      { line: 3, column: 16, code: 2339 },
    ])
  })

  test('what makes no sense in a notebook is not told', () => {
    fine('let x\nlet xs = []\nfunction f(a, { b }) { return a[b] }\nconst o = {}; o["k"]\n1 + 1\nclass A { x: string }\ntry { f(1, { b: 2 }) } catch (e) { e.message }')
    fine('x = 1\nxs.push(x)\nx = "a"')
    write('node_modules/untyped/package.json', '{ "name": "untyped", "main": "index.js" }')
    write('node_modules/untyped/index.js', 'module.exports = 1')
    fine("import untyped from 'untyped'\nuntyped.whatever")
    expect(errors('return 1')).toEqual(["1:1 A 'return' statement can only be used within a function body."])
  })

  test('// @ts-nocheck, @ts-ignore and reference directives work as in a file', () => {
    fine('// @ts-nocheck\nconst x: number = "a"')
    fine('// @ts-ignore\nconst x: number = "a"')
    expect(errors('document.title')).toEqual([expect.stringContaining("Cannot find name 'document'")])
    fine('/// <reference lib="dom" />\ndocument.title')
  })

  test('messages name types as the notebook does', () => {
    fine('class Row { a = 1 }')
    fine('const row = new Row()')
    fine('class Row { b = 1 }')
    expect(errors('const other: Row = row').join()).not.toMatch(/import\(|sluice-cell/)
  })

  test('local files and JSON are read again when they change', () => {
    write('data.json', '{ "a": 1 }')
    write('lib.ts', 'export const value = 1')
    fine("import { value } from './lib.ts'\nimport data from './data.json'")
    expect([typeOf('value'), typeOf('data.a')]).toEqual(['1', 'number'])
    write('lib.ts', 'export const value = "text"')
    write('data.json', '{ "a": "x" }')
    expect([typeOf('value'), typeOf('data.a')]).toEqual(['"text"', 'string'])
  })

  test('a package that appears later is found when the cell runs again', () => {
    const cell = "import { hi } from 'pkg'"
    expect(errors(cell)).toEqual([expect.stringContaining("Cannot find module 'pkg'")])
    write('node_modules/pkg/package.json', '{ "name": "pkg", "version": "1.0.0", "type": "module", "exports": { ".": { "types": "./index.d.ts", "default": "./index.js" } } }')
    write('node_modules/pkg/index.d.ts', 'export declare function hi(): 1')
    fine(cell)
    expect(typeOf('hi()')).toBe('1')
    write('node_modules/pkg/index.d.ts', 'export declare function hi(): 2')
    fine('hi()')
    expect(typeOf('hi()')).toBe('2')
  })

  test("the folder's tsconfig.json decides how strict, which library, and where paths lead", () => {
    write('node_modules/@types/node/package.json', '{ "name": "@types/node", "version": "1.0.0", "types": "index.d.ts" }')
    write('node_modules/@types/node/index.d.ts', 'declare const console: { log(...values: unknown[]): void }')
    notebook = new Answers(directory, globals)
    write('src/deep/thing.ts', 'export const thing = 1')
    write('base.json', '{ "compilerOptions": { "strict": true } }')
    // Other options are other syntax trees of all libraries: with a small one that takes less.
    write('tsconfig.json', '{ "extends": "./base.json", "compilerOptions": { "lib": ["es2015"], "module": "commonjs", "noUnusedLocals": true, "paths": { "@/*": ["./src/*"] } } } // comment')
    fine("import { thing } from '@/deep/thing'\nawait thing")
    expect(run('function f(a) {}').map(({ code }) => code)).toEqual([7006])
    write('base.json', '{ "compilerOptions": { "strict": false } }')
    fine('function g(a) {}\nconst s: string = null')
    expect(errors('[1].includes(1)')).toEqual([expect.stringContaining("Property 'includes' does not exist")])
  })

  test('any text can be run, and gets an answer', () => {
    for (const code of ['`', '/*', '}', 'export {', "import '", '<<<<<<<', '\0', '\u{1f600}', 'a'.repeat(10_000), '(' .repeat(500), 'const \ud800 = 1', '#!/bin/sh', 'declare module "x" { }', 'export =', 'export * from "./nowhere"']) {
      expect(Array.isArray(run(code))).toBe(true)
      expect(notebook.complete(code, code.length).matches).toBeDefined()
      notebook.inspect(code, code.length, 1)
    }
  })
})

describe('completion', () => {
  test('members are told with kind and type', () => {
    fine("const row = { year: 2001, pad(n: number): string { return '' }, 'not a name': 1 }")
    expect(complete('row.|')).toEqual({
      matches: ['pad', 'year'],
      start: 4,
      end: 4,
      types: [
        { text: 'pad', type: 'function', signature: '(n: number): string', start: 4, end: 4 },
        { text: 'year', type: 'property', signature: 'number', start: 4, end: 4 },
      ],
    })
    expect(complete('row.ye|').start).toBe(4)
    expect(names('row.YE|')).toEqual(['year'])
    expect(complete('row.y|ear')).toMatchObject({ matches: ['year'], start: 4, end: 5 })
  })

  test('members of what may be undefined are there too', () => {
    fine('const found = [{ year: 1 }].find(() => true)')
    expect(names('found.|')).toEqual(['year'])
    expect(names('found?.|')).toEqual(['year'])
  })

  test("names in scope: the cell's own and the notebook's first, then what Sluice brings, then the rest", () => {
    fine('const dissolved = 1, other = 2\nclass Distance {}')
    const found = names('function f(distant: number) { di| }')
    expect(found.slice(0, 4)).toEqual(['dissolved', 'distant', 'display', 'distribute'])
    expect(found).toContain('Distance')
    expect(names('|').slice(0, 3)).toEqual(['Distance', 'dissolved', 'other'])
    expect(names('|').length).toBeLessThanOrEqual(300)
    expect(names('__s|')).toEqual([])
  })

  test('keywords, types and kinds', () => {
    fine('interface Row { a: 1 }\nclass Fish {}\nenum Color { Red }\nimport * as fs from "node:fs"\nfunction go() {}\nlet v = 1')
    const kind = (marked: string, text: string) => complete(marked).types.find((one) => one.text === text)?.type
    expect([kind('retu|', 'return'), kind('Fi|', 'Fish'), kind('Col|', 'Color'), kind('f|', 'fs'), kind('g|', 'go'), kind('|', 'v'), kind('let x: R|', 'Row')]).toEqual([
      'keyword', 'class', 'enum', 'module', 'function', 'variable', 'interface',
    ])
  })

  test('paths and packages within import strings', () => {
    write('flights.ts', 'export {}')
    write('data/months.json', '{}')
    write('node_modules/@acme/tool/package.json', '{ "name": "@acme/tool", "types": "index.d.ts" }')
    write('node_modules/@acme/tool/index.d.ts', 'export {}')
    write('package.json', '{ "dependencies": { "@acme/tool": "1" } }')
    expect(names("import x from './|'")).toEqual(expect.arrayContaining(['flights', 'data']))
    expect(names("import x from './data/|'")).toContain('months.json')
    expect(names("import x from 'node:f|'")).toContain('node:fs')
    expect(complete("import x from 'node:fs/p|'")).toMatchObject({ matches: ['promises'], start: 23, end: 24 })
    expect(names("import x from '@ac|'")).toEqual(['@acme/tool'])
    expect(names("import { readF| } from 'node:fs'")).toContain('readFileSync')
    expect(names("await import('./|')")).toContain('flights')
  })

  test('strings that a type allows, and properties that an object may have', () => {
    fine("declare function go(options: { speed: 'fast' | 'slow', deep?: { level: number } }): void")
    expect(complete("go({ speed: '|' })")).toMatchObject({ matches: ['fast', 'slow'], start: 13, end: 13 })
    expect(complete("go({ speed: 'fa|' })")).toMatchObject({ matches: ['fast'], start: 13, end: 15 })
    expect(names('go({ | })')).toEqual(['speed', 'deep'])
    expect(names("go({ speed: 'fast', deep: { l| } })")).toEqual(['level'])
    fine("const record = { 'a b': 1, c: 2 }")
    expect(names("record['|']")).toEqual(['a b', 'c'])
  })

  test('an any is left to its live value', () => {
    fine('declare const anything: any\ndeclare const rows: any[]')
    expect(complete('anything.|')).toMatchObject({ matches: [], untyped: 'anything' })
    expect(complete('rows[0].na|')).toMatchObject({ untyped: 'rows[0]', start: 8, end: 10 })
    expect(complete('nowhere.|').untyped).toBe('nowhere')
    expect(complete('rows.map((row) => row.|)').untyped).toBeUndefined()
    expect(complete('rows.|').untyped).toBeUndefined()
    expect(complete("'anything.|'").untyped).toBeUndefined()
    expect(complete('anything().|').untyped).toBeUndefined()
  })

  test('in comments and plain strings there is nothing', () => {
    expect(names('// di|')).toEqual([])
    expect(names("'di|'")).toEqual([])
  })
})

describe('inspection', () => {
  test('type and documentation of a name, also across cells', () => {
    fine('/** How far.\n * @param from where it starts\n * @returns metres\n * @example\n * far(1)\n */\nfunction far(from: number): number { return from }\n/** All rows. */\nlet rows = [1]')
    expect(inspect('fa|r')).toEqual({
      markdown: '```ts\nfunction far(from: number): number\n```\n\nHow far.\n\n*@param* `from` — where it starts\n\n*@returns* — metres\n\n*@example*\n```ts\nfar(1)\n```',
      text: 'function far(from: number): number\n\nHow far.\n\n@param from where it starts\n@returns metres\n@example far(1)',
    })
    expect(inspect('rows|')!.text).toBe('let rows: number[]\n\nAll rows.')
    expect(inspect('|rows')!.text).toBe('let rows: number[]\n\nAll rows.')
    expect(inspect('rows.pu|sh')!.text).toContain('Appends new elements')
    expect(inspect('far(1, |)')!.text).toContain('How far.')
  })

  test('within the parentheses of a call, its signature and the argument at hand', () => {
    fine('/** Puts.\n * @param where the place\n * @param what the thing\n */\nfunction put(where: string, what: number) {}')
    expect(inspect("put('a', |)")!.text).toBe('put(where: string, what: number): void\n\nPuts.\n\nwhat: the thing')
    expect(inspect('put(|')!.text).toContain('where: the place')
    expect(inspect('distribute(|)')!.markdown).toContain('Declare one task per item')
  })

  test('with more detail, the source', () => {
    fine('const seven = 7\nfunction far() {\n  return seven\n}')
    expect(inspect('far|', 1)!.markdown).toContain('```ts\nfunction far() {\n  return seven\n}\n```')
    expect(inspect('far|', 0)!.markdown).not.toContain('return seven')
    expect(inspect('setTimeout|', 1)!.markdown).toContain('setTimeout')
  })

  test('where nothing stands, nothing is found', () => {
    expect(inspect('|')).toBeUndefined()
    expect(inspect('1 + |')).toBeUndefined()
    expect(inspect('// far|')).toBeUndefined()
  })

  test("what Sluice and Node bring is documented", () => {
    expect(inspect('display|')!.markdown).toContain('Show a value under the cell')
    expect(inspect('fetch|')!.text).toContain('function fetch(')
  })
})
