/** One line about what failed first, which leads to it. */
import * as React from 'react'
import { count, plain } from '../../../kernel/cluster/view/amounts.ts'
import { failuresOf, taskName } from './header-facts.ts'
import { Icon, Sign } from './header-icons.tsx'
import type { PaneContext } from './pane.ts'

export function FailureLine({ context }: { readonly context: PaneContext }): React.ReactElement | null {
  const { store, state, trans } = context
  const moment = context.moment()
  const { failed, first, error, behind, fromOutside, outside } = React.useMemo(() => failuresOf(store, moment), [moment])
  const heard = React.useRef(failed)
  const why = error && plain(`${error.name}: ${error.message}`, 200)
  const head = trans._n('%2 root failure', '%2 root failures', failed, count(failed))
  React.useEffect(() => {
    if (failed > heard.current && store.live) context.announce(why === undefined ? head : `${head}: ${why}`)
    heard.current = failed
  }, [failed])
  if (first === undefined && !outside) return null
  if (first === undefined) {
    const name = taskName({ name: outside!.run, count: outside!.count }, outside!.task)
    const text = trans._n('%2 task was skipped because %3 has no result', '%2 tasks were skipped because %3 has no result', fromOutside, count(fromOutside), name)
    return <div className="sl-HeaderRow sl-Failure"><Sign state="skipped" /><span className="sl-FailureText">{text}</span></div>
  }
  const open = (): void => {
    state.selection = { kind: 'task', task: first }
    state.drawer = true
  }
  const place = failed === 1 ? trans.__('in %1', taskName(store.record.run, first)) : trans.__('first in %1', taskName(store.record.run, first))
  const skipped = behind === 0 ? '' : trans._n('(and %2 skipped because of it)', '(and %2 skipped because of it)', behind, count(behind))
  return (
    <button type="button" className="sl-HeaderRow sl-Failure" title={trans.__('Show this task')} onClick={open}>
      <Sign state="failed" />
      <strong className="sl-FailureHead">{head}</strong>
      <span className="sl-FailureText">{[why, place, skipped].filter(Boolean).join(' ')}</span>
      <Icon name="right" />
    </button>
  )
}
