/** The notebook's own runs as a graph. */
import { describe, expect, test } from 'vitest'
import { latestRuns, notebookGraph } from '../../../../kernel/cluster/simulated/notebook-graph.ts'
import { simulate } from '../../../../kernel/simulator/index.ts'
import { nodes } from '../../simulator/graphs.ts'
import { declaration, here, number, running } from '../fake-cluster.ts'

const results = (of: number, count: number) => [{ from: 'results' as const, of, count, stride: 1 }]

describe("the notebook's graph", () => {
  test('has what runs took, what they are expected to take, and what nobody knows', async () => {
    const { backend, coordinator } = await running()
    const a = await coordinator.declareNow(declaration('a', [1, 2, 3]))
    const of = number
    await coordinator.declareNow(declaration('b', [1, 2, 3], { parameters: results(of, 3), options: { priority: 10, policy: 'sjf' } }))
    backend.finish(0, () => ({ ...here(1), began: 100, ended: 400, size: 77 }))
    const { graph, measured, estimated, assumed } = await notebookGraph(coordinator, latestRuns(coordinator))
    expect([measured, estimated, assumed]).toEqual([1, 2, 3])
    expect(graph.runs.map(({ spec }) => [spec.name, spec.first, spec.count, spec.priority, spec.policy])).toEqual([['a', 0, 3, 0, undefined], ['b', 3, 3, 10, undefined]])
    expect([...graph.runs[0]!.durations].map(Math.round)).toEqual([300, 300, 300])
    expect(graph.runs[0]!.sizes[a.spec.first]).toBe(77)
    expect([...graph.runs[1]!.durations]).toEqual([1000, 1000, 1000])
    expect(graph.runs[1]!.dependencies.tasks).toEqual([[0], [1], [2]])
    const result = await simulate(graph, { nodes: nodes(2) })
    expect(result.makespan).toBeGreaterThanOrEqual(1299)
    expect(result.succeeded).toBe(6)
  })

  test('has the latest run of each name, with what these read; chosen runs alone read nothing of others', async () => {
    const { coordinator } = await running()
    await coordinator.declareNow(declaration('a', [1]))
    const first = number
    await coordinator.declareNow(declaration('b', [1], { parameters: results(first, 1) }))
    await coordinator.declareNow(declaration('a', [1]))
    await coordinator.declareNow(declaration('c', [1]))
    await coordinator.declareNow(declaration('c', [1, 2], { after: [{ run: number }] }))
    expect(latestRuns(coordinator).map(({ name, spec }) => [name, spec.count])).toEqual([['a', 1], ['b', 1], ['a', 1], ['c', 1], ['c', 2]])
    const chosen = latestRuns(coordinator, ['b', 'c'])
    expect(chosen.map(({ name, spec }) => [name, spec.count])).toEqual([['b', 1], ['c', 2]])
    const { graph } = await notebookGraph(coordinator, chosen)
    expect(graph.runs.map(({ dependencies }) => dependencies)).toEqual([{ runs: [], shared: [], tasks: [[]] }, { runs: [], shared: [] }])
  })
})
