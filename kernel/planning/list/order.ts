import type { Graph } from './graph.ts'

/**
 * Tasks in a topological order in which, of those whose inputs all stand before them, the one of the highest priority
 * comes first, then the one with the greatest key, then the one with the smallest number.
 */
export function listOrder(graph: Graph, keys: ArrayLike<number>): Int32Array {
  const { count, outStarts, outputs, problem: { starts, priority } } = graph
  const order = new Int32Array(count)
  const missing = new Int32Array(count)
  const heap: number[] = []
  const before = (a: number, b: number): boolean => {
    if (priority && priority[a] !== priority[b]) return priority[a]! > priority[b]!
    return keys[a] !== keys[b] ? keys[a]! > keys[b]! : a < b
  }
  for (let i = 0; i < count; i++) {
    missing[i] = starts[i + 1]! - starts[i]!
    if (missing[i] === 0) push(heap, i, before)
  }
  for (let at = 0; at < count; at++) {
    const task = pop(heap, before)
    order[at] = task
    for (let out = outStarts[task]!; out < outStarts[task + 1]!; out++) {
      if (--missing[outputs[out]!]! === 0) push(heap, outputs[out]!, before)
    }
  }
  return order
}

/** A binary heap of tasks; what `before` says to come first is on top. */
export function push(heap: number[], task: number, before: (a: number, b: number) => boolean): void {
  let at = heap.length
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!before(task, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = task
}

export function pop(heap: number[], before: (a: number, b: number) => boolean): number {
  const top = heap[0]!
  const last = heap.pop()!
  let at = 0
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
    if (!before(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  if (heap.length > 0) heap[at] = last
  return top
}
