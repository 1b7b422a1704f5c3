import fc from 'fast-check'
import * as React from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { Drawer } from '../../../../extension/src/detail/drawer.tsx'
import { readingsOf } from '../../../../extension/src/run/readings.ts'
import { RunStore } from '../../../../extension/src/run/store.ts'
import { Header } from '../../../../extension/src/view/header.tsx'
import type { PaneContext } from '../../../../extension/src/view/pane.ts'
import { Surroundings } from '../../../../extension/src/view/surroundings.ts'
import { ViewState } from '../../../../extension/src/view/view-state.ts'
import type { Item } from '../../../../extension/src/view/view-state.ts'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import type { RunRecord } from '../../../../kernel/cluster/record/types.ts'
import { samples } from '../../cluster/sample-runs.ts'
import { fastest } from '../../fastest.ts'

function contextOf(store: RunStore): PaneContext {
  const surroundings = new Surroundings()
  const state = new ViewState([], [])
  return {
    store, state, surroundings, trans: surroundings.translation, reducedMotion: true, ...readingsOf(store, state),
    theme: () => { throw new Error('nothing is drawn') }, invalidate: () => undefined, announce: () => undefined,
  }
}

const markupOf = (context: PaneContext): string => renderToStaticMarkup(React.createElement(React.Fragment, null, React.createElement(Header, { context }), React.createElement(Drawer, { context })))
const textOf = (markup: string): string => markup.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').replaceAll('&#x27;', "'").trim()

function shown(record: RunRecord, selection: Item | undefined, change: (store: RunStore) => void = () => undefined, time?: number): string {
  const store = new RunStore(RunTables.from(record))
  change(store)
  const context = contextOf(store)
  context.state.selection = selection
  context.state.time = time
  return markupOf(context)
}

test('the header says where a run stands, what failed first and what that kept from running', () => {
  const text = textOf(shown(samples['a failed run with skipped followers']!(), undefined))
  expect(text).toMatch(/^total × 23 saved 18 succeeded 1 failed 4 skipped took 1 s · 19 tasks\/s/)
  expect(text).toContain("1 root failure TypeError: Cannot read properties of undefined (reading 'carrier') in total[4] (and 4 skipped because of it)")
})

test('a failed task is told with its error, stack, attempts and log; what is not saved is said to be in the kernel', () => {
  const text = textOf(shown(samples['a failed run with skipped followers']!(), { kind: 'task', task: 4 }))
  for (const part of ['failed · node-3 · slot 1 · attempt 2', 'at summarise ( Cell [2]:4:18 )', 'Attempts', 'threw', 'Log reading part 4 unexpected end of file', 'known to the kernel only']) expect(text).toContain(part)
})

test('a skipped task leads to the failure that it goes back to', () => {
  expect(textOf(shown(samples['a failed run with skipped followers']!(), { kind: 'task', task: 22 }))).toContain('Skipped because this has no result: total[4]')
})

test('a group is told with its options, durations and nodes; another run with what is known of it; nothing selected, with the environment', () => {
  const record = samples['a thousand tasks that lose a node']!()
  const group = textOf(shown(record, { kind: 'group', run: 4 }))
  for (const part of ['1,000 succeeded', 'retries 2, the first after 100 ms', 'its own task of flights', 'median', 'Slowest', 'node-3 lost']) expect(group).toContain(part)
  expect(textOf(shown(record, { kind: 'group', run: 2 }))).toContain('flights × 1,000')
  expect(textOf(shown(record, { kind: 'group', run: 99 }))).toMatch(/Run delays by airport.*cluster 4 nodes, 1 of them lost.*seed 7.*Node\.js 20\.20\.2/)
})

test('names are text, whatever they hold', () => {
  const markup = shown(samples['hostile names']!(), { kind: 'task', task: 2 })
  expect(markup).not.toContain('<img')
  expect(markup).not.toMatch(/[\u202e\u0000]/)
})

test('records whose numbers mean nothing are shown all the same', () => {
  const numbers = fc.constantFrom(NaN, -1, 0, 1, 3, 7, 99, 1e9, Number.MAX_SAFE_INTEGER)
  const column = fc.array(numbers, { minLength: 23, maxLength: 23 })
  const items: fc.Arbitrary<Item | undefined> = fc.oneof(numbers.map((task) => ({ kind: 'task' as const, task })), fc.nat(22).map((task) => ({ kind: 'task' as const, task })), numbers.map((run) => ({ kind: 'group' as const, run })), fc.constant(undefined))
  const names = ['attempts', 'attempt', 'node', 'slot', 'ready', 'started', 'ended', 'error', 'rootRun', 'root'] as const
  fc.assert(fc.property(fc.array(column, { minLength: 10, maxLength: 10 }), fc.array(fc.nat(7), { minLength: 23, maxLength: 23 }), items, fc.option(numbers, { nil: undefined }), fc.constantFrom(0, 1, 7, 1e9, Number.MAX_SAFE_INTEGER), (columns, states, item, time, large) => {
    const record = samples['a failed run with skipped followers']!()
    const nonsense: RunRecord = { ...record, run: { ...record.run, count: Math.max(23, large) }, declared: large, asOf: large, makespan: large, errors: record.errors.map((error) => ({ ...error, task: large })), dependencies: [{ how: 'tree', on: large, leaves: large }] }
    const markup = shown(nonsense, item, ({ tasks }) => {
      names.forEach((name, i) => tasks[name].set(columns[i]!))
      tasks.state.set(states)
    }, time)
    return markup.length > 500 && markup.length < 100_000 && !/undefined|\[object/.test(textOf(markup).replaceAll('of undefined (reading', ''))
  }), { numRuns: 60 })
})

test('a hundred thousand tasks are told of in less than a long task of the page', () => {
  const record = samples['a hundred thousand tasks']!()
  const store = new RunStore(RunTables.from(record))
  const context = contextOf(store)
  context.state.selection = { kind: 'task', task: 99_999 }
  expect(fastest(() => markupOf(context), 5)).toBeLessThan(50)
})
