/** The kernel's side of the planner's process: started for the first question, ended when there are none, started again when it dies. */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { Channel } from '../../channel.ts'
import { program } from '../../entry.ts'
import { signalGroup } from '../../platform.ts'
import type { Plan, Problem } from '../../planning/index.ts'
import type { ChoiceProblem, Chosen } from '../../simulator/choose.ts'
import type { Followed } from '../../simulator/followed.ts'
import type { Forecast, ForecastProblem } from '../../simulator/forecast.ts'
import type { FromPlanner, ToPlanner } from './messages.ts'

/** ms without a question after which it ends. */
const IDLE = 60_000
/** ms without a word about a question after which it is taken to be stuck. */
const PATIENCE = 30_000
/** V8's limit, MiB. */
const HEAP = 1024

export type PlanAnswer =
  /** `kept`: it is the plan that was followed before, timed anew. */
  | { readonly plan: Plan; readonly by: string; readonly took: number; readonly last: boolean; readonly kept?: boolean }
  /** There is none. `died`: for no fault of the question. */
  | { readonly none: string; readonly died: boolean }

export type ChoiceAnswer = { readonly chosen: Chosen; readonly took: number } | { readonly none: string; readonly died: boolean }

/** Whoever plans: in tests, not a process. */
export interface PlannerLink {
  /**
   * Asks for a plan in place of what was asked of this subject before. `on` is called for each plan, the last one and each better one before it.
   * `followed`: the plan that was made by this planner before.
   */
  plan(subject: string, planner: string, problem: Problem, seed: number, on: (answer: PlanAnswer) => void, followed?: Followed): void
  /** Asks which policy does best by what is left. `favourite` is tried early. */
  choose(subject: string, input: ChoiceProblem, favourite: string | undefined, seed: number, on: (answer: ChoiceAnswer) => void): void
  forecast(input: ForecastProblem, seed: number): Promise<Forecast | undefined>
  drop(subject: string): void
  stop(): void
}

type Heard = FromPlanner | { readonly type: 'died'; readonly reason: string } | { readonly type: 'superseded' }

function isNone(message: Heard): message is Extract<Heard, { readonly reason: string }> {
  return message.type === 'none' || message.type === 'died'
}

interface Asked {
  readonly subject: string
  readonly on: (message: Heard) => void
}

export class PlannerProcess implements PlannerLink {
  readonly #asked = new Map<number, Asked>()
  #child: ChildProcess | undefined
  #channel: Channel<FromPlanner, ToPlanner> | undefined
  #questions = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  plan(subject: string, planner: string, problem: Problem, seed: number, on: (answer: PlanAnswer) => void, followed?: Followed): void {
    const id = this.#ask(subject, (message) => {
      if (message.type === 'plan') on(message)
      else if (isNone(message)) on({ none: message.reason, died: message.type === 'died' })
    })
    this.#send({ type: 'plan', id, subject, planner, problem, seed, ...(followed && { followed }) })
  }

  choose(subject: string, input: ChoiceProblem, favourite: string | undefined, seed: number, on: (answer: ChoiceAnswer) => void): void {
    const id = this.#ask(subject, (message) => {
      if (message.type === 'chosen') on(message)
      else if (isNone(message)) on({ none: message.reason, died: message.type === 'died' })
    })
    this.#send({ type: 'choose', id, subject, input, favourite, seed })
  }

  forecast(input: ForecastProblem, seed: number): Promise<Forecast | undefined> {
    return new Promise((resolve) => {
      const subject = 'forecast'
      const id = this.#ask(subject, (message) => resolve(message.type === 'forecast' ? message.forecast : undefined))
      this.#send({ type: 'forecast', id, subject, input, seed })
    })
  }

  drop(subject: string): void {
    for (const [id, asked] of this.#asked) {
      if (asked.subject !== subject) continue
      this.#asked.delete(id)
      this.#channel?.send({ type: 'drop', subject })
    }
    this.#watch()
  }

  stop(): void {
    this.#stopped = true
    this.#end('it was stopped')
  }

  #ask(subject: string, on: Asked['on']): number {
    for (const [id, asked] of this.#asked) {
      if (asked.subject !== subject) continue
      this.#asked.delete(id)
      asked.on({ type: 'superseded' })
    }
    this.#asked.set(++this.#questions, { subject, on })
    return this.#questions
  }

  #send(message: ToPlanner): void {
    if (this.#stopped) return this.#end('it was stopped')
    this.#channel ??= this.#start()
    this.#channel?.send(message)
    this.#watch()
  }

  /** Nothing, when the system has no room for it: an error follows, and is the answer. */
  #start(): Channel<FromPlanner, ToPlanner> | undefined {
    const words = [`--max-old-space-size=${HEAP}`, program('planner')]
    const child = spawn(process.execPath, words, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
    this.#child = child
    const current = (): boolean => this.#child === child
    child.on('error', (error) => current() && this.#end(`it could not be started: ${error.message}`))
    child.on('exit', (code, signal) => current() && this.#end(`its process ended (${signal ?? `exit code ${code}`})`))
    child.unref()
    const stream = (child.stdio as ChildProcess['stdio'] | undefined)?.[3] as (Duplex & { unref(): void }) | undefined
    if (!stream) return undefined
    stream.unref()
    const hear = (messages: FromPlanner[]): void => messages.forEach((message) => current() && this.#hear(message))
    return new Channel<FromPlanner, ToPlanner>(stream, hear, () => current() && this.#end('its process closed the connection'))
  }

  #hear(message: FromPlanner): void {
    const asked = this.#asked.get(message.id)
    if (!asked) return
    if (message.type !== 'plan' || message.last) this.#asked.delete(message.id)
    this.#watch()
    asked.on(message)
  }

  /** Nobody waits for ever: neither for it, nor it for questions. */
  #watch(): void {
    clearTimeout(this.#timer)
    if (!this.#child) return
    const waiting = this.#asked.size > 0
    this.#timer = setTimeout(() => this.#end('it did not answer in time'), waiting ? PATIENCE : IDLE).unref()
  }

  #end(reason: string): void {
    clearTimeout(this.#timer)
    const child = this.#child
    this.#child = this.#channel = undefined
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) signalGroup(child.pid, 'SIGKILL')
    const waiting = [...this.#asked.values()]
    this.#asked.clear()
    for (const asked of waiting) asked.on({ type: 'died', reason })
  }
}
