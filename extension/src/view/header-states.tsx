/** How many tasks are in each state: a bar, and chips that filter by them. */
import * as React from 'react'
import type { RecordedState } from '../../../kernel/cluster/record/read.ts'
import { count } from '../../../kernel/cluster/view/amounts.ts'
import { shownStates } from '../../../kernel/cluster/view/picture-style.ts'
import type { TranslationBundle } from '@jupyterlab/translation'
import { stateWord } from '../run/state-word.ts'
import { Sign } from './header-icons.tsx'
import type { PaneContext } from './pane.ts'

type Counts = Readonly<Record<RecordedState, number>>

export function StateBar({ counts, trans }: { readonly counts: Counts; readonly trans: TranslationBundle }): React.ReactElement {
  const present = shownStates.filter((state) => counts[state] > 0)
  const words = present.map((state) => `${count(counts[state])} ${stateWord(trans, state)}`).join(', ')
  return (
    <div className="sl-StateBar" role="img" aria-label={words || trans.__('no tasks')}>
      {present.map((state) => <span key={state} className={`sl-StateBar-${state}`} style={{ flexGrow: Math.min(counts[state], 1e15) }} />)}
    </div>
  )
}

export function StateChips({ context, counts }: { readonly context: PaneContext; readonly counts: Counts }): React.ReactElement {
  const { state: view, trans } = context
  const { states } = view.filter
  const toggle = (state: RecordedState): void => {
    const chosen = new Set(states)
    if (!chosen.delete(state)) chosen.add(state)
    view.filter = { ...view.filter, states: chosen.size === 0 ? undefined : chosen }
  }
  return (
    <div className="sl-Chips" role="group" aria-label={trans.__('Show only tasks that are')}>
      {shownStates.filter((state) => counts[state] > 0 || states?.has(state)).map((state) => (
        <button
          key={state} type="button" className="sl-Chip" aria-pressed={states?.has(state) ?? false} title={trans.__('Show only these')}
          onClick={() => toggle(state)}
        >
          <Sign state={state} />
          <span className="sl-Count">{count(counts[state])}</span> {stateWord(trans, state)}
        </button>
      ))}
    </div>
  )
}
