/** Beside the panes: all that is known of what is selected, or of the run. */
import * as React from 'react'
import { count, plain } from '../../../kernel/cluster/view/amounts.ts'
import { taskName } from '../view/header-facts.ts'
import { Icon } from '../view/header-icons.tsx'
import type { PaneContext } from '../view/pane.ts'
import { GroupDetails, RunDetails, UpstreamDetails } from './run.tsx'
import { TaskDetails } from './task.tsx'

interface Part {
  readonly context: PaneContext
}

export function Drawer({ context }: Part): React.ReactElement {
  const { state, trans } = context
  const place = React.useRef<HTMLElement>(null)
  const back = useReturn(place)
  const { title, body } = contentOf(context)
  const close = (): void => {
    state.drawer = false
    back()
  }
  const keyDown = (event: React.KeyboardEvent): void => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    close()
  }
  return (
    // Keys pressed here are for the controls, not for the notebook's commands.
    <aside ref={place} className="sl-Drawer" aria-label={trans.__('Details of %1', title)} data-lm-suppress-shortcuts="true" onKeyDown={keyDown}>
      <div className="sl-DrawerHead">
        <h3 tabIndex={-1} title={title}>{title}</h3>
        <button type="button" className="sl-IconButton" aria-label={trans.__('Close details')} title={trans.__('Close details')} onClick={close}><Icon name="close" /></button>
      </div>
      <div className="sl-DrawerBody" tabIndex={0} role="group" aria-label={title}>{body}</div>
    </aside>
  )
}

function contentOf(context: PaneContext): { readonly title: string; readonly body: React.ReactElement } {
  const { store, state, trans } = context
  const { run, upstream } = store.record
  const { selection } = state
  if (selection?.kind === 'task' && Number.isInteger(selection.task) && selection.task >= 0 && selection.task < store.tasks.length) {
    return { title: taskName(run, selection.task), body: <TaskDetails key={selection.task} context={context} task={selection.task} /> }
  }
  const title = (group: { readonly name: string; readonly count: number }): string => (group.count === 1 ? plain(group.name, 60) : `${plain(group.name, 60)} × ${count(group.count)}`)
  if (selection?.kind === 'group' && selection.run === run.id) return { title: title(run), body: <GroupDetails context={context} /> }
  const other = selection?.kind === 'group' ? upstream.find((group) => group.run === selection.run) : undefined
  if (other) return { title: title(other), body: <UpstreamDetails context={context} group={other} /> }
  return { title: trans.__('Run %1', plain(run.name, 60)), body: <RunDetails context={context} /> }
}

/**
 * Who opens it by keyboard is taken to it, and goes back when it closes.
 * @returns goes back to what had the focus last
 */
function useReturn(place: React.RefObject<HTMLElement>): () => void {
  const last = React.useRef<Element | null>(null)
  React.useEffect(() => {
    const view = place.current!.closest('.sl-Run')
    const focused = document.activeElement
    if (view && focused && view.contains(focused)) {
      last.current = focused
      if (focused.matches(':focus-visible') && !focused.matches('input')) place.current!.querySelector('h3')?.focus()
    }
    const focusIn = (event: Event): void => {
      if (event.target instanceof Element && !place.current?.contains(event.target)) last.current = event.target
    }
    view?.addEventListener('focusin', focusIn)
    return () => view?.removeEventListener('focusin', focusIn)
  }, [])
  return () => {
    if (last.current?.isConnected && last.current instanceof HTMLElement) last.current.focus()
  }
}
