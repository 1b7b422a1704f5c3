/** The kernel's side of the process that a user's placement policy lives in: one question at a time, and always an answer. */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { Channel } from '../channel.ts'
import { program } from '../entry.ts'
import { signalGroup } from '../platform.ts'
import type { TaskError } from '../travel/declaration.ts'
import type { FromPolicy, PolicyAnswer, PolicyProblem, ToPolicy, View } from './user-policy-messages.ts'

/** In which a process or a thread must have started and rebuilt the function, ms: not counted as the policy's own time. */
const START = 10_000
/** The process itself ends a function that is late; should even that fail, ms later it is ended whole. */
const STUBBORN = 2_000
const flags = ['--experimental-vm-modules', '--experimental-import-meta-resolve', '--disable-warning=ExperimentalWarning', '--disable-warning=DEP0180']

export interface HostedPolicy {
  readonly name: string
  readonly bundle: Uint8Array
  readonly seed: number
  /** ms for an answer. */
  readonly limit: number
}

export type Answered = { readonly answer: PolicyAnswer } | { readonly problem: PolicyProblem }

/** Asks, whatever is asked: in tests, not a process. */
export interface PolicyHost {
  /** Never rejects. One at a time. */
  ask(view: View): Promise<Answered>
  stop(): void
}

export interface HostListener {
  /** The function is there, or why it is not. Once. */
  onLoaded(problem: PolicyProblem | undefined): void
  /** What it printed. */
  onSaid(text: string): void
}

export class PolicyProcess implements PolicyHost {
  readonly #policy: HostedPolicy
  readonly #directory: string
  readonly #listener: HostListener
  #process: ChildProcess | undefined
  #channel: Channel<FromPolicy, ToPolicy> | undefined
  #loaded = false
  #loading: NodeJS.Timeout | undefined
  #asked: { readonly id: number; readonly resolve: (answered: Answered) => void; timer: NodeJS.Timeout } | undefined
  #questions = 0

  /** @param directory the notebook's folder, from which the function's imports are resolved */
  constructor(policy: HostedPolicy, directory: string, listener: HostListener) {
    this.#policy = policy
    this.#directory = directory
    this.#listener = listener
    this.#start()
  }

  ask(view: View): Promise<Answered> {
    const id = ++this.#questions
    const { limit } = this.#policy
    return new Promise((resolve) => {
      if (!this.#channel) this.#start()
      const timer = setTimeout(() => this.#broke('late', `it did not answer within ${limit} ms and could not be ended alone`), limit + START + STUBBORN).unref()
      this.#asked = { id, resolve, timer }
      this.#channel!.send({ type: 'ask', id, view, limit })
    })
  }

  stop(): void {
    clearTimeout(this.#loading)
    this.#end()
    this.#answer({ problem: problemOf('died', 'it was stopped') })
  }

  #start(): void {
    const child = spawn(process.execPath, [...flags, program('policy')], { cwd: this.#directory, detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
    this.#process = child
    const current = () => this.#process === child
    child.on('error', (error) => current() && this.#broke('died', `its process could not be started: ${error.message}`))
    child.on('exit', (code, signal) => current() && this.#broke('died', `its process ended (${signal ?? `exit code ${code}`})`))
    const stream = child.stdio[3] as Duplex
    this.#channel = new Channel<FromPolicy, ToPolicy>(stream, (messages) => messages.forEach((message) => current() && this.#hear(message)), () => {
      // What it sent was garbage: the process is of no more use. (When it ended, `exit` says how.)
      if (current()) setTimeout(() => current() && this.#broke('died', 'its process closed the connection'), 100).unref()
    })
    child.unref()
    ;(stream as Duplex & { unref(): void }).unref()
    const { name, bundle, seed } = this.#policy
    this.#channel.send({ type: 'load', name, bundle, directory: this.#directory, seed })
    if (!this.#loaded) this.#loading = setTimeout(() => this.#broke('loading', `what it uses was not there within ${START / 1000} s`), START).unref()
  }

  /** The process runs what a user wrote: nothing of what it says is taken for granted. */
  #hear(message: FromPolicy | null): void {
    if (message?.type === 'loaded') this.#wasLoaded(undefined)
    else if (message?.type === 'said') this.#listener.onSaid(String(message.text))
    else if (message?.type === 'problem') {
      const problem = checkedProblem(message.problem)
      if (message.id === undefined) this.#wasLoaded(problem)
      this.#answer({ problem })
    } else if (message?.type === 'answer' && message.id === this.#asked?.id) {
      this.#answer(isAnswer(message.answer) ? { answer: message.answer } : { problem: problemOf('senseless', 'its process sent no answer that can be read') })
    }
  }

  #wasLoaded(problem: PolicyProblem | undefined): void {
    clearTimeout(this.#loading)
    if (this.#loaded) return
    this.#loaded = true
    this.#listener.onLoaded(problem)
  }

  #broke(kind: PolicyProblem['kind'], message: string): void {
    this.#end()
    const problem = problemOf(kind, message)
    this.#wasLoaded(problem)
    this.#answer({ problem })
  }

  #end(): void {
    const pid = this.#process?.pid
    this.#process = undefined
    this.#channel = undefined
    if (pid !== undefined) signalGroup(pid, 'SIGKILL')
  }

  #answer(answered: Answered): void {
    const asked = this.#asked
    if (!asked) return
    clearTimeout(asked.timer)
    this.#asked = undefined
    asked.resolve(answered)
  }
}

function problemOf(kind: PolicyProblem['kind'], message: string): PolicyProblem {
  return { kind, error: { name: 'Error', message, stack: '' } }
}

function isAnswer(answer: unknown): answer is PolicyAnswer {
  const { tasks, nodes } = (answer ?? {}) as { tasks?: unknown; nodes?: unknown }
  return Array.isArray(tasks) && Array.isArray(nodes) && tasks.length === nodes.length && [...tasks, ...nodes].every((one) => Number.isSafeInteger(one))
}

const kinds = ['loading', 'threw', 'late', 'senseless', 'died'] as const

function checkedProblem(problem: unknown): PolicyProblem {
  const { kind, error } = (problem ?? {}) as { kind?: unknown; error?: Partial<TaskError> }
  const text = (value: unknown) => String(value ?? '').slice(0, 20_000)
  return {
    kind: kinds.find((one) => one === kind) ?? 'died',
    error: { name: text(error?.name) || 'Error', message: text(error?.message), stack: text(error?.stack) },
  }
}
