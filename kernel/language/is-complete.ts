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
  const { open, within } = new Scan(code)
  const bracket = open.at(-1)
  // White space would become part of a template's text.
  if (within === 'template') return ''
  if (within === 'comment') return indentAt(code, code.length)
  return `${indentAt(code, bracket?.at ?? code.trimEnd().length)}  `
}

function indentAt(code: string, offset: number): string {
  return /^[ \t]*/.exec(code.slice(code.lastIndexOf('\n', offset - 1) + 1))![0]
}

const comment = /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/y
const templateText = /(?:\\[^]?|\$(?!\{)|[^`\\$])*(`|\$\{|$)/y
const regex = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/[\\\n])+\/\w*/y
const token = /'(?:\\[^]|[^'\\\n])*'?|"(?:\\[^]|[^"\\\n])*"?|[\w$]+|\s+|[^]/y

/** The brackets still open at the end of a text, and what it ends within. */
class Scan {
  /** Outermost first; `template` for the `{` of a `${`. */
  readonly open: { readonly at: number; readonly template: boolean }[] = []
  within: 'code' | 'template' | 'comment' = 'code'
  readonly #code: string
  #at = 0
  /** The token before, which decides whether a `/` divides. */
  #previous = ''

  constructor(code: string) {
    this.#code = code
    while (this.#at < code.length) this.#step()
  }

  #step(): void {
    const skipped = this.#take(comment)
    if (skipped) {
      if (skipped[0].startsWith('/*') && !/^\/\*[^]*\*\/$/.test(skipped[0])) this.within = 'comment'
    } else if (beginsExpression(this.#previous) && this.#take(regex)) this.#previous = 'regex'
    else this.#bracket(this.#at, this.#take(token)![0])
  }

  #bracket(at: number, text: string): void {
    if (text.trim() !== '') this.#previous = text
    if ('([{'.includes(text)) this.open.push({ at, template: false })
    else if (text === '`') this.#template()
    else if (')]}'.includes(text) && this.open.pop()?.template) this.#template()
  }

  /** The text of a template, up to its end or the next `${`. */
  #template(): void {
    const [, end] = this.#take(templateText)!
    if (end === '${') {
      this.open.push({ at: this.#at - 1, template: true })
      this.#previous = '{'
    } else if (end === '') this.within = 'template'
    else this.#previous = '`'
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#code)
    if (!match) return undefined
    this.#at += match[0].length
    return match
  }
}

/** Whether a `/` after this token starts a regular expression rather than divides. */
function beginsExpression(previous: string): boolean {
  return previous === '' || /^(?:[=(,[{;:?!&|+\-*%<>~^]|return|typeof|case|in|of|await|void)$/.test(previous)
}
