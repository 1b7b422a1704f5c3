/** What the graph says of tasks and groups: the same in tooltips, in the accessible mirror and on the canvas. */
import type { TranslationBundle } from '@jupyterlab/translation'
import { count, duration, plain } from '../../../kernel/cluster/view/amounts.ts'
import { shownStates } from '../../../kernel/cluster/view/picture-style.ts'
import { RUNNING, stateNames } from '../../../kernel/cluster/record/read.ts'
import type { RecordedState, TaskTable } from '../../../kernel/cluster/record/read.ts'
import type { RunRecord, StateCounts } from '../../../kernel/cluster/record/types.ts'
import type { Group } from './groups.ts'
import type { Moment } from '../run/moment.ts'
import { stateWord } from '../run/state-word.ts'

export type Trans = Pick<TranslationBundle, '__' | '_n'>

const LONGEST_NAME = 120

export interface TaskWords {
  readonly record: RunRecord
  readonly tasks: TaskTable
  readonly moment: Moment
  readonly trans: Trans
}

export function taskName({ run }: RunRecord, task: number): string {
  const name = plain(run.name, LONGEST_NAME)
  return run.count === 1 ? name : `${name}[${task}]`
}

export function groupName({ name, count: tasks, kind }: Pick<Group, 'name' | 'count' | 'kind'>): string {
  return kind === 'single' ? plain(name, LONGEST_NAME) : `${plain(name, LONGEST_NAME)} × ${count(tasks)}`
}

export function stateOf({ moment }: Pick<TaskWords, 'moment'>, task: number): RecordedState {
  return stateNames[moment.states[task]!] ?? 'waiting'
}

/** `1.2 s`; of a task that runs, until now; empty where it did not run. */
export function taskDuration({ tasks, moment }: TaskWords, task: number): string {
  const started = tasks.started[task]!
  const state = moment.states[task]!
  if (!(started <= moment.time) || state < RUNNING) return ''
  const ended = state === RUNNING ? moment.time : tasks.ended[task]!
  return ended >= started ? duration(ended - started) : ''
}

/** `node-1 · slot 2` */
export function taskPlace({ record, tasks, moment, trans }: TaskWords, task: number): string {
  const node = record.nodes[tasks.node[task]!]
  return node && moment.states[task]! >= RUNNING ? `${plain(node.name, 60)} · ${trans.__('slot %1', tasks.slot[task]!)}` : ''
}

export function taskError({ record, tasks, moment }: TaskWords, task: number): { readonly name: string; readonly message: string } | undefined {
  const error = stateNames[moment.states[task]!] === 'failed' ? record.errors[tasks.error[task]!] : undefined
  return error && { name: plain(error.name, 60), message: plain(error.message, 200) }
}

/** Of a skipped task: the failed one it goes back to. */
export function rootName({ record, tasks, moment }: TaskWords, task: number): string {
  if (stateNames[moment.states[task]!] !== 'skipped') return ''
  const rootRun = tasks.rootRun[task]!
  if (rootRun === 0) return taskName(record, tasks.root[task]!)
  const other = record.upstream[rootRun - 1]
  return other ? `${plain(other.name, LONGEST_NAME)}[${tasks.root[task]!}]` : ''
}

/** Line by line, the name first. */
export function taskLines(words: TaskWords, task: number): string[] {
  const { record, tasks, trans } = words
  const error = taskError(words, task)
  const root = rootName(words, task)
  const attempts = tasks.attempts[task]!
  return [
    taskName(record, task),
    [stateWord(trans, stateOf(words, task)), taskDuration(words, task)].filter(Boolean).join(' · '),
    taskPlace(words, task),
    attempts > 1 ? trans._n('%1 attempt', '%1 attempts', attempts) : '',
    error ? `${error.name}: ${error.message}` : '',
    root ? trans.__('because %1 failed', root) : '',
  ].filter(Boolean)
}

export function groupLines(group: Group, counts: StateCounts, trans: Trans): string[] {
  const kinds = { single: trans.__('a single task'), each: trans.__('one task for each item'), reduce: trans.__('a tree of pairwise tasks') }
  const states = shownStates.filter((state) => counts[state] > 0).map((state) => `${count(counts[state])} ${stateWord(trans, state)}`)
  return [groupName(group), kinds[group.kind], ...(states.length > 0 ? [states.join(', ')] : [])]
}

/** What matters most of a group, briefly: `312 of 1,000 · 16 running`. */
export function progress(counts: StateCounts, total: number, trans: Trans): string {
  const ended = counts.succeeded + counts.failed + counts.cancelled + counts.skipped
  const parts = ended >= total ? [] : [trans.__('%1 of %2', count(ended), count(total))]
  const telling: RecordedState[] = ended >= total ? ['succeeded', 'failed', 'skipped', 'cancelled'] : ['running', 'failed', 'skipped']
  for (const state of telling) if (counts[state] > 0) parts.push(counts[state] === total && total === 1 ? stateWord(trans, state) : `${count(counts[state])} ${stateWord(trans, state)}`)
  return parts.join(' · ')
}
