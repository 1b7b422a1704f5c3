import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LATER, LEFT } from '../../../kernel/cluster/user-policy-place.ts'
import { Told, type News } from '../../../kernel/cluster/user-policy-told.ts'

describe('what the scheduler is told of a policy’s tasks', () => {
  test('is only what is new', () => {
    const told = new Told()
    expect(told.order([1, 2, 3], ['a', 'a', undefined]).tasks).toEqual([1, 2, 3])
    expect(told.order([1, 2, 3], ['a', 'a', undefined]).tasks).toEqual([])
    expect(told.order([2, 3], ['a', undefined]).tasks).toEqual([])
    expect(told.order([1, 9, 2, 3, 4], ['a', 'b', 'a', undefined, 'a'])).toMatchObject({ tasks: [9, 4], nodes: ['b', 'a'] })
    expect(told.order([2, 3], ['b', undefined]).tasks).toEqual([2])
    expect(told.mark([2, 7], LATER)).toEqual({ tasks: [2, 7], nodes: [undefined, undefined], start: [LATER, LATER] })
    expect(told.mark([2, 7, 8], LATER).tasks).toEqual([8])
    expect(told.mark([8], LEFT)).toEqual({ tasks: [8], nodes: [undefined], start: [LEFT] })
    expect(told.order([8], [undefined]).tasks).toEqual([8])
  })

  test('is forgotten of tasks that have ended', () => {
    const told = new Told()
    told.mark(Array.from({ length: 5000 }, (_, i) => i), LATER)
    told.prune((task) => task > 4000)
    expect([told.of(4000), told.of(4001)]).toEqual([undefined, LATER])
  })

  test('whatever is answered one after the other, gives the order and the nodes of the latest answer', () => {
    const answer = fc.uniqueArray(fc.tuple(fc.nat(12), fc.option(fc.constantFrom('a', 'b'), { nil: undefined })), { selector: ([task]) => task })
    const step = fc.oneof(answer, fc.record({ mark: fc.constantFrom(LATER, LEFT), tasks: fc.uniqueArray(fc.nat(12)) }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const told = new Told()
        const known = new Map<number, { node: string | undefined; start: number }>()
        const hear = ({ tasks, nodes, start }: News) => tasks.forEach((task, i) => known.set(task, { node: nodes[i], start: start[i]! }))
        for (const one of steps) {
          if ('mark' in one) {
            hear(told.mark(one.tasks, one.mark))
            expect(one.tasks.every((task) => known.get(task)!.start === one.mark)).toBe(true)
            continue
          }
          hear(told.order(one.map(([task]) => task), one.map(([, node]) => node)))
          const starts = one.map(([task]) => known.get(task)!.start)
          expect(one.map(([task]) => known.get(task)!.node)).toEqual(one.map(([, node]) => node))
          expect(starts.every((start, i) => start > (starts[i - 1] ?? LEFT) && start < LATER)).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('finds room between two tasks again and again', () => {
    const told = new Told()
    told.order([0, 1], ['a', 'a'])
    for (let i = 2; i < 400; i++) {
      const news = told.order([0, i, 1], ['a', 'a', 'a'])
      expect(news.tasks).toContain(i)
      expect(told.of(0)!).toBeLessThan(told.of(i)!)
      expect(told.of(i)!).toBeLessThan(told.of(1)!)
      if (i % 2 === 0) told.order([0, i], ['a', 'a'])
    }
  })
})
