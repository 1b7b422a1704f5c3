/** Colours for canvases, read from the page's CSS, so that every theme of JupyterLab and the system's high contrast hold. */
import type { RecordedState } from '../../../kernel/cluster/record/read.ts'
import { stateNames } from '../../../kernel/cluster/record/read.ts'

export interface Theme {
  readonly text: string
  readonly quiet: string
  readonly line: string
  readonly grid: string
  /** Where slots have nothing to do. */
  readonly lane: string
  readonly card: string
  readonly background: string
  readonly focus: string
  readonly critical: string
  /** On top of a filled state colour. */
  readonly onState: string
  readonly states: Readonly<Record<RecordedState | 'lost', string>>
  readonly font: string
  /** The system's own few colours are used: tell states apart by shape alone. */
  readonly forced: boolean
}

/** Reads the variables of style/theme.css as they hold at `node`. */
export function readTheme(node: HTMLElement): Theme {
  const style = getComputedStyle(node)
  const value = (name: string): string => style.getPropertyValue(`--sl-${name}`).trim() || style.color
  const states = Object.fromEntries([...stateNames, 'lost' as const].map((name) => [name, value(`state-${name}`)])) as Record<RecordedState | 'lost', string>
  return {
    text: value('text'),
    quiet: value('quiet'),
    line: value('line'),
    grid: value('grid'),
    lane: value('lane'),
    card: value('card'),
    background: value('background'),
    focus: value('focus'),
    critical: value('critical'),
    onState: value('on-state'),
    states,
    font: style.fontFamily,
    forced: matchMedia('(forced-colors: active)').matches,
  }
}
