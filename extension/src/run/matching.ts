/** Which tasks a filter leaves. Names are not put together for it: a hundred thousand would take longer than a frame. */
import { stateNames } from '../../../kernel/cluster/record/read.ts'
import type { TaskTable } from '../../../kernel/cluster/record/read.ts'
import type { Filter } from '../view/view-state.ts'

export interface Matches {
  /** By task: 1 where it stays. */
  readonly kept: Uint8Array
  readonly count: number
}

interface Subject {
  readonly name: string
  readonly tasks: TaskTable
  readonly states: ArrayLike<number>
  readonly errors: readonly { readonly name: string; readonly message: string }[]
}

/** @returns undefined when nothing is filtered */
export function matchesOf(filter: Filter, { name, tasks, states, errors }: Subject): Matches | undefined {
  const text = filter.text.trim().toLowerCase()
  if (text === '' && filter.states === undefined) return undefined
  const wanted = stateNames.map((state) => filter.states?.has(state) ?? true)
  const named = nameMatcher(name.toLowerCase(), text)
  const failing = errors.map((error) => text !== '' && `${error.name}: ${error.message}`.toLowerCase().includes(text))
  const kept = new Uint8Array(tasks.length)
  let count = 0
  for (let i = 0; i < kept.length; i++) {
    if (!wanted[states[i]!]) continue
    const error = tasks.error[i]!
    // An array that is asked for its row -1 looks it up by name: slow, a million times.
    if (!named(i) && !(error >= 0 && failing[error])) continue
    kept[i] = 1
    count++
  }
  return { kept, count }
}

/** Whether `name[index]` holds a text. */
export function nameMatcher(name: string, text: string): (index: number) => boolean {
  if (name.includes(text)) return () => true
  const [, before, digits, after] = /^(.*\[)?(\d*)(\]?)$/s.exec(text) ?? []
  if (digits === undefined) return () => false
  const starts = before !== undefined
  const ends = after === ']'
  if (starts && !`${name}[`.endsWith(before)) return () => false
  if (digits === '') return () => !(starts && ends)
  if (starts && ends) return (index) => String(index) === digits
  if (starts) return (index) => String(index).startsWith(digits)
  return holdsDigits(digits, ends)
}

/** Arithmetic instead of text, where no zero leads: it is asked of every task. */
function holdsDigits(digits: string, atEnd: boolean): (index: number) => boolean {
  if (digits.startsWith('0')) return (index) => (atEnd ? String(index).endsWith(digits) : String(index).includes(digits))
  const wanted = Number(digits)
  const unit = 10 ** digits.length
  return (index) => {
    for (let rest = index; rest >= wanted; rest = (rest / 10) | 0) {
      if (rest % unit === wanted) return true
      if (atEnd) return false
    }
    return false
  }
}
