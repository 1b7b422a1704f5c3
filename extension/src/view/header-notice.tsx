/** What came of an action: said aloud, shown for a moment; what went wrong stays until it is dismissed. */
import * as React from 'react'
import { Icon } from './header-icons.tsx'
import type { PaneContext } from './pane.ts'

/** How long a success is shown, ms. */
const SHOWN = 6000

interface Shown {
  readonly kind: 'busy' | 'done' | 'error'
  readonly text: string
}

export interface Notices {
  readonly shown: Shown | undefined
  /** Carries out an action that resolves with what to say of it. */
  attempt(action: () => Promise<string>): void
  dismiss(): void
}

export function useNotices(context: PaneContext): Notices {
  const [shown, setShown] = React.useState<Shown>()
  const latest = React.useRef(0)
  React.useEffect(() => () => void (latest.current = -1), [])
  React.useEffect(() => {
    if (shown?.kind !== 'done') return
    const timer = setTimeout(() => setShown(undefined), SHOWN)
    return () => clearTimeout(timer)
  }, [shown])
  const tell = (number: number, notice: Shown): void => {
    if (latest.current !== number) return
    setShown(notice)
    context.announce(notice.text)
  }
  return {
    shown,
    attempt: (action) => {
      const number = ++latest.current
      setShown({ kind: 'busy', text: context.trans.__('Working …') })
      action().then(
        (text) => tell(number, { kind: 'done', text }),
        (error: unknown) => tell(number, { kind: 'error', text: error instanceof Error ? error.message : String(error) }),
      )
    },
    dismiss: () => setShown(undefined),
  }
}

export function Notice({ context, notices }: { readonly context: PaneContext; readonly notices: Notices }): React.ReactElement | null {
  const { shown } = notices
  if (!shown) return null
  return (
    <div className={`sl-Notice-${shown.kind} sl-HeaderRow`}>
      <span className="sl-NoticeText">{shown.text.slice(0, 1000)}</span>
      {shown.kind !== 'busy' && (
        <button type="button" className="sl-IconButton" aria-label={context.trans.__('Dismiss')} title={context.trans.__('Dismiss')} onClick={notices.dismiss}>
          <Icon name="close" />
        </button>
      )}
    </div>
  )
}
