import { placeEarliest } from './earliest.ts'
import type { Policy } from './policy.ts'

const source = 'M. Maheswaran et al., Dynamic mapping of a class of independent tasks onto heterogeneous computing systems, JPDC 1999'

/** The shortest of the ready tasks first, where it would end first. */
export const minMin: Policy = {
  name: 'min-min',
  source,
  meaning: 'the shortest ready task first, where it would end first',
  needsDurations: true,
  holds: true,
  rankTask: (view, task) => -view.expected(task),
  rankRun: (view, _run, next) => -view.expected(next),
  place: placeEarliest,
}

/** The longest first: short ones then fill the gaps. */
export const maxMin: Policy = {
  ...minMin,
  name: 'max-min',
  meaning: 'the longest ready task first, where it would end first',
  rankTask: (view, task) => view.expected(task),
  rankRun: (view, _run, next) => view.expected(next),
}
