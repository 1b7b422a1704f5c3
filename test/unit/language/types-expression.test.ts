import { describe, expect, test } from 'vitest'
import { expressionBefore } from '../../../kernel/language/types/expression.ts'

/** `|` is the cursor. */
function before(marked: string): string | undefined {
  return at(marked)?.expression
}
function at(marked: string) {
  return expressionBefore(marked.replace('|', ''), marked.indexOf('|'))
}

describe('expressionBefore', () => {
  test.each([
    ['rows[0].|', 'rows[0]'],
    ['rows[0].na|', 'rows[0]'],
    ['const x = f(rows[0].|)', 'rows[0]'],
    ['a.b.c.|', 'a.b.c'],
    ['a?.b?.|', 'a?.b'],
    ['a?.[0].|', 'a?.[0]'],
    ["config['data base'].|", "config['data base']"],
    ['grid[i][j.k].|', 'grid[i][j.k]'],
    ['a!.b![0]!.|', 'a.b[0]'],
    ['await handle.|', 'handle'],
    ['x + größe.|', 'größe'],
    ['$.|', '$'],
    ['rows\n  .first\n  .|', 'rows\n  .first'],
    ['this.|', 'this'],
    ['[...rows.|]', 'rows'],
  ])('in %j it is %j', (code, expected) => expect(before(code)).toBe(expected))

  test.each(['f().|', '(a).|', 'rows[f()].|', 'rows[i++].|', '|', 'rows|', '...|', '1.|', "'a'.|", '`a`.|', 'import.|', 'this.#secret.|', 'f()[0].|', 'a..|', '].|', 'x[].|', 'f().b.|'])(
    'there is none in %j',
    (code) => expect(before(code)).toBeUndefined(),
  )

  test('it says what is typed of the member', () => {
    expect(at('rows[0]?.na|me')).toEqual({ expression: 'rows[0]', prefix: 'na' })
    expect(at('rows.|')).toEqual({ expression: 'rows', prefix: '' })
  })
})
