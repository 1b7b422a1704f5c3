/** What the coordinator tells a run's recorder. */
import type { Command, NodeSpec, StateName, TaskId } from '../scheduler/index.ts'
import type { TaskInfo } from '../travel/declaration.ts'
import type { NodeSample } from './backend.ts'
import { factsOf, RunRecorder } from './record/recorder.ts'
import type { RecordedEnvironment } from './record/types.ts'
import type { WithoutResult } from './failure.ts'
import type { Run } from './run.ts'

/** The cell that declared a run. */
export interface DeclaringCell {
  /** The notebook's id of it, where the client tells it. */
  readonly id?: string
  /** The number shown as [n] beside it. */
  readonly count?: number
}

export interface Circumstances {
  readonly cell: DeclaringCell
  readonly nodes: readonly NodeSpec[]
  /** The latest of each node. */
  readonly samples: Iterable<NodeSample>
  readonly environment: RecordedEnvironment
}

export function recorderFor(run: Run, { cell, nodes, samples, environment }: Circumstances): RunRecorder {
  const { spec, declaration, seed, declaredAt } = run
  const recorder = new RunRecorder({
    ...factsOf(spec, declaration),
    uid: run.uid,
    seed,
    ...(cell.id !== undefined && { cell: cell.id }),
    ...(cell.count !== undefined && { execution: cell.count }),
    time: declaredAt,
    date: Date.now(),
    nodes,
    environment,
  })
  // Totals count from a run's first sample: without this one its first quarter of a second would be missing.
  for (const sample of samples) recorder.sample(sample, declaredAt, 0)
  return recorder
}

/** An attempt was ended from outside. */
export function recordCut(run: Run, { task, attempt, node, slot, reason }: Extract<Command, { type: 'CancelAttempt' }>, time: number): void {
  run.recorder?.attemptEnded(task - run.spec.first, attempt, node, slot, time, reason === 'superseded' ? 'overtaken' : reason)
}

/** A task ended without a result. */
export function recordEnd(run: Run, index: number, state: StateName, why: WithoutResult, time: number): void {
  const log = run.logs.get(index)
  const root = why.status === 'skipped' ? { run: why.task.run, index: why.task.index } : undefined
  run.recorder?.settled(index, state, time, { kind: why.kind, ...why.error, ...(log !== undefined && { log }) }, root)
}

/** Every task of a run as its handle's `tasks` shows it. */
export function taskInfos(run: Run, stateOf: (task: TaskId) => StateName): TaskInfo[] {
  const { recorder } = run
  if (!recorder) return []
  return Array.from({ length: run.spec.count }, (_, index) => {
    const progress = run.progress.get(index)
    return { ...recorder.task(index), index, state: stateOf(run.spec.first + index), ...(progress && { progress: progress.fraction }) }
  })
}
