import { expect, test } from 'vitest'
import { readStg } from '../../../kernel/formats/stg.ts'

const FILE = `   3
   0  0  0
   1  5  1  0
   2  7  1  0
   3  2  2  1  2
   4  0  1  3
# the rest is a comment
`

test('a graph is read without its empty ends, for so many processors', () => {
  const { problem, names } = readStg(FILE, 'a.stg', 4)
  expect(names).toEqual(['1', '2', '3'])
  expect([...problem.duration]).toEqual([5, 7, 2])
  expect([...problem.starts]).toEqual([0, 0, 0, 2])
  expect([...problem.inputs]).toEqual([0, 1])
  expect(problem.nodes[0]!.slots).toBe(4)
})

test.each([
  ['no number at the top', 'tasks\n', /a\.stg, line 1: expected the number of tasks, but found "tasks"/],
  ['predecessors that are not as many as announced', FILE.replace('3  2  2  1  2', '3  2  2  1'), /line 5: expected task 3/],
  ['a predecessor that does not exist', FILE.replace('3  2  2  1  2', '3  2  2  1  9'), /expected predecessors between 0 and 4, but found "9"/],
  ['too few rows', FILE.replace('   4  0  1  3\n', ''), /expected 5 tasks/],
  ['a task that waits for itself', FILE.replace('1  5  1  0', '1  5  1  3'), /without cycles/],
  ['more rows than announced', FILE.replace('#', '   5  1  1  0\n#'), /expected the end of the file/],
])('%s: refused, naming the file, the line and what was expected', (_, text, message) => {
  expect(() => readStg(text, 'a.stg', 4)).toThrow(message)
})
