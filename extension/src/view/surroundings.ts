/** What views take from the application around them. The plugin sets it; without the plugin the defaults hold. */
import type { TranslationBundle } from '@jupyterlab/translation'
import { nullTranslator } from '@jupyterlab/translation'

/** As in schema/plugin.json. */
export interface Settings {
  /** Most height of the graph, px. */
  readonly graphHeight: number
  /** Groups of at most so many tasks are shown expanded. */
  readonly expandUpTo: number
  /** Of views that are opened from now on. */
  readonly panes: readonly PaneName[]
  /** Runs are followed live. */
  readonly live: boolean
  /** So many runs of a notebook are listed in the panel. */
  readonly panelRuns: number
}

export type PaneName = 'graph' | 'utilization' | 'timeline'

export const defaultSettings: Settings = { graphHeight: 320, expandUpTo: 100_000, panes: ['graph', 'utilization', 'timeline'], live: true, panelRuns: 30 }

/** A line of a cell of the notebook that a view is in. */
export interface CellLine {
  /** The n of In [n]. */
  readonly execution: number
  /** From 1. */
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
  readonly #graphs = new Set<(expanded: boolean) => void>()

  /** Calls back when settings, language or theme have changed. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  /** Calls back when all graphs are to show each task, or their group as one. */
  onExpand(listener: (expanded: boolean) => void): () => void {
    this.#graphs.add(listener)
    return () => this.#graphs.delete(listener)
  }

  expandGraphs(expanded: boolean): void {
    for (const listener of [...this.#graphs]) listener(expanded)
  }
}

export const surroundings = new Surroundings()
