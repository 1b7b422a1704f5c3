import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { groupsOf } from '../../../../extension/src/graph/groups.ts'
import { layered } from '../../../../extension/src/graph/layers.ts'
import { GROUP, isFree, layoutOf, neighbours, onto } from '../../../../extension/src/graph/layout.ts'
import { samples } from '../../cluster/sample-runs.ts'
import { upstream } from './subject.ts'
import { fastest } from '../../fastest.ts'

const record = (change: object = {}) => ({ ...samples['twelve tasks in progress']!(), ...change })
const graphs = fc.integer({ min: 2, max: 30 }).chain((count) =>
  fc.record({ count: fc.constant(count), arcs: fc.array(fc.record({ from: fc.nat(count - 1), to: fc.nat(count - 1) }).filter(({ from, to }) => from !== to), { maxLength: 60 }) }))

describe('Groups of a record', () => {
  test('are its own run and those upstream, with one edge for each pair', () => {
    const graph = groupsOf(record({
      dependencies: [{ how: 'each', on: 2, stride: 1, count: 12 }, { how: 'all', on: 2 }, { how: 'all', on: 3 }],
      upstream: [upstream(2, [{ how: 'all', on: 3 }]), upstream(3)],
    }))
    expect(graph.groups.map(({ run, own }) => [run, own])).toEqual([[1, true], [2, false], [3, false]])
    expect(graph.edges).toEqual([{ from: 1, to: 0, how: 'each' }, { from: 2, to: 0, how: 'all' }, { from: 2, to: 1, how: 'all' }])
  })

  test('leave out what names itself, an unknown run, or a run twice', () => {
    const graph = groupsOf(record({ dependencies: [{ how: 'all', on: 1 }, { how: 'all', on: 99 }, { how: 'tree', leaves: 4 }], upstream: [upstream(1), upstream(2), upstream(2)] }))
    expect(graph.groups.map(({ run }) => run)).toEqual([1, 2])
    expect(graph.edges).toEqual([])
  })
})

describe('Layers', () => {
  test('go from left to right along every edge of a graph without cycles', () => {
    fc.assert(fc.property(graphs, ({ count, arcs }) => {
      const onward = arcs.filter(({ from, to }) => from < to)
      const { x, layer } = layered(Array.from({ length: count }, () => GROUP), onward, 70, 18)
      for (const { from, to } of onward) {
        expect(layer[to]).toBeGreaterThan(layer[from]!)
        expect(x[to]).toBeGreaterThanOrEqual(x[from]! + GROUP.width + 70 - 0.01)
      }
    }))
  })

  test('never let boxes touch, whatever cycles there are, and hold all of them', () => {
    fc.assert(fc.property(graphs, fc.integer({ min: 10, max: 400 }), ({ count, arcs }, tall) => {
      const sizes = Array.from({ length: count }, (_, i) => ({ width: 100, height: i === 0 ? tall : 40 }))
      const { x, y, layer, width, height, bends } = layered(sizes, arcs, 70, 18)
      expect(bends).toHaveLength(arcs.length)
      for (let a = 0; a < count; a++) {
        expect(x[a]).toBeGreaterThanOrEqual(0)
        expect(x[a]! + 100).toBeLessThanOrEqual(width + 0.01)
        expect(y[a]).toBeGreaterThanOrEqual(-0.01)
        expect(y[a]! + sizes[a]!.height).toBeLessThanOrEqual(height + 0.01)
        for (let b = 0; b < a; b++) if (layer[a] === layer[b]) expect(Math.abs(y[a]! + sizes[a]!.height / 2 - y[b]! - sizes[b]!.height / 2)).toBeGreaterThanOrEqual((sizes[a]!.height + sizes[b]!.height) / 2 + 17.9)
      }
    }))
  })

  test('uncross what need not cross', () => {
    // Two chains, told in the wrong order.
    const { y } = layered(Array.from({ length: 4 }, () => GROUP), [{ from: 0, to: 3 }, { from: 1, to: 2 }], 70, 18)
    expect(Math.sign(y[0]! - y[1]!)).toBe(Math.sign(y[3]! - y[2]!))
  })

  test('let an edge pass beside the boxes of the layers that it skips', () => {
    const sizes = Array.from({ length: 3 }, () => GROUP)
    const { y, bends } = layered(sizes, [{ from: 0, to: 1 }, { from: 1, to: 2 }, { from: 0, to: 2 }], 70, 18)
    const [, passes] = bends[2]!
    expect(bends[2]).toHaveLength(4)
    expect(passes! < y[1]! || passes! > y[1]! + GROUP.height).toBe(true)
  })

  test('of a thousand runs that all depend on each other take less than a second', () => {
    const runs = Array.from({ length: 1000 }, (_, i) => upstream(i + 2, Array.from({ length: 1000 }, (_, k) => ({ how: 'all' as const, on: ((i + k) % 1000) + 2 }))))
    const subject = record({ upstream: runs })
    let layout!: ReturnType<typeof layoutOf>
    expect(fastest(() => (layout = layoutOf(groupsOf(subject), true, 12)), 2)).toBeLessThan(1000)
    expect(layout.x.every(Number.isFinite) && layout.y.every(Number.isFinite)).toBe(true)
  })
})

describe('A layout', () => {
  const layout = layoutOf(groupsOf(record({ dependencies: [{ how: 'all', on: 2 }], upstream: [upstream(2)] })), true, 12)

  test('has the tasks of the expanded group within its frame', () => {
    expect(layout.tasksX).toBeGreaterThan(layout.x[0]!)
    expect(layout.tasksX + layout.tasks!.width).toBeLessThan(layout.x[0]! + layout.widths[0]!)
    expect(layout.tasksY + layout.tasks!.height).toBeLessThan(layout.y[0]! + layout.heights[0]!)
  })

  test('knows neighbours, and where nothing stands', () => {
    expect(neighbours(layout, 0)).toEqual({ before: [1], after: [] })
    expect(neighbours(layout, 1)).toEqual({ before: [], after: [0] })
    expect(isFree(layout, { x: layout.x[0]! + 1, y: layout.y[0]! + 1, width: 1, height: 1 })).toBe(false)
    expect(isFree(layout, { x: layout.width + 1, y: 0, width: 9, height: 9 })).toBe(true)
  })

  test('brings a part of the sheet that shows nothing back to a group, and leaves others alone', () => {
    fc.assert(fc.property(fc.double({ min: -1e5, max: 1e5, noNaN: true }), fc.double({ min: -1e5, max: 1e5, noNaN: true }), (x, y) => {
      const part = { x, y, width: 200, height: 100 }
      const to = onto(layout, part, 20)
      if (isFree(layout, part)) expect(isFree(layout, { ...part, ...to })).toBe(false)
      else expect(to).toEqual({ x, y })
    }))
  })
})
