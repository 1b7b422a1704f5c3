import * as React from 'react'
import type { PaneContext } from '../view/pane.ts'

export function Scrubber({ context }: { readonly context: PaneContext }): React.ReactElement | null {
  return <div>{context.store.record.run.name}</div>
}
