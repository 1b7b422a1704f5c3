/**
 * The kernel's side of live views: comms that front ends open, over which they are told of runs as these go on. However much
 * happens, telling takes a small share of the kernel's time, and nothing at all when nothing happens or nobody listens.
 */
import { tooManyQuestions, UserError } from '../../errors.ts'
import type { Coordinator } from '../coordinator.ts'
import type { Run } from '../run.ts'
import { answerTo, type Doings } from './answers.ts'
import { readFromView } from './check.ts'
import { LiveComm } from './live-comm.ts'
import type { Ask, FromKernel } from './types.ts'

/** Between two frames, ms, at least; and at least so many times what the last one took. */
const INTERVAL = 125
const SHARE = 20
/** But no longer than this, ms: the first look at a million tasks takes a while, and is not taken again. */
const LONGEST_PAUSE = 2000
/** One that has been full for so long, ms, is most likely a page that is gone: what it was told is forgotten. */
const PATIENCE = 30_000
const MOST_COMMS = 64
const MOST_QUESTIONS = 32

export interface LiveCommsOptions extends Doings {
  readonly coordinator: Coordinator
  /** ms, monotonic */
  readonly clock: () => number
  /** The kernel's. */
  readonly version: string
  readonly send: (id: string, data: FromKernel) => void
  /** Tells the front end that the comm is closed. */
  readonly closed: (id: string) => void
}

export class LiveComms {
  /** What front ends open comms by. */
  readonly target = 'sluice.live.v1'
  readonly #options: LiveCommsOptions
  readonly #comms = new Map<string, LiveComm>()
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity
  /** No frames before this time. */
  #notBefore = -Infinity

  constructor(options: LiveCommsOptions) {
    this.#options = options
  }

  has(id: string): boolean {
    return this.#comms.has(id)
  }

  // ── front ends ─────────────────────────────────────────────────────────────────────────────────────────────

  open(id: string): void {
    if (this.#comms.has(id)) return
    this.#makeRoom()
    const { coordinator, version, clock, send } = this.#options
    // Answers may be found after it was closed.
    const comm: LiveComm = new LiveComm(coordinator, version, clock(), (data) => this.#comms.get(id) === comm && send(id, data))
    this.#comms.set(id, comm)
    this.#tellOne(comm)
  }

  /** Whatever it is that arrives: what is no message of a view is refused. */
  receive(id: string, data: unknown): void {
    const comm = this.#comms.get(id)
    if (!comm) return
    const now = this.#options.clock()
    comm.heardAt = now
    try {
      const message = readFromView(data)
      if (message.type === 'ask') return void this.#answer(comm, message)
      if (message.type === 'watch') comm.watch(message.uids)
      else if (message.type === 'ack') comm.acknowledge(message.seq)
      else if (message.type === 'follow') comm.follow(message)
      else comm.resync()
      this.#schedule(now)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      comm.refuse(idOf(data), error.message)
    }
  }

  /** The front end has closed it. */
  close(id: string): void {
    this.#comms.delete(id)
    if (this.#comms.size === 0) this.#disarm()
  }

  /** The kernel ends. */
  stop(): void {
    this.#disarm()
    for (const id of this.#comms.keys()) this.#options.closed(id)
    this.#comms.clear()
  }

  // ── what happens ───────────────────────────────────────────────────────────────────────────────────────────

  /** Something about a run changed. Cheap: called for every batch of every run. */
  changed(run: Run): void {
    this.#each((comm, now) => comm.changed(run, now))
  }

  /** A task wrote something. */
  logged(run: Run, task: number): void {
    this.#each((comm, now) => comm.logged(run, task, now))
  }

  clusterChanged(): void {
    this.#each((comm, now) => comm.clusterChanged(now))
  }

  #each(due: (comm: LiveComm, now: number) => number): void {
    if (this.#comms.size === 0) return
    const now = this.#options.clock()
    for (const comm of this.#comms.values()) this.#schedule(due(comm, now))
  }

  // ── frames ─────────────────────────────────────────────────────────────────────────────────────────────────

  #schedule(due: number): void {
    const at = Math.max(due, this.#notBefore)
    if (at >= this.#timerAt || due === Infinity) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => this.#tellAll(), Math.max(0, at - this.#options.clock())).unref()
  }

  #disarm(): void {
    clearTimeout(this.#timer)
    this.#timerAt = Infinity
  }

  #tellAll(): void {
    this.#disarm()
    this.#paced((now) => {
      let due = Infinity
      for (const comm of this.#comms.values()) due = Math.min(due, comm.tell(now))
      return due
    })
  }

  /** A view that has just come need not wait. */
  #tellOne(comm: LiveComm): void {
    this.#paced((now) => comm.tell(now))
  }

  #paced(tell: (now: number) => number): void {
    const { clock } = this.#options
    const began = clock()
    const due = tell(began)
    const ended = clock()
    this.#notBefore = Math.max(began + INTERVAL, ended + Math.min(LONGEST_PAUSE, SHARE * (ended - began)))
    this.#schedule(due)
  }

  /** Pages that are gone do not say so. What they were told need not be remembered, and in the end they make room for others. */
  #makeRoom(): void {
    const now = this.#options.clock()
    for (const comm of this.#comms.values()) if (comm.full && now - comm.heardAt > PATIENCE) comm.forget()
    while (this.#comms.size >= MOST_COMMS) {
      const [quietest] = [...this.#comms].sort(([, a], [, b]) => a.heardAt - b.heardAt)[0]!
      this.#options.closed(quietest)
      this.#comms.delete(quietest)
    }
  }

  // ── questions ──────────────────────────────────────────────────────────────────────────────────────────────

  async #answer(comm: LiveComm, { id, ask }: Ask): Promise<void> {
    comm.asked++
    try {
      if (comm.asked > MOST_QUESTIONS) throw tooManyQuestions(MOST_QUESTIONS)
      comm.answer(id, await answerTo(ask, this.#options.coordinator, this.#options))
    } catch (error) {
      comm.refuse(id, error instanceof UserError ? error.message : `The kernel failed inside (${ask.what}): ${String(error)}. Please report this.`)
    } finally {
      comm.asked--
    }
  }
}

function idOf(data: unknown): number | undefined {
  const id = typeof data === 'object' && data !== null ? (data as { id?: unknown }).id : undefined
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : undefined
}
