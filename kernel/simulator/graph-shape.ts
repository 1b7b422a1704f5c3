import type { Problem } from '../planning/index.ts'

/** Graphs of one shape are alike in size, depth, how unlike their durations are, how much travels, and in their cluster: in powers of two or four. */
export function shapeOf({ count, starts, inputs, duration, running, bytes, nodes, link }: Problem): string {
  const depth = new Int32Array(count)
  let [deepest, fresh, total, squares] = [1, 0, 0, 0]
  for (let i = 0; i < count; i++) {
    depth[i] = 1
    for (let at = starts[i]!; at < starts[i + 1]!; at++) depth[i] = Math.max(depth[i]!, depth[inputs[at]!]! + 1)
    deepest = Math.max(deepest, depth[i]!)
    // What is left of tasks that run says little of what they are.
    if ((running?.[i] ?? -1) >= 0) continue
    fresh++
    total += duration[i]!
    squares += duration[i]! ** 2
  }
  const variation = total > 0 ? Math.sqrt(Math.max(0, (squares * fresh) / total ** 2 - 1)) : 0
  const travel = bytes.reduce((sum, one) => sum + one, 0) / link.bandwidth
  const speeds = nodes.map(({ speed }) => speed)
  const power = (value: number, base = 2): number => Math.round(Math.log(Math.max(value, 1e-3)) / Math.log(base))
  const slots = nodes.reduce((sum, node) => sum + Math.min(node.slots, count), 0)
  const unlike = power(Math.max(...speeds, 1e-3) / Math.min(...speeds, 1e3))
  const share = power(travel / Math.max(total, 1e-9), 4)
  return [power(count, 4), power(deepest, 4), power(variation), share, power(count / Math.max(1, slots), 4), unlike].join(' ')
}
