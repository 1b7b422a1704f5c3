import { expect, test } from 'vitest'
import { readPsplib } from '../../../kernel/formats/psplib.ts'

const FILE = `projects                      :  1
jobs (incl. supersource/sink ):  5
horizon                       :  9
RESOURCES
  - renewable                 :  2   R
  - nonrenewable              :  0   N
  - doubly constrained        :  0   D
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   4
   2        1          1           5
   3        1          1           5
   4        1          1           3
   5        1          0
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2
------------------------------------
  1      1     0       0    0
  2      1     4       1    0
  3      1     2       2    3
  4      1     3       0    1
  5      1     0       0    0
RESOURCEAVAILABILITIES:
  R 1  R 2
    2    3
`

test('a project is read without its empty ends, tasks in a topological order', () => {
  const { problem, names } = readPsplib(FILE, 'a.sm')
  expect(names).toEqual(['2', '4', '3'])
  expect([...problem.duration]).toEqual([4, 3, 2])
  expect([...problem.starts]).toEqual([0, 0, 0, 1])
  expect([...problem.inputs]).toEqual([1])
  expect([...problem.request]).toEqual([1, 0, 0, 1, 2, 3])
  expect(problem.nodes).toEqual([{ name: 'project', slots: Infinity, capacity: [2, 3], speed: 1 }])
})

test.each([
  ['a file of something else', '{}', /a\.sm, line 1: expected a line "jobs/],
  ['a row that is cut short', FILE.replace('  3      1     2       2    3', '  3      1'), /line 20: expected job 3 of 5: .*2 requests.*"3 1"/],
  ['a successor that does not exist', FILE.replace('1           5\n   3', '1           7\n   3'), /line 11: expected successors between 1 and 5, but found "7"/],
  ['several modes', FILE.replace('   2        1          1 ', '   2        3          1 '), /expected one mode for job 2/],
  ['nonrenewable resources', FILE.replace('nonrenewable              :  0', 'nonrenewable              :  2'), /expected no nonrenewable resources/],
  ['a cycle', FILE.replace('   3        1          1           5', '   3        1          1           4'), /expected a graph without cycles, but found "task/],
  ['more than there is', FILE.replace('R 2\n    2 ', 'R 2\n    1 '), /job 3 needs 2, 3/],
  ['more jobs than can be', FILE.replace(':  5', ':  99999999'), /of at most 1000000/],
  ['the end of the file too early', FILE.slice(0, FILE.indexOf('RESOURCEAVAIL')), /expected a section "RESOURCEAVAILABILITIES:", but found nothing/],
])('%s is refused, naming the file, the line and what was expected', (_, text, message) => {
  expect(() => readPsplib(text, 'a.sm')).toThrow(message)
})
