import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { graphOf, nodesOf, simulate, type NamedPlanner, type SimulationOptions } from '../../../kernel/simulator/index.ts'
import { policies } from '../../../kernel/scheduler/index.ts'
import { anyGraph, nodes, problem } from './graphs.ts'

/** Each task on the first node, one after another. */
const oneByOne: NamedPlanner = (_name, { count, duration, nodes: [first] }) => {
  const start = new Float64Array(count)
  for (let i = 1; i < count; i++) start[i] = start[i - 1]! + duration[i - 1]! / first!.speed
  return { node: new Int32Array(count), start, makespan: 0, schedules: 1 }
}

describe('simulate', () => {
  test('takes as long as a small graph takes by hand: a diamond on two slots, with a transfer between nodes', async () => {
    // a (100) → b (200), c (300) → d (50); one slot on each of two nodes, so b or c has to fetch 1000 bytes at 100 bytes a ms.
    const diamond = problem(
      [{ duration: 100, bytes: 1000 }, { duration: 200, inputs: [0], bytes: 1000 }, { duration: 300, inputs: [0], bytes: 1000 }, { duration: 50, inputs: [1, 2] }],
      [1, 1], { bandwidth: 100, latency: 5, slots: 1 },
    )
    const result = await simulate(graphOf(diamond), { policy: 'critical-path' })
    // c stays with a's result; b fetches it (15 ms); d fetches b's or c's.
    expect(result.makespan).toBe(100 + 300 + 15 + 50)
    expect(result.transfers).toBe(2)
    expect(result.moved).toBe(2000)
    expect([...result.began]).toEqual([0, 115, 100, 415])
    expect([...result.end]).toEqual([100, 315, 400, 465])
    expect(result.utilization).toBeCloseTo((100 + 215 + 300 + 65) / (2 * 465), 10)
  })

  test('runs tasks faster on faster nodes, and each result that travels once is there for all', async () => {
    const shared = problem([{ duration: 100, bytes: 500 }, ...Array.from({ length: 4 }, () => ({ duration: 100, inputs: [0] }))], [1, 2], { bandwidth: 10 })
    const result = await simulate(graphOf(shared, ['a', 'b', 'b', 'b', 'b']), { policy: 'least-loaded' })
    expect(result.transfers).toBe(1)
    const fast = result.node.findIndex((node, task) => task > 0 && node === 1)
    expect(result.end[fast]! - result.began[fast]!).toBe(50)
  })

  test('follows plans, and hands no task to another node than planned', async () => {
    const wide = problem(Array.from({ length: 6 }, () => ({ duration: 100 })), [1, 1], { slots: 1 })
    const result = await simulate(graphOf(wide), { policy: 'heft', plan: oneByOne })
    expect(result.plans).toBe(1)
    expect([...result.node].filter((node) => node === 0).length).toBeGreaterThanOrEqual(5)
  })

  test('with the policy that chooses among others does as well as the best of them', async () => {
    const wide = problem(Array.from({ length: 12 }, (_, i) => ({ duration: 10 * (i + 1) })), [1, 1, 4], { slots: 1 })
    const makespans = await Promise.all(['learned', 'heft', 'least-loaded'].map(async (policy) => (await simulate(graphOf(wide), { policy })).makespan))
    expect(makespans[0]).toBe(Math.min(...makespans))
    expect(makespans[0]).toBeLessThan(makespans[2]!)
  })

  test('declares runs when they arrive', async () => {
    const late = { ...problem([{ duration: 10 }, { duration: 10 }]), release: Float64Array.of(0, 1000) }
    const result = await simulate(graphOf(late), {})
    expect([...result.began]).toEqual([0, 1000])
    expect(result.runs.map(({ declared, ended }) => ended - declared)).toEqual([10, 10])
  })

  test('says who can never run, and gives up on what goes on for ever', async () => {
    const large = problem([{ duration: 10, cpu: 8 }])
    await expect(simulate(graphOf(large), {})).rejects.toThrow(/task-1 can never run.*8/s)
    const endless = problem([{ duration: 1e9 }])
    await expect(simulate(graphOf(endless), { limits: { time: 1000 } })).rejects.toThrow(/given up after 1000 ms of virtual time, with 0 of 1 tasks ended/)
  })

  test('asks now and then whether to go on', async () => {
    const seen: [number, number][] = []
    await simulate(graphOf(problem([{ duration: 1 }])), { onProgress: (...counts) => void seen.push(counts) })
    expect(seen.at(-1)).toEqual([1, 1])
  })
})

describe('every simulation', () => {
  const anyOptions = fc.record({
    policy: fc.constantFrom(...policies.filter(({ plans, delegates }) => !plans && !delegates).map(({ name }) => name)),
    seed: fc.integer(),
    noise: fc.record({ spread: fc.constantFrom(0, 0.5), stragglers: fc.constant({ share: 0.1, factor: 10 }) }),
    failures: fc.option(fc.record({ mtbf: fc.integer({ min: 8000, max: 50_000 }), shape: fc.constantFrom(0.7, 1, 2), repair: fc.integer({ min: 1, max: 20_000 }) }), { nil: undefined }),
  })

  test('ends every task once, wastes nothing unsaid, and repeats itself exactly', async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, anyOptions, fc.integer({ min: 1, max: 4 }), async ({ names, tasks }, { failures, ...rest }, count) => {
        const graph = graphOf(problem(tasks, [1], { bandwidth: 1000, latency: 1 }), names)
        const options: SimulationOptions = { ...rest, ...(failures && { failures }), nodes: nodes(count), checked: true }
        const result = await simulate(graph, options)
        expect(result.succeeded + result.failed + result.skipped).toBe(tasks.length)
        if (!failures) expect(result.succeeded).toBe(tasks.length)
        // A task begins when its inputs have ended, but for those that were lost and made again.
        if (!failures) tasks.forEach(({ inputs }, i) => inputs.forEach((input) => expect(result.began[graph.of!.tasks[i]!]).toBeGreaterThanOrEqual(result.end[graph.of!.tasks[input]!]!)))
        const capacity = result.nodes.reduce((sum, { slots, alive }) => sum + slots * alive, 0)
        const busy = result.nodes.reduce((sum, { running, fetching }) => sum + running + fetching, 0)
        expect(result.utilization * capacity).toBeCloseTo(busy, 3)
        for (const node of result.nodes) {
          expect(node.running + node.fetching).toBeLessThanOrEqual(node.slots * node.alive + 1e-6)
          expect(node.wasted).toBeLessThanOrEqual(node.running + node.fetching + 1e-6)
        }
        // What was not wasted is what the tasks' own columns say; results that were made twice count each time.
        const own = result.end.reduce((sum, end, task) => sum + (result.node[task]! < 0 ? 0 : end - result.start[task]!), 0)
        const wasted = result.nodes.reduce((sum, node) => sum + node.wasted, 0)
        if (result.losses === 0) expect(own + wasted).toBeCloseTo(busy, 3)
        else expect(own + wasted).toBeLessThanOrEqual(busy + 1e-3)
        expect((await simulate(graph, options)).digest).toBe(result.digest)
      }),
      { numRuns: 20 },
    )
  })

  test('of another seed differs where chance has a part', async () => {
    const graph = graphOf(problem(Array.from({ length: 20 }, () => ({ duration: 100 }))), Array.from({ length: 20 }, () => 'a'))
    const digests = await Promise.all([1, 2, 1].map(async (seed) => (await simulate(graph, { seed, noise: { spread: 0.3 }, nodes: nodes(2) })).digest))
    expect(digests[0]).toBe(digests[2])
    expect(digests[0]).not.toBe(digests[1])
  })

  test('of a graph gives each task the same duration whatever the policy', async () => {
    const graph = graphOf(problem(Array.from({ length: 20 }, (_, i) => ({ duration: 100 + i }))), Array.from({ length: 20 }, () => 'a'))
    const lasted = async (policy: string) => {
      const { began, end } = await simulate(graph, { policy, noise: { spread: 1 }, nodes: nodes(3) })
      return Array.from(end, (ended, task) => Math.round(ended - began[task]!))
    }
    expect(await lasted('random')).toEqual(await lasted('least-loaded'))
  })
})

describe('a problem as a graph', () => {
  test('keeps the tasks of a name together, in the order of what they wait for', () => {
    const graph = graphOf(problem([{ duration: 1 }, { duration: 2, inputs: [0] }, { duration: 3, inputs: [1] }, { duration: 4 }]), ['a', 'b', 'a', 'a'])
    expect(graph.runs.map(({ spec, durations }) => [spec.name, ...durations])).toEqual([['a', 1, 4], ['b', 2], ['a', 3]])
    expect(graph.runs[2]!.dependencies.tasks).toEqual([[2]])
  })

  test('has labels for the nodes on which a task may run', () => {
    const some = problem([{ duration: 1 }, { duration: 1 }], [1, 1, 1])
    const graph = graphOf({ ...some, allowed: Uint8Array.of(1, 0, 1, 0, 1, 0) }, ['a', 'a'])
    expect(graph.runs.map(({ spec }) => spec.placement)).toEqual([{ labels: { 'set-0-2': 'yes' } }, { node: 'n1' }])
    expect(nodesOf({ ...some, allowed: Uint8Array.of(1, 0, 1, 0, 1, 0) }).map(({ labels }) => labels['set-0-2'])).toEqual(['yes', undefined, 'yes'])
  })
})
