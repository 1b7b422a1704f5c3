/** The parts of a run's view and where they stand: header, panes, scrubber, details. */
import * as React from 'react'
import { Drawer } from '../detail/drawer.tsx'
import { createGraph } from '../graph/pane.ts'
import { createTimeline } from '../timeline/pane.ts'
import { Scrubber } from '../timeline/scrubber.tsx'
import { Header } from './header.tsx'
import type { CreatePane, Pane, PaneContext } from './pane.ts'
import type { PaneName } from './surroundings.ts'

interface Props {
  readonly context: PaneContext
  /** Subscribes to redraws. */
  readonly redrawn: (listener: () => void) => () => void
  readonly version: () => number
}

/** Plotly is large, and loaded when the first utilization is to be seen. */
const createUtilization: CreatePane = async (context) => (await import('../utilization/pane.ts')).createUtilization(context)

const panes: readonly { readonly name: PaneName; readonly create: CreatePane }[] = [
  { name: 'graph', create: createGraph },
  { name: 'utilization', create: createUtilization },
  { name: 'timeline', create: createTimeline },
]

export function RunFrame({ context, redrawn, version }: Props): React.ReactElement {
  React.useSyncExternalStore(redrawn, version)
  const { state, store } = context
  return (
    <section className="sl-RunFrame" aria-label={context.trans.__('Run %1', store.record.run.name)}>
      <Header context={context} />
      <div className="sl-Body">
        <div className="sl-Panes">
          {panes.map(({ name, create }) => state.panes.has(name) && <PanePlace key={name} name={name} create={create} context={context} redrawn={redrawn} />)}
        </div>
        {state.drawer && <Drawer context={context} />}
      </div>
      <Scrubber context={context} />
    </section>
  )
}

interface PlaceProps {
  readonly name: PaneName
  readonly create: CreatePane
  readonly context: PaneContext
  readonly redrawn: (listener: () => void) => () => void
}

/** Where a pane stands that draws by itself: React makes its place and leaves it alone. */
function PanePlace({ name, create, context, redrawn }: PlaceProps): React.ReactElement {
  const place = React.useRef<HTMLDivElement>(null)
  // Before the browser paints: the pane's first frame is the place's.
  React.useLayoutEffect(() => {
    let pane: Pane | undefined
    let gone = false
    const made = (created: Pane): void => {
      if (gone) return created.dispose()
      pane = created
      place.current!.append(pane.node)
      context.invalidate()
    }
    const created = create(context)
    if (created instanceof Promise) void created.then(made)
    else made(created)
    const end = redrawn(() => pane?.draw())
    return () => {
      gone = true
      end()
      pane?.dispose()
    }
  }, [name])
  return <div ref={place} className={`sl-Pane sl-Pane-${name}`} />
}
