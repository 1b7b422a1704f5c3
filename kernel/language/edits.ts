import type { Position } from '../travel/sources.ts'

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Replacements in a text, made all at once, with the way back from the edited text's positions. */
export class Edits {
  readonly source: string
  readonly #edits: Edit[] = []
  #pieces: { at: number; text: string; from: number; copied: boolean }[] | undefined

  constructor(source: string) {
    this.source = source
  }

  /** Edits must not overlap. What is inserted at a place stands before what replaces the text there. */
  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text })
  }

  insert(at: number, text: string): void {
    this.replace(at, at, text)
  }

  toString(): string {
    return this.#made().map((piece) => piece.text).join('')
  }

  /** Offset in the source of a position in the edited text; in new text, of the place that it stands at. */
  original({ line, column }: Position): number {
    const offset = offsetAt(this.toString(), line, column)
    const piece = this.#made().findLast((one) => one.at <= offset)
    if (!piece) return 0
    return piece.copied ? piece.from + offset - piece.at : piece.from
  }

  #made() {
    return (this.#pieces ??= this.#make())
  }

  #make() {
    const pieces: { at: number; text: string; from: number; copied: boolean }[] = []
    let [at, from] = [0, 0]
    const add = (text: string, copied: boolean) => {
      if (text !== '') pieces.push({ at, text, from, copied })
      at += text.length
    }
    for (const edit of this.#edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
      add(this.source.slice(from, edit.start), true)
      from = edit.start
      add(edit.text, false)
      from = edit.end
    }
    add(this.source.slice(from), true)
    return pieces
  }
}

function offsetAt(text: string, line: number, column: number): number {
  let start = 0
  for (let at = 1; at < line; at++) {
    const end = text.indexOf('\n', start)
    if (end === -1) break
    start = end + 1
  }
  return start + column - 1
}
