/** A cell as typed → the TypeScript that it stands for, line for line, so that positions stay the user's. */
import { parseSync } from 'oxc-parser'
import { badMagic, unknownMagic } from '../errors.ts'
import { distributeUsage, parseDistribute, translateDistribute } from './distribute.ts'
import { magicDocs } from './lines.ts'

export interface Translation {
  readonly code: string
  /** The run's name, when the cell declares one by magic. */
  readonly distribute?: string
  /** The cell asks how long it takes (`%%time`). */
  readonly timed: boolean
}

const cellMagic = /^\s*(?:\/\/)?%%(\w*)[ \t]*(.*)$/
const lineMagic = /^(\s*)%(\w+)(.*)$/

/** @throws UserError for a magic that does not exist or whose words are wrong */
export function translate(cell: string): Translation {
  if (!cell.includes('%')) return { code: cell, timed: false }
  const blank = /^(?:[ \t]*\r?\n)*/.exec(cell)![0]
  const [first = '', ...rest] = cell.slice(blank.length).split('\n')
  const match = cellMagic.exec(first.replace(/\r$/, ''))
  if (!match) return { code: translateLines(cell), timed: false }
  const [, name, words] = match
  const body = rest.join('\n')
  if (name === 'distribute') {
    if (body.trim() === '') throw badMagic('%%distribute has no body: write the task below it, as the body of an async function', distributeUsage)
    const magic = parseDistribute(words!)
    return { code: blank + translateDistribute(magic, body), distribute: magic.name, timed: false }
  }
  if (name === 'time') {
    const inner = translate(body)
    return { ...inner, code: `${blank}${words}\n${inner.code}`, timed: true }
  }
  throw unknownMagic(`%%${name}`, magicDocs.map((doc) => doc.name).filter((one) => one.startsWith('%%')))
}

/** The magic's line of a `%%distribute` cell, so that completion can tell it from the body; undefined for other cells. */
export function magicLine(cell: string): { readonly start: number; readonly end: number } | undefined {
  const start = /^(?:[ \t]*\r?\n)*/.exec(cell)![0].length
  const end = cell.indexOf('\n', start)
  return cellMagic.test(cell.slice(start, end < 0 ? undefined : end).replace(/\r$/, '')) ? { start, end: end < 0 ? cell.length : end } : undefined
}

/**
 * `%word …` at the start of a line. Inside a template literal, or as a remainder on a line of its own, such a line
 * is valid TypeScript already; so only a cell that does not parse as it stands is searched for magics.
 */
function translateLines(cell: string): string {
  if (!/^\s*%\w/m.test(cell) || parses(cell)) return cell
  return cell
    .split('\n')
    .map((line) => {
      const match = lineMagic.exec(line)
      if (!match) return line
      const [, indent, name, words] = match
      return indent + (name === 'time' ? translateTime(words!.trim()) : `await __sluice.line(${JSON.stringify(`${name}${words!.replace(/\r$/, '')}`)});`)
    })
    .join('\n')
}

/** `%time` needs nothing from the session: the clock is read around the statement, or the expression's value passed on. */
function translateTime(statement: string): string {
  const report = (since: string) => `console.log('Wall time: ' + (performance.now() - ${since}).toFixed(1) + ' ms')`
  if (statement === '') throw badMagic('%time needs a statement', '%time STATEMENT')
  const expression = statement.replace(/;\s*$/, '')
  if (parses(`(${expression}\n)`)) return `await (async (t) => { try { return await (${expression}) } finally { ${report('t')} } })(performance.now());`
  const clock = "globalThis[Symbol.for('sluice.time')]"
  return `${clock} = performance.now(); ${statement}; ${report(clock)};`
}

function parses(source: string): boolean {
  return parseSync('cell.ts', source, { sourceType: 'module' }).errors.length === 0
}
