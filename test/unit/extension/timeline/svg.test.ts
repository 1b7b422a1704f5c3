import { describe, expect, test } from 'vitest'
import { readingsOf } from '../../../../extension/src/run/readings.ts'
import { RunStore } from '../../../../extension/src/run/store.ts'
import { hatching } from '../../../../extension/src/timeline/ink.ts'
import { mirrorRows } from '../../../../extension/src/timeline/mirror-rows.ts'
import { Model } from '../../../../extension/src/timeline/model.ts'
import { timelineSvg } from '../../../../extension/src/timeline/svg.ts'
import { segmentLines } from '../../../../extension/src/timeline/words.ts'
import type { PaneContext } from '../../../../extension/src/view/pane.ts'
import { ViewState } from '../../../../extension/src/view/view-state.ts'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import { stateNames } from '../../../../kernel/cluster/record/read.ts'
import type { RunRecord } from '../../../../kernel/cluster/record/types.ts'
import { samples } from '../../cluster/sample-runs.ts'

const withArguments = (text: string, ...values: unknown[]) => text.replace(/%(\d)/g, (_, n: string) => String(values[Number(n) - 1]))
const trans = { __: withArguments, _n: (one: string, more: string, n: number, ...values: unknown[]) => withArguments(n === 1 ? one : more, n, ...values) }

function contextOf(record: RunRecord): PaneContext {
  const store = new RunStore(RunTables.from(record))
  const state = new ViewState([], ['timeline'])
  const states = Object.fromEntries([...stateNames, 'lost'].map((name, i) => [name, `#00000${i}`]))
  const theme = { text: '#111', quiet: '#222', line: '#333', grid: '#444', lane: '#445', card: '#555', background: '#fff', focus: '#777', critical: '#888', onState: '#999', states, font: '"Font", sans-serif', forced: false }
  return { store, state, trans, ...readingsOf(store, state), theme: () => theme } as unknown as PaneContext
}

describe('the timeline as SVG', () => {
  test.each(Object.keys(samples))('is a picture of any run, without what could run or refer: %s', (name) => {
    const svg = timelineSvg(contextOf(samples[name]!()))
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" .*<\/svg>$/s)
    expect(svg).not.toMatch(/<(script|defs|img|foreignObject|use|image)|\bon\w+=|NaN|Infinity|undefined/)
    // Elements are closed, and nothing but ours is in it.
    expect(svg.split('<svg').length).toBe(svg.split('</svg>').length)
    expect(new Set([...svg.matchAll(/<([a-z]+)/gi)].map(([, tag]) => tag))).toEqual(new Set([...svg.matchAll(/<(svg|rect|path|text)/g)].map(([, tag]) => tag)))
    expect(svg.length).toBeLessThan(3_000_000)
  })

  test('is drawn whatever a record claims', () => {
    const sane = samples['a thousand tasks that lose a node']!()
    const strange = [NaN, -1, 1e300, 2 ** 53, 0.5, Infinity, 3]
    const wild = (column: Float64Array) => column.map((value, i) => (i % 3 === 0 ? value : strange[i % strange.length]!))
    for (const makespan of [0, 1e-9, 3700, 1e300]) {
      for (const slots of [0, 4, 1e300]) {
        const nodes = sane.nodes.map((node, i) => ({ ...node, joined: strange[i + 1]!, lost: strange[i + 2]! }))
        const record = { ...sane, makespan, nodes, specs: sane.specs.map((spec) => ({ ...spec, slots })), criticalPath: [-1, 5, 1e9, 7], run: { ...sane.run, count: 2 ** 53 } }
        const context = contextOf(record)
        const { tasks, attempts } = context.store
        for (const column of [tasks.ready, tasks.started, tasks.ended, tasks.slot, attempts.began, attempts.ended, attempts.task]) column.set(wild(column))
        for (const time of [undefined, NaN, -5, 1e300]) {
          context.state.time = time
          expect(timelineSvg(context)).toMatch(/<\/svg>$/)
        }
      }
    }
  })

  test('shows the moment that is replayed, and what a filter leaves', () => {
    const context = contextOf(samples['twelve tasks in progress']!())
    const whole = timelineSvg(context)
    context.state.time = 1000
    const replayed = timelineSvg(context)
    expect(replayed).not.toBe(whole)
    context.state.time = undefined
    context.state.filter = { states: new Set(['running']), text: '' }
    expect(timelineSvg(context)).toContain('opacity="0.16"')
  })
})

test('hatching stays within its rectangle, whatever that is', () => {
  for (const [x, y, width, height] of [[0, 0, 10, 10], [3.5, 7, 100, 2], [5, 5, 1, 60], [0, 0, 1e9, 20], [0, 0, 0, 0]] as const) {
    const points = hatching(x, y, width, height, 5)
    expect(points.length).toBeLessThan(20_000)
    for (let i = 0; i < points.length; i += 2) {
      if (Number.isNaN(points[i]!)) continue
      expect(points[i]! >= x - 1e-6 && points[i]! <= x + width + 1e-6 && points[i + 1]! >= y - 1e-6 && points[i + 1]! <= y + height + 1e-6).toBe(true)
    }
  }
})

describe('words', () => {
  const context = contextOf(samples['a failed run with skipped followers']!())
  const { record, tasks, attempts } = context.store
  const words = { record, tasks, attempts, moment: context.moment(), trans }

  test('say of an attempt what became of it, and of a task when and where it ran and why it failed', () => {
    expect(segmentLines(words, -1)).toEqual(['total[4]', 'attempt 1 · threw, tried again', expect.stringMatching(/^ran \d+ ms$/), expect.stringMatching(/^node-\d · slot \d$/)])
    const lines = segmentLines(words, 4)
    expect(lines[1]).toBe('failed · attempt 2 of 2')
    expect(lines.at(-1)).toContain('TypeError: Cannot read properties')
  })

  test('of the mirror tell each slot, and the selected task in its row', () => {
    const model = new Model(context.store)
    model.update()
    const rows = mirrorRows(model, record, trans, 3, 'total[4], failed')
    expect(rows).toHaveLength(6)
    expect(rows.filter(({ selected }) => selected !== '')).toEqual([rows[3]])
    expect(rows[0]).toMatchObject({ name: 'node-1, slot 0', summary: expect.stringMatching(/^\d+ attempts, \d+ % busy/) as string })
    expect(rows.some(({ summary }) => summary.includes('1 failed'))).toBe(true)
  })

  test('of the mirror are bounded', () => {
    const many = contextOf(samples['a thousand nodes']!())
    const model = new Model(many.store)
    model.update()
    const rows = mirrorRows(model, many.store.record, trans, 2456, 'x')
    expect(rows).toHaveLength(200)
    expect(rows.find(({ selected }) => selected === 'x')?.name).toBe('node-615')
  })
})
