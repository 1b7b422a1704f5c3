/** The signs of states and the icons of controls, as inline SVG: 16 px, in the colour of the text or of the state. */
import * as React from 'react'
import type { RecordedState } from '../../../kernel/cluster/record/read.ts'

const filled: ReadonlySet<RecordedState> = new Set(['succeeded', 'running', 'failed', 'cancelled'])
const quiet: ReadonlySet<RecordedState> = new Set(['waiting', 'ready', 'skipped'])

/** The line within a sign, around (0, 0). */
const marks: Partial<Record<RecordedState, string>> = {
  succeeded: 'M-2.7 .2-.8 2.2 2.8-2',
  failed: 'M-2.3-2.3 2.3 2.3M2.3-2.3-2.3 2.3',
  cancelled: 'M-2.8 0H2.8',
  'backing-off': 'M0-2.6V0L2 1.2',
  skipped: 'M-2.3-2.1-.2 0-2.3 2.1M.5-2.1 2.6 0 .5 2.1',
}

/** A state's sign, of the shapes that pictures use, too: colour is never all that tells states apart. */
export function Sign({ state }: { readonly state: RecordedState }): React.ReactElement {
  const colour = quiet.has(state) ? 'var(--sl-quiet)' : `var(--sl-state-${state})`
  const full = filled.has(state)
  const outline = { fill: full ? colour : 'none', stroke: full ? 'none' : colour, strokeWidth: 1.5, ...(state === 'waiting' && { strokeDasharray: '2 2.1' }) }
  const mark = full ? 'var(--sl-on-state)' : colour
  return (
    <svg className="sl-Sign" viewBox="-7 -7 14 14" width="14" height="14" aria-hidden="true" focusable="false">
      {state === 'failed' ? <rect x="-6" y="-6" width="12" height="12" rx="3" {...outline} /> : <circle r={full ? 6 : 5.25} {...outline} />}
      {state === 'running' && <path d="M-1.7-2.9 3 0-1.7 2.9Z" fill={mark} />}
      {marks[state] && <path d={marks[state]} fill="none" stroke={mark} strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" />}
    </svg>
  )
}

const icons = {
  graph: 'M5.3 4.5 10.2 7.2M5.3 11.5 10.2 8.8M3.6 2.2a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4ZM3.6 10.4a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4ZM12 6.3a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4Z',
  utilization: 'M2 2v12h12M4.5 10.5 7.3 6.8 9.6 8.8 13.2 4',
  timeline: 'M2 4h6M5 8h8M3.5 12h5.5M2 2v12',
  details: 'M2.5 3h11v10h-11zM9.5 3v10M11.2 5.8h.8M11.2 8h.8',
  search: 'M7 2.8a4.2 4.2 0 1 1 0 8.4 4.2 4.2 0 0 1 0-8.4ZM10.2 10.2 13.5 13.5',
  close: 'M4 4 12 12M12 4 4 12',
  refresh: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.2v2.6h-2.6',
  right: 'M6 3.5 10.5 8 6 12.5',
} as const

export type IconName = keyof typeof icons

export function Icon({ name }: { readonly name: IconName }): React.ReactElement {
  return (
    <svg className="sl-Icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={icons[name]} fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  )
}

export function MoreIcon(): React.ReactElement {
  return (
    <svg className="sl-Icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      {[3.4, 8, 12.6].map((x) => <circle key={x} cx={x} cy="8" r="1.3" fill="currentColor" />)}
    </svg>
  )
}
