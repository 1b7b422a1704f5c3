/** Settings as the user has them. The registry has checked them; what it has not is taken as the default. */
import { defaultSettings } from './view/surroundings.ts'
import type { PaneName, Settings } from './view/surroundings.ts'

const paneNames: readonly PaneName[] = ['graph', 'utilization', 'timeline']

export function readSettings(values: { readonly [name: string]: unknown }): Settings {
  const { graphHeight, expandUpTo, panes, live, panelRuns } = values
  const number = (value: unknown, otherwise: number): number => (typeof value === 'number' && value >= 0 ? value : otherwise)
  return {
    graphHeight: number(graphHeight, defaultSettings.graphHeight),
    expandUpTo: number(expandUpTo, defaultSettings.expandUpTo),
    panes: Array.isArray(panes) ? paneNames.filter((name) => panes.includes(name)) : defaultSettings.panes,
    live: typeof live === 'boolean' ? live : defaultSettings.live,
    panelRuns: number(panelRuns, defaultSettings.panelRuns),
  }
}
