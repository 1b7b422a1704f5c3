/** Ends that no schedule of a problem can come before: what a makespan is measured by. */
import type { AskedProblem } from './messages.ts'

/**
 * The largest of: the longest path, each task on the node that suits it best; all work shared by all slots, and the k longest tasks
 * by the k fastest (the bound of preemptive schedules on related machines: W. A. Horvath, S. Lam, R. Sethi, JACM 24, 1977); and for
 * each resource what is held of it over time, by what there is. ms.
 */
export function lowerBound(problem: AskedProblem): number {
  const { count, starts, inputs, release, nodes } = problem
  if (count === 0) return 0
  const shortest = Float64Array.from({ length: count }, (_, task) => shortestOf(problem, task))
  const ends = new Float64Array(count)
  let bound = 0
  for (let task = 0; task < count; task++) {
    let from = release?.[task] ?? 0
    for (let at = starts[task]!; at < starts[task + 1]!; at++) from = Math.max(from, ends[inputs[at]!]!)
    ends[task] = from + shortest[task]!
    bound = Math.max(bound, ends[task]!)
  }
  // With durations of their own on each node, a slot of any node counts as one of speed 1 on which each task is at its best.
  const unrelated = problem.cost !== undefined
  const work = unrelated ? shortest : problem.duration
  const speed = (node: number) => (unrelated ? 1 : nodes[node]!.speed)
  return Math.max(bound, sharedBySlots(problem, work, speed), ...problem.resources.map((_, r) => sharedByResource(problem, work, speed, r)))
}

/** ms on the node, where it is among those on which the task may run. */
export function durationOn({ duration, cost, nodes }: AskedProblem, task: number, node: number): number {
  return cost ? cost[task * nodes.length + node]! : duration[task]! / nodes[node]!.speed
}

function shortestOf(problem: AskedProblem, task: number): number {
  const { nodes, allowed } = problem
  let best = Infinity
  for (let node = 0; node < nodes.length; node++) if (!allowed || allowed[task * nodes.length + node] !== 0) best = Math.min(best, durationOn(problem, task, node))
  return best
}

function sharedBySlots({ nodes, count }: AskedProblem, work: Float64Array, speed: (node: number) => number): number {
  if (nodes.some(({ slots }) => !Number.isFinite(slots))) return 0
  const longest = work.slice().sort().reverse()
  const fastest = nodes.map((_, node) => node).sort((a, b) => speed(b) - speed(a))
  let bound = 0
  let done = 0
  let together = 0
  let task = 0
  for (const node of fastest) {
    for (let slot = 0; slot < nodes[node]!.slots && task < count; slot++) {
      done += longest[task++]!
      together += speed(node)
      bound = Math.max(bound, done / together)
    }
  }
  for (; task < count; task++) done += longest[task]!
  return Math.max(bound, done / together)
}

function sharedByResource({ resources, request, nodes, count }: AskedProblem, work: Float64Array, speed: (node: number) => number, resource: number): number {
  let held = 0
  for (let task = 0; task < count; task++) held += work[task]! * request[task * resources.length + resource]!
  const there = nodes.reduce((sum, { capacity }, node) => sum + capacity[resource]! * speed(node), 0)
  return there > 0 && Number.isFinite(there) ? held / there : 0
}
