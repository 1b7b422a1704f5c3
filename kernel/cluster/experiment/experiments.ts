/** Plans and simulations that cells ask for: each in a process of its own, which is ended when nobody waits for it any more. */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { Channel } from '../../channel.ts'
import { program } from '../../entry.ts'
import { experimentFailed, tooManyExperiments } from '../../errors.ts'
import { signalGroup } from '../../platform.ts'
import type { FromExperiment } from './messages.ts'

/** That work at the same time; and that wait for their turn. */
const AT_ONCE = 2
const MOST_WAITING = 1000
/** V8's limit, MiB. */
const HEAP = 2048

export class Experiments {
  readonly #answer: (id: number, answer: FromExperiment) => void
  readonly #working = new Map<number, ChildProcess>()
  readonly #waiting = new Map<number, unknown>()

  constructor(answer: (id: number, answer: FromExperiment) => void) {
    this.#answer = answer
  }

  /** @param question whatever a cell sent: its process checks it */
  ask(id: number, question: unknown): void {
    if (this.#waiting.size >= MOST_WAITING) return this.#answer(id, failed(tooManyExperiments(MOST_WAITING)))
    this.#waiting.set(id, question)
    this.#next()
  }

  drop(ids: readonly number[]): void {
    for (const id of ids) {
      this.#waiting.delete(id)
      this.#end(id)
    }
    this.#next()
  }

  /** Also when the session that asked is gone. */
  stop(): void {
    this.#waiting.clear()
    for (const id of [...this.#working.keys()]) this.#end(id)
  }

  #next(): void {
    for (const [id, question] of this.#waiting) {
      if (this.#working.size >= AT_ONCE) return
      this.#waiting.delete(id)
      this.#start(id, question)
    }
  }

  #start(id: number, question: unknown): void {
    const child = spawn(process.execPath, [`--max-old-space-size=${HEAP}`, program('experiment')], { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
    this.#working.set(id, child)
    const done = (answer: FromExperiment) => {
      if (this.#working.get(id) !== child) return
      this.#end(id)
      this.#answer(id, answer)
      this.#next()
    }
    child.on('error', (error) => done(failed(experimentFailed(`its process could not be started (${error.message})`))))
    child.on('exit', (code, signal) => done(failed(experimentFailed(`its process ended (${signal ?? `exit code ${code}`}), as when memory runs out`))))
    const stream = child.stdio[3] as Duplex
    const channel = new Channel<FromExperiment, unknown>(stream, ([answer]) => answer && done(answer), () => undefined)
    channel.send(question)
  }

  #end(id: number): void {
    const child = this.#working.get(id)
    this.#working.delete(id)
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) signalGroup(child.pid, 'SIGKILL')
  }
}

function failed({ code, message }: { readonly code: string; readonly message: string }): FromExperiment {
  return { error: { code, message } }
}
