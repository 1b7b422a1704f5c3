/** A balanced tree of pairwise tasks that keeps the leaves' order, so the body need not be commutative. */

export interface ReductionTree {
  /**
   * Operands of task `t`: `operands[2 * t]` and `operands[2 * t + 1]`. A value v ≥ 0 is leaf v; v < 0 is the result
   * of task `-1 - v`. Operands precede their task; the last task is the root.
   */
  readonly operands: Int32Array
}

/** Pairs neighbours level by level; an odd one out moves up a level. `leaves` ≥ 1; makes `leaves - 1` tasks. */
export function reductionTree(leaves: number): ReductionTree {
  const operands = new Int32Array(2 * Math.max(0, leaves - 1))
  let level = Int32Array.from({ length: leaves }, (_, i) => i)
  let task = 0
  while (level.length > 1) {
    const next = new Int32Array(Math.ceil(level.length / 2))
    for (let i = 0; i + 1 < level.length; i += 2) {
      operands[2 * task] = level[i]!
      operands[2 * task + 1] = level[i + 1]!
      next[i / 2] = -1 - task
      task++
    }
    if (level.length % 2 === 1) next[next.length - 1] = level[level.length - 1]!
    level = next
  }
  return { operands }
}
