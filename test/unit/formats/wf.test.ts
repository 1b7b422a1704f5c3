import { describe, expect, test } from 'vitest'
import { readWf } from '../../../kernel/formats/wf.ts'

const nodes = [{ name: 'a', slots: 1, capacity: [], speed: 1 }, { name: 'b', slots: 1, capacity: [], speed: 2 }]
const read = (document: unknown) => readWf(typeof document === 'string' ? document : JSON.stringify(document), 'some.json', nodes, { bandwidth: 1000, latency: 0 })

/** Tasks named backwards, so that the order of the file is not topological. */
const workflow = {
  specification: {
    tasks: [
      { id: 'join', parents: ['left', 'right'], children: [], inputFiles: ['l', 'r', 'given'] },
      { id: 'left', parents: ['split'], children: ['join'], inputFiles: ['s'], outputFiles: ['l'] },
      { id: 'right', parents: [], children: ['join'], inputFiles: [], outputFiles: ['r'] },
      { id: 'split', parents: [], children: ['left', 'right'], outputFiles: ['s', 'unread'] },
    ],
    files: [{ id: 's', sizeInBytes: 100 }, { id: 'l', sizeInBytes: 30 }, { id: 'r', sizeInBytes: 5 }, { id: 'given', sizeInBytes: 1000 }, { id: 'unread', sizeInBytes: 7 }],
  },
  execution: { tasks: [{ id: 'join', runtimeInSeconds: 1 }, { id: 'left', runtimeInSeconds: 2 }, { id: 'right', runtimeInSeconds: 3.5 }, { id: 'split', runtimeInSeconds: 0 }] },
}
const changed = (change: (copy: typeof workflow) => void) => {
  const copy = structuredClone(workflow)
  change(copy)
  return { workflow: copy }
}

test('tasks of a workflow are numbered topologically, and edges weigh what the parent writes and the child reads', () => {
  const { problem, names } = read({ workflow })
  const edges = names.flatMap((name, i) => Array.from({ length: problem.starts[i + 1]! - problem.starts[i]! }, (_, k) => {
    const at = problem.starts[i]! + k
    return `${names[problem.inputs[at]!]} → ${name}: ${problem.bytes[at]}`
  }))
  expect(edges.sort()).toEqual(['left → join: 30', 'right → join: 5', 'split → left: 100', 'split → right: 0'])
  expect(names.map((name, i) => [name, problem.duration[i]]).sort()).toEqual([['join', 1000], ['left', 2000], ['right', 3500], ['split', 0]])
  for (let i = 0; i < problem.count; i++) for (let at = problem.starts[i]!; at < problem.starts[i + 1]!; at++) expect(problem.inputs[at]!).toBeLessThan(i)
})

test('older versions list the files with each task', () => {
  const { problem, names } = read({ workflow: { tasks: [
    { name: 'b', parents: ['a'], runtimeInSeconds: 2, files: [{ link: 'input', name: 'f', sizeInBytes: 12 }] },
    { name: 'a', parents: [], children: ['b'], runtime: 1, files: [{ link: 'output', name: 'f', size: 12 }] },
  ] } })
  expect([names, [...problem.duration], [...problem.bytes]]).toEqual([['a', 'b'], [1000, 2000], [12]])
})

describe('what is wrong with a file is said with its place', () => {
  test.each([
    ['no JSON', 'nonsense', /some\.json: expected a JSON document/],
    ['no workflow', {}, /expected an object "workflow"/],
    ['no runtimes', { workflow: { specification: workflow.specification } }, /workflow\.execution.*without measured runtimes/],
    ['a task without a runtime', changed(copy => copy.execution.tasks.pop()), /a task "split" in workflow\.execution\.tasks, as workflow\.specification\.tasks\[3\] has/],
    ['a stranger', changed(copy => copy.specification.tasks[0]!.parents.push('nobody' as never)), /exists as parent of join.*nobody/],
    ['a cycle', changed(copy => copy.specification.tasks[3]!.parents.push('join' as never)), /without cycles/],
    ['the same task twice', changed(copy => copy.specification.tasks.push(copy.specification.tasks[0]!)), /different ids.*join/],
    ['a negative runtime', changed(copy => (copy.execution.tasks[1]!.runtimeInSeconds = -1)), /workflow\.execution\.tasks\[1\]\.runtimeInSeconds that is not negative.*-1/],
    ['files that are no list', changed(copy => (copy.specification.files = {} as never)), /a list workflow\.specification\.files/],
    ['no tasks', changed(copy => (copy.specification.tasks = [])), /at least one task/],
  ])('%s', (_, document, message) => {
    expect(() => read(document)).toThrow(message)
  })
})
