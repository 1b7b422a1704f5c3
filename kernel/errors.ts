/**
 * Every error a user can meet, and all its wording. Each says what happened, where, and what to do next.
 * Expected failures are UserErrors; anything else that is thrown is a bug.
 */

export class UserError extends Error {
  override name = 'SluiceError'
  /** Stable, for programs and tests: `unknown-option`, `cannot-travel`, … */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** `word` from `known` that is most like what was typed, if any is near (at most a third of its letters differ). */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best !== undefined && bestDistance <= Math.max(1, Math.floor(best.length / 3)) ? best : undefined
}

/** Optimal string alignment (Damerau–Levenshtein without repeated edits of one substring). */
function editDistance(a: string, b: string): number {
  let previous: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) next[j] = Math.min(next[j]!, previous[j - 2]! + 1)
    }
    previous = row
    row = next
  }
  return row[b.length]!
}

// Each layer's errors stand in a section of their own below.

// ── protocol ─────────────────────────────────────────────────────────────────────────────────────────────────

// ── language ─────────────────────────────────────────────────────────────────────────────────────────────────

// ── travel ───────────────────────────────────────────────────────────────────────────────────────────────────

// ── magics ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Words are not what a magic takes. `usage` is its one-line form. */
export function badMagic(what: string, usage: string): UserError {
  return new UserError('bad-magic', `${what}\n  usage: ${usage}`)
}

export function unknownMagic(name: string, known: readonly string[]): UserError {
  return new UserError('unknown-magic', `there is no magic ${name}${suggestion(name, known)}. %lsmagic lists them all.`)
}

export function unknownOption(option: string, magic: string, known: readonly string[]): UserError {
  return new UserError('unknown-option', `${magic} has no option ${option}${suggestion(option, known)}. Accepted: ${known.join(' ')}. %help ${magic.replace(/^%+/, '')} explains them.`)
}

/** `accepted` says what the option takes, e.g. `a whole number, 0 or more`. */
export function badOption(option: string, given: string, accepted: string): UserError {
  const said = given === '' ? 'nothing was given' : `${JSON.stringify(clip(given, 80))} was given`
  return new UserError('bad-option', `${option} takes ${accepted}; ${said}.`)
}

export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  return near === undefined ? '' : ` (did you mean ${near}?)`
}

/** Foreign text cut to a length that fits a message. */
export function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

// ── cluster ──────────────────────────────────────────────────────────────────────────────────────────────────

// ── command line ─────────────────────────────────────────────────────────────────────────────────────────────
