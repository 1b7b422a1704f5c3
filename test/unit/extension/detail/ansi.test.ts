import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ansiPieces } from '../../../../extension/src/detail/ansi.ts'
import { fastest } from '../../fastest.ts'

const text = (log: string): string => ansiPieces(log).map((piece) => piece.text).join('')

test('colours and weight become pieces, which end where they are reset', () => {
  expect(ansiPieces('a \x1b[32mok\x1b[39m \x1b[1;31mbad\x1b[0m end\x1b[92m!')).toEqual([
    { text: 'a ' }, { text: 'ok', colour: 'green' }, { text: ' ' }, { text: 'bad', colour: 'red', bold: true }, { text: ' end' }, { text: '!', colour: 'green' },
  ])
})

test('colours that nobody chose for this page are left out, with their numbers', () => {
  expect(ansiPieces('\x1b[38;5;31mx\x1b[38;2;1;31;3my\x1b[48;5;32mz')).toEqual([{ text: 'xyz' }])
})

test('codes that move the cursor, set titles or make links are dropped, also when cut short', () => {
  expect(text('a\x1b[2Kb\x1b[10;5Hc\x1b]0;title\x07d\x1b]8;;http://x\x1b\\e\x1b[?25lf\x1b(Bg\x1b')).toBe('abcdefg')
  expect(text('a\x1b[3')).not.toContain('\x1b')
})

test('what a carriage return wrote over is not shown', () => {
  expect(text('fit 10 %\rfit 42 %\ndone\r\nbar 1\rbar 2\r')).toBe('fit 42 %\ndone\nbar 2')
})

test('characters that turn the direction of writing or cannot be seen are dropped', () => {
  expect(text('a\u202Eb\u2066c\x00d\x07e\tf')).toBe('abcde\tf')
})

test('only the end of a long log is shown, in a bounded number of pieces', () => {
  expect(text(`begin${'x'.repeat(300_000)}end`)).toMatch(/^…x+end$/)
  const coloured = ansiPieces(Array.from({ length: 10_000 }, (_, i) => `\x1b[3${i % 7}m.`).join(''))
  expect(coloured.length).toBeLessThan(2100)
  expect(coloured.map((piece) => piece.text).join('')).toBe('.'.repeat(10_000))
  for (let before = 0; before < 12; before++) expect(text(`\x1b[32;1m${'.'.repeat(100_000 - before)}`)).toMatch(/^…?\.+$/)
})

test('no log, however strange, shows an escape or takes long', () => {
  const unit = fc.constantFrom('\x1b', '[', ']', ';', '3', '1', 'm', 'K', '\r', '\n', 'x', '\x07', '\\', '(')
  fc.assert(fc.property(fc.string({ unit, maxLength: 300 }), (log) => !/[\x1b\x07\r]/.test(text(log))))
  expect(fastest(() => text('\x1b]'.repeat(50_000)) + text('\x1b[' + '1;'.repeat(50_000)))).toBeLessThan(500)
})
