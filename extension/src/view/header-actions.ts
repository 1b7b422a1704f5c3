/** What can be done with a run from its view, in words of what came of it. */
import { count } from '../../../kernel/cluster/view/amounts.ts'
import { summarize } from '../../../kernel/cluster/view/summary.ts'
import type { AnswerData, Question } from '../../../kernel/cluster/live/types.ts'
import type { PaneContext } from './pane.ts'

async function ask(context: PaneContext, question: Question): Promise<AnswerData> {
  const { connection } = context.store
  if (!connection) throw new Error(context.trans.__('The kernel is gone: run the cell again.'))
  return connection.ask(question)
}

const concerned = (answer: AnswerData): number => (answer.what === 'tasks' ? answer.count : 0)

/** @param tasks absent: all */
export async function cancel(context: PaneContext, tasks?: readonly number[]): Promise<string> {
  const n = concerned(await ask(context, { what: 'cancel', uid: context.store.uid, ...(tasks && { tasks: [...tasks] }) }))
  return n === 0 ? context.trans.__('Nothing was left to cancel.') : context.trans._n('%2 task cancelled.', '%2 tasks cancelled.', n, count(n))
}

/** @param failedOnly only those without a result */
export async function rerun(context: PaneContext, failedOnly: boolean, tasks?: readonly number[]): Promise<string> {
  const n = concerned(await ask(context, { what: 'rerun', uid: context.store.uid, failedOnly, ...(tasks && { tasks: [...tasks] }) }))
  return n === 0 ? context.trans.__('There is nothing to run again.') : context.trans._n('%2 task runs again.', '%2 tasks run again.', n, count(n))
}

export async function prioritise(context: PaneContext, priority: number): Promise<string> {
  await ask(context, { what: 'priority', uid: context.store.uid, priority })
  return context.trans.__('The priority is %1 now.', priority)
}

/** The run in words, on the clipboard. */
export async function copySummary(context: PaneContext): Promise<string> {
  const text = summarize(context.store.toRecord())
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Pages that are not served safely have no such clipboard.
    if (!copiedBySelection(text)) throw new Error(context.trans.__('The browser does not let this page copy: select the text under the cell’s other outputs, or save the run as JSON.'))
  }
  return context.trans.__('The summary is on the clipboard.')
}

function copiedBySelection(text: string): boolean {
  const area = document.createElement('textarea')
  const focused = document.activeElement
  area.value = text
  area.className = 'sl-Announcement'
  document.body.append(area)
  area.select()
  const copied = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return copied
}
