import { describe, expect, it } from 'vitest'
import { TaskOutput } from '../../../../kernel/cluster/local/output.ts'

function record(): { readonly output: TaskOutput; readonly pieces: [string, string][] } {
  const pieces: [string, string][] = []
  return { output: new TaskOutput((stream, text) => pieces.push([stream, text])), pieces }
}

describe('the output of a task', () => {
  it('is gathered, and kept in order across streams', () => {
    const { output, pieces } = record()
    output.write('stdout', 'a')
    output.write('stdout', 'b')
    output.write('stderr', 'c')
    output.write('stdout', 'd')
    output.end()
    expect(pieces).toEqual([['stdout', 'ab'], ['stderr', 'c'], ['stdout', 'd']])
  })

  it('is cut off at a limit, and says how much is missing; the next task starts afresh', () => {
    const { output, pieces } = record()
    output.write('stdout', 'x'.repeat(2 ** 20 + 5))
    output.write('stdout', 'yyy')
    output.end()
    expect(pieces.at(-1)).toEqual(['stderr', '\n… 8 more characters were printed and not kept\n'])
    expect(pieces[0]![1].length).toBe(2 ** 20)
    output.write('stdout', 'z')
    output.end()
    expect(pieces.at(-1)).toEqual(['stdout', 'z'])
  })
})
