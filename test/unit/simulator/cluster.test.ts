/** The model of a cluster alone, commanded by the test. */
import { describe, expect, test } from 'vitest'
import { SimulatedCluster, type ClusterOptions, type Fact } from '../../../kernel/simulator/index.ts'
import { EventHeap } from '../../../kernel/simulator/cluster-heap.ts'
import { noiseOf, uniform, weibull } from '../../../kernel/simulator/cluster-chance.ts'
import { nodes } from './graphs.ts'

function made(more: Partial<ClusterOptions> = {}, inputs: Record<number, number[]> = {}) {
  const cluster = new SimulatedCluster({
    nodes: nodes(2, 1), link: { bandwidth: 10, latency: 2 }, seed: 1,
    bodies: { duration: () => 100, size: () => 50, inputs: (task) => inputs[task] ?? [] }, ...more,
  })
  const facts: string[] = []
  const told = (fact: Fact): string => {
    switch (fact.type) {
      case 'TasksFinished':
        return `${fact.time} ${fact.node} ${fact.outcomes.map(({ task, ok }) => `${task}${ok ? '' : ' failed'}`).join()}`
      case 'TasksReturned':
        return `${fact.time} ${fact.node} returned ${fact.tasks.join()}`
      case 'ValueCopied':
        return `${fact.time} copied ${fact.task} to ${fact.node}`
      case 'ValueLost':
        return `${fact.time} lost ${fact.task}`
      default:
        return `${fact.time} ${fact.type} ${typeof fact.node === 'string' ? fact.node : fact.node.id}`
    }
  }
  const until = (time: number): string[] => {
    while (cluster.nextTime <= time) {
      const fact = cluster.next()
      if (fact) facts.push(told(fact))
    }
    cluster.pass(time)
    return facts.splice(0)
  }
  until(0)
  return { cluster, until }
}

describe('a slot', () => {
  test('executes its queue in order, and gives back what had not begun', () => {
    const { cluster, until } = made()
    cluster.start('n0', 0, [1, 2, 3, 4], [1, 1, 1, 1])
    expect(until(150)).toEqual(['100 n0 1'])
    cluster.recall('n0', 0, [2, 4, 9])
    expect(until(350)).toEqual(['150 n0 returned 4', '200 n0 2', '300 n0 3'])
    cluster.recall('n0', 0, [3])
    expect(until(400)).toEqual(['350 n0 returned '])
    expect(cluster.busySlots).toBe(0)
  })

  test('ends what is cancelled at once, and goes on with the next', () => {
    const { cluster, until } = made()
    cluster.start('n0', 0, [1, 2, 3], [1, 1, 1])
    until(30)
    cluster.cancel(2, 1, 'n0', 0)
    cluster.cancel(1, 1, 'n0', 0)
    cluster.cancel(3, 7, 'n0', 0)
    expect(until(500)).toEqual(['30 n0 returned 2', '30 n0 1 failed', '130 n0 3'])
    expect(cluster.use()[0]).toMatchObject({ running: 130, wasted: 30 })
  })

  test('fetches what its node lacks before the body, once for the node', () => {
    const { cluster, until } = made({}, { 2: [1], 3: [1] })
    cluster.start('n0', 0, [1], [1])
    until(100)
    cluster.start('n1', 0, [2, 3], [1, 1])
    expect(until(1000)).toEqual(['107 copied 1 to n1', '207 n1 2', '307 n1 3'])
    expect(cluster.use()[1]).toMatchObject({ fetching: 7, running: 200 })
    expect(cluster.moved).toEqual({ transfers: 1, bytes: 50, losses: 0 })
  })
})

describe('a node that is lost', () => {
  test('takes its tasks and results with it, also those that are on their way', () => {
    const { cluster, until } = made({ outages: [{ node: 0, at: 103, back: 500 }] }, { 2: [1] })
    cluster.start('n0', 0, [1], [1])
    until(100)
    cluster.start('n1', 0, [2], [1])
    cluster.start('n0', 0, [5], [1])
    expect(until(1000)).toEqual(['103 NodeLost n0', '107 lost 1', '107 n1 returned 2', '500 NodeJoined n0'])
    expect(cluster.use().map(({ alive, wasted }) => [alive, wasted])).toEqual([[603, 3], [1000, 7]])
    cluster.start('n1', 0, [2], [2])
    expect(until(1000)).toEqual(['1000 lost 1', '1000 n1 returned 2'])
  })

  test('fails by chance at the rate that is asked for, and comes back', () => {
    const { until } = made({ nodes: nodes(50, 1), failures: { mtbf: 1000, repair: 100, shape: 0.8 } })
    const told = until(100_000)
    const lost = told.filter((fact) => fact.includes('NodeLost')).length
    // 50 nodes × 100,000 ms / 1,100 ms.
    expect(lost / 4545).toBeGreaterThan(0.93)
    expect(lost / 4545).toBeLessThan(1.07)
    expect(told.filter((fact) => fact.includes('NodeJoined')).length).toBeGreaterThan(lost - 50)
  })
})

test('the heap gives events by time, and those of one time in the order of their arrangement', () => {
  const heap = new EventHeap()
  const times = Array.from({ length: 1000 }, (_, i) => Math.floor(uniform(1, i, 0, 0) * 50))
  times.forEach((time, i) => heap.push(time, i, 0))
  const order: number[] = []
  while (heap.length > 0) {
    order.push(heap.subject)
    heap.pop()
  }
  expect(order).toEqual(times.map((_, i) => i).sort((a, b) => times[a]! - times[b]! || a - b))
})

test('chance has the means that it should have', () => {
  const draws = 20_000
  const mean = (draw: (i: number) => number) => Array.from({ length: draws }, (_, i) => draw(i)).reduce((sum, one) => sum + one, 0) / draws
  expect(mean((i) => uniform(7, i, 1, 0))).toBeCloseTo(0.5, 1)
  for (const shape of [0.7, 1, 3]) expect(mean((i) => weibull(uniform(7, i, 2, 0), shape, 40)) / 40).toBeCloseTo(1, 1)
  expect(mean((i) => noiseOf({ spread: 0.5 }, 7, i, 1))).toBeCloseTo(1, 1)
  expect(mean((i) => noiseOf({ stragglers: { share: 0.1, factor: 11 } }, 7, i, 1))).toBeCloseTo(2, 0)
})
