import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codePoints, utf16Offset } from '../../../kernel/protocol/codepoints.ts'
import { matchesGlob } from '../../../kernel/protocol/glob.ts'
import { fastest } from '../fastest.ts'

describe('positions', () => {
  test('an emoji is one code point and two UTF-16 units', () => {
    expect(utf16Offset('a🦉b', 2)).toBe(3)
    expect(codePoints('a🦉b', 3)).toBe(2)
    expect(codePoints('a🦉b', 2)).toBe(2) // inside it: after its beginning
  })

  test('positions outside the text are its ends', () => {
    expect([utf16Offset('a🦉', -1), utf16Offset('a🦉', 9), utf16Offset('ab', 9)]).toEqual([0, 3, 2])
    expect([codePoints('a🦉', -1), codePoints('a🦉', 9)]).toEqual([0, 2])
  })

  test('going there and back gives the same position', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'é', '🦉', '👩‍🔬', '\ud83e', '\udd89')), fc.nat(), (pieces, seed) => {
        const text = pieces.join('')
        const position = seed % ([...text].length + 1)
        expect(utf16Offset(text, position)).toBe([...text].slice(0, position).join('').length)
        expect(codePoints(text, utf16Offset(text, position))).toBe(position)
      }),
    )
  })
})

describe('globs', () => {
  test.each([
    ['1+2', '1?2*', true],
    ['const a = 1\nb', 'const*b', true],
    ['abc', 'a', false],
    ['abc', '*', true],
    ['', '', true],
    ['', '?', false],
    ['a.c', 'a.c', true],
    ['abc', 'a.c', false],
  ])('%j matches %j: %s', (text, pattern, expected) => expect(matchesGlob(text, pattern)).toBe(expected))

  test('they match what the regular expression for them matches', () => {
    const letters = (alphabet: string[]) => fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((all) => all.join(''))
    fc.assert(
      fc.property(letters(['a', 'b']), letters(['a', 'b', '*', '?']), (text, pattern) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`)
        expect(matchesGlob(text, pattern)).toBe(expression.test(text))
      }),
    )
  })

  test('a pattern full of stars takes no longer than its length times that of the text', () => {
    expect(fastest(() => expect(matchesGlob('a'.repeat(5_000), `${'*a'.repeat(200)}*b`)).toBe(false))).toBeLessThan(500)
  })
})
