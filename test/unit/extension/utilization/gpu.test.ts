import { expect, it } from 'vitest'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import { GridBuilder, statisticsOf } from '../../../../extension/src/utilization/grid.ts'
import { measuresOf } from '../../../../extension/src/utilization/measure.ts'
import { COLUMNS } from '../../../../extension/src/utilization/rows.ts'
import { nodeSpecs, play, runFacts, samples } from '../../cluster/sample-runs.ts'

const nodes = nodeSpecs(2, 2).map((node, i) => ({ ...node, resources: { ...node.resources, ...(i === 0 && { gpu: 4 }) } }))
const record = play({ facts: runFacts({ nodes, count: 4, options: { ...runFacts().options, request: { gpu: 1 } } }), duration: () => 1000 }).record(2000)

it('GPUs are offered only where a node has one', () => {
  expect(measuresOf(record)).toEqual(['slots', 'cpu', 'memory', 'transfers', 'gpu'])
  expect(measuresOf(samples['twelve tasks in progress']!())).not.toContain('gpu')
})

it('tasks hold what they asked for while they run', () => {
  const grid = new GridBuilder().build(RunTables.from(record), 'gpu')
  // Two slots of the first node run two tasks, of one GPU each, from the beginning to the end.
  expect(grid.end).toBe(1000)
  expect([...grid.values.subarray(0, grid.columns)]).toEqual(new Array<number>(10).fill(0.5))
  expect(statisticsOf(grid, 1).mean).toBeNaN()
  expect(grid.values.subarray(COLUMNS, COLUMNS + grid.columns).every((value) => Number.isNaN(value))).toBe(true)
})
