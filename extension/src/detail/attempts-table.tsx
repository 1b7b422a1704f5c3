/** Everything that was tried for a task, as a table. */
import * as React from 'react'
import type { TranslationBundle } from '@jupyterlab/translation'
import { count, plain } from '../../../kernel/cluster/view/amounts.ts'
import { stateWord } from '../run/state-word.ts'
import type { PaneContext } from '../view/pane.ts'
import { attemptsOf } from './attempts.ts'
import type { Attempt } from './attempts.ts'
import { known } from './facts.ts'
import { Section } from './text.tsx'

const FIRST = 8

/** Nothing when there was only one: its facts stand above. */
export function AttemptsTable({ context, task }: { readonly context: PaneContext; readonly task: number }): React.ReactElement | null {
  const { store, trans } = context
  const [all, setAll] = React.useState(false)
  const attempts = React.useMemo(() => attemptsOf(store.tasks, store.attempts, task), [store.version, task])
  if (attempts.length < 2) return null
  const { nodes, asOf } = store.record
  const shown = all ? attempts : attempts.slice(-FIRST)
  return (
    <Section title={trans.__('Attempts')} aside={<span className="sl-Quiet">{count(store.tasks.attempts[task]!)}</span>}>
      <table className="sl-Table">
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">{trans.__('where')}</th>
            <th scope="col" className="sl-Number">{trans.__('began')}</th>
            <th scope="col" className="sl-Number">{trans.__('took')}</th>
            <th scope="col">{trans.__('end')}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((one, i) => (
            <tr key={i}>
              <td>{one.attempt}</td>
              <td>{nodes[one.node] ? `${plain(nodes[one.node]!.name, 40)} · ${one.slot}` : '–'}</td>
              <td className="sl-Number">{known(one.began)}</td>
              <td className="sl-Number">{known((one.ended >= 0 ? one.ended : asOf) - one.began)}</td>
              <td>{endWord(trans, one.how)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {attempts.length > shown.length && <button type="button" className="sl-Link" onClick={() => setAll(true)}>{trans.__('Show all %1', count(attempts.length))}</button>}
    </Section>
  )
}

function endWord(trans: TranslationBundle, how: Attempt['how']): string {
  switch (how) {
    case 'threw': return trans.__('threw')
    case 'timed-out': return trans.__('timed out')
    case 'node-lost': return trans.__('node lost')
    case 'slot-reset': return trans.__('slot reset')
    case 'overtaken': return trans.__('overtaken by a copy')
    default: return stateWord(trans, how)
  }
}
