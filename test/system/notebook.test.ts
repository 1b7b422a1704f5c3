import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { python, root } from './environment.ts'

const notebooks = readdirSync(join(root, 'notebooks')).filter((name) => name.endsWith('.ipynb'))

/** What must be among what a notebook prints and shows, worked out by hand. */
const answers: Readonly<Record<string, readonly RegExp[]>> = {
  'scheduling.ipynb': [
    // Loads of 10, 20, 30, 15 and 5: 80 / 5, and node 5 is free first.
    /average: 16, leastLoaded: 'node 5'/, /name: 'next', node: 'node 5', start: 5,/,
    // 33 / 4 for the total load; 33 / 9 if tasks may be split, else 4.
    /'total load' +│ 'linear' +│ 8\.25 /, /'total load' +│ 'integer' +│ 8\.25 /, /'makespan' +│ 'linear' +│ 3\.6667 /, /'makespan' +│ 'integer' +│ 4 /, /makespan: 4, total: 8\.25/,
    /genetic +4 ms +1\.000×/, /lp +4 ms +1\.000×/,
    // 18 / 1.8 on unit 4, 18 / 2 on unit 1.
    /'greedy \(min-min\)' +│ 10 +│ 'unit 1 and unit 4'/, /'genetic' +│ 10 +│ 'unit 1 and unit 4'/, /'ant-colony' +│ 10 +│ 'unit 1 and unit 4'/,
    // The longest of 3, 5, 7, 9 and 11; on two nodes tasks 2 and 3 one after the other.
    /durations 3, 5, 7, 9, 11/, /'genetic' +│ 11 +│ 11 /, /'annealing' +│ 11 +│ 11 /, /'particle-swarm' +│ 11 +│ 11 /, /makespan 12, lower bound 11/,
  ],
}

test('there are notebooks to try', () => {
  expect(notebooks).toEqual(expect.arrayContaining(['quickstart.ipynb', ...Object.keys(answers)]))
})

test.each(notebooks)('%s runs from top to bottom without an error', { timeout: 180_000 }, async (name) => {
  const { code, stdout, stderr } = await python([join(root, 'test', 'system', 'execute_notebook.py'), join(root, 'notebooks', name), 'sluice'])
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  const { kernelspec, cells } = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
    kernelspec: { name?: string }
    cells: { source: string; errors: string[]; expected: boolean; executed: boolean; printed: string; results: string[]; stored: string[] }[]
  }
  expect(kernelspec.name).toBe('sluice')
  expect(cells.length).toBeGreaterThan(0)
  // A cell tagged raises-exception shows a failure on purpose, and must.
  expect(cells.filter(({ errors, expected }) => (errors.length > 0) !== expected)).toEqual([])
  expect(cells.filter(({ executed, source }) => !executed && source.trim() !== '')).toEqual([])
  expect(cells.flatMap(({ results }) => results).length).toBeGreaterThan(0)
  const shown = cells.map(({ printed, results }) => [printed, ...results].join('\n')).join('\n')
  for (const answer of answers[name] ?? []) expect(shown).toMatch(answer)
  // What the file says came out is what comes out.
  for (const { source, results, stored } of cells) if (stored.length > 0) expect({ source, results }).toEqual({ source, results: stored })
})
