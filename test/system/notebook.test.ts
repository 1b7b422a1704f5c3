import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { python, root } from './environment.ts'

const notebooks = readdirSync(join(root, 'notebooks')).filter((name) => name.endsWith('.ipynb'))

test('there are notebooks to try', () => {
  expect(notebooks).toContain('quickstart.ipynb')
})

test.each(notebooks)('%s runs from top to bottom without an error', { timeout: 180_000 }, async (name) => {
  const { code, stdout, stderr } = await python([join(root, 'test', 'system', 'execute_notebook.py'), join(root, 'notebooks', name), 'sluice'])
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  const { kernelspec, cells } = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
    kernelspec: { name?: string }
    cells: { source: string; errors: string[]; expected: boolean; executed: boolean; results: string[]; stored: string[] }[]
  }
  expect(kernelspec.name).toBe('sluice')
  expect(cells.length).toBeGreaterThan(0)
  // A cell tagged raises-exception shows a failure on purpose, and must.
  expect(cells.filter(({ errors, expected }) => (errors.length > 0) !== expected)).toEqual([])
  expect(cells.filter(({ executed, source }) => !executed && source.trim() !== '')).toEqual([])
  expect(cells.flatMap(({ results }) => results).length).toBeGreaterThan(0)
  // What the file says came out is what comes out.
  for (const { source, results, stored } of cells) if (stored.length > 0) expect({ source, results }).toEqual({ source, results: stored })
})
