import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseOptions } from '../../../kernel/command-line/options.ts'
import { UserError } from '../../../kernel/errors.ts'

const accepted = { user: 'flag', prefix: 'value' } as const
const parse = (...words: string[]) => parseOptions('install', words, accepted)

test('flags and values are taken in both of their forms', () => {
  expect(parse()).toEqual({})
  expect(parse('--user', '--prefix', '/opt/env')).toEqual({ user: true, prefix: '/opt/env' })
  expect(parse('--prefix=/opt/env=1')).toEqual({ prefix: '/opt/env=1' })
})

test.each([
  [['--usr'], 'sluice install has no option --usr (did you mean --user?). It takes --user, --prefix.'],
  [['--constructor'], 'no option --constructor'],
  [['-u'], 'no option -u'],
  [['--prefix'], '--prefix needs a value'],
  [['--prefix='], '--prefix needs a value'],
  [['--prefix', '--user'], '--prefix needs a value'],
  [['--user=yes'], '--user takes no value'],
  [['here'], 'does not know what to do with "here"'],
  [['--', 'here'], 'does not know what to do with "here"'],
])('%j is refused by name', (words, message) => {
  expect(() => parse(...words)).toThrow(message)
})

test('whatever is typed, the answer is options or a UserError', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('--user', '--prefix', '--', '-', '--=', '--__proto__', '--user='))), (words) => {
      try {
        for (const name of Object.keys(parse(...words))) expect(Object.keys(accepted)).toContain(name)
      } catch (error) {
        expect(error).toBeInstanceOf(UserError)
      }
    }),
  )
})
