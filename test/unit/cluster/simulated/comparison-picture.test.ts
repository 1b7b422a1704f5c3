import { expect, test } from 'vitest'
import { ComparisonPicture } from '../../../../kernel/cluster/simulated/comparison-picture.ts'
import { namedProblem } from '../../../../kernel/language/cluster-api-graph.ts'
import { compare, graphOf } from '../../../../kernel/simulator/index.ts'
import { drawnBy } from '../pen.ts'

async function drawn(tasks: number, nodes: object, policies: readonly string[]) {
  const { problem, names } = namedProblem({ tasks: Array.from({ length: tasks }, (_, i) => ({ name: `t${i % 3}-${i}`, duration: 10 + 30 * i })) }, [nodes], undefined)
  const graph = graphOf(problem, names.map((name) => name.split('-')[0]!))
  const picture = new ComparisonPicture({ title: 'a picture', graph, comparison: await compare(graph, { policies, explain: (error) => String(error) }) })
  return { ...drawnBy((pen) => picture.draw(pen)), height: picture.size.height }
}

test('shows each task in the lane of its slot, and says what is best', async () => {
  const { words, bars } = await drawn(7, { slots: 3 }, ['fifo', 'max-min'])
  expect(bars).toBe(14)
  expect(words).toEqual(expect.arrayContaining(['a picture', 'fifo', 'max-min', 't0', 't1', 't2', '0']))
  expect(words.filter((word) => word.startsWith('best'))).toHaveLength(1)
  expect(words.find((word) => word.includes('no schedule is shorter'))).toMatch(/7 tasks +· +3 runs +· +1 node +· +3 slots/)
})

test('of a pool of resources shows the slots that were used, and does not tell how many there may be', async () => {
  const { words, bars } = await drawn(60, { cpu: 5 }, ['fifo'])
  expect(bars).toBe(60)
  expect(words.find((word) => word.includes('no schedule is shorter'))).not.toContain('slot')
})

test('of many slots shows how many are busy', async () => {
  const few = await drawn(60, { slots: 40 }, ['fifo'])
  const many = await drawn(600, { slots: 400 }, ['fifo'])
  expect(few.words).not.toContain('pale: inputs are fetched')
  expect([many.height, many.words.length]).toEqual([few.height, few.words.length])
})

test('draws so many policies at most, and counts the others', async () => {
  const { words } = await drawn(3, { slots: 1 }, Array.from({ length: 30 }, () => 'fifo'))
  expect(words).toContain('and 6 more policies')
})
