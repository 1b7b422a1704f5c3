/** The field that looks for tasks by name, index and error. */
import * as React from 'react'
import { count } from '../../../kernel/cluster/view/amounts.ts'
import { Icon } from './header-icons.tsx'
import type { PaneContext } from './pane.ts'

export function Search({ context }: { readonly context: PaneContext }): React.ReactElement {
  const { state, trans } = context
  const { filter } = state
  const matches = context.matches()
  const field = React.useRef<HTMLInputElement>(null)
  // Drawn by frames, the view is too late for typing: the field has its own text, and follows the filter when others change it.
  const [text, setText] = React.useState(filter.text)
  React.useEffect(() => setText(filter.text), [filter.text])
  const change = (text: string): void => {
    setText(text)
    state.filter = { ...state.filter, text }
  }
  useSlash(field)
  const found = matches?.count ?? 0
  const words = trans._n('%2 match', '%2 matches', found, count(found))
  return (
    <div className="sl-Search">
      <Icon name="search" />
      <input
        ref={field} type="text" className="sl-SearchField" spellCheck={false} maxLength={200} placeholder={trans.__('Find tasks')}
        aria-label={trans.__('Find tasks by name, index or error')} title={trans.__('Find tasks by name, index or error ( / )')}
        value={text}
        onChange={(event) => change(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.stopPropagation()
          if (text === '') event.currentTarget.blur()
          else change('')
        }}
      />
      {matches && (
        <span className="sl-Matches" role="status">{words}</span>
      )}
      {matches && (
        <button type="button" className="sl-IconButton" aria-label={trans.__('Show all tasks')} title={trans.__('Show all tasks')} onClick={() => (state.filter = { states: undefined, text: '' })}>
          <Icon name="close" />
        </button>
      )}
    </div>
  )
}

/** `/` anywhere in the view goes to the field. */
function useSlash(field: React.RefObject<HTMLInputElement>): void {
  React.useEffect(() => {
    const view = field.current!.closest<HTMLElement>('.sl-Run')
    const keyDown = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && event.target.matches('input, textarea, select, [contenteditable=true]')
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      field.current?.focus()
      field.current?.select()
    }
    view?.addEventListener('keydown', keyDown)
    return () => view?.removeEventListener('keydown', keyDown)
  }, [])
}
