/** What a timeline says of segments and slots: in tooltips, in its mirror and when it is spoken. */
import { count, duration, percent, plain } from '../../../kernel/cluster/view/amounts.ts'
import { endings } from '../../../kernel/cluster/record/read.ts'
import type { AttemptTable } from '../../../kernel/cluster/record/read.ts'
import { stateOf, taskDuration, taskError, taskName } from '../graph/words.ts'
import { stateWord } from '../run/state-word.ts'
import type { TaskWords, Trans } from '../graph/words.ts'
import { CANCELLED, FAILED, isTrouble, RUNNING } from './segments.ts'
import type { Lane } from './lane.ts'

export interface SegmentWords extends TaskWords {
  readonly attempts: AttemptTable
}

function endingWord(trans: Trans, ending: number): string {
  switch (endings[ending]) {
    case 'threw':
      return trans.__('threw, tried again')
    case 'timed-out':
      return trans.__('took too long, tried again')
    case 'node-lost':
      return trans.__('lost with its node')
    case 'slot-reset':
      return trans.__('lost: its slot was replaced')
    case 'overtaken':
      return trans.__('overtaken by another copy')
    default:
      return trans.__('cancelled')
  }
}

/** Line by line, the name first. @param id a task, or -1 - n for row n of the attempts */
export function segmentLines(words: SegmentWords, id: number): string[] {
  const { record, tasks, attempts, trans } = words
  const row = -1 - id
  const task = id >= 0 ? id : attempts.task[row]!
  const node = record.nodes[id >= 0 ? tasks.node[id]! : attempts.node[row]!]
  const place = node ? `${plain(node.name, 60)} · ${trans.__('slot %1', id >= 0 ? tasks.slot[id]! : attempts.slot[row]!)}` : ''
  if (id < 0) {
    const ran = duration(attempts.ended[row]! - attempts.began[row]!)
    return [taskName(record, task), `${trans.__('attempt %1', attempts.attempt[row]!)} · ${endingWord(trans, attempts.ending[row]!)}`, trans.__('ran %1', ran), place].filter(Boolean)
  }
  const error = taskError(words, task)
  const ran = taskDuration(words, task)
  const waited = tasks.started[task]! - tasks.ready[task]!
  const times = [waited >= 0.1 ? trans.__('waited %1', duration(waited)) : '', ran && trans.__('ran %1', ran)].filter(Boolean).join(' · ')
  const state = stateWord(trans, stateOf(words, task))
  return [
    taskName(record, task),
    tasks.attempts[task]! > 1 ? `${state} · ${trans.__('attempt %1 of %2', tasks.attempt[task]!, tasks.attempts[task]!)}` : state,
    times,
    place,
    error ? `${error.name}: ${error.message}` : '',
  ].filter(Boolean)
}

/** `312 tasks, 87 % busy, 2 failed, 1 tried again or lost` */
export function laneSummary(trans: Trans, lanes: readonly (Lane | undefined)[], from: number, until: number): string {
  let [total, busy, failed, troubled, running, cancelled] = [0, 0, 0, 0, 0, 0]
  for (const lane of lanes) {
    if (!lane) continue
    total += lane.length
    for (let i = 0; i < lane.length; i++) {
      const kind = lane.kinds[i]!
      busy += Math.max(0, Math.min(lane.ends[i]!, until) - lane.starts[i]!)
      if (kind === FAILED) failed++
      else if (isTrouble(kind)) troubled++
      else if (kind === RUNNING) running++
      else if (kind === CANCELLED) cancelled++
    }
  }
  const time = (until - from) * lanes.length
  return [
    trans._n('%1 attempt', '%1 attempts', total).replace(String(total), count(total)),
    time > 0 ? trans.__('%1 busy', percent(Math.min(1, busy / time))) : '',
    running > 0 ? trans.__('%1 running', count(running)) : '',
    failed > 0 ? trans.__('%1 failed', count(failed)) : '',
    cancelled > 0 ? trans.__('%1 cancelled', count(cancelled)) : '',
    troubled > 0 ? trans.__('%1 lost or tried again', count(troubled)) : '',
  ].filter(Boolean).join(', ')
}

