/** Stacks with the places in them that are lines of the notebook's cells. No DOM. */
import type { CellLine } from '../view/surroundings.ts'

export interface StackPart {
  readonly text: string
  /** The kernel calls it `Cell [3]:12:5`. */
  readonly cell?: CellLine
}

/** A frame, or a line of the message. */
export type StackLine = readonly StackPart[]

const MOST_LINES = 200
const LONGEST = 1000

/** As lines, at most 200 of at most 1,000 characters. */
export function stackLines(stack: string): StackLine[] {
  const lines = stack.slice(0, 100_000).split('\n')
  while (lines.length > 1 && lines.at(-1)!.trim() === '') lines.pop()
  const shown = lines.slice(0, MOST_LINES).map((line) => stackLine(line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line))
  return lines.length > MOST_LINES ? [...shown, [{ text: '…' }]] : shown
}

/** The indentation of frames goes: it would cost a narrow place a line. */
function stackLine(indented: string): StackLine {
  const line = indented.replace(/^\s+(?=at )/, '')
  const parts: StackPart[] = []
  let end = 0
  for (const match of line.matchAll(/Cell \[(\d{1,9})\]:(\d{1,9})(?::\d{1,9})?/g)) {
    if (match.index > end) parts.push({ text: line.slice(end, match.index) })
    end = match.index + match[0].length
    parts.push({ text: match[0], cell: { execution: Number(match[1]), line: Number(match[2]) } })
  }
  if (end < line.length || parts.length === 0) parts.push({ text: line.slice(end) })
  return parts
}
