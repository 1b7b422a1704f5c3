/** What the notebook is told of a policy of its own: each cause of trouble once, and what the policy prints, within bounds. */
import { notices } from '../errors.ts'
import type { PolicyProblem } from './user-policy-messages.ts'

/** Causes that are told of one registration; characters of what it prints. */
const TOLD = 5
const PRINTED = 4000

export interface Notebook {
  /** Beside the cell that registered the policy. */
  readonly say: (cell: string, text: string, stream: 'stdout' | 'stderr') => void
  /** The text with positions in the user's own lines, as far as they can be found out. */
  readonly mapped: (text: string) => Promise<string>
}

export class PolicyReport {
  /** What is amiss at present, in a sentence. */
  problem: string | undefined
  readonly #name: string
  readonly #cell: string
  readonly #notebook: Notebook
  /** Causes, and what was said of each. */
  readonly #told = new Map<string, string>()
  #printed = 0

  constructor(name: string, cell: string, notebook: Notebook) {
    this.#name = name
    this.#cell = cell
    this.#notebook = notebook
  }

  /** @param idle it is not asked any more because of that */
  failed({ kind, error }: PolicyProblem, idle: boolean): void {
    const what = error.stack !== '' ? error.stack : kind === 'threw' && error.name !== 'Error' ? `${error.name}: ${error.message}` : error.message
    const place = error.stack.split('\n').find((line) => /^\s+at /.test(line))
    const cause = `${kind} ${idle} ${error.name} ${place ?? error.message.replace(/\d+/g, '#')}`
    const told = this.#told.get(cause)
    this.problem = told ?? notices.policyFailed(this.#name, brief(what), idle)
    if (told !== undefined || this.#told.size > TOLD) return
    this.#told.set(cause, this.problem)
    if (this.#told.size > TOLD) return this.warn(notices.policyFailsOn(this.#name))
    void this.#notebook.mapped(what).then((text) => {
      const said = notices.policyFailed(this.#name, brief(text), idle)
      if (this.problem === this.#told.get(cause)) this.problem = said
      this.#told.set(cause, said)
      this.warn(notices.policyFailed(this.#name, text, idle))
    })
  }

  warn(text: string): void {
    this.#notebook.say(this.#cell, text, 'stderr')
  }

  said(text: string): void {
    const room = PRINTED - this.#printed
    if (room <= 0) return
    this.#printed += text.length
    this.#notebook.say(this.#cell, text.length <= room ? text.replace(/\n$/, '') : `${text.slice(0, room)}…\n${notices.policyPrints(this.#name)}`, 'stdout')
  }
}

/** An error and where it was, in one line. */
function brief(text: string): string {
  const lines = text.split('\n')
  const place = lines.find((line) => /Cell \[/.test(line))
  return place === undefined ? lines[0]! : `${lines[0]!} (${/Cell \[[^\s)]*/.exec(place)![0]})`
}
