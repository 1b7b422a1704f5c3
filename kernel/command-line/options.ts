import { parseArgs } from 'node:util'
import * as errors from '../errors.ts'

/** What a command accepts: each option's name, and whether it takes a value. */
export type Accepted = Readonly<Record<string, 'flag' | 'value'>>
export type Options<A extends Accepted> = { readonly [K in keyof A]?: A[K] extends 'flag' ? true : string }

/**
 * Parses the words after a command's name. Throws a UserError that names the word at fault and the nearest that is
 * accepted. `--help` and `-h` are the caller's business.
 */
export function parseOptions<const A extends Accepted>(command: string, words: readonly string[], accepted: A): Options<A> {
  const known = Object.keys(accepted).map((name) => `--${name}`)
  const options = Object.fromEntries(
    Object.entries(accepted).map(([name, kind]) => [name, { type: kind === 'flag' ? ('boolean' as const) : ('string' as const) }]),
  )
  const { tokens } = parseArgs({ args: [...words], options, strict: false, tokens: true })
  const found: Record<string, true | string> = {}
  for (const token of tokens) {
    if (token.kind === 'positional') throw errors.unexpectedArgument(command, token.value)
    if (token.kind === 'option-terminator') continue
    const kind = Object.hasOwn(accepted, token.name) ? accepted[token.name] : undefined
    if (kind === undefined || !token.rawName.startsWith('--')) throw errors.unknownFlag(command, token.rawName, known)
    if (kind === 'flag' && token.value !== undefined) throw errors.flagWithValue(command, token.rawName)
    if (kind === 'value' && (token.value === undefined || token.value === '' || (!token.inlineValue && token.value.startsWith('--')))) {
      throw errors.flagWithoutValue(command, token.rawName)
    }
    found[token.name] = token.value ?? true
  }
  return found as Options<A>
}
