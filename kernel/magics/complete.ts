/** Completion and help on magics' lines. Pure: what exists is handed in. */
import { splitHeader } from './distribute.ts'
import { magicDocs, type MagicDoc } from './lines.ts'
import { distributeOptions } from './options.ts'

/** Names that completion may offer. */
export interface Known {
  readonly handles: readonly string[]
  readonly nodes: readonly string[]
  readonly policies: readonly string[]
}

export interface MagicCompletion {
  readonly start: number
  readonly end: number
  readonly matches: readonly { readonly text: string; readonly type: string; readonly signature: string }[]
}

type Offer = MagicCompletion['matches'][number]

/**
 * What fits at `offset`, or undefined when that is not a magic's to answer (no magic there, or inside an expression
 * such as the EXPR of `--each`).
 */
export function completeMagic(cell: string, offset: number, known: Known): MagicCompletion | undefined {
  const lineStart = cell.lastIndexOf('\n', offset - 1) + 1
  const before = cell.slice(lineStart, offset)
  const match = /^\s*(?:\/\/)?(%%?\w*)$/.exec(before)
  if (match) return among(offset - match[1]!.length, offset, match[1]!, magicOffers(match[1]!.startsWith('%%') && lineStart === 0))

  const head = /^\s*(?:\/\/)?(%%?\w+)\s/.exec(before)
  if (!head) return undefined
  const word = /\S*$/.exec(before)![0]
  const start = offset - word.length
  const offers = head[1] === '%%distribute' ? distributeOffers(before.slice(head[0].length), word, known) : lineOffers(head[1]!, word, known)
  return offers && among(start, offset, word, offers)
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
  const option = doc.name === '%%distribute' ? distributeOptions.find((one) => `--${one.name}` === word) : undefined
  return option ? `\`--${option.name} ${option.value}\`\n\n${option.meaning}` : help(doc)
}

/** All that there is to say of a magic, as markdown. */
export function help(doc: MagicDoc): string {
  const options = doc.name === '%%distribute' ? '\n\n' + distributeOptions.map((one) => `- \`--${one.name}${one.value && ' ' + one.value}\`: ${one.meaning}`).join('\n') : ''
  return `\`${doc.usage}\`\n\n${doc.meaning}${options}`
}

function magicOffers(cellMagicsFit: boolean): Offer[] {
  return magicDocs
    .filter((doc) => cellMagicsFit || !doc.name.startsWith('%%'))
    .map((doc) => ({ text: doc.name, type: 'magic', signature: doc.usage }))
}

function distributeOffers(words: string, word: string, known: Known): Offer[] | undefined {
  if (word.startsWith('-')) return distributeOptions.map((one) => ({ text: `--${one.name}`, type: 'option', signature: one.value }))
  const { given } = splitHeader(words)
  const current = given.at(-1)
  const spec = current && distributeOptions.find((one) => one.name === current.option)
  if (!spec) return []
  if (spec.choices === 'handles') return spec.name === 'after' || / of\s+\S*$/.test(words) ? named(known.handles, 'run') : []
  return choices(spec.choices, known)
}

function lineOffers(magic: string, word: string, known: Known): Offer[] | undefined {
  const doc = magicDocs.find((one) => one.name === magic)
  if (!doc || magic === '%time' || magic === '%%time') return undefined
  if (magic === '%rerun' && word.startsWith('-')) return named(['--failed'], 'option')
  return choices(doc.choices, known)
}

function choices(from: MagicDoc['choices'], known: Known): Offer[] {
  if (from === undefined) return []
  if (from === 'handles') return named(known.handles, 'run')
  if (from === 'nodes') return named(known.nodes, 'node')
  if (from === 'policies') return named(known.policies, 'policy')
  if (from === 'magics') return named(magicDocs.map((doc) => doc.name.replace(/^%+/, '')), 'magic')
  return named(from, 'value')
}

function named(names: readonly string[], type: string): Offer[] {
  return names.map((text) => ({ text, type, signature: '' }))
}

function among(start: number, end: number, word: string, offers: readonly Offer[]): MagicCompletion {
  return { start, end, matches: offers.filter((offer) => offer.text.startsWith(word)) }
}
