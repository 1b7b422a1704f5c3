import { expect } from 'vitest'
import type { Plan, PlanNode, Problem } from '../../../kernel/planning/index.ts'

/** Edges as [from, to, bytes]; tasks in topological order. */
export function problemOf({ duration, edges = [], nodes, resources = [], request = [], ...rest }: {
  duration: readonly number[]
  edges?: readonly (readonly [number, number, number?])[]
  nodes: readonly Partial<PlanNode>[]
  resources?: readonly string[]
  request?: readonly number[]
} & Partial<Omit<Problem, 'duration' | 'nodes' | 'resources' | 'request'>>): Problem {
  const count = duration.length
  const lists = duration.map((_, i) => edges.filter(([, to]) => to === i))
  const starts = new Int32Array(count + 1)
  lists.forEach((list, i) => (starts[i + 1] = starts[i]! + list.length))
  return {
    count, duration: Float64Array.from(duration), starts, inputs: Int32Array.from(lists.flat().map(([from]) => from)),
    bytes: Float64Array.from(lists.flat().map(([, , bytes = 0]) => bytes)), resources,
    request: Float64Array.from(request.length > 0 ? request : new Array<number>(count * resources.length).fill(0)),
    nodes: nodes.map((node, n) => ({ name: `n${n}`, slots: 1, speed: 1, capacity: resources.map(() => Infinity), ...node })),
    link: { bandwidth: 1, latency: 0 }, ...rest,
  }
}

/** Whether the plan keeps everything that a plan must keep, checked from the problem alone. */
export function expectValid(problem: Problem, plan: Plan): void {
  const { count, starts, inputs, bytes, link, nodes, resources, request } = problem
  const cost = (i: number) => (problem.cost ? problem.cost[i * nodes.length + plan.node[i]!]! : problem.duration[i]! / nodes[plan.node[i]!]!.speed)
  const end = (i: number) => plan.start[i]! + cost(i)
  const slack = 1e-9 * Math.max(1, plan.makespan)
  expect(plan.node.length).toBe(count)
  let last = 0
  for (let i = 0; i < count; i++) {
    last = Math.max(last, end(i))
    expect(plan.start[i]!).toBeGreaterThanOrEqual(problem.release?.[i] ?? 0)
    if (problem.allowed) expect(problem.allowed[i * nodes.length + plan.node[i]!]).toBe(1)
    if (problem.running && problem.running[i]! >= 0) expect([plan.node[i], plan.start[i]]).toEqual([problem.running[i], 0])
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      const input = inputs[at]!
      const apart = plan.node[input] !== plan.node[i] && bytes[at]! > 0
      expect(plan.start[i]! + slack).toBeGreaterThanOrEqual(end(input) + (apart ? link.latency + bytes[at]! / link.bandwidth : 0))
    }
  }
  expect(plan.makespan).toBeCloseTo(last, 9)
  // What a node executes is at its most when some task begins.
  for (let i = 0; i < count; i++) {
    const together = Array.from({ length: count }, (_, j) => j).filter(j => cost(j) > 0 && plan.node[j] === plan.node[i] && plan.start[j]! <= plan.start[i]! + slack && end(j) > plan.start[i]! + slack)
    const node = nodes[plan.node[i]!]!
    expect(together.length).toBeLessThanOrEqual(node.slots)
    resources.forEach((_, r) => expect(together.reduce((sum, j) => sum + request[j * resources.length + r]!, 0)).toBeLessThanOrEqual(node.capacity[r]! + 1e-9))
  }
}
