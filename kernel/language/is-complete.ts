/** Whether a console should run what was typed, or give another line. Pure. */
import { parseSync } from 'oxc-parser'

export interface Completeness {
  readonly status: 'complete' | 'incomplete' | 'invalid'
  /** For `incomplete`: the white space that the next line begins with. */
  readonly indent?: string
}

/** `code` is a cell whose magics have been translated. */
export function isComplete(code: string): Completeness {
  const { errors } = parseSync('cell.ts', code, { sourceType: 'module', lang: 'ts' })
  if (errors.length === 0) return { status: 'complete' }
  const unfinished = errors.some((error) => error.labels.some((label) => endsHere(code, error.message, label)))
  return unfinished ? { status: 'incomplete', indent: nextIndent(code) } : { status: 'invalid' }
}

/** Whether an error says only that the input stops too early: more lines could mend it. */
function endsHere(code: string, message: string, { start, end }: { start: number; end: number }): boolean {
  if (start >= code.length) return true
  if (end < code.trimEnd().length) return false
  if (message.startsWith('Unterminated multiline comment')) return true
  // A template may go on (`}` when the text after a substitution is what has no end); a string only after a backslash.
  if (message.startsWith('Unterminated string')) return '`}'.includes(code[start]!) || /\\\n?$/.test(code)
  return message.startsWith('Identifier expected')
}

/** Two columns more than the line of the innermost bracket that is still open; for a line broken off, than that line. */
function nextIndent(code: string): string {
  const { open, within } = scan(code)
  const bracket = open.at(-1)
  // White space would become part of a template's text.
  if (within === 'template' || bracket === '`') return ''
  if (within === 'comment') return indentAt(code, code.length)
  const line = bracket === undefined ? code.trimEnd().length : bracket
  return `${indentAt(code, line)}  `
}

function indentAt(code: string, offset: number): string {
  return /^[ \t]*/.exec(code.slice(code.lastIndexOf('\n', offset - 1) + 1))![0]
}

interface Scan {
  /** Offsets of the brackets still open, outermost first; '`' for a template around a `${`. */
  readonly open: readonly (number | '`')[]
  readonly within: 'code' | 'template' | 'comment'
}

const token = /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|'(?:\\[^]|[^'\\\n])*'?|"(?:\\[^]|[^"\\\n])*"?|[\w$]+|[^\s]/gy
const templateText = /(?:\\[^]|\$(?!\{)|[^`\\$])*(`|\$\{|$)/gy
const regexLiteral = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/[\\\n])+\/\w*/y

function scan(code: string): Scan {
  const open: (number | '`')[] = []
  let previous = ''
  let at = 0
  const skipTemplate = () => {
    templateText.lastIndex = at
    const match = templateText.exec(code)!
    at = templateText.lastIndex
    if (match[1] === '${') open.push('`', at - 1)
    previous = '`'
    return match[1] !== ''
  }
  while (at < code.length) {
    if (/\s/.test(code[at]!)) {
      at++
      continue
    }
    if (code[at] === '/' && beginsExpression(previous)) {
      regexLiteral.lastIndex = at
      if (code[at + 1] !== '/' && code[at + 1] !== '*' && regexLiteral.test(code)) {
        at = regexLiteral.lastIndex
        previous = 'x'
        continue
      }
    }
    token.lastIndex = at
    const text = token.exec(code)![0]
    const start = at
    at = token.lastIndex
    if (text.startsWith('//')) continue
    if (text.startsWith('/*')) {
      if (!text.endsWith('*/')) return { open, within: 'comment' }
      continue
    }
    if ('([{'.includes(text)) open.push(start)
    if (text === '`' && !skipTemplate()) return { open, within: 'template' }
    if (')]}'.includes(text)) {
      open.pop()
      if (text === '}' && open.at(-1) === '`') {
        open.pop()
        if (!skipTemplate()) return { open, within: 'template' }
      }
    }
    previous = text
  }
  return { open, within: 'code' }
}

/** Whether a `/` after this token starts a regular expression rather than divides. */
function beginsExpression(previous: string): boolean {
  return previous === '' || /^(?:[=(,[{;:?!&|+\-*%<>~^]|return|typeof|case|in|of|await|void)$/.test(previous)
}
