/** A kernel's runs in the side panel, newest first. */
import * as React from 'react'
import type { Headline } from '../../../kernel/cluster/live/types.ts'
import { count, duration, plain } from '../../../kernel/cluster/view/amounts.ts'
import { shownStates } from '../../../kernel/cluster/view/picture-style.ts'
import type { Connection } from '../live/connection.ts'
import { Sign } from '../view/header-icons.tsx'
import { StateBar } from '../view/header-states.tsx'
import { stateWord } from '../run/state-word.ts'
import { cancelRun, hasFailures, rerunFailed } from './actions.ts'
import type { PanelContext } from './contents.tsx'
import { elapsed } from './facts.ts'

export function Runs({ context, connection }: { readonly context: PanelContext; readonly connection: Connection }): React.ReactElement {
  const { trans, mostRuns } = context
  const heading = React.useId()
  const runs = connection.headlines
  const further = runs.length - mostRuns
  return (
    <>
      <h3 id={heading}>{trans.__('Runs')}</h3>
      {runs.length === 0 && <p className="sl-Quiet">{trans.__('None yet. A cell that begins with %%distribute NAME declares one; %help distribute explains it.')}</p>}
      {runs.length > 0 && (
        <ul className="sl-PanelRuns" aria-labelledby={heading}>
          {runs.slice(0, mostRuns).map((run) => <RunRow key={run.uid} run={run} context={context} connection={connection} />)}
        </ul>
      )}
      {further > 0 && <p className="sl-Quiet">{trans._n('and %2 older one', 'and %2 older ones', further, count(further))}</p>}
    </>
  )
}

function RunRow({ run, context, connection }: { readonly run: Headline; readonly context: PanelContext; readonly connection: Connection }): React.ReactElement {
  const { trans, act, revealRun } = context
  const name = plain(run.name, 80)
  const title = run.kind === 'single' ? name : trans.__('%1 × %2', name, count(run.count))
  return (
    <li>
      <div className="sl-PanelLine">
        {revealRun
          ? <button type="button" className="sl-Link sl-PanelName" title={trans.__('Show the run in its notebook')} onClick={() => revealRun(run.uid)}>{title}</button>
          : <span className="sl-PanelName">{title}</span>}
        <span className="sl-Quiet">{duration(elapsed(run, context.now))}</span>
      </div>
      <StateBar counts={run.counts} trans={trans} />
      <div className="sl-PanelLine">
        <span className="sl-PanelCounts">
          {shownStates.filter((state) => run.counts[state] > 0).map((state) => (
            <span key={state} title={stateWord(trans, state)}><Sign state={state} />{count(run.counts[state])}<span className="sl-Announcement">{stateWord(trans, state)}</span></span>
          ))}
        </span>
        {!run.final && <button type="button" className="sl-Button" aria-label={trans.__('Cancel %1', name)} onClick={() => void act(() => cancelRun(connection, run, trans))}>{trans.__('Cancel')}</button>}
        {run.final && hasFailures(run) && (
          <button type="button" className="sl-Button" aria-label={trans.__('Rerun failed tasks of %1', name)} onClick={() => void act(() => rerunFailed(connection, run, trans))}>{trans.__('Rerun failed')}</button>
        )}
      </div>
    </li>
  )
}
