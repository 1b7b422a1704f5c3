import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { groupsOf } from '../../../../extension/src/graph/groups.ts'
import { layoutOf } from '../../../../extension/src/graph/layout.ts'
import { moved } from '../../../../extension/src/graph/navigate.ts'
import type { Direction } from '../../../../extension/src/graph/navigate.ts'
import type { Item } from '../../../../extension/src/view/view-state.ts'
import { samples } from '../../cluster/sample-runs.ts'
import { upstream } from './subject.ts'

const sample = samples['twelve tasks in progress']!()
const record = { ...sample, dependencies: [{ how: 'all' as const, on: 2 }, { how: 'all' as const, on: 3 }], upstream: [upstream(2), upstream(3)] }
const grid = layoutOf(groupsOf(record), true, 100)
const tree = layoutOf(groupsOf({ ...record, run: { ...record.run, kind: 'reduce', count: 7 } }), true, 7)
const task = (index: number): Item => ({ kind: 'task', task: index })
const group = (run: number): Item => ({ kind: 'group', run })
const directions: Direction[] = ['left', 'right', 'up', 'down', 'home', 'end', 'page-up', 'page-down']

describe('Keys', () => {
  test('begin at the own group, and enter its tasks', () => {
    expect(moved(grid, undefined, 'down')).toEqual(group(1))
    expect(moved(grid, group(1), 'right')).toEqual(task(0))
    expect(moved(grid, group(1), 'end')).toEqual(task(99))
  })

  test('move along rows and columns of a grid, and out of it to its group', () => {
    const { columns } = grid.tasks!.blocks[0]!
    expect(moved(grid, task(5), 'right')).toEqual(task(6))
    expect(moved(grid, task(5), 'down')).toEqual(task(5 + columns))
    expect(moved(grid, task(5), 'up')).toEqual(group(1))
    expect(moved(grid, task(0), 'left')).toEqual(group(1))
    expect(moved(grid, task(99), 'right')).toEqual(task(99))
    expect(moved(grid, task(5), 'end')).toEqual(task(99))
  })

  test('follow the edges of a tree', () => {
    expect(moved(tree, task(0), 'right')).toEqual(task(4))
    expect(moved(tree, task(4), 'left')).toEqual(task(0))
    expect(moved(tree, task(1), 'down')).toEqual(task(2))
    expect(moved(tree, task(6), 'right')).toEqual(task(6))
    expect(moved(tree, task(0), 'left')).toEqual(group(1))
  })

  test('follow edges between groups, and go up and down within a layer', () => {
    const before = moved(grid, group(1), 'left') as Item & { run: number }
    expect([2, 3]).toContain(before.run)
    const [upper, lower] = grid.y[1]! < grid.y[2]! ? [2, 3] : [3, 2]
    expect(moved(grid, group(upper), 'down')).toEqual(group(lower))
    expect(moved(grid, group(lower), 'up')).toEqual(group(upper))
    expect(moved(grid, before, 'right')).toEqual(group(1))
  })

  test('never leave what there is, and reach every task', () => {
    for (const layout of [grid, tree]) {
      const length = layout.tasks!.length
      fc.assert(fc.property(fc.array(fc.constantFrom(...directions), { maxLength: 60 }), (keys) => {
        let item: Item | undefined
        for (const key of keys) {
          item = moved(layout, item, key)
          expect(item.kind === 'task' ? item.task >= 0 && item.task < length && Number.isInteger(item.task) : [1, 2, 3].includes(item.run)).toBe(true)
        }
      }), { numRuns: 60 })
      const reached = new Set<string>()
      const queue: (Item | undefined)[] = [undefined]
      for (let item = queue.pop(), first = true; first || item; item = queue.pop(), first = false) {
        for (const key of directions) {
          const to = moved(layout, item, key)
          if (!reached.has(JSON.stringify(to))) {
            reached.add(JSON.stringify(to))
            queue.push(to)
          }
        }
      }
      expect(reached.size).toBe(length + 3)
    }
  })

  test('of a selection that is no longer there go to the own group', () => {
    expect(moved(tree, task(4000), 'left')).toEqual(group(1))
    expect(moved(tree, group(77), 'left')).toEqual(group(1))
  })
})
