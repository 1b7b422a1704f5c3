import { describe, expect, test } from 'vitest'
import { bundleOf, plainText } from '../../../kernel/language/display.ts'
import type { MimeBundle } from '../../../kernel/language/messages.ts'

const bundle = (value: unknown) => bundleOf(value) as MimeBundle
const types = (value: unknown) => Object.keys(bundle(value)).filter((type) => type !== 'text/plain')

describe('plain text', () => {
  test('is what Node prints, without colours', () => {
    expect(plainText('ab')).toBe("'ab'")
    expect(plainText(new Map([[1, { a: 2n }]]))).toBe('Map(1) { 1 => { a: 2n } }')
  })

  test('is cut when it is very long', () => {
    expect(plainText('x'.repeat(1_000_000)).length).toBeLessThan(101_000)
    expect(plainText(Array.from({ length: 10_000 }, (_, i) => i))).toContain('more items')
    expect(plainText(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, i])))).toMatch(/… \d+ more characters$/)
  })
})

describe('values of a known shape', () => {
  test('records are a table, escaped, with a note of what is left out', () => {
    const html = String(bundle([{ name: '<b>&"', n: 1 }, { name: 'x', n: undefined }])['text/html'])
    expect(html).toContain('<th>name</th><th>n</th>')
    expect(html).toContain('<td>&#60;b&#62;&#38;&#34;</td><td>1</td>')
    const wide = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`c${i}`, i]))
    expect(bundle(Array.from({ length: 80 }, () => wide))['text/html']).toContain('30 more rows, 5 more columns')
  })

  test('other arrays are not', () => {
    for (const value of [[], [1, 2], [{}], [{ a: 1 }, 2], [[1], [2]], [new Date()], [{ a: 1, b: 2, c: 3 }, { d: 1 }]]) expect(types(value)).toEqual([])
  })

  test('Arrow and Arquero tables are told by their methods', () => {
    const columns = [[1, 2], ['<x>', 'y']]
    const arrow = { schema: { fields: [{ name: 'n' }, { name: 's' }] }, batches: [], numRows: 2, getChildAt: (i: number) => ({ get: (row: number) => columns[i]![row] }) }
    expect(bundle(arrow)['text/html']).toContain('<td>1</td><td>&#60;x&#62;</td>')
    const arquero = { columnNames: () => ['n', 's'], numRows: () => 70, objects: ({ limit }: { limit: number }) => Array.from({ length: limit }, (_, i) => ({ n: i, s: 'r' })) }
    expect(bundle(arquero)['text/html']).toContain('20 more rows')
  })

  test('Vega, Vega-Lite and plotly figures have the types that JupyterLab renders', () => {
    expect(types({ $schema: 'https://vega.github.io/schema/vega-lite/v5.json', mark: 'bar' })).toEqual(['application/vnd.vegalite.v5+json'])
    expect(types({ $schema: 'https://vega.github.io/schema/vega/v6.json' })).toEqual(['application/vnd.vega.v6+json'])
    expect(bundle({ toSpec: () => ({ mark: 'bar' }) })['application/vnd.vegalite.v5+json']).toEqual({ mark: 'bar' })
    expect(types({ $schema: 'https://json-schema.org/draft' })).toEqual([])
    expect(bundle({ data: [{ type: 'bar', y: [1] }], layout: {}, other: 1 })['application/vnd.plotly.v1+json']).toEqual({ data: [{ type: 'bar', y: [1] }], layout: {} })
    expect(types({ data: [1], layout: {} })).toEqual([])
  })

  test('elements show their markup, images their bytes', () => {
    class Element {
      get nodeType() {
        return 1
      }
      get outerHTML() {
        return '<svg width="1"></svg>'
      }
    }
    expect(types(new Element())).toEqual(['image/svg+xml', 'text/html'])
    const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1])
    expect(bundle(png)['image/png']).toBe(Buffer.from(png).toString('base64'))
    expect(types(Buffer.from([0xff, 0xd8, 0xff, 0]))).toEqual(['image/jpeg'])
    expect(types(Buffer.from('GIF89a..'))).toEqual(['image/gif'])
    expect(types(Buffer.from('RIFF1234WEBPVP8 '))).toEqual(['image/webp'])
    expect(types(Buffer.from('plain'))).toEqual([])
  })
})

describe('code of the value', () => {
  test('is run for its own display only: no getter, no trap', () => {
    let ran = 0
    const run = () => ran++
    const names = ['$schema', 'data', 'layout', 'toSpec', 'schema', 'batches', 'outerHTML', 'columnNames']
    const hostile = Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, { get: run, enumerable: true }])))
    const trapped = new Proxy([], { get: run, has: () => (run(), true), ownKeys: () => (run(), []), getPrototypeOf: () => (run(), null) })
    for (const value of [hostile, [hostile, hostile], trapped, [trapped], { data: [trapped], layout: {} }]) bundle(value)
    expect(ran).toBe(0)
  })

  test('that is its own display is asked, and may answer late', async () => {
    const own = (answer: unknown) => ({ [Symbol.for('Jupyter.display')]: () => answer })
    expect(bundle(own({ 'text/html': 'x' }))).toMatchObject({ 'text/html': 'x' })
    expect(bundle(own({ 'text/plain': 'mine' }))).toEqual({ 'text/plain': 'mine' })
    expect(Object.keys(bundle(own(5)))).toEqual(['text/plain'])
    expect(await bundleOf(own(Promise.resolve({ 'text/html': 'late' })))).toMatchObject({ 'text/html': 'late' })
  })
})
