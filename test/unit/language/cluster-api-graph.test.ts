import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { namedProblem } from '../../../kernel/language/cluster-api-graph.ts'

const problemOf = (tasks: unknown, nodes?: unknown, link?: unknown) => namedProblem({ tasks }, nodes, link)

describe('a graph that a cell describes', () => {
  test('is put in an order in which each task comes after its inputs', () => {
    const { problem, names, given } = problemOf([
      { name: 'end', duration: 1, after: ['left', 'right'] },
      { name: 'left', duration: 2, after: 'start', bytes: '1kB' },
      { name: 'right', duration: 3, after: ['start'] },
      { name: 'start', duration: 4, bytes: 500 },
    ])
    expect(names).toEqual(['start', 'left', 'right', 'end'])
    expect(given).toEqual([3, 1, 2, 0])
    expect([...problem.starts]).toEqual([0, 0, 1, 2, 4])
    expect([...problem.inputs]).toEqual([0, 0, 1, 2])
    expect([...problem.bytes]).toEqual([500, 500, 1000, 0])
    expect(problem.nodes).toEqual([{ name: 'node-1', slots: 1, speed: 1, capacity: [] }])
    expect(problem.link).toEqual({ bandwidth: 125_000, latency: 0 })
  })

  test('counts cores where anybody speaks of them, and slots where nodes do not say what they have', () => {
    const { problem } = problemOf([{ name: 'a', duration: 1, cpu: 2 }, { name: 'b', duration: 1 }], [{ cpu: 4 }, { name: 'plain' }])
    expect(problem.resources).toEqual(['cpu'])
    expect([...problem.request]).toEqual([2, 1])
    expect(problem.nodes).toEqual([{ name: 'node-1', slots: Infinity, speed: 1, capacity: [4] }, { name: 'plain', slots: 1, speed: 1, capacity: [1] }])
  })

  test('takes priorities, releases, nodes to run on, and durations by node', () => {
    const { problem } = problemOf(
      [{ name: 'a', duration: 8, priority: 'high', node: 'y' }, { name: 'b', durations: { x: 1, y: 5 }, release: 3 }],
      [{ name: 'x' }, { name: 'y', speed: 2 }], { bandwidth: '1GB', latency: 2 },
    )
    expect([...problem.priority!]).toEqual([10, 0])
    expect([...problem.release!]).toEqual([0, 3])
    expect([...problem.allowed!]).toEqual([0, 1, 1, 1])
    expect([...problem.cost!]).toEqual([8, 4, 1, 5])
    expect(problem.link).toEqual({ bandwidth: 1_000_000, latency: 2 })
  })

  const mistakes: Record<string, [tasks: unknown, nodes: unknown, says: string]> = {
    'no array of tasks': ['a', 1, 'the graph is an object; give { tasks: [{ name, duration, after }, …] }.'],
    'no tasks': [[], 1, 'the graph has no tasks.'],
    'a task that is none': [[5], 1, 'tasks[0] is 5; a task is { name, duration, after }.'],
    'no name': [[{ duration: 1 }], 1, 'tasks[0]: name is missing; it takes a string of 1 to 200 characters.'],
    'a name that is taken': [[{ name: 'a', duration: 1 }, { name: 'a', duration: 1 }], 1, 'tasks[1]: tasks[0] is named a, too; names tell tasks apart.'],
    'no duration': [[{ name: 'a' }], 1, 'tasks[0] (a) has no duration; give ms, e.g. { name: "a", duration: 10 }.'],
    'a negative duration': [[{ name: 'fit', duration: -5 }], 1, 'tasks[0] (fit): duration is -5; it takes ms, 0 or more.'],
    'a duration that is no number': [[{ name: 'fit', duration: '5' }], 1, 'tasks[0] (fit): duration is "5"; it takes ms, 0 or more.'],
    'a misspelt field': [[{ name: 'a', duraton: 1 }], 1, 'tasks[0] (a) has no duraton (did you mean duration?); there are name, duration, durations, after, cpu, gpu, memory, resources, priority, bytes, node, release.'],
    'an unknown input': [[{ name: 'load', duration: 1 }, { name: 'fit', duration: 1, after: ['laod'] }], 1, 'tasks[1] (fit): after names laod, which is no task of the graph (did you mean load?).'],
    'a task that waits for itself': [[{ name: 'a', duration: 1, after: 'a' }], 1, 'tasks[0] (a): after names the task itself.'],
    'a circle': [[{ name: 'z', duration: 1 }, { name: 'a', duration: 1, after: ['z', 'c'] }, { name: 'b', duration: 1, after: 'a' }, { name: 'c', duration: 1, after: 'b' }], 1, 'the tasks wait for each other in a circle: a ← c ← b ← a.'],
    'more than any node has': [[{ name: 'a', duration: 1, gpu: 2 }], [{ gpu: 1 }, {}], 'tasks[0] (a) fits on no node: gpu: it asks for 2, and no node has more than 1.'],
    'more of all than one node has': [[{ name: 'a', duration: 1, resources: { p: 2, q: 2 } }], [{ resources: { p: 2, q: 1 } }, { resources: { p: 1, q: 2 } }], 'tasks[0] (a) fits on no node: none has all that it asks for.'],
    'a node that is not there': [[{ name: 'a', duration: 1, node: 'z' }], [{ name: 'x' }], 'tasks[0] (a): node is z; there are x.'],
    'a duration on a node that is not there': [[{ name: 'a', durations: { y: 1 } }], [{ name: 'fast' }], 'tasks[0] (a): durations has no y; there are fast.'],
    'a node without a duration': [[{ name: 'a', durations: { x: 1 } }], [{ name: 'x' }, { name: 'y' }], 'tasks[0] (a): durations says nothing of y, and there is no duration.'],
    'no nodes': [[{ name: 'a', duration: 1 }], 0, 'nodes is 0; it takes a whole number from 1 to 10000, or [{ name, slots, speed }, …].'],
    'a speed of nothing': [[{ name: 'a', duration: 1 }], [{ name: 'x', speed: 0 }], 'nodes[0] (x): speed is 0; it takes a number above 0.'],
    'two nodes of one name': [[{ name: 'a', duration: 1 }], [{ name: 'x' }, { name: 'x' }], 'nodes[1] (x): another node has that name.'],
    'resources that are no amounts': [[{ name: 'a', duration: 1, resources: [1] }], 1, 'tasks[0] (a): resources is an array; it takes amounts by name, e.g. { license: 1 }.'],
  }
  for (const [what, [tasks, nodes, says]] of Object.entries(mistakes)) {
    test(`says where and what is wrong with ${what}`, () => {
      expect(() => problemOf(tasks, nodes)).toThrow(expect.objectContaining({ name: 'SluiceError', message: says }))
    })
  }

  test('however it is ordered, inputs have smaller numbers and nothing is lost', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }).chain((count) => fc.tuple(fc.constant(count), fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 60 }), fc.shuffledSubarray([...Array(count).keys()], { minLength: count }))), ([count, pairs, order]) => {
        const after = new Map<number, Set<number>>()
        for (const [a, b] of pairs) if (a !== b) after.set(Math.max(a, b), (after.get(Math.max(a, b)) ?? new Set()).add(Math.min(a, b)))
        const tasks = order.map((i) => ({ name: `t${i}`, duration: i, after: [...(after.get(i) ?? [])].map((one) => `t${one}`) }))
        const { problem, names, given } = problemOf(tasks)
        expect(new Set(names).size).toBe(count)
        for (let i = 0; i < count; i++) {
          const inputs = [...problem.inputs.subarray(problem.starts[i], problem.starts[i + 1])]
          expect(inputs.every((input) => input < i)).toBe(true)
          expect(new Set(inputs.map((input) => names[input]))).toEqual(new Set(tasks[given[i]!]!.after))
          expect(problem.duration[i]).toBe(tasks[given[i]!]!.duration)
        }
      }),
      { numRuns: 40 },
    )
  })
})
