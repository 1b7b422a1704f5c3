import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arrange, blockOf, placeOf, taskAt, Tree } from '../../../../extension/src/graph/arrangement.ts'
import type { Arrangement } from '../../../../extension/src/graph/arrangement.ts'
import { reductionTree } from '../../../../kernel/cluster/reduction.ts'

const place = (arrangement: Arrangement, task: number) => placeOf(arrangement, task, { x: 0, y: 0, width: 0, height: 0 })
/** Asserting a million times takes longer than a million comparisons: what does not hold is gathered, and asserted once. */
const violations = (length: number, holds: (task: number) => boolean): number[] => Array.from({ length }, (_, task) => task).filter((task) => !holds(task))
const lengths = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 3000 }))

describe('The tree of a reduction', () => {
  test('has the operands that the kernel gives each task', () => {
    fc.assert(fc.property(lengths, (tasks) => {
      const { operands } = reductionTree(tasks + 1)
      const tree = new Tree(tasks)
      expect(violations(tasks, (task) => tree.operands(task).every((operand, k) => operand === operands[2 * task + k]))).toEqual([])
    }), { numRuns: 40 })
  })

  test('knows who takes a result: the task of which it is an operand', () => {
    fc.assert(fc.property(lengths, (tasks) => {
      const tree = new Tree(tasks)
      const consumers = new Map<number, number>()
      for (let task = 0; task < tasks; task++) for (const operand of tree.operands(task)) if (operand < 0) consumers.set(-1 - operand, task)
      expect(violations(tasks, (task) => tree.consumer(task) === consumers.get(task))).toEqual([])
    }), { numRuns: 40 })
  })

  test('places each task to the right of its operands, at the mean of their heights', () => {
    fc.assert(fc.property(lengths, (tasks) => {
      const arrangement = arrange(tasks, true)
      expect(violations(tasks, (task) => {
        const { x, y } = place(arrangement, task)
        const before = arrangement.tree!.operands(task).flatMap((operand) => (operand < 0 ? [place(arrangement, -1 - operand)] : []))
        return before.every((operand) => operand.x < x) && (before.length < 2 || Math.abs(y - (before[0]!.y + before[1]!.y) / 2) < 1e-6)
      })).toEqual([])
    }), { numRuns: 40 })
  })
})

describe('An arrangement', () => {
  const shapes = fc.tuple(lengths, fc.boolean())

  test('keeps all tasks within its size, and apart from each other', () => {
    fc.assert(fc.property(shapes, ([tasks, reduces]) => {
      const arrangement = arrange(tasks, reduces)
      const rows = new Map<string, number>()
      expect(violations(tasks, (task) => {
        const { x, y, width, height } = place(arrangement, task)
        // Of those in one column the next is below.
        const column = x.toFixed(6)
        const isApart = y >= (rows.get(column) ?? -Infinity) + height - 1e-6
        rows.set(column, y)
        return isApart && x >= -1e-6 && y >= -1e-6 && x + width <= arrangement.width + 1e-6 && y + height <= arrangement.height + 1e-6
      })).toEqual([])
    }), { numRuns: 60 })
  })

  test('finds each task at its own middle, and none beside them all', () => {
    fc.assert(fc.property(shapes, ([tasks, reduces]) => {
      const arrangement = arrange(tasks, reduces)
      expect(violations(tasks, (task) => {
        const { x, y, width, height } = place(arrangement, task)
        return taskAt(arrangement, x + width / 2, y + height / 2) === task
      })).toEqual([])
      expect(taskAt(arrangement, -5, -5)).toBeUndefined()
      expect(taskAt(arrangement, arrangement.width * 2, arrangement.height / 2)).toBeUndefined()
    }), { numRuns: 60 })
  })

  test('of few tasks is one column of labels, of more a grid that is wider than high', () => {
    expect(arrange(12, false)).toMatchObject({ form: 'labels', length: 12 })
    for (const tasks of [40, 1000, 100_000]) {
      const { form, width, height } = arrange(tasks, false)
      expect(form).toBe('grid')
      expect(width / height).toBeGreaterThan(2)
      expect(width / height).toBeLessThan(3.2)
    }
  })

  test('takes the same room for a thousand tasks and a million', () => {
    for (const reduces of [false, true]) {
      for (const tasks of [1000, 1_000_000]) {
        const { width, height } = arrange(tasks, reduces)
        expect(width).toBeLessThanOrEqual(641)
        expect(height).toBeLessThanOrEqual(241)
      }
    }
  })

  test('starts the rows of many tasks at round indices', () => {
    expect(arrange(1000, false).blocks[0]!.columns % 10).toBe(0)
    expect(blockOf(arrange(1000, false), 999).first).toBe(0)
  })

  test('of no tasks has no place, and answers', () => {
    expect(arrange(0, true).blocks).toEqual([])
    expect(taskAt(arrange(0, false), 1, 1)).toBeUndefined()
  })
})
