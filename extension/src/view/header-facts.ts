/** What the header says of a run, as numbers: where its state comes from, how far it is, what failed. No DOM. */
import { FAILED, SKIPPED } from '../../../kernel/cluster/record/read.ts'
import { plain } from '../../../kernel/cluster/view/amounts.ts'
import type { RecordedError, StateCounts } from '../../../kernel/cluster/record/types.ts'
import type { Moment } from '../run/moment.ts'
import type { RunStore } from '../run/store.ts'

/** Where what is shown comes from: moved by a kernel, at rest in one, kept in the notebook, or looked back at. */
export type Standing =
  | { readonly kind: 'live' | 'connected' | 'saved' }
  | { readonly kind: 'unfinished' | 'gone' | 'replay'; readonly time: number }

export function standingOf({ connection, lost, record }: Pick<RunStore, 'connection' | 'lost' | 'record'>, time: number | undefined): Standing {
  if (time !== undefined) return { kind: 'replay', time }
  if (connection) return { kind: record.final ? 'connected' : 'live' }
  if (lost) return { kind: 'gone', time: record.asOf }
  return record.final ? { kind: 'saved' } : { kind: 'unfinished', time: record.asOf }
}

export interface Advance {
  readonly ended: number
  readonly total: number
  /** ms */
  readonly elapsed: number
  /** Tasks executed per second; undefined while that says nothing yet. */
  readonly perSecond: number | undefined
  /** ms, roughly; undefined where nobody can tell. */
  readonly remaining: number | undefined
}

/** How far a run is, by its counts alone. @param elapsed ms since the declaration */
export function advanceOf(counts: Readonly<StateCounts>, elapsed: number): Advance {
  const executed = counts.succeeded + counts.failed
  const ended = executed + counts.cancelled + counts.skipped
  const left = counts.waiting + counts.ready + counts.running + counts['backing-off']
  const known = executed >= 2 && elapsed > 0
  const perSecond = known ? (executed / elapsed) * 1000 : undefined
  // Before that the rate is mostly that of starting.
  const remaining = perSecond !== undefined && left > 0 && elapsed >= 500 ? (left / perSecond) * 1000 : undefined
  return { ended, total: ended + left, elapsed, perSecond, remaining }
}

/** Ms so coarse that they do not promise more than is known: whole seconds, then fives, then minutes. */
export function coarse(ms: number): number {
  const seconds = ms / 1000
  const step = seconds < 15 ? 1 : seconds < 120 ? 5 : seconds < 600 ? 30 : seconds < 7200 ? 60 : seconds < 172_800 ? 600 : 3600
  return Math.max(1, Math.round(seconds / step)) * step * 1000
}

export interface Failures {
  /** Tasks that failed themselves. */
  readonly failed: number
  /** The first of them, by time; undefined: none is listed. */
  readonly first: number | undefined
  readonly error: RecordedError | undefined
  /** Tasks skipped because of the first. */
  readonly behind: number
  /** Tasks that were skipped because of another run's, and the first of those that they go back to. */
  readonly fromOutside: number
  readonly outside: { readonly run: string; readonly task: number; readonly count: number } | undefined
}

/** One pass over all tasks: call it once for a moment. */
export function failuresOf({ record, tasks }: Pick<RunStore, 'record' | 'tasks'>, { states, counts }: Moment): Failures {
  let first: number | undefined
  let fromOutside = 0
  let outsider: number | undefined
  const nothing = counts.failed === 0 && counts.skipped === 0
  for (let task = 0; !nothing && task < states.length; task++) {
    if (states[task] === FAILED && (first === undefined || tasks.ended[task]! < tasks.ended[first]!)) first = task
    else if (states[task] === SKIPPED && tasks.rootRun[task]! > 0) {
      fromOutside++
      outsider ??= task
    }
  }
  let behind = 0
  if (first !== undefined) for (let task = 0; task < states.length; task++) if (states[task] === SKIPPED && tasks.rootRun[task] === 0 && tasks.root[task] === first) behind++
  const upstream = outsider === undefined ? undefined : record.upstream[tasks.rootRun[outsider]! - 1]
  return {
    failed: counts.failed,
    first,
    error: first === undefined ? undefined : record.errors[tasks.error[first]!],
    behind,
    fromOutside,
    outside: upstream && { run: plain(upstream.name, 60), task: tasks.root[outsider!]!, count: upstream.count },
  }
}

/** `delays[7]`, or `model` where there is only one. */
export function taskName(run: { readonly name: string; readonly count: number }, task: number): string {
  const name = plain(run.name, 60)
  return run.count === 1 ? name : `${name}[${task}]`
}
