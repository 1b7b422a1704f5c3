import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Notebook, withoutPaths, type CellFile } from '../../../kernel/language/types/program.ts'

function imports({ head }: CellFile): string[] {
  return [...head.matchAll(/"\.\/([^"]+)"/g)].map(([, name]) => `/notebook/${name}`)
}
const paths = (notebook: Notebook) => notebook.files.map(({ path }) => path)

describe('the notebook as a program', () => {
  test('a cell imports what it mentions of earlier cells, and exports what it declares', () => {
    const notebook = new Notebook('/notebook')
    const first = notebook.ran({ id: 'a', count: 1, code: 'const a = 1, b = 2' })
    const second = notebook.ran({ id: 'b', count: 2, code: 'let c = a\nx.b' })
    expect(first).toEqual({ path: '/notebook/.sluice-cell-1.ts', head: '\n', code: 'const a = 1, b = 2', tail: '\nexport { a, b }\n' })
    expect(second).toMatchObject({ head: 'import { a } from "./.sluice-cell-1.ts";\n', tail: '\nexport { c }\n' })
    expect(notebook.draft('').head).toBe('import { a, b } from "./.sluice-cell-1.ts"; declare let c: typeof import("./.sluice-cell-2.ts").c;\n')
    expect(notebook.draft('const a = 3').head).not.toContain(' a')
  })

  test('runs that nothing refers to any more are forgotten', () => {
    const notebook = new Notebook('/notebook')
    notebook.ran({ id: 'base', count: 0, code: 'const base = 1' })
    const held = notebook.ran({ id: 'held', count: 0, code: 'const old = base' })
    notebook.ran({ id: 'holder', count: 0, code: 'const holder = old' })
    notebook.ran({ id: 'held', count: 0, code: 'const old = 2' })
    for (let i = 0; i < 500; i++) {
      notebook.ran({ id: 'again', count: i, code: `const again = base + ${i}` })
      notebook.ran({ id: `console ${i}`, count: i, code: `${i} + base` })
    }
    expect(notebook.files.length).toBeLessThan(60)
    expect(paths(notebook)).toContain(held.path)
    expect(notebook.origin('base')).toBe('/notebook/.sluice-cell-1.ts')
  })

  test('whatever runs in whatever order, every import leads to an earlier run that exports the name', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd')
    const statement = fc.oneof(
      fc.tuple(fc.constantFrom('const', 'let', 'var'), name, name).map(([kind, x, y]) => `${kind} ${x} = ${y}`),
      fc.tuple(name, name).map(([x, y]) => `type ${x} = { of: ${y} }`),
      name.map((x) => `class ${x} {}`),
      name.map((x) => `${x}`),
    )
    const run = fc.record({ id: fc.constantFrom('1', '2', '3'), count: fc.constant(1), code: fc.array(statement, { maxLength: 3 }).map((lines) => lines.join('\n')) })
    fc.assert(
      fc.property(fc.array(run, { maxLength: 30 }), (runs) => {
        const notebook = new Notebook('/notebook')
        for (const cell of runs) notebook.ran(cell)
        const files = new Map(notebook.files.map((file) => [file.path, file]))
        for (const file of [...files.values(), notebook.draft('')]) {
          for (const path of imports(file)) {
            expect(files.has(path)).toBe(true)
            if (files.has(file.path)) expect(number(path)).toBeLessThan(number(file.path))
          }
          for (const [, names, module] of file.head.matchAll(/import \{ ([^}]*) \} from "\.\/([^"]+)"/g)) {
            for (const one of names!.split(', ')) expect(files.get(`/notebook/${module}`)!.tail).toContain(one.replace('type ', ''))
          }
        }
      }),
    )
  })

  test('texts for the user do not name the files', () => {
    expect(withoutPaths('Type import("/home/me/.sluice-cell-3").Row is not typeof import("/home/me/.sluice-cell-12").Row')).toBe('Type Row is not Row')
  })
})

function number(path: string): number {
  return Number(/\d+/.exec(path)![0])
}
