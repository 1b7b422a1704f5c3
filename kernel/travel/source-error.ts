import type { Position } from './sources.ts'

/** A syntax error whose stack is the place where it is, drawn. `shown`: how the source is called. */
export function placed(error: SyntaxError, shown: string, source: string, { line, column }: Position): SyntaxError {
  error.stack = `${error.name}: ${error.message}\n    at ${shown}:${line}:${column}\n\n${codeFrame(source, line, column)}`
  return error
}

/** Position of an offset (UTF-16). */
export function positionAt(source: string, offset: number): Position {
  const before = source.slice(0, offset)
  const start = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: before.length - start + 1 }
}

const widest = 120

/** The line with its two neighbours and a caret below the column; long lines are cut around it. */
function codeFrame(source: string, line: number, column: number): string {
  const lines = source.split('\n')
  const last = Math.min(lines.length, line + 1)
  const gutter = String(last).length
  const cut = Math.max(0, column - widest / 2)
  const shown: string[] = []
  for (let at = Math.max(1, line - 1); at <= last; at++) {
    const text = lines[at - 1]!.slice(cut, cut + widest).replaceAll('\t', ' ')
    shown.push(`${at === line ? '>' : ' '} ${String(at).padStart(gutter)} | ${text}`.trimEnd())
    if (at === line) shown.push(`  ${' '.repeat(gutter)} | ${' '.repeat(column - 1 - cut)}^`)
  }
  return shown.join('\n')
}
