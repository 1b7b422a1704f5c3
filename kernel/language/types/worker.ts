/**
 * The language service's thread. Completions and inspections are answered in the order in which they come, diagnostics
 * when nothing else waits; a question that a later one makes pointless is broken off.
 */
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { programs } from '../../entry.ts'
import { Answers } from './answers.ts'
import { LATEST_COMPLETION, URGENT, type FromTypes, type Question, type ToTypes, type TypesData } from './messages.ts'
import type { CellFile } from './program.ts'
import { ts } from './typescript.ts'

const { directory, shared } = workerData as TypesData
const port = parentPort!
const control = new Int32Array(shared)

let isCancelled = () => false
const answers = new Answers(directory, join(programs, 'globals.d.ts'), () => isCancelled())
/** Diagnostics to be made, each with the run it is about. */
const background: { readonly id: number; readonly file: CellFile | undefined }[] = []
let urgent = 0
let isWarm = false
let isScheduled = false

port.on('message', (message: ToTypes) => {
  if (message.type === 'ran') {
    answers.ran(message.cell)
    isWarm = false
  } else if (message.question.type === 'diagnostics') background.push({ id: message.id, file: answers.cell(message.question.cell) })
  else answerNow(message.id, message.question)
  schedule()
})
tell({ type: 'ready' })
schedule()

type Urgent = Exclude<Question, { type: 'diagnostics' }>

function answerNow(id: number, question: Urgent): void {
  urgent++
  // Of several completions only the latest matters: the text has changed since the others were asked for.
  isCancelled = () => question.type === 'complete' && Atomics.load(control, LATEST_COMPLETION) !== id
  let answer: unknown
  try {
    if (!isCancelled()) answer = answerTo(question)
  } catch (error) {
    report(error)
  }
  tell({ type: 'answer', id, answer })
}

function answerTo(question: Urgent): unknown {
  if (question.type === 'complete') return answers.complete(question.code, question.offset)
  return answers.inspect(question.code, question.offset, question.detail)
}

/** Does what can wait, once the messages that have arrived are dealt with. */
function schedule(): void {
  if (isScheduled || (isWarm && background.length === 0)) return
  isScheduled = true
  setImmediate(() => {
    isScheduled = false
    isCancelled = () => Atomics.load(control, URGENT) !== urgent
    if (!isCancelled()) work()
    schedule()
  })
}

function work(): void {
  const next = background[0]
  let found: unknown
  try {
    if (!next) answers.warm()
    else if (next.file) found = answers.diagnostics(next.file)
  } catch (error) {
    // Taken up again after the question that came in between.
    if (error instanceof ts.OperationCanceledException) return
    report(error)
  }
  if (!next) isWarm = true
  else tell({ type: 'answer', id: background.shift()!.id, answer: found })
}

/** A fault of the compiler costs one answer, and is told to whoever looks into the kernel's log. */
function report(error: unknown): void {
  if (!(error instanceof ts.OperationCanceledException)) console.error('The language service could not answer:', error)
}

function tell(message: FromTypes): void {
  port.postMessage(message)
}
