import fc from 'fast-check'
import { expect, test } from 'vitest'
import { reductionTree } from '../../../kernel/cluster/reduction.ts'

/** The leaves in the order in which the tree puts them together, and its depth. */
function read(leaves: number): { order: number[]; depth: number } {
  const { operands } = reductionTree(leaves)
  const visit = (operand: number): { order: number[]; depth: number } => {
    if (operand >= 0) return { order: [operand], depth: 0 }
    const task = -1 - operand
    const [a, b] = [visit(operands[2 * task]!), visit(operands[2 * task + 1]!)]
    return { order: [...a.order, ...b.order], depth: 1 + Math.max(a.depth, b.depth) }
  }
  return leaves === 1 ? { order: [0], depth: 0 } : visit(-1 - (leaves - 2))
}

test('the tree keeps the order of its leaves and is as flat as can be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), (leaves) => {
      const { order, depth } = read(leaves)
      expect(order).toEqual(Array.from({ length: leaves }, (_, i) => i))
      expect(depth).toBe(Math.ceil(Math.log2(leaves)))
    }),
  )
})

test('operands come before the task that takes them', () => {
  const { operands } = reductionTree(1000)
  for (let i = 0; i < operands.length; i++) expect(-1 - operands[i]!).toBeLessThan(Math.floor(i / 2))
})
