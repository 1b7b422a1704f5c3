/** How far a run is, in words. */
import { duration, percent, rate, timeLeft } from '../../../kernel/cluster/view/amounts.ts'
import type { ExpectedEnd } from '../../../kernel/cluster/record/types.ts'
import { advanceOf, coarse } from './header-facts.ts'
import type { PaneContext } from './pane.ts'

/** @param guess with what is left of the time: not in what is kept */
export function advanceWords({ store, trans, moment }: PaneContext, guess = true): string[] {
  const { counts, time, present } = moment()
  const { ended, total, elapsed, perSecond, remaining } = advanceOf(counts, time)
  const over = ended === total
  const { expected } = store.record
  // By the rate so far, where the kernel expects nothing.
  const guessed = remaining === undefined ? [] : [trans.__('about %1 left', duration(coarse(remaining)))]
  return [
    ...(over || total < 2 ? [] : [trans.__('%1 done', percent(ended / total))]),
    // A moment of the past is named already where it says that it is one.
    ...(present ? [over ? trans.__('took %1', duration(elapsed)) : trans.__('after %1', duration(elapsed))] : []),
    ...(perSecond === undefined ? [] : [trans.__('%1 tasks/s', rate(perSecond))]),
    ...(over || !guess || !store.live || !present ? [] : expected ? [leftWords(expected, time, trans)] : guessed),
  ]
}

/** What the kernel expects, with how sure that is. */
function leftWords({ early, middle, late }: ExpectedEnd, time: number, trans: PaneContext['trans']): string {
  const { about, range } = timeLeft(early - time, middle - time, late - time)
  return range ? trans.__('about %1 left (%2–%3)', about, range.from, range.to) : trans.__('about %1 left', about)
}
