/** `%%distribute NAME [options]` with its body, as the TypeScript that it stands for. */
import { parseSync } from 'oxc-parser'
import { badMagic, badOption, unknownOption } from '../errors.ts'
import { distributeOptions, type OptionSpec } from './options.ts'

export const distributeUsage = '%%distribute NAME [--each X of EXPR] [--priority high] [--retries 2] …'

/** What the magic's line says, with code still as text. */
export interface Distribute {
  readonly name: string
  readonly each: readonly { readonly pattern: string; readonly source: string }[]
  readonly reduce?: { readonly a: string; readonly b: string; readonly source: string }
  readonly after?: string
  readonly wait: boolean
  readonly options: Readonly<Record<string, unknown>>
}

/** @throws UserError that names the option and what it accepts */
export function parseDistribute(line: string): Distribute {
  const { name, given } = splitHeader(line)
  if (name === '') throw badMagic('%%distribute needs a name for the run', distributeUsage)
  if (!isBindingName(name)) throw badMagic(`${JSON.stringify(name)} cannot name a run: it becomes a variable, so it must be an identifier`, distributeUsage)

  const options: Record<string, unknown> = {}
  const each: { pattern: string; source: string }[] = []
  let reduce: Distribute['reduce']
  let after: string | undefined
  let wait = false
  const seen = new Set<string>()
  for (const { option, text } of given) {
    const spec = specOf(option)
    if (seen.has(spec.name) && !spec.repeatable) throw badOption(`--${spec.name}`, text, `one value; it stands here twice, and the second`)
    seen.add(spec.name)
    if (spec.store) spec.store(options, text)
    else if (spec.name === 'each') each.push(parseEach(text))
    else if (spec.name === 'reduce') reduce = parseReduce(text)
    else if (spec.name === 'after') after = checkedExpression('--after', `[${text}]`)
    else if (text === '') wait = true
    else throw badOption('--wait', text, 'no value')
  }
  if (reduce && each.length > 0) throw badOption('--reduce', reduce.source, 'the place of --each, not both')
  return { name, each, wait, options, ...(reduce && { reduce }), ...(after !== undefined && { after }) }
}

/** The TypeScript a cell stands for. The magic's line becomes one line, so the body keeps its line numbers. */
export function translateDistribute(magic: Distribute, body: string): string {
  const spec = JSON.stringify({ name: magic.name, each: magic.each.map((one) => one.pattern), options: magic.options, wait: magic.wait })
  const withAfter = magic.after === undefined ? spec : `{...${spec},after:${magic.after}}`
  const head = magic.reduce
    ? `reduce(${withAfter}, (${magic.reduce.source}), async (${magic.reduce.a}, ${magic.reduce.b}, task) => {`
    : `declare(${withAfter}, [${magic.each.map((one) => `(${one.source})`).join(', ')}], async (${[...magic.each.map((one) => one.pattern), 'task'].join(', ')}) => {`
  return `const ${magic.name} = (await __sluice.${head}\n${body}\n})).handle`
}

/** Splits at each ` --word` outside quotes and brackets: what lies between may be any expression. */
export function splitHeader(line: string): { name: string; given: { option: string; text: string; at: number }[] } {
  const starts: number[] = []
  let depth = 0
  let quote = ''
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!
    if (quote !== '') {
      if (c === '\\') i++
      else if (c === quote) quote = ''
    } else if (c === '"' || c === "'" || c === '`') quote = c
    else if ('([{'.includes(c)) depth++
    else if (')]}'.includes(c)) depth--
    else if (depth === 0 && c === '-' && /^--[A-Za-z]/.test(line.slice(i, i + 3)) && (i === 0 || /\s/.test(line[i - 1]!))) starts.push(i)
  }
  const pieces = starts.map((start, k) => {
    const piece = line.slice(start + 2, starts[k + 1] ?? line.length)
    const option = /^[\w-]+/.exec(piece)![0]
    return { option, text: piece.slice(option.length).replace(/^[\s=]+/, '').trim(), at: start }
  })
  return { name: line.slice(0, starts[0] ?? line.length).trim(), given: pieces }
}

function specOf(option: string): OptionSpec {
  const spec = distributeOptions.find((one) => one.name === option)
  if (!spec) throw unknownOption(`--${option}`, '%%distribute', distributeOptions.map((one) => `--${one.name}`))
  return spec
}

function parseEach(text: string): { pattern: string; source: string } {
  const match = /^(.+?)\s+of\s+(.+)$/s.exec(text)
  if (!match) throw badOption('--each', text, 'X of EXPR, e.g. --each month of months')
  const [pattern, source] = [match[1]!.trim(), match[2]!.trim()]
  if (!parses(`(async (${pattern}, task) => {})`)) throw badOption('--each', pattern, 'a name or a pattern before `of`, e.g. month or [key, value]')
  return { pattern, source: checkedExpression('--each', source) }
}

function parseReduce(text: string): NonNullable<Distribute['reduce']> {
  const match = /^([\w$]+)\s*,\s*([\w$]+)\s+of\s+(.+)$/s.exec(text)
  if (!match) throw badOption('--reduce', text, 'A,B of HANDLE, e.g. --reduce a,b of parts')
  const [a, b] = [match[1]!, match[2]!]
  if (!isBindingName(a) || !isBindingName(b) || a === b) throw badOption('--reduce', `${a},${b}`, 'two different names before `of`')
  return { a, b, source: checkedExpression('--reduce', match[3]!.trim()) }
}

/** Evaluated where it stands, in the cell: so it may `await`. */
function checkedExpression(option: string, source: string): string {
  if (!parses(`(${source}\n)`)) throw badOption(option, source, 'a TypeScript expression there')
  return source
}

/** Whether `name` can be declared with const. */
export function isBindingName(name: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) && parses(`const ${name} = 0`)
}

function parses(source: string): boolean {
  return parseSync('option.ts', source, { sourceType: 'module' }).errors.length === 0
}
