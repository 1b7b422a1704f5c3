/** What a view reads of its run again and again, found once for each change. */
import type { ViewState } from '../view/view-state.ts'
import { matchesOf } from './matching.ts'
import type { Matches } from './matching.ts'
import { momentOf } from './moment.ts'
import type { Moment } from './moment.ts'
import type { RunStore } from './store.ts'

export interface Readings {
  /** The states to be shown; the same object as long as nothing has changed. */
  moment(): Moment
  /** The tasks that the filter leaves; undefined when it leaves all. The same object as long as nothing has changed. */
  matches(): Matches | undefined
}

export function readingsOf(store: RunStore, state: ViewState): Readings {
  let seen: { readonly version: number; readonly time: number | undefined; readonly moment: Moment } | undefined
  let found: { readonly filter: ViewState['filter']; readonly moment: Moment; readonly matches: Matches | undefined } | undefined
  const moment = (): Moment => {
    const { version } = store
    const { time } = state
    if (seen?.version !== version || seen.time !== time) seen = { version, time, moment: momentOf(store, time) }
    return seen.moment
  }
  const matches = (): Matches | undefined => {
    const { filter } = state
    const now = moment()
    if (found?.filter !== filter || found.moment !== now) {
      const { record, tasks } = store
      found = { filter, moment: now, matches: matchesOf(filter, { name: record.run.name, tasks, states: now.states, errors: record.errors }) }
    }
    return found.matches
  }
  return { moment, matches }
}
