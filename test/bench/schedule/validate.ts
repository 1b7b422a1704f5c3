import type { Plan, Problem } from '../../../kernel/planning/index.ts'

/** Clock times of a plan are sums of floating-point durations. */
const TOLERANCE = 1e-6

/**
 * What is wrong with a plan, or undefined. Knows the problem's definition and nothing of the planners: every task exactly once, on a
 * node it may run on; inputs ended, and arrived, before it starts; at no instant more of any resource, or more slots, than the node has;
 * the makespan that it claims.
 */
export function violation(problem: Problem, plan: Plan): string | undefined {
  if (plan.node.length !== problem.count || plan.start.length !== problem.count) return `it places ${plan.start.length} of ${problem.count} tasks`
  const ends = Array.from(plan.start, (start, task) => start + durationOn(problem, task, plan.node[task]!))
  return placesOf(problem, plan) ?? precedence(problem, plan, ends) ?? capacities(problem, plan, ends) ?? makespan(plan, ends)
}

function durationOn(problem: Problem, task: number, node: number): number {
  return problem.duration[task]! / (problem.nodes[node]?.speed ?? NaN)
}

function placesOf(problem: Problem, plan: Plan): string | undefined {
  for (let task = 0; task < problem.count; task++) {
    const node = plan.node[task]!
    const start = plan.start[task]!
    if (problem.nodes[node] === undefined) return `task ${task} is on node ${node}, which does not exist`
    if (problem.allowed !== undefined && problem.allowed[task * problem.nodes.length + node] !== 1) return `task ${task} may not run on node ${node}`
    const running = problem.running?.[task] ?? -1
    const release = running >= 0 ? 0 : (problem.release?.[task] ?? 0)
    if (!Number.isFinite(start) || start < release - TOLERANCE) return `task ${task} starts at ${start}, before it may`
    if (running >= 0 && (running !== node || start !== 0)) return `task ${task} already runs on node ${running}, but is planned for node ${node} at ${start}`
  }
  return undefined
}

function precedence(problem: Problem, plan: Plan, ends: readonly number[]): string | undefined {
  for (let task = 0; task < problem.count; task++) {
    // What already runs has its inputs.
    if ((problem.running?.[task] ?? -1) >= 0) continue
    for (let k = problem.starts[task]!; k < problem.starts[task + 1]!; k++) {
      const input = problem.inputs[k]!
      const travels = plan.node[input] !== plan.node[task] && problem.bytes[k]! > 0
      const arrival = ends[input]! + (travels ? problem.link.latency + problem.bytes[k]! / problem.link.bandwidth : 0)
      if (plan.start[task]! < arrival - TOLERANCE) return `task ${task} starts at ${plan.start[task]}, but its input ${input} is there at ${arrival}`
    }
  }
  return undefined
}

/** Sweeps over the starts and ends of each node's tasks; what ends at an instant is given back before what starts at it takes. */
function capacities(problem: Problem, plan: Plan, ends: readonly number[]): string | undefined {
  const width = problem.resources.length
  for (const [node, { slots, capacity, name }] of problem.nodes.entries()) {
    const changes: { time: number, sign: number, task: number }[] = []
    for (let task = 0; task < problem.count; task++) {
      // What takes no time holds nothing.
      if (plan.node[task] !== node || ends[task]! <= plan.start[task]!) continue
      changes.push({ time: plan.start[task]! + TOLERANCE, sign: 1, task }, { time: ends[task]!, sign: -1, task })
    }
    changes.sort((a, b) => a.time - b.time || a.sign - b.sign)
    const used = new Array<number>(width).fill(0)
    let busy = 0
    for (const { time, sign, task } of changes) {
      busy += sign
      if (busy > slots) return `${busy} tasks on node ${name} at ${time}, which has ${slots} slots`
      for (let r = 0; r < width; r++) {
        used[r]! += sign * problem.request[task * width + r]!
        if (used[r]! > capacity[r]! + TOLERANCE * Math.max(1, capacity[r]!)) return `${used[r]} of ${problem.resources[r]} in use on node ${name} at ${time}, which has ${capacity[r]}`
      }
    }
  }
  return undefined
}

function makespan(plan: Plan, ends: readonly number[]): string | undefined {
  const last = ends.reduce((latest, end) => Math.max(latest, end), 0)
  return Math.abs(last - plan.makespan) > TOLERANCE * Math.max(1, last) ? `it says that it ends at ${plan.makespan}, but ends at ${last}` : undefined
}

/** Length of the longest chain of durations at the highest speed that each task may use: no schedule is shorter. */
export function criticalPath(problem: Problem): number {
  const end = new Float64Array(problem.count)
  let longest = 0
  for (let task = 0; task < problem.count; task++) {
    let speed = 0
    for (const [n, node] of problem.nodes.entries()) if (problem.allowed === undefined || problem.allowed[task * problem.nodes.length + n] === 1) speed = Math.max(speed, node.speed)
    let start = problem.release?.[task] ?? 0
    for (let k = problem.starts[task]!; k < problem.starts[task + 1]!; k++) start = Math.max(start, end[problem.inputs[k]!]!)
    end[task] = start + problem.duration[task]! / speed
    longest = Math.max(longest, end[task]!)
  }
  return longest
}
