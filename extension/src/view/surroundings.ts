/** What views take from the application around them. The plugin sets it; without the plugin the defaults hold. */
import type { TranslationBundle } from '@jupyterlab/translation'
import { nullTranslator } from '@jupyterlab/translation'

/** As in schema/plugin.json. */
export interface Settings {
  /** Most height of the graph, px. */
  readonly graphHeight: number
  /** Groups of at most so many tasks are shown expanded. */
  readonly expandUpTo: number
  readonly panes: readonly PaneName[]
}

export type PaneName = 'graph' | 'utilization' | 'timeline'

export const defaultSettings: Settings = { graphHeight: 320, expandUpTo: 40, panes: ['graph', 'utilization', 'timeline'] }

/** A line of a cell of the notebook that a view is in. */
export interface CellLine {
  /** The n of In [n]. */
  readonly execution: number
  readonly line: number
}

export class Surroundings {
  translation: TranslationBundle = nullTranslator.load('sluice')
  settings: Settings = defaultSettings
  /** Shows a line of the notebook that `node` is in; absent where there is no notebook. */
  reveal: ((node: HTMLElement, line: CellLine) => void) | undefined
  /** Shows another run's output, wherever it is on the page. */
  revealRun: ((uid: string) => void) | undefined
  readonly #listeners = new Set<() => void>()

  /** Calls back when settings, language or theme have changed. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

export const surroundings = new Surroundings()
