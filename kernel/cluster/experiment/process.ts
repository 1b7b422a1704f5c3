/** The process of one plan or simulation that a cell asked for: a question in, an answer out. It gives way to whoever wants the processor, and ends when the kernel does. */
import { Socket } from 'node:net'
import { constants, setPriority } from 'node:os'
import { performance } from 'node:perf_hooks'
import { Channel } from '../../channel.ts'
import { experimentFailed, UserError } from '../../errors.ts'
import type { Experimented } from '../../travel/experiment.ts'
import type { FromExperiment, Question } from './messages.ts'
import { textOf, time, timelinesOf } from './report.ts'
import { TimelinesPicture } from './timelines-picture.ts'
import { outcomeOf } from './work.ts'

process.title = 'sluice experiment'
try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
} catch {
  // It works all the same.
}

const kernel = process.ppid
const around = { clock: () => performance.now(), gone: () => process.ppid !== kernel }

async function answer(question: Question): Promise<FromExperiment> {
  try {
    const outcome = await outcomeOf(question, around)
    return { outcome, shown: { text: textOf(outcome, question), ...(await drawn(outcome, question)) } }
  } catch (error) {
    const { code, message } = error instanceof UserError ? error : experimentFailed((error as Error).message)
    return { error: { code, message } }
  }
}

/** Without what draws, the text has to do. */
async function drawn(outcome: Experimented, question: Question): Promise<{ png?: Uint8Array }> {
  try {
    const { pngOf } = await import('../view/picture-canvas.ts')
    const picture = new TimelinesPicture(timelinesOf(outcome, question), time)
    return { png: pngOf(picture.size, (pen) => picture.draw(pen)) }
  } catch {
    return {}
  }
}

const channel = new Channel<Question, FromExperiment>(new Socket({ fd: 3 }), ([question]) => question && void answer(question).then((told) => channel.send(told)), () => process.exit(0))
