import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesOf, nameMatcher } from '../../../../extension/src/run/matching.ts'
import { subjectOf } from '../graph/subject.ts'
import { samples } from '../../cluster/sample-runs.ts'

const { tasks, moment, record } = subjectOf(samples['a failed run with skipped followers']!())
const subject = { name: 'Total', tasks, states: moment.states, errors: record.errors }
const filter = (text: string, states?: Parameters<typeof matchesOf>[0]['states']) => matchesOf({ text, states }, subject)
const keptBy = (text: string) => [...filter(text)!.kept].flatMap((kept, task) => (kept ? [task] : []))

describe('A filter', () => {
  test('finds what stands in the name and index of a task, as if they were put together', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', '[', ']', '0', '1', '7', '-') })
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', '1', '0', '[', ']') }), fc.oneof(letters, fc.nat(200).map(String), fc.nat(200).map((i) => `[${i}]`)), fc.nat(20_000), (name, text, index) => {
      expect(nameMatcher(name, text)(index)).toBe(`${name}[${index}]`.includes(text))
    }), { numRuns: 3000 })
  })

  test('takes name, index, or error message, in any case of letters', () => {
    expect(keptBy('total')).toHaveLength(tasks.length)
    expect(keptBy('[4]')).toEqual([4])
    expect(keptBy('TYPEERROR: cannot')).toEqual([4])
    expect(keptBy('no such thing')).toEqual([])
  })

  test('joins states and text: both must hold', () => {
    expect(filter('', new Set(['failed']))!.count).toBe(1)
    expect(filter('[5]', new Set(['failed']))!.count).toBe(0)
    expect(filter('', new Set(['skipped']))!.count).toBe(record.counts.skipped)
  })

  test('is none when nothing is asked', () => {
    expect(filter('  ')).toBeUndefined()
  })
})
