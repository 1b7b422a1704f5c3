import { nullTranslator } from '@jupyterlab/translation'
import { describe, expect, it } from 'vitest'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import { GridBuilder } from '../../../../extension/src/utilization/grid.ts'
import { capacityText, percentText, scaleEnd, valueText } from '../../../../extension/src/utilization/measure.ts'
import { hasReports } from '../../../../extension/src/utilization/scene.ts'
import { absence, escaped, found, rowName, rowValue, span, summary, tableRows } from '../../../../extension/src/utilization/words.ts'
import { samples } from '../../cluster/sample-runs.ts'
import { load, source } from './source.ts'

const trans = nullTranslator.load('sluice')
const MiB = 2 ** 20
const two = source(400, [
  { load: load([0, 100, 200, 300], 100, { busy: [4, 4, 2, 1], memory: [100, 200, 300, 500] }) },
  { node: { lost: 200, reason: 'its process ended\nwith signal SIGKILL' }, load: load([0, 100], 100, { busy: [4, 2] }) },
])
const slots = new GridBuilder().build(two, 'slots')
const memory = new GridBuilder().build(two, 'memory')

describe('what is said of a row', () => {
  it('is its latest value while the run lasts, and what it came to at the end', () => {
    const lasting = { ...two.record, final: false }
    expect(rowValue(slots, 0, lasting, undefined, trans)).toEqual({ value: '25 %', further: 'avg 69 %', lost: false })
    expect(rowValue(slots, 0, two.record, undefined, trans)).toEqual({ value: 'avg 69 %', further: 'max 100 %', lost: false })
    expect(rowValue(slots, 0, two.record, 250, trans)).toMatchObject({ value: '50 %' })
    expect(rowValue(memory, 0, lasting, undefined, trans)).toMatchObject({ value: '500 B', further: '50 %' })
  })

  it('is the loss of its node, from then on', () => {
    expect(rowValue(slots, 1, two.record, undefined, trans)).toEqual({ value: 'lost', further: 'at 200 ms', lost: true })
    expect(rowValue(slots, 1, two.record, 50, trans)).toMatchObject({ value: '100 %', lost: false })
  })

  it('is found with the pointer', () => {
    expect(found(slots, 0, 250, two.record, trans)).toEqual(['node-1', 'at 250 ms', '50 % of 4 slots'])
    expect(found(memory, 0, 250, two.record, trans)).toEqual(['node-1', 'at 250 ms', '300 B, 30 % of 1000 B'])
    expect(found(slots, 1, 250, two.record, trans)).toEqual(['node-2', 'at 250 ms', 'lost at 200 ms', 'its process ended with signal SIGKILL'])
  })

  it('is told to those who do not see it', () => {
    expect(summary(slots, two.record, trans)).toBe('Slots in use, by whatever run: node-1 69 % on average; node-2 75 % on average, lost at 200 ms.')
    expect(tableRows(slots, two.record, trans)).toEqual([['node-1', '69 %', '100 %'], ['node-2 (lost at 200 ms)', '75 %', '100 %']])
    const thousand = RunTables.from(samples['a thousand nodes']!())
    const grid = new GridBuilder().build(thousand, 'slots')
    expect(summary(grid, thousand.record, trans)).toContain('node-1 – 16 100 % on average')
    expect(summary(grid, thousand.record, trans)).toMatch(/; and 59 more rows\.$/)
  })
})

it('names of nodes are made harmless', () => {
  const hostile = samples['hostile names']!()
  const name = rowName({ first: 0, nodes: 1 }, hostile)
  expect(name).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect(Array.from(name).length).toBeLessThanOrEqual(60)
  expect(escaped('<b>&amp;</b>')).toBe('&lt;b&gt;&amp;amp;&lt;/b&gt;')
})

it('a span of names says once what they have in common', () => {
  expect(span('node-17', 'node-32')).toBe('node-17 – 32')
  expect(span('node-100', 'node-199')).toBe('node-100 – 199')
  expect(span('alpha', 'beta')).toBe('alpha – beta')
  expect(span('same', 'same')).toBe('same – same')
  expect(span('node-', 'node-')).toBe('node- – node-')
})

it('why there is no plot is said', () => {
  const short = RunTables.from({ ...samples['a single task']!(), nodes: samples['a single task']!().nodes.map(({ load: _, ...node }) => node) })
  const reported = hasReports(new GridBuilder().build(short, 'slots'), short)
  expect(absence(reported, short.record, trans)).toBe('The run ended before the nodes reported twice.')
  expect(absence(false, { ...short.record, final: false }, trans)).toBe('The nodes have not reported twice yet.')
  expect(absence(true, short.record, trans)).toBeUndefined()
  expect(absence(false, samples['no nodes']!(), trans)).toBe('No node has joined.')
})

it('values are written in their unit', () => {
  const values = [valueText('fraction', 0.874), valueText('cores', 1.44), valueText('bytes', 3 * MiB), valueText('rate', 1.5 * MiB)]
  expect(values).toEqual(['87 %', '1.4 cores', '3 MiB', '1.5 MiB/s'])
  expect([percentText(0), percentText(0.002), percentText(0.997), percentText(1), percentText(2.5)]).toEqual(['0 %', '<1 %', '99 %', '100 %', '250 %'])
  const capacities = [capacityText('slots', 1), capacityText('cpu', 2.5), capacityText('gpu', 2), capacityText('memory', 8 * 1024 * MiB)]
  expect(capacities).toEqual(['1 slot', '2.5 cores', '2 GPUs', '8 GiB'])
})

it('scales end at all there is, or at a round amount', () => {
  expect([scaleEnd('fraction', 0.3), scaleEnd('fraction', 1.62), scaleEnd('cores', 2.2)]).toEqual([1, 1.7, 3])
  expect([scaleEnd('bytes', 0), scaleEnd('bytes', 210 * MiB), scaleEnd('rate', 1023 * MiB)]).toEqual([1024, 300 * MiB, 1024 * MiB])
  for (const most of [NaN, Infinity, 1e300, -1]) expect(scaleEnd('bytes', most)).toBeGreaterThan(0)
})
