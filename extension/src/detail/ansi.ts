/** What tasks wrote, as pieces of text with the colours that terminals would show; all other control codes are dropped. No DOM. */

export type AnsiColour = 'black' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'white'

export interface Piece {
  readonly text: string
  readonly colour?: AnsiColour
  readonly bold?: true
}

const colours: readonly AnsiColour[] = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']

/** Characters of a log that are shown: its end. */
const MOST_TEXT = 100_000
const MOST_PIECES = 2000

// Sequences that set colours; those that do anything else (cursor, title, links); and what cannot be seen or turns the direction of writing.
const sequence = /\x1b\[([\d;]*)m|\x1b\[[\d;?<=>!]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?/g
const unseen = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

export function ansiPieces(log: string): Piece[] {
  const text = overwritten(log.length > MOST_TEXT ? `…${log.slice(endFrom(log, log.length - MOST_TEXT))}` : log)
  const pieces: Piece[] = []
  let style: Omit<Piece, 'text'> = {}
  let end = 0
  const put = (raw: string): void => {
    const shown = raw.replace(unseen, '')
    if (shown !== '') pieces.push({ text: shown, ...style })
  }
  for (const match of text.matchAll(sequence)) {
    if (pieces.length >= MOST_PIECES) break
    if (match.index > end) put(text.slice(end, match.index))
    end = match.index + match[0].length
    if (match[1] !== undefined) style = styled(style, match[1])
  }
  put(text.slice(end).replace(sequence, ''))
  return joined(pieces)
}

/** Where to cut, so that no sequence is cut in half. */
function endFrom(log: string, cut: number): number {
  const begun = /\x1b\[?[\d;]*$/.exec(log.slice(Math.max(0, cut - 40), cut))
  return begun ? cut - begun[0].length : cut
}

/** As progress bars are meant: a carriage return within a line begins that line again. */
function overwritten(text: string): string {
  if (!text.includes('\r')) return text
  return text
    .replace(/\r+\n/g, '\n')
    .split('\n')
    .map((line) => line.slice(line.replace(/\r+$/, '').lastIndexOf('\r') + 1))
    .join('\n')
}

function styled(before: Omit<Piece, 'text'>, codes: string): Omit<Piece, 'text'> {
  let { colour, bold } = before
  const numbers = codes.split(';').map(Number)
  for (let i = 0; i < numbers.length; i++) {
    const code = numbers[i]!
    if (code === 0) colour = bold = undefined
    else if (code === 1) bold = true
    else if (code === 22) bold = undefined
    else if (code === 39) colour = undefined
    // 256 and true colours: theirs may not be readable here.
    else if (code === 38 || code === 48) i += numbers[i + 1] === 5 ? 2 : 4
    else if (code >= 30 && code <= 37) colour = colours[code - 30]
    else if (code >= 90 && code <= 97) colour = colours[code - 90]
  }
  return { ...(colour && { colour }), ...(bold && { bold }) }
}

function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = []
  for (const piece of pieces) {
    const last = result.at(-1)
    if (last && last.colour === piece.colour && last.bold === piece.bold) result[result.length - 1] = { ...last, text: last.text + piece.text }
    else result.push(piece)
  }
  return result
}
