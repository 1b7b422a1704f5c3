/** Completion and help on magics' lines. Pure: what exists is handed in. */
import { splitHeader } from './distribute.ts'
import { magicDocs, type MagicDoc } from './lines.ts'
import { distributeOptions } from './options.ts'

/** Names that completion may offer. */
export interface Known {
  readonly handles: readonly string[]
  readonly nodes: readonly string[]
  readonly policies: readonly { readonly name: string; readonly about: string }[]
}

export interface MagicCompletion {
  readonly start: number
  readonly end: number
  readonly matches: readonly { readonly text: string; readonly type: string; readonly signature: string }[]
}

type Offer = MagicCompletion['matches'][number]

/** The cursor is in an expression on the magic's line (the EXPR of `--each`), which began at `expression`. */
export interface InExpression {
  readonly expression: number
}

/** What fits at `offset`; undefined when no magic stands there. */
export function completeMagic(cell: string, offset: number, known: Known): MagicCompletion | InExpression | undefined {
  const lineStart = cell.lastIndexOf('\n', offset - 1) + 1
  const before = cell.slice(lineStart, offset)
  const match = /^\s*(?:\/\/)?(%%?\w*)$/.exec(before)
  if (match) return among(offset - match[1]!.length, offset, match[1]!, magicOffers(match[1]!.startsWith('%%') && lineStart === 0))

  const head = /^\s*(?:\/\/)?(%%?\w+)\s/.exec(before)
  if (!head) return undefined
  const whole = /\S*$/.exec(before)![0]
  // Of names with commas between them, the last.
  const word = head[1] === '%simulate' ? whole.slice(whole.lastIndexOf(',') + 1) : whole
  const start = offset - word.length
  if (head[1] === '%%distribute') {
    const expression = expressionStart(before, head[0].length)
    if (expression !== undefined) return { expression: lineStart + expression }
    return among(start, offset, word, distributeOffers(before.slice(head[0].length), word, known))
  }
  const offers = lineOffers(head[1]!, before.slice(head[0].length, before.length - whole.length), word, known)
  return offers && among(start, offset, word, offers)
}

/** Where the EXPR of `--each X of EXPR` or `--reduce A,B of EXPR` begins, if the line ends within it. */
function expressionStart(before: string, from: number): number | undefined {
  const last = splitHeader(before.slice(from)).given.at(-1)
  if (!last || (last.option !== 'each' && last.option !== 'reduce')) return undefined
  const of = /\sof\s+/.exec(before.slice(from + last.at))
  return of ? from + last.at + of.index + of[0].length : undefined
}

/** Markdown about the magic or option at `offset`; undefined when there is none. */
export function inspectMagic(cell: string, offset: number): string | undefined {
  const lineStart = cell.lastIndexOf('\n', offset - 1) + 1
  const lineEnd = cell.indexOf('\n', offset)
  const line = cell.slice(lineStart, lineEnd < 0 ? undefined : lineEnd)
  const head = /^\s*(?:\/\/)?(%%?\w+)/.exec(line)
  const doc = head && magicDocs.find((one) => one.name === head[1])
  if (!doc) return undefined
  const at = offset - lineStart
  const word = /[\w-]*$/.exec(line.slice(0, at))![0] + /^[\w-]*/.exec(line.slice(at))![0]
  const option = (doc.name === '%%distribute' ? distributeOptions : (doc.options ?? [])).find((one) => `--${one.name}` === word)
  return option ? `\`--${option.name} ${option.value}\`\n\n${option.meaning}` : help(doc)
}

/** All that there is to say of a magic, as markdown. */
export function help(doc: MagicDoc): string {
  const listed = doc.name === '%%distribute' ? distributeOptions : (doc.options ?? [])
  const options = listed.length === 0 ? '' : '\n\n' + listed.map((one) => `- \`--${one.name}${one.value && ' ' + one.value}\`: ${one.meaning}`).join('\n')
  return `\`${doc.usage}\`\n\n${doc.meaning}${options}`
}

function magicOffers(cellMagicsFit: boolean): Offer[] {
  return magicDocs
    .filter((doc) => cellMagicsFit || !doc.name.startsWith('%%'))
    .map((doc) => ({ text: doc.name, type: 'magic', signature: doc.usage }))
}

function distributeOffers(words: string, word: string, known: Known): Offer[] {
  if (word.startsWith('-')) return distributeOptions.map((one) => ({ text: `--${one.name}`, type: 'option', signature: one.value }))
  const { given } = splitHeader(words)
  const current = given.at(-1)
  const spec = current && distributeOptions.find((one) => one.name === current.option)
  if (!spec) return []
  if (spec.choices === 'handles') return spec.name === 'after' ? named(known.handles, 'run') : []
  return choices(spec.choices, known)
}

/** @param before words between the magic and the one that is being typed */
function lineOffers(magic: string, before: string, word: string, known: Known): Offer[] | undefined {
  const doc = magicDocs.find((one) => one.name === magic)
  if (!doc || magic === '%time' || magic === '%%time') return undefined
  if (magic === '%rerun' && word.startsWith('-')) return named(['--failed'], 'option')
  const options = magic === '%cluster' && !/^\s*simulate\s/.test(before) ? [] : (doc.options ?? [])
  const last = options.find((one) => new RegExp(`--${one.name}\\s+$`).test(before))
  if (last) return [...choices(last.choices, known), ...(last.name === 'policy' ? named(['all'], 'policy') : [])]
  if (options.length > 0) return options.map((one) => ({ text: `--${one.name}`, type: 'option', signature: one.value }))
  if (magic === '%cluster' && /^\s*local\s/.test(before)) return named(['--nodes', '--slots', '--node'], 'option')
  return choices(doc.choices, known)
}

function choices(from: MagicDoc['choices'], known: Known): Offer[] {
  if (from === undefined) return []
  if (from === 'handles') return named(known.handles, 'run')
  if (from === 'nodes') return named(known.nodes, 'node')
  if (from === 'policies') return known.policies.map(({ name, about }) => ({ text: name, type: 'policy', signature: about }))
  if (from === 'magics') return named(magicDocs.map((doc) => doc.name.replace(/^%+/, '')), 'magic')
  return named(from, 'value')
}

function named(names: readonly string[], type: string): Offer[] {
  return names.map((text) => ({ text, type, signature: '' }))
}

function among(start: number, end: number, word: string, offers: readonly Offer[]): MagicCompletion {
  return { start, end, matches: offers.filter((offer) => offer.text.startsWith(word)) }
}
