/** What only the kernel knows of a task: how far it says it is, its inputs and result, and why it is where it is. */
import * as React from 'react'
import type { TranslationBundle } from '@jupyterlab/translation'
import type { Preview, Progress as Reported, TaskDetail, TaskInput } from '../../../kernel/cluster/live/types.ts'
import { bytes, count, percent, plain } from '../../../kernel/cluster/view/amounts.ts'
import { taskName } from '../view/header-facts.ts'
import { Icon } from '../view/header-icons.tsx'
import type { PaneContext } from '../view/pane.ts'
import type { Asked } from './question.ts'
import { LongText, Section } from './text.tsx'

export function Progress({ trans, progress }: { readonly trans: TranslationBundle; readonly progress: Reported }): React.ReactElement {
  const fraction = Math.min(1, Math.max(0, progress.fraction)) || 0
  const label = trans.__('Progress')
  return (
    <div className="sl-Reported">
      <div className="sl-ReportedBar" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(fraction * 100)}>
        <span style={{ width: `${fraction * 100}%` }} />
      </div>
      <span className="sl-ReportedText">{percent(fraction)}{progress.text !== undefined && ` · ${plain(progress.text, 120)}`}</span>
    </div>
  )
}

function Again({ trans, again }: { readonly trans: TranslationBundle; readonly again: () => void }): React.ReactElement {
  return <button type="button" className="sl-IconButton" aria-label={trans.__('Ask the kernel again')} title={trans.__('Ask the kernel again')} onClick={again}><Icon name="refresh" /></button>
}

export function FromKernel({ context, asked }: { readonly context: PaneContext; readonly asked: Asked }): React.ReactElement | null {
  const { store, trans } = context
  const { reply } = asked
  const detail = reply?.detail
  if (!store.connection && !detail) return <p className="sl-Quiet sl-Rest">{trans.__('Inputs, result and the story of this task are known to the kernel only: they are not saved.')}</p>
  if (!reply || (!detail && reply.asking)) return <p className="sl-Quiet sl-Rest">{trans.__('Asking the kernel …')}</p>
  return (
    <>
      {reply.problem !== undefined && <p className="sl-Problem">{reply.problem.slice(0, 1000)} <Again trans={trans} again={asked.again} /></p>}
      {detail && <Known context={context} detail={detail} asked={asked} />}
    </>
  )
}

function Known({ context, detail, asked }: { readonly context: PaneContext; readonly detail: TaskDetail; readonly asked: Asked }): React.ReactElement {
  const { trans } = context
  return (
    <>
      {detail.inputs.length > 0 && <Inputs context={context} inputs={detail.inputs} omitted={detail.omitted ?? 0} />}
      {detail.result && <Section title={trans.__('Result')} aside={<Held trans={trans} preview={detail.result} />}><LongText trans={trans} text={detail.result.text} label={trans.__('Result')} /></Section>}
      {detail.why !== '' && <Section title={trans.__('Why')} aside={<Again trans={trans} again={asked.again} />}><LongText trans={trans} text={detail.why.trimEnd()} label={trans.__('Why')} lines={12} /></Section>}
    </>
  )
}

function Held({ trans, preview }: { readonly trans: TranslationBundle; readonly preview: Preview }): React.ReactElement {
  const nodes = preview.nodes ?? []
  const on = nodes.length === 0 ? '' : trans.__(' on %1', nodes.map((node) => plain(node, 40)).join(', '))
  return <span className="sl-Quiet">{preview.bytes === undefined ? '' : bytes(preview.bytes)}{on}</span>
}

const FIRST_INPUTS = 5

function Inputs({ context, inputs, omitted }: { readonly context: PaneContext; readonly inputs: readonly TaskInput[]; readonly omitted: number }): React.ReactElement {
  const { trans } = context
  const [all, setAll] = React.useState(false)
  const total = inputs.length + omitted
  return (
    <Section title={trans.__('Inputs')} aside={<span className="sl-Quiet">{count(total)}</span>}>
      <ul className="sl-Inputs">
        {(all ? inputs : inputs.slice(0, FIRST_INPUTS)).map((input, i) => (
          <li key={i}>
            <code className="sl-InputName">{plain(input.name, 80)}</code>{' '}
            {input.from && <From context={context} from={input.from} />}
            {input.preview && <><Held trans={trans} preview={input.preview} /><LongText trans={trans} text={input.preview.text} label={plain(input.name, 80)} lines={3} /></>}
          </li>
        ))}
      </ul>
      {!all && inputs.length > FIRST_INPUTS && <button type="button" className="sl-Link" onClick={() => setAll(true)}>{trans.__('Show %1 more', count(inputs.length - FIRST_INPUTS))}</button>}
      {omitted > 0 && (all || inputs.length <= FIRST_INPUTS) && <p className="sl-Quiet">{trans._n('and %2 other', 'and %2 others', omitted, count(omitted))}</p>}
    </Section>
  )
}

/** The task that made an input: it leads there where that can be shown. */
function From({ context, from }: { readonly context: PaneContext; readonly from: NonNullable<TaskInput['from']> }): React.ReactElement {
  const { store, state, surroundings, trans } = context
  const own = from.uid === store.uid && from.task < store.tasks.length
  const { revealRun } = surroundings
  const { uid } = from
  const name = own ? taskName(store.record.run, from.task) : plain(from.name, 80)
  const go = own ? () => (state.selection = { kind: 'task', task: from.task }) : uid !== undefined && uid !== store.uid && revealRun ? () => revealRun(uid) : undefined
  return <span className="sl-From">{trans.__('from')} {go ? <button type="button" className="sl-Link" onClick={go}>{name}</button> : name} </span>
}
