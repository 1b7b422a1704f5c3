/** What a run's view gives its panes (graph, timeline, utilization), and what it asks of them. */
import type { TranslationBundle } from '@jupyterlab/translation'
import type { Readings } from '../run/readings.ts'
import type { RunStore } from '../run/store.ts'
import type { Surroundings } from './surroundings.ts'
import type { Theme } from './theme.ts'
import type { ViewState } from './view-state.ts'

export interface PaneContext extends Readings {
  readonly store: RunStore
  readonly state: ViewState
  readonly surroundings: Surroundings
  readonly trans: TranslationBundle
  /** The same object until the theme changes. */
  theme(): Theme
  /** Nothing moves by itself. */
  readonly reducedMotion: boolean
  /** Asks for `draw` at the next frame, if the view is on the screen. */
  invalidate(): void
  /** Tells people who do not see the canvas, politely. */
  announce(text: string): void
}

export interface Pane {
  readonly node: HTMLElement
  /**
   * Brings the pane up to date. Called at most once a frame, and only while it is on the screen, after something has
   * changed: the store, the state, the theme or the pane's size.
   */
  draw(): void
  dispose(): void
}

export type CreatePane = (context: PaneContext) => Pane | Promise<Pane>
