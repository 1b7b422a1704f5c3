import * as React from 'react'
import type { PaneContext } from './pane.ts'

export function Header({ context }: { readonly context: PaneContext }): React.ReactElement | null {
  return <div>{context.store.record.run.name}</div>
}
