import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Plan, Problem } from '../../../kernel/planning/index.ts'
import { planFor } from '../../../kernel/simulator/planner.ts'
import { plannedEvent, problemOf, type Remaining } from '../../../kernel/simulator/remaining.ts'
import { World } from '../scheduler/build.ts'

/** The inputs of each of the problem's tasks, as they are called outside. */
function inputsOf({ problem, tasks }: Remaining): Map<number, number[]> {
  const all = new Map<number, number[]>()
  for (let i = 0; i < problem.count; i++) all.set(tasks[i]! < 0 ? -1000 - i : tasks[i]!, [...problem.inputs.subarray(problem.starts[i]!, problem.starts[i + 1]!)].map((input) => tasks[input]!))
  return all
}

/** What the contract of problems asks for. */
function checkProblem(problem: Problem): void {
  const { count, starts, inputs, bytes, request, resources, nodes, running, allowed, priority, release } = problem
  expect([starts.length, bytes.length, request.length, problem.duration.length]).toEqual([count + 1, inputs.length, count * resources.length, count])
  for (let i = 0; i < count; i++) {
    expect(problem.duration[i]!).toBeGreaterThanOrEqual(0)
    for (let at = starts[i]!; at < starts[i + 1]!; at++) expect(inputs[at]!).toBeLessThan(i)
    expect(running![i]!).toBeLessThan(nodes.length)
    if (priority) expect(Number.isFinite(priority[i]!)).toBe(true)
    if (release) expect(release[i]!).toBeGreaterThanOrEqual(0)
    if (allowed) expect([...allowed.subarray(i * nodes.length, (i + 1) * nodes.length)].every((one) => one === 0 || one === 1)).toBe(true)
  }
}

/** That nothing starts before its inputs, nor where it may not run, and what runs stays where it is. */
function checkPlan({ count, starts, inputs, bytes, duration, nodes, running, allowed, link, release }: Problem, { node, start }: Plan): void {
  for (let i = 0; i < count; i++) {
    expect(node[i]!).toBeGreaterThanOrEqual(0)
    if (running![i]! >= 0) expect([node[i], start[i]]).toEqual([running![i], 0])
    if (allowed && running![i]! < 0) expect(allowed[i * nodes.length + node[i]!]).toBe(1)
    expect(start[i]!).toBeGreaterThanOrEqual(running![i]! < 0 ? (release?.[i] ?? 0) : 0)
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      const from = inputs[at]!
      const travels = node[from] !== node[i] && bytes[at]! > 0 ? link.latency + bytes[at]! / link.bandwidth : 0
      expect(start[i]! - start[from]! - duration[from]! / nodes[node[from]!]!.speed - travels).toBeGreaterThanOrEqual(-1e-6)
    }
  }
}

const planOf = ({ problem }: Remaining, node = 0): Plan => ({ node: new Int32Array(problem.count).fill(node), start: Float64Array.from({ length: problem.count }, (_, i) => 10 * i), makespan: 10 * problem.count, schedules: 1 })

describe('what is left of a graph', () => {
  test('is its unfinished tasks, in an order in which inputs come first, on the nodes that live', () => {
    const world = new World()
    const a = world.run('a', { count: 3 })
    world.run('b', { inputs: [[a.first], [a.first + 1], [a.first + 2]], request: { cpu: 2, gpu: 1 } })
    world.node('x', 2, { cpu: 4 })
    world.node('y', 1, { cpu: 1, gpu: 1 }, {}, 2)
    world.lose('y')
    world.node('z', 1, { cpu: 2, gpu: 2 }, {}, 3)
    world.finish(0)
    const remaining = problemOf(world.state)
    checkProblem(remaining.problem)
    expect(inputsOf(remaining)).toEqual(new Map([[1, []], [2, []], [3, []], [4, [1]], [5, [2]]]))
    expect(remaining.nodes).toEqual(['x', 'z'])
    const { problem, tasks } = remaining
    expect(problem.nodes.map(({ slots, speed, capacity }) => [slots, speed, ...capacity])).toEqual([[2, 1, 4, 0], [1, 3, 2, 2]])
    expect([...tasks].map((task, i) => [task, ...problem.request.subarray(2 * i, 2 * i + 2)]).sort()).toEqual([[1, 1, 0], [2, 1, 0], [3, 2, 1], [4, 2, 1], [5, 2, 1]])
  })

  test('has what was learned as durations, and of what runs what is left of it, where it runs', () => {
    const world = new World()
    world.duration = 100
    world.node('x', 1, undefined, {}, 2)
    const a = world.run('a', { count: 12 })
    for (let i = 0; i < 8; i++) world.finish(world.executing()[0]!)
    world.time += 30
    const { problem, tasks, elapsed, whole, runs } = problemOf(world.state, undefined, world.time)
    checkProblem(problem)
    const running = [...problem.running!].findIndex((node) => node >= 0)
    expect([problem.count, runs[0]!.spread.known, tasks[running]]).toEqual([4, true, a.first + 8])
    // At speed 2 it has done 60 ms' worth of 200.
    expect(elapsed[running]).toBe(60)
    expect(whole[running]! / 200).toBeCloseTo(1, 0)
    expect(problem.duration[running]! / (whole[running]! - 60)).toBeCloseTo(1, 0)
  })

  test('joins many that wait for many, so that it stays small, and lists few', () => {
    const world = new World()
    world.node('x', 1)
    const a = world.run('a', { count: 100 })
    const b = world.run('b', { count: 100, after: [a] })
    world.run('c', { count: 1, after: [b] })
    const remaining = problemOf(world.state)
    checkProblem(remaining.problem)
    expect(remaining.problem.inputs.length).toBe(100 + 100 + 100)
    expect([...remaining.tasks].filter((task) => task === -1)).toHaveLength(1)
    const inputs = inputsOf(remaining)
    expect(inputs.get(b.first + 50)).toEqual([-1])
    expect(inputs.get(b.first + 100)).toHaveLength(100)
  })

  test('holds tasks behind a barrier until the inputs of all of them are there', () => {
    const world = new World()
    world.node('x', 1)
    const a = world.run('a', { count: 3 })
    const b = world.run('b', { inputs: [[a.first], [a.first + 1], [a.first + 2]], mode: 'sync' })
    const inputs = inputsOf(problemOf(world.state))
    expect(inputs.get(b.first)).toEqual([a.first, -1])
    expect([...inputs].find(([task]) => task < -999)![1].sort()).toEqual([0, 1, 2])
  })

  test('knows where large results are, how long pauses last, and where tasks may run', () => {
    const world = new World()
    world.node('x', 1, { cpu: 1 }, { zone: 'eu' })
    world.node('y', 1)
    const a = world.run('a', { placement: { node: 'y' } })
    world.finish(a.first, { size: 125_000_000 })
    const broken = world.run('broken', { retries: 2, backoff: 500, placement: { labels: { zone: 'eu' } } })
    world.fail(broken.first)
    world.run('busy', { placement: { node: 'x' } })
    world.run('b', { inputs: [[a.first]], placement: { labels: { zone: 'eu' } } })
    const remaining = problemOf(world.state, undefined, world.time)
    const { problem, tasks, of, runs } = remaining
    checkProblem(problem)
    const row = (name: string) => [...tasks].findIndex((task, i) => task >= 0 && runs[of[i]!]!.name === name)
    expect([tasks[0], problem.running![0], problem.duration[0]]).toEqual([-2, 1, 0])
    expect([...problem.inputs], 'b takes what y holds').toEqual([0])
    expect(problem.bytes[0]).toBe(125_000_000)
    expect(problem.release![row('broken')]).toBe(500)
    expect([...problem.allowed!.subarray(2 * row('broken'), 2 * row('broken') + 2), ...problem.allowed!.subarray(2 * row('b'), 2 * row('b') + 2)]).toEqual([1, 0, 1, 0])
  })

  test('leaves out what no living node can run, with what waits for it', () => {
    const world = new World()
    world.node('x', 1)
    const a = world.run('a', { count: 2, request: { cpu: 3 } })
    const b = world.run('b', { count: 2, inputs: [[a.first], []] })
    const { tasks, problem, runs } = problemOf(world.state)
    checkProblem(problem)
    expect([[...tasks], runs.map(({ stuck }) => stuck)]).toEqual([[b.first + 1], [true, true]])
  })

  test('may leave runs out, and levels what hinders nothing with what is most urgent', () => {
    const world = new World()
    world.node('x', 1)
    const a = world.run('a', { count: 40, priority: 5 })
    world.run('b', { count: 40, after: [a], priority: -1 })
    const all = problemOf(world.state)
    checkProblem(all.problem)
    expect(new Set(all.problem.priority)).toEqual(new Set([5, -1]))
    const some = problemOf(world.state, ({ spec }) => spec.name === 'b')
    expect([some.problem.count, some.problem.inputs.length, some.problem.priority]).toEqual([40, 0, undefined])
  })

  test('is a problem as its contract says, and that planners can plan, whatever has happened', async () => {
    const steps = fc.array(fc.record({ act: fc.constantFrom('finish', 'finish', 'finish', 'fail', 'cancel', 'lose', 'join', 'run', 'after', 'sync', 'rerun'), pick: fc.nat(1000) }), { maxLength: 40 })
    await fc.assert(fc.asyncProperty(steps, fc.constantFrom('heft', 'peft', 'genetic', 'assignment'), async (all, planner) => {
      const world = new World()
      const runs = [world.run('a', { count: 5 })]
      let nodes = 0
      const join = () => world.node(`n${nodes++}`, 1 + (nodes % 3), undefined, {}, 1 + (nodes % 2))
      join()
      for (const { act, pick } of all) {
        const executing = world.executing()
        const some = runs[pick % runs.length]!
        const task = executing[pick % executing.length]
        if (act === 'finish' && task !== undefined) world.finish(task, { size: pick * 1e5 })
        else if (act === 'fail' && task !== undefined) world.fail(task)
        else if (act === 'cancel' && some.count > 0) world.cancel(some.first + (pick % some.count))
        else if (act === 'lose' && world.state.nodes.size > 0) world.lose([...world.state.nodes.keys()][pick % world.state.nodes.size]!)
        else if (act === 'join') join()
        else if (act === 'rerun' && some.count > 0) world.rerun(some.first + (pick % some.count))
        else if (act === 'after') runs.push(world.run(`r${pick % 3}`, { count: 1 + (pick % 7), after: [some], retries: pick % 2 }))
        else if (act === 'run' || act === 'sync') runs.push(world.run(`r${pick % 3}`, { inputs: Array.from({ length: some.count }, (_, i) => [some.first + i]), mode: act === 'sync' ? 'sync' : 'async' }))
      }
      const remaining = problemOf(world.state, undefined, world.time)
      checkProblem(remaining.problem)
      expect([...remaining.tasks].filter((one) => one >= 0).sort((a, b) => a - b)).toEqual([...world.state.unfinishedTasks()])
      // What runs is where the scheduler has it.
      remaining.tasks.forEach((one, i) => {
        const on = remaining.problem.running![i]!
        if (one >= 0 && on >= 0) expect(world.state.task(one).node).toBe(remaining.nodes[on])
      })
      if (remaining.problem.count > 0 && remaining.nodes.length > 0) checkPlan(remaining.problem, await planFor(planner, remaining.problem, { schedules: 20, seed: 1 }))
    }), { numRuns: 50 })
  })
})

describe('a plan as an event', () => {
  test('is of the policy\'s own tasks that do not run yet, at absolute times', () => {
    const world = new World()
    world.node('x', 1)
    world.run('a', { count: 3, policy: 'priority' })
    world.run('b', { count: 2 })
    const remaining = problemOf(world.state, undefined, 1000)
    const { tasks, node, start, nodes, policy, time } = plannedEvent(remaining, planOf(remaining), 1000, 'priority')
    expect([policy, time, nodes, [...(tasks as Int32Array)], [...(node as Int32Array)], [...(start as Float64Array)]]).toEqual(['priority', 1000, ['x'], [1, 2], [0, 0], [1010, 1020]])
  })

  test('leaves out joints, which are no tasks', () => {
    const world = new World()
    world.node('x', 1)
    const a = world.run('a', { count: 50 })
    world.run('b', { count: 50, after: [a] })
    const remaining = problemOf(world.state)
    expect(remaining.problem.count).toBe(101)
    expect(plannedEvent(remaining, planOf(remaining), 0, 'critical-path').tasks).toHaveLength(99)
  })
})
