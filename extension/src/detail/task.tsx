/** One task: where and when it ran, what was tried, what it wrote, took and gave. */
import * as React from 'react'
import { stateNames } from '../../../kernel/cluster/record/read.ts'
import type { RecordedState } from '../../../kernel/cluster/record/read.ts'
import { duration, plain } from '../../../kernel/cluster/view/amounts.ts'
import { cancel, rerun } from '../view/header-actions.ts'
import { taskName } from '../view/header-facts.ts'
import { Sign } from '../view/header-icons.tsx'
import { Notice, useNotices } from '../view/header-notice.tsx'
import { stateWord } from '../run/state-word.ts'
import type { PaneContext } from '../view/pane.ts'
import { AttemptsTable } from './attempts-table.tsx'
import { clockTime, known } from './facts.ts'
import type { Fact } from './facts.ts'
import { FromKernel, Progress } from './kernel-part.tsx'
import { useDetail, useLog } from './question.ts'
import { Facts, Log, Section, Stack } from './text.tsx'

interface Props {
  readonly context: PaneContext
  readonly task: number
}

export function TaskDetails({ context, task }: Props): React.ReactElement {
  const { store, trans } = context
  const asked = useDetail(context, task)
  const followed = useLog(context, task)
  const kept = store.record.logs.findLast((log) => log.task === task)?.text
  const log = followed?.text ?? asked.reply?.detail?.log ?? kept ?? ''
  const progress = stateNames[store.tasks.state[task]!] === 'running' ? (followed?.progress ?? asked.reply?.detail?.progress) : undefined
  return (
    <>
      <StateLine context={context} task={task} />
      <Actions context={context} task={task} />
      {progress && <Progress trans={trans} progress={progress} />}
      <Root context={context} task={task} />
      <ErrorPart context={context} task={task} />
      <Times context={context} task={task} />
      <AttemptsTable context={context} task={task} />
      {log !== '' && <Section title={trans.__('Log')}><Log key={task} text={log} label={trans.__('Log')} /></Section>}
      <FromKernel context={context} asked={asked} />
    </>
  )
}

/** The state as it is shown, and where the task is or was. */
function StateLine({ context, task }: Props): React.ReactElement {
  const { store, trans } = context
  const { tasks, record } = store
  const moment = context.moment()
  const shown = stateNames[moment.states[task]!] ?? 'waiting'
  const final = stateNames[tasks.state[task]!]!
  const node = record.nodes[tasks.node[task]!]
  const words = [
    stateWord(trans, shown),
    ...(node ? [trans.__('%1 · slot %2', plain(node.name, 60), tasks.slot[task]!)] : []),
    ...(tasks.attempts[task]! > 1 ? [trans.__('attempt %1', tasks.attempts[task]!)] : []),
  ]
  return (
    <p className="sl-StateLine">
      <Sign state={shown} />
      <span>{words.join(' · ')}</span>
      {shown !== final && <span className="sl-Quiet">{trans.__('(at %1; in the end: %2)', duration(moment.time), stateWord(trans, final))}</span>}
    </p>
  )
}

function Actions({ context, task }: Props): React.ReactElement | null {
  const { store, trans } = context
  const notices = useNotices(context)
  if (!store.connection) return null
  const ended = store.tasks.state[task]! >= stateNames.indexOf('succeeded')
  return (
    <div className="sl-Actions">
      {!ended && <button type="button" className="sl-Button" onClick={() => notices.attempt(() => cancel(context, [task]))}>{trans.__('Cancel')}</button>}
      {ended && <button type="button" className="sl-Button" onClick={() => notices.attempt(() => rerun(context, false, [task]))}>{trans.__('Rerun')}</button>}
      <Notice context={context} notices={notices} />
    </div>
  )
}

/** Which failure a skipped task goes back to. */
function Root({ context, task }: Props): React.ReactElement | null {
  const { store, state, trans } = context
  const { tasks, record } = store
  if (stateNames[tasks.state[task]!] !== 'skipped' || !(tasks.rootRun[task]! >= 0)) return null
  const [own, root] = [tasks.rootRun[task] === 0, tasks.root[task]!]
  const group = own ? record.run : record.upstream[tasks.rootRun[task]! - 1]
  if (!group) return null
  const name = taskName(group, root)
  const listed = own && root < tasks.length
  return (
    <p className="sl-Root">
      {trans.__('Skipped because this has no result:')}{' '}
      {listed
        ? <button type="button" className="sl-Link" onClick={() => (state.selection = { kind: 'task', task: root })}>{name}</button>
        : <strong>{own ? name : trans.__('%1 (another run)', name)}</strong>}
    </p>
  )
}

function ErrorPart({ context, task }: Props): React.ReactElement | null {
  const { store, surroundings, trans } = context
  const error = store.record.errors[store.tasks.error[task]!]
  const place = React.useRef<HTMLDivElement>(null)
  if (!error || stateNames[store.tasks.state[task]!] !== 'failed') return null
  const { reveal } = surroundings
  const head = `${plain(error.name, 100)}: ${error.message}`
  // The stack begins with what has just been said.
  const stack = error.stack.startsWith(`${error.name}: ${error.message}`) ? error.stack.slice(error.name.length + 2 + error.message.length).replace(/^\s*\n/, '') : error.stack
  return (
    <div ref={place} className="sl-Error">
      <p className="sl-ErrorHead">{head.slice(0, 2000)}</p>
      {error.kind !== 'threw' && <p className="sl-Quiet">{plain(error.kind, 100)}</p>}
      {stack.trim() !== '' && <Stack trans={trans} stack={stack} reveal={reveal && ((line) => reveal(place.current!, line))} />}
      {error.task !== task && <p className="sl-Quiet">{trans.__('As in %1, which was the first.', taskName(store.record.run, error.task))}</p>}
    </div>
  )
}

function Times({ context, task }: Props): React.ReactElement {
  const { store, trans } = context
  const { tasks, record } = store
  const { asOf, declared } = record
  const [ready, started, ended] = [tasks.ready[task]!, tasks.started[task]!, tasks.ended[task]!]
  const over = ended >= 0
  const state: RecordedState = stateNames[tasks.state[task]!]!
  const at = (ms: number): string => `${known(ms)}${clockTime(declared + ms) && ` (${clockTime(declared + ms)})`}`
  const facts: Fact[] = [
    ...(ready >= 0 ? [[state === 'ready' ? trans.__('queued for') : trans.__('queued'), known((started >= 0 ? started : over ? ended : asOf) - ready)] as const] : []),
    ...(started >= 0 ? [[over ? trans.__('ran') : trans.__('running for'), known((over ? ended : asOf) - started)] as const, [trans.__('began at'), at(started)] as const] : []),
    ...(over ? [[trans.__('ended at'), at(ended)] as const] : []),
  ]
  if (facts.length === 0) return <p className="sl-Quiet">{trans.__('It has not begun.')}</p>
  return <Section title={trans.__('Times')}><Facts facts={facts} /></Section>
}

