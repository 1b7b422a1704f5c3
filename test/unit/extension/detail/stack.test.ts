import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stackLines } from '../../../../extension/src/detail/stack.ts'
import { Sources } from '../../../../kernel/travel/sources.ts'

test('places in cells are found where the kernel writes them', () => {
  const sources = new Sources()
  sources.add('cell-3-abc.js', { shown: 'Cell [12]', original: ({ line, column }) => ({ line: line + 10, column }) })
  const stack = sources.map('TypeError: no carrier\n    at summarise (cell-3-abc.js:1:5)\n    at async cell-3-abc.js:2:1\n    at node:fs:1:1\n')
  expect(stackLines(stack)).toEqual([
    [{ text: 'TypeError: no carrier' }],
    [{ text: 'at summarise (' }, { text: 'Cell [12]:11:5', cell: { execution: 12, line: 11 } }, { text: ')' }],
    [{ text: 'at async ' }, { text: 'Cell [12]:12:1', cell: { execution: 12, line: 12 } }],
    [{ text: 'at node:fs:1:1' }],
  ])
})

test('nothing of a stack is lost but the indentation of its frames', () => {
  const unit = fc.constantFrom('Cell [3]:1:2', 'Cell [', ']', '\n', '    at ', ' ', 'x', 'Cell [99999999999]:1', '(')
  fc.assert(fc.property(fc.array(unit, { maxLength: 40 }), (words) => {
    const stack = words.join('')
    const shown = stackLines(stack).map((line) => line.map((part) => part.text).join('')).join('\n')
    return shown === stack.replace(/(\n\s*)+$/, '').split('\n').map((line) => line.replace(/^\s+(?=at )/, '')).join('\n')
  }))
})

test('a stack of any size is shown in bounded lines', () => {
  const lines = stackLines(`${'x'.repeat(5000)}\n${'    at f (Cell [1]:1:1)\n'.repeat(3000)}`)
  expect(lines.length).toBe(201)
  expect(lines.at(-1)).toEqual([{ text: '…' }])
  expect(lines[0]![0]!.text).toHaveLength(1001)
})
