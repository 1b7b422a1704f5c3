/** What views ask for and have done. */
import { noSuchTask, runNotHere } from '../../errors.ts'
import type { Coordinator } from '../coordinator.ts'
import type { Run } from '../run.ts'
import { detailOf } from './detail.ts'
import type { AnswerData, Question } from './types.ts'

/** What is done elsewhere. */
export interface Doings {
  /** A run's output: its record, picture and text, as of now. */
  readonly bundle: (run: Run) => Promise<Record<string, unknown>>
  /** Starts a cluster on this machine in place of what runs. @throws UserError */
  readonly startCluster: (nodes: number, slots: number | undefined) => Promise<void>
}

/** @throws UserError */
export async function answerTo(question: Question, coordinator: Coordinator, doings: Doings): Promise<AnswerData> {
  switch (question.what) {
    case 'detail':
      return detailOf(coordinator, runWith(coordinator, question.uid, [question.task]), question.task)
    case 'cancel': {
      const run = runWith(coordinator, question.uid, question.tasks)
      return { what: 'tasks', count: coordinator.cancelTasks(run.spec.id, once(question.tasks)) }
    }
    case 'rerun': {
      const run = runWith(coordinator, question.uid, question.tasks)
      return { what: 'tasks', count: coordinator.rerun({ run: run.spec.id }, question.failedOnly, once(question.tasks)) }
    }
    case 'priority':
      coordinator.prioritize(runWith(coordinator, question.uid, []).spec.id, question.priority)
      return { what: 'done' }
    case 'checkpoint': {
      const run = runWith(coordinator, question.uid, [])
      if (!run.recorder) throw runNotHere()
      return { what: 'checkpoint', data: await doings.bundle(run) }
    }
    case 'cluster-start':
      await doings.startCluster(question.nodes, question.slots)
      return { what: 'done' }
    case 'cluster-stop':
      await coordinator.close()
      return { what: 'done' }
  }
}

/** The run, which has these tasks. */
function runWith(coordinator: Coordinator, uid: string, tasks: readonly number[] = []): Run {
  const run = coordinator.byUid(uid)
  if (!run) throw runNotHere()
  for (const task of tasks) if (task >= run.spec.count) throw noSuchTask(run.name, task, run.spec.count)
  return run
}

function once(tasks: readonly number[] | undefined): number[] | undefined {
  return tasks && [...new Set(tasks)]
}
