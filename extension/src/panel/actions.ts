/** What can be asked of a kernel besides what a run's own view asks, in words of what came of it. */
import type { TranslationBundle } from '@jupyterlab/translation'
import type { AnswerData, Headline, Question } from '../../../kernel/cluster/live/types.ts'
import { count, plain } from '../../../kernel/cluster/view/amounts.ts'

/** A kernel that can be asked. */
export interface Asked {
  ask(question: Question): Promise<AnswerData>
}

const concerned = (answer: AnswerData): number => (answer.what === 'tasks' ? answer.count : 0)

export async function cancelRun(kernel: Asked, { uid, name }: Headline, trans: TranslationBundle): Promise<string> {
  const n = concerned(await kernel.ask({ what: 'cancel', uid }))
  return n === 0 ? trans.__('%1: nothing was left to cancel.', plain(name, 60)) : trans._n('%2: %3 task cancelled.', '%2: %3 tasks cancelled.', n, plain(name, 60), count(n))
}

export async function rerunFailed(kernel: Asked, { uid, name }: Headline, trans: TranslationBundle): Promise<string> {
  const n = concerned(await kernel.ask({ what: 'rerun', uid, failedOnly: true }))
  return n === 0 ? trans.__('%1: there is nothing to run again.', plain(name, 60)) : trans._n('%2: %3 task runs again.', '%2: %3 tasks run again.', n, plain(name, 60), count(n))
}

/** Cancels whatever a kernel has unfinished. */
export async function cancelAll(kernel: Asked, runs: readonly Headline[], trans: TranslationBundle): Promise<string> {
  const n = await total(runs.filter(({ final }) => !final), ({ uid }) => kernel.ask({ what: 'cancel', uid }))
  return trans._n('%2 task cancelled.', '%2 tasks cancelled.', n, count(n))
}

/** Runs again whatever a kernel has without a result, for failures. */
export async function rerunAllFailed(kernel: Asked, runs: readonly Headline[], trans: TranslationBundle): Promise<string> {
  const n = await total(runs.filter(hasFailures), ({ uid }) => kernel.ask({ what: 'rerun', uid, failedOnly: true }))
  return trans._n('%2 task runs again.', '%2 tasks run again.', n, count(n))
}

export function hasFailures({ counts }: Headline): boolean {
  return counts.failed > 0
}

/** Of the oldest run first: others may take its results. */
async function total(runs: readonly Headline[], ask: (run: Headline) => Promise<AnswerData>): Promise<number> {
  let sum = 0
  for (const run of runs.toSorted((a, b) => a.id - b.id)) sum += concerned(await ask(run))
  return sum
}

/** @param slots of each node; absent: the nodes share the machine's cores */
export async function startCluster(kernel: Asked, nodes: number, slots: number | undefined, trans: TranslationBundle): Promise<string> {
  await kernel.ask({ what: 'cluster-start', nodes, ...(slots !== undefined && { slots }) })
  return trans._n('A cluster of %2 node runs.', 'A cluster of %2 nodes runs.', nodes, count(nodes))
}

export async function stopCluster(kernel: Asked, trans: TranslationBundle): Promise<string> {
  await kernel.ask({ what: 'cluster-stop' })
  return trans.__('The cluster is stopped. The next declaration starts one.')
}
