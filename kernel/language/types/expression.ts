/** Finds, by the text alone, the value whose members are asked for. Pure, and loads no compiler: the kernel's own thread uses it. */

export interface Expression {
  readonly start: number
  readonly end: number
}

const identifier = /(?<![\p{ID_Continue}$#\u200c\u200d])[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u
const property = /\??(?<!\.)\.\s*[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u
const partOfName = /[\p{ID_Continue}$\u200c\u200d]*$/u
const literal = /^\s*(?:\d+|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")\s*$/
const notValues = new Set(['import', 'super', 'new', 'return', 'typeof', 'await', 'void', 'delete', 'yield', 'in', 'of', 'case', 'else', 'throw', 'instanceof'])

/**
 * Where the member expression before the dot (or `?.`) at `offset` stands: `rows[0]` in `rows[0].` and in
 * `rows[0].na`. Only names, properties and simple indices, which can be evaluated without running any of the user's
 * functions; undefined for calls and everything else.
 */
export function expressionRange(code: string, offset: number): Expression | undefined {
  const dot = code.slice(0, offset).replace(partOfName, '').trimEnd()
  const before = dot.endsWith('?.') ? dot.slice(0, -2) : dot.endsWith('.') && !dot.endsWith('..') ? dot.slice(0, -1) : undefined
  if (before === undefined) return undefined
  const end = before.trimEnd().replace(/!+$/, '').length
  const start = memberStart(code.slice(0, end))
  return start === undefined ? undefined : { start, end }
}

/** That expression as JavaScript, and what is already typed of a member's name. */
export function expressionBefore(code: string, offset: number): { readonly expression: string; readonly prefix: string } | undefined {
  const range = expressionRange(code, offset)
  if (!range) return undefined
  // A `!` says something to the compiler only.
  const expression = code.slice(range.start, range.end).replace(/!+(?=\s*(?:\[|\?|\.))/g, '')
  return { expression, prefix: partOfName.exec(code.slice(0, offset))![0] }
}

/** Where the member expression that ends `text` begins. */
function memberStart(text: string): number | undefined {
  const rest = text.trimEnd().replace(/!+$/, '')
  if (rest.endsWith(']')) {
    const open = openingBracket(rest)
    if (open === undefined || !isSimpleIndex(rest.slice(open + 1, -1))) return undefined
    return memberStart(rest.slice(0, open).replace(/\?\.\s*$/, ''))
  }
  const member = property.exec(rest)
  if (member) return memberStart(rest.slice(0, member.index))
  const name = identifier.exec(rest)
  return name && !notValues.has(name[0]) ? name.index : undefined
}

function openingBracket(text: string): number | undefined {
  let depth = 0
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === ']') depth++
    else if (text[i] === '[' && --depth === 0) return i
  }
  return undefined
}

function isSimpleIndex(index: string): boolean {
  return literal.test(index) || (index.trim() !== '' && memberStart(index) === index.length - index.trimStart().length)
}
