import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CellOutputs, Notebook } from '../../../kernel/command-line/notebook.ts'

const written = (content: unknown): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'sluice-test-')), 'a.ipynb')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}
const cell = (source: unknown) => ({ cell_type: 'code', id: 'a', metadata: { kept: 1 }, source, outputs: [], execution_count: null })

describe('a notebook file', () => {
  test('gives its code cells and keeps everything else', async () => {
    const content = { cells: [{ cell_type: 'markdown', metadata: {}, source: 'hi' }, cell(['a\n', 'b'])], metadata: { foreign: { x: 1 } }, nbformat: 4, nbformat_minor: 5 }
    const file = written(content)
    const notebook = await Notebook.read(file)
    expect(notebook.cells.map((one) => one.source)).toEqual(['a\nb'])
    await notebook.write(file)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(content)
  })

  test.each([
    ['not JSON', '{', /cannot be read/],
    ['another version', { cells: [], nbformat: 3 }, /format 3.*jupyter nbconvert/],
    ['no cells', { nbformat: 4 }, /no list of cells/],
    ['a cell that is none', { cells: [7], nbformat: 4 }, /position 1/],
    ['a cell without source', { cells: [cell(undefined)], nbformat: 4 }, /without source at position 1/],
    ['another language', { cells: [], nbformat: 4, metadata: { kernelspec: { language: 'python' } } }, /written in python/],
  ])('with %s is refused, and the error says why', async (_what, content, problem) => {
    await expect(Notebook.read(written(content))).rejects.toThrow(problem)
  })

  test('that does not exist is named', async () => {
    await expect(Notebook.read('/nowhere/x.ipynb')).rejects.toThrow('/nowhere/x.ipynb does not exist')
  })
})

describe('the outputs of a cell', () => {
  const stream = (text: string, name: 'stdout' | 'stderr' = 'stdout') => ({ type: 'stream', name, text }) as const
  const display = (text: string, displayId: string, update = false) => ({ type: 'display', data: { 'text/plain': text }, metadata: {}, displayId, update }) as const

  test('join the text of one stream, and not of two', () => {
    const outputs = new CellOutputs()
    for (const one of [stream('a'), stream('b'), stream('c', 'stderr'), stream('d')]) outputs.add(one)
    expect(outputs.json.map((one) => one['text'])).toEqual(['ab', 'c', 'd'])
  })

  test('replace a display in place wherever it is shown', () => {
    const outputs = new CellOutputs()
    for (const one of [display('1', 'x'), display('1', 'x'), display('2', 'y'), display('9', 'x', true)]) outputs.add(one)
    expect(outputs.json.map((one) => one['data'])).toEqual([{ 'text/plain': '9' }, { 'text/plain': '9' }, { 'text/plain': '2' }])
  })

  test('are cleared at once, or when the next comes', () => {
    const outputs = new CellOutputs()
    outputs.add(stream('a'))
    outputs.add({ type: 'clear', wait: true })
    expect(outputs.json).toHaveLength(1)
    outputs.add(stream('b'))
    expect(outputs.json.map((one) => one['text'])).toEqual(['b'])
    outputs.add({ type: 'clear', wait: false })
    expect(outputs.json).toEqual([])
  })
})
