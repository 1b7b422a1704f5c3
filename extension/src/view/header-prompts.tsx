/** Questions that the header asks in its own place, below its line: whether to cancel, and which priority. */
import * as React from 'react'
import { count } from '../../../kernel/cluster/view/amounts.ts'
import type { PaneContext } from './pane.ts'

interface ConfirmProps {
  readonly context: PaneContext
  readonly confirm: () => void
  readonly close: () => void
}

/** As running tasks lose their work. */
export function ConfirmCancel({ context, confirm, close }: ConfirmProps): React.ReactElement {
  const { trans } = context
  const { counts } = context.store.record
  const waiting = counts.waiting + counts.ready + counts['backing-off']
  const running = trans._n('Stop %2 running task', 'Stop %2 running tasks', counts.running, count(counts.running))
  const others = waiting === 0 ? trans.__('?') : trans._n(' and drop %2 that waits?', ' and drop %2 that wait?', waiting, count(waiting))
  return (
    <Prompt label={trans.__('Cancel run')} close={close}>
      <span>{running + others}</span>
      <button type="button" className="sl-Button sl-Button-warn" onClick={confirm}>{trans.__('Cancel run')}</button>
      <button type="button" className="sl-Button" data-first onClick={close}>{trans.__('Keep running')}</button>
    </Prompt>
  )
}

interface PriorityProps {
  readonly context: PaneContext
  readonly set: (priority: number) => void
  readonly close: () => void
}

/** By the names and numbers of `%%distribute --priority`. */
export const priorities = { low: -10, normal: 0, high: 10 } as const

export function AskPriority({ context, set, close }: PriorityProps): React.ReactElement {
  const { trans } = context
  const [text, setText] = React.useState(String(context.store.record.run.options.priority))
  const value = text.trim() === '' ? NaN : Number(text)
  const words = { low: trans.__('low'), normal: trans.__('normal'), high: trans.__('high') }
  return (
    <Prompt label={trans.__('Priority')} close={close}>
      <form className="sl-PromptForm" onSubmit={(event) => {
        event.preventDefault()
        if (Number.isFinite(value)) set(value)
      }}>
        <label>
          {trans.__('Priority')}{' '}
          <input type="number" step="any" className="sl-NumberField" data-first value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        <span className="sl-Segments" role="group" aria-label={trans.__('Usual priorities')}>
          {(['low', 'normal', 'high'] as const).map((name) => (
            <button key={name} type="button" className="sl-Button" aria-pressed={value === priorities[name]} onClick={() => setText(String(priorities[name]))}>{words[name]}</button>
          ))}
        </span>
        <button type="submit" className="sl-Button sl-Button-main" disabled={!Number.isFinite(value)}>{trans.__('Set')}</button>
        <button type="button" className="sl-Button" onClick={close}>{trans.__('Cancel')}</button>
      </form>
    </Prompt>
  )
}

interface PromptProps {
  readonly label: string
  readonly close: () => void
  readonly children: React.ReactNode
}

/** Takes the focus when it opens; Escape closes it. */
function Prompt({ label, close, children }: PromptProps): React.ReactElement {
  const place = React.useRef<HTMLDivElement>(null)
  React.useEffect(() => place.current!.querySelector<HTMLElement>('[data-first]')?.focus(), [])
  const keyDown = (event: React.KeyboardEvent): void => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    close()
  }
  return <div ref={place} className="sl-HeaderRow sl-Prompt" role="group" aria-label={label} onKeyDown={keyDown}>{children}</div>
}
