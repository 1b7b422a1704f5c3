import { taskFailure } from '../errors.ts'
import type { State, TaskId } from '../scheduler/index.ts'
import type { Settled, TaskError } from '../travel/declaration.ts'
import { taskName, type Run } from './run.ts'

/** How a task ended that gave no result. */
export type WithoutResult = Exclude<Settled, { status: 'succeeded' }>

/**
 * What somebody who awaits a task without a result is told: the task's own error when its body threw, otherwise why
 * there is none. `skipped` speaks of the root failure, not of the nearest.
 */
export function failureOf(task: TaskId, state: State, runOf: (task: TaskId) => Run): WithoutResult {
  const run = runOf(task)
  const index = task - run.spec.first
  const name = taskName(run, index)
  const now = state.task(task)
  const told = (status: 'failed' | 'cancelled' | 'skipped', kind: string, error: TaskError, attempt: number): WithoutResult => ({
    status, kind, error, task: { run: run.spec.id, name: run.name, index, attempt, ...(now.node !== undefined && { node: now.node }) },
  })

  if (now.state === 'cancelled') return told('cancelled', 'cancelled', { ...taskFailure.cancelled(name), stack: '' }, 0)
  if (now.state === 'skipped') {
    const root = failureOf(now.root, state, runOf)
    const rootName = taskName(runOf(now.root), now.root - runOf(now.root).spec.first)
    const why = root.status === 'cancelled' ? 'it was cancelled.' : `${root.error.name}: ${root.error.message}`
    return { ...root, status: 'skipped', kind: 'skipped', error: { ...root.error, ...taskFailure.skipped(name, rootName, why) } }
  }
  if (now.state !== 'failed') throw new Error(`task ${task} is ${now.state}: it has not failed`)
  const { failure } = now
  switch (failure.kind) {
    case 'threw':
      return told('failed', 'threw', run.errors.get(index) ?? { name: 'Error', message: String(failure.error), stack: '' }, now.attempt)
    case 'timed-out':
      return told('failed', 'timed-out', { ...taskFailure.timedOut(name, failure.after), stack: '' }, now.attempt)
    case 'killed-nodes':
      return told('failed', 'killed-nodes', { ...taskFailure.killedNodes(name, failure.nodes), stack: '' }, now.attempt)
    case 'lost': {
      const of = runOf(failure.task)
      return told('failed', 'lost', { ...taskFailure.lost(name, taskName(of, failure.task - of.spec.first)), stack: '' }, now.attempt)
    }
  }
}
