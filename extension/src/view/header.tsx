/** The line above a run's panes: which run, how it stands, and what can be done with it. */
import * as React from 'react'
import { count, duration, plain } from '../../../kernel/cluster/view/amounts.ts'
import { exportJson, exportPng, exportSvg } from '../export/export.ts'
import * as actions from './header-actions.ts'
import { advanceWords } from './header-advance.ts'
import { standingOf } from './header-facts.ts'
import { FailureLine } from './header-failures.tsx'
import { Icon } from './header-icons.tsx'
import { Menu } from './header-menu.tsx'
import type { MenuItem } from './header-menu.tsx'
import { Notice, useNotices } from './header-notice.tsx'
import type { Notices } from './header-notice.tsx'
import { AskPriority, ConfirmCancel } from './header-prompts.tsx'
import { Search } from './header-search.tsx'
import { StateBar, StateChips } from './header-states.tsx'
import type { PaneContext } from './pane.ts'
import type { PaneName } from './surroundings.ts'

type Question = 'cancel' | 'priority'

interface Part {
  readonly context: PaneContext
}

export function Header({ context }: Part): React.ReactElement {
  const { store, trans } = context
  const { counts } = context.moment()
  const notices = useNotices(context)
  const [question, setQuestion] = React.useState<Question>()
  const menu = React.useRef<HTMLDivElement>(null)
  const close = (): void => {
    setQuestion(undefined)
    menu.current?.querySelector('button')?.focus()
  }
  const act = (action: () => Promise<string>): void => {
    close()
    notices.attempt(action)
  }
  return (
    // Keys pressed here are for the controls, not for the notebook's commands.
    <div className="sl-Header" data-lm-suppress-shortcuts="true">
      <StateBar counts={counts} trans={trans} />
      <div className="sl-HeaderLine">
        <Title context={context} />
        <Standing context={context} />
        <StateChips context={context} counts={counts} />
        <span className="sl-Advance" title={expectation(context)}>{advanceWords(context).join(' · ')}</span>
        <div className="sl-Controls">
          <Search context={context} />
          <PaneToggles context={context} />
          <div ref={menu}>
            <Menu label={trans.__('More about this run')} items={[...kernelItems(context, notices, setQuestion), ...exportItems(context, notices)]} />
          </div>
        </div>
      </div>
      {question === 'cancel' && store.connection && <ConfirmCancel context={context} close={close} confirm={() => act(() => actions.cancel(context))} />}
      {question === 'priority' && store.connection && <AskPriority context={context} close={close} set={(priority) => act(() => actions.prioritise(context, priority))} />}
      <Notice context={context} notices={notices} />
      <FailureLine context={context} />
    </div>
  )
}

/** What the guess at the end is made of. */
function expectation({ store, trans }: PaneContext): string | undefined {
  if (!store.live || !store.record.expected) return undefined
  return trans.__('Expected by how long tasks of these names took before: with eight chances in ten between the two times')
}

function Title({ context }: Part): React.ReactElement {
  const { name, kind, count: tasks } = context.store.record.run
  return (
    <div className="sl-Title">
      <span className="sl-RunName" title={plain(name)}>{plain(name, 80)}</span>
      {kind !== 'single' && <span className="sl-Times">{` × ${count(tasks)}`}</span>}
    </div>
  )
}

function Standing({ context }: Part): React.ReactElement {
  const { trans } = context
  const standing = standingOf(context.store, context.state.time)
  const told = (): readonly [string, string] => {
    switch (standing.kind) {
      case 'live': return [trans.__('live'), trans.__('The kernel tells of every change')]
      case 'connected': return [trans.__('connected'), trans.__('The run has ended; the kernel still has it')]
      case 'saved': return [trans.__('saved'), trans.__('As the notebook keeps it')]
      case 'unfinished': return [trans.__('saved at %1', duration(standing.time)), trans.__('The notebook was saved before the run ended')]
      case 'gone': return [trans.__('kernel gone: as of %1', duration(standing.time)), trans.__('The kernel ended before the run did')]
      case 'replay': return [trans.__('replay at %1', duration(standing.time)), trans.__('Not the present: a moment of the run')]
    }
  }
  const [text, title] = told()
  return <span className={`sl-Standing sl-Standing-${standing.kind}`} title={title}>{text}</span>
}

function PaneToggles({ context }: Part): React.ReactElement {
  const { state, trans } = context
  const names: Readonly<Record<PaneName, string>> = { graph: trans.__('Graph'), utilization: trans.__('Utilization'), timeline: trans.__('Timeline') }
  const toggle = (label: string, icon: 'details' | PaneName, pressed: boolean, change: () => void): React.ReactElement => (
    <button key={icon} type="button" className="sl-IconButton" aria-pressed={pressed} aria-label={label} title={label} onClick={change}><Icon name={icon} /></button>
  )
  return (
    <div className="sl-Toggles" role="group" aria-label={trans.__('What is shown')}>
      {(['graph', 'utilization', 'timeline'] as const).map((pane) => toggle(names[pane], pane, state.panes.has(pane), () => state.togglePane(pane)))}
      {toggle(trans.__('Details'), 'details', state.drawer, () => (state.drawer = !state.drawer))}
    </div>
  )
}

/** What only the kernel can do. */
function kernelItems(context: PaneContext, notices: Notices, ask: (question: Question) => void): MenuItem[] {
  const { store, trans } = context
  if (!store.connection) return []
  const { counts } = store.record
  const without = counts.failed + counts.cancelled + counts.skipped
  const left = counts.waiting + counts.ready + counts.running + counts['backing-off']
  const cancel = (): void => (counts.running > 0 ? ask('cancel') : notices.attempt(() => actions.cancel(context)))
  return [
    ...(left > 0 ? [{ label: counts.running > 0 ? trans.__('Cancel run …') : trans.__('Cancel run'), run: cancel }] : []),
    ...(without > 0 ? [{ label: trans.__('Rerun what has no result (%1)', count(without)), run: () => notices.attempt(() => actions.rerun(context, true)) }] : []),
    { label: trans.__('Rerun all'), run: () => notices.attempt(() => actions.rerun(context, false)) },
    { label: trans.__('Priority …'), run: () => ask('priority') },
  ]
}

function exportItems(context: PaneContext, notices: Notices): MenuItem[] {
  const { trans } = context
  const save = (write: (context: PaneContext) => Promise<string>) => () => notices.attempt(async () => trans.__('%1 is in the downloads.', await write(context)))
  return [
    { label: trans.__('Export SVG'), begins: context.store.connection !== undefined, run: save(exportSvg) },
    { label: trans.__('Export PNG'), run: save(exportPng) },
    { label: trans.__('Export JSON'), run: save(exportJson) },
    { label: trans.__('Copy summary as text'), begins: true, run: () => notices.attempt(() => actions.copySummary(context)) },
  ]
}
