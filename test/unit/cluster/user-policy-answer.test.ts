import { describe, expect, test } from 'vitest'
import { answerOf, shownView } from '../../../kernel/cluster/user-policy-answer.ts'
import type { View } from '../../../kernel/cluster/user-policy-messages.ts'

const task = (id: number) => ({ id, name: 'work', index: id - 10, priority: 0, ready: true, waitsFor: 0, attempts: 0, inputs: [], resources: { cpu: 1 } })
const node = (name: string) => ({ name, slots: 1, idle: 1, load: 0, speed: 1, resources: {}, labels: {} })
const view: View = { time: 5, tasks: [task(10), task(11), task(12)], more: 0, nodes: [node('a'), node('b')], running: [] }

describe('what a policy answers', () => {
  test('is tasks in their order, with a node of the view, its name, or none', () => {
    const [x, y, z] = view.tasks
    expect(answerOf([{ task: z, node: view.nodes[1] }, { task: 10, node: 'a' }, { task: y }], view)).toEqual({ tasks: [12, 10, 11], nodes: [1, 0, -1] })
    expect(answerOf([y, x, 12], view)).toEqual({ tasks: [11, 10, 12], nodes: [-1, -1, -1] })
    expect(answerOf(new Set([z]), view)).toEqual({ tasks: [12], nodes: [-1] })
    expect(answerOf([], view)).toEqual({ tasks: [], nodes: [] })
  })

  test('counts once for each task, the first time', () => {
    expect(answerOf([{ task: 10, node: 'b' }, { task: 10, node: 'a' }], view)).toEqual({ tasks: [10], nodes: [1] })
  })

  const senseless: Record<string, [answer: unknown, says: RegExp]> = {
    'nothing': [undefined, /^it returned undefined, not an array/],
    'a number': [5, /^it returned 5/],
    'a text': ['ab', /^it returned "ab"/],
    'an object': [{ tasks: [] }, /^it returned an object/],
    'a task that was not shown': [[{ task: 99 }], /^element 0 of what it returned names 99, which is not among view.tasks/],
    'a task by name': [['work'], /^element 0 of what it returned names "work"/],
    'a node that is not there': [[10, { task: 11, node: 'c' }], /^element 1 of what it returned names the node "c"; there are a, b/],
    'a node by number': [[{ task: 10, node: 0 }], /names the node 0/],
    'a hole': [[,], /names undefined/], // eslint-disable-line no-sparse-arrays
    'no end': [(function* () { for (;;) yield 10 })(), /more than 12 assignments for 3 tasks/],
  }
  for (const [what, [answer, says]] of Object.entries(senseless)) {
    test(`makes no sense when it is ${what}`, () => {
      expect(() => answerOf(answer, view)).toThrow(expect.objectContaining({ name: 'BadAnswer', message: expect.stringMatching(says) as string }))
    })
  }

  test('comes from a view that cannot be changed', () => {
    'use strict'
    const shown = shownView(structuredClone(view), () => 0.5)
    expect(shown.random()).toBe(0.5)
    expect(() => ((shown.tasks as unknown as { id: number }[])[0]!.id = 5)).toThrow(TypeError)
    expect(() => (shown.nodes as unknown[]).push(1)).toThrow(TypeError)
  })
})
