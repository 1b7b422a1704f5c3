/**
 * One comm's side of the protocol of schema/live.v1.schema.json: keeps the stores of watched runs at the kernel's state, and
 * what else the kernel tells. Knows nothing of JupyterLab.
 */
import type { TranslationBundle } from '@jupyterlab/translation'
import type { AnswerData, ClusterState, Frame, FromKernel, FromView, Headline, Hello, Question, Snapshot } from '../../../kernel/cluster/live/types.ts'
import { BadRecord } from '../../../kernel/cluster/record/read.ts'
import { sizeOf } from '../../../kernel/cluster/live/window.ts'
import { unpackedRecord } from '../run/check.ts'
import type { Checked } from '../run/check.ts'
import type { RunConnection, RunStore } from '../run/store.ts'
import type { Stores } from '../run/stores.ts'
import type { Clock } from './clock.ts'
import { Questions } from './questions.ts'

/** At most so often is the kernel told what has been taken in, ms. */
const ACK_PERIOD = 500
/** … but before the kernel, which lets a view have eight messages or a million characters, has to wait. */
const MOST_UNTOLD = { messages: 4, characters: 250_000 }
/** How long the kernel may take to say hello, ms. */
const HELLO_PATIENCE = 10_000
/** How long the notebook may be ahead of the kernel's messages, ms. */
const BEHIND_PATIENCE = 2_000
/** So many times in a row messages may be lost or make no sense. */
const MOST_TROUBLES = 6
/** After such a time without trouble, all is forgiven, ms. */
const FORGIVEN_AFTER = 60_000
/** So many times one run's messages may make no sense, before it is left alone. */
const MOST_RUN_TROUBLES = 3
/** As the schema has it. */
const MOST_WATCHED = 1000

export interface Partner {
  send(message: FromView): void
  /** The dialogue makes no sense and has ended; the text is for the user. */
  failed(reason: string): void
  /** Cluster, headlines or state have changed. */
  changed(): void
}

export interface DialogueOptions {
  readonly partner: Partner
  readonly stores: Stores
  readonly clock: Clock
  readonly trans: TranslationBundle
  readonly check: (message: unknown) => Promise<Checked<FromKernel>>
  /** Whether runs are followed at all. */
  readonly watching: boolean
}

export class Dialogue implements RunConnection {
  /** As last told. */
  cluster: ClusterState | undefined
  /** Version of the kernel, once it has said hello. */
  sluice: string | undefined
  readonly #headlines = new Map<string, Headline>()
  readonly #partner: Partner
  readonly #stores: Stores
  readonly #clock: Clock
  readonly #trans: TranslationBundle
  readonly #check: DialogueOptions['check']
  readonly #questions: Questions
  readonly #unsubscribe: () => void
  /** Of the messages so far. */
  #highest = -1
  /** Number of the next message; undefined: out of step, until the next hello. */
  #expected: number | undefined
  #ended = false
  /** Messages are taken one after the other, in the order they came. */
  #queue: Promise<void> = Promise.resolve()
  #watching: boolean
  #watched = new Map<string, RunStore>()
  #watchDue = false
  /** Watched runs whose state is known since the last hello. */
  readonly #known = new Set<string>()
  /** Which task's log a run's view shows. */
  readonly #followed = new Map<string, number>()
  readonly #runTroubles = new Map<string, number>()
  #troubles = 0
  #lastTrouble = -Infinity
  /** Calls off what is waited for: the kernel's hello, or the time to ask for it. */
  #stopWaiting: (() => void) | undefined
  #acked = -1
  #lastAck = -Infinity
  /** Taken in, and not said to be. */
  #untold = { messages: 0, characters: 0 }
  #stopBehind: (() => void) | undefined

  constructor({ partner, stores, clock, trans, check, watching }: DialogueOptions) {
    this.#partner = partner
    this.#stores = stores
    this.#clock = clock
    this.#trans = trans
    this.#check = check
    this.#watching = watching
    this.#questions = new Questions((message) => this.#partner.send(message), clock, trans)
    this.#unsubscribe = stores.subscribe(() => this.#watchSoon())
    this.#awaitHello()
    this.#watch()
  }

  get headlines(): ReadonlyMap<string, Headline> {
    return this.#headlines
  }

  set watching(on: boolean) {
    this.#watching = on
    this.#watch()
  }

  /** Resolves when the message has been taken in. */
  receive(message: unknown): Promise<void> {
    this.#queue = this.#queue.then(() => this.#take(message))
    return this.#queue
  }

  /** Asks for everything anew: after a connection that was lost, say. */
  resync(): void {
    if (this.#ended) return
    this.#expected = undefined
    this.#partner.send({ type: 'resync' })
    this.#awaitHello()
  }

  ask(question: Question): Promise<AnswerData> {
    if (this.#ended) return Promise.reject(new Error(this.#trans.__('The kernel is gone. Run the cell again to have its tasks on a kernel.')))
    return this.#questions.ask(question)
  }

  follow(uid: string, task: number | undefined): void {
    this.#followed.delete(uid)
    if (task !== undefined) this.#followed.set(uid, task)
    // The kernel sends one log at a time: that of the view that asked last, of those that are still interested.
    const last = [...this.#followed].at(-1)
    if (!this.#ended) this.#partner.send(last ? { type: 'follow', uid: last[0], task: last[1] } : { type: 'follow' })
  }

  behind(store: RunStore): void {
    this.#stopBehind ??= this.#clock.after(BEHIND_PATIENCE, () => {
      this.#stopBehind = undefined
      if (store.connection === this && !store.record.final && this.#expected !== undefined) this.resync()
    })
  }

  /** @param gone whether it is the kernel that ended it */
  end(gone: boolean): void {
    if (this.#ended) return
    this.#ended = true
    this.#unsubscribe()
    this.#stopWaiting?.()
    this.#stopBehind?.()
    for (const store of this.#watched.values()) this.#disconnect(store, gone)
    this.#questions.end(this.#trans.__('The kernel went away before it answered. Run the cell again to have its tasks on a kernel.'))
  }

  async #take(raw: unknown): Promise<void> {
    if (this.#ended) return
    const checked = await this.#check(raw)
    if (this.#ended) return
    if (!checked.ok) return this.#malformed(raw, checked.problems)
    const message = checked.value
    // Answers mean the same whatever else was lost.
    if (message.type === 'answer') this.#questions.answered(message.id, message.answer)
    else if (message.type === 'refusal') this.#refused(message.id, message.message)
    const old = message.seq <= this.#highest
    this.#highest = Math.max(this.#highest, message.seq)
    if (old) return
    if (message.type === 'hello') this.#greeted(message)
    else if (this.#expected === undefined) return
    else if (message.seq > this.#expected) return this.#trouble(this.#trans.__('Messages of the kernel were lost.'))
    else this.#expected++
    if (message.type === 'snapshot') this.#snapshot(message)
    else if (message.type === 'frame') this.#frame(message)
    if (!this.#ended) this.#ack(message)
  }

  #greeted({ seq, sluice, cluster, runs }: Hello): void {
    this.#stopWaiting?.()
    this.#stopWaiting = undefined
    this.#expected = seq + 1
    this.sluice = sluice
    this.cluster = cluster
    this.#headlines.clear()
    for (const run of runs) this.#headlines.set(run.uid, run)
    this.#known.clear()
    // Those that the kernel still has are told in snapshots now.
    for (const store of this.#watched.values()) if (!this.#headlines.has(store.uid)) this.#disconnect(store, true)
    this.#partner.changed()
  }

  #snapshot({ uid, record }: Snapshot): void {
    const store = this.#watched.get(uid)
    // Not watched any more; or another kernel was first to have it, and two cannot have the same run.
    if (!store || (store.connection && store.connection !== this)) return
    if (record.run.uid !== uid) return this.#runTrouble(uid, `its snapshot is of run ${record.run.uid}`)
    const unpacked = unpackedRecord(record)
    if (!unpacked.ok) return this.#runTrouble(uid, unpacked.problems.join('; '))
    this.#known.add(uid)
    store.reset(unpacked.value)
    if (!store.connection) store.connect(this)
  }

  #frame({ cluster, runs, gone, deltas, log }: Frame): void {
    if (cluster) this.cluster = cluster
    for (const run of runs ?? []) this.#headlines.set(run.uid, run)
    for (const uid of gone ?? []) this.#forgotten(uid)
    for (const delta of deltas ?? []) {
      const store = this.#watched.get(delta.uid)
      if (!store || !this.#known.has(delta.uid)) continue
      try {
        store.apply(delta)
      } catch (error) {
        if (!(error instanceof BadRecord)) throw error
        this.#runTrouble(delta.uid, error.message)
      }
    }
    if (log) this.#watched.get(log.uid)?.setLog(log.task, log.text, log.progress)
    if (cluster || runs || gone) this.#partner.changed()
  }

  #forgotten(uid: string): void {
    this.#headlines.delete(uid)
    this.#known.delete(uid)
    const store = this.#watched.get(uid)
    if (store) this.#disconnect(store, true)
  }

  #refused(id: number | undefined, message: string): void {
    if (id !== undefined) this.#questions.refused(id, message)
    else console.warn(`Sluice: the kernel could not read a message of this page: ${message}`)
  }

  #malformed(raw: unknown, problems: readonly string[]): void {
    const hello = typeof raw === 'object' && raw !== null && (raw as { type?: unknown }).type === 'hello'
    // What comes before the hello that was asked for is of no interest.
    if (this.#expected === undefined && !hello) return
    this.#trouble(this.#trans.__('A message of the kernel could not be understood (%1): kernel and extension may be of different versions.', problems.slice(0, 3).join('; ')))
  }

  /** Only that run's messages make no sense: it is told anew, and left alone when that does not help. */
  #runTrouble(uid: string, problem: string): void {
    console.warn(`Sluice: what the kernel told of run ${uid} does not fit: ${problem}`)
    this.#known.delete(uid)
    const troubles = (this.#runTroubles.get(uid) ?? 0) + 1
    this.#runTroubles.set(uid, troubles)
    if (troubles <= MOST_RUN_TROUBLES) return this.#tellWatched([uid])
    this.#watch()
  }

  /** Asks for everything anew: at once at first, then ever later, and in the end no more. */
  #trouble(reason: string): void {
    this.#stopWaiting?.()
    this.#expected = undefined
    const now = this.#clock.now()
    this.#troubles = now - this.#lastTrouble > FORGIVEN_AFTER ? 1 : this.#troubles + 1
    this.#lastTrouble = now
    if (this.#troubles > MOST_TROUBLES) {
      this.end(true)
      return this.#partner.failed(reason)
    }
    if (this.#troubles === 1) return this.resync()
    this.#stopWaiting = this.#clock.after(250 * 2 ** this.#troubles, () => this.resync())
  }

  #awaitHello(): void {
    this.#stopWaiting?.()
    this.#stopWaiting = this.#clock.after(HELLO_PATIENCE, () => {
      this.#stopWaiting = undefined
      this.#trouble(this.#trans.__('The kernel does not answer.'))
    })
  }

  #watchSoon(): void {
    if (this.#watchDue) return
    this.#watchDue = true
    queueMicrotask(() => {
      this.#watchDue = false
      this.#watch()
    })
  }

  /** Tells the kernel which runs are on the page, when they are others than before. */
  #watch(): void {
    if (this.#ended) return
    const before = this.#watched
    const after = new Map(this.#wanted().map((store) => [store.uid, store]))
    this.#watched = after
    for (const [uid, store] of before) {
      if (after.get(uid) === store) continue
      this.#known.delete(uid)
      this.#disconnect(store, false)
    }
    const others = [...after.keys()].filter((uid) => before.get(uid) !== after.get(uid))
    if (others.length > 0 || after.size < before.size) this.#tellWatched(others.filter((uid) => before.has(uid)))
  }

  /** @param anew these were watched before, but of another store: the kernel must take them for new ones, and send snapshots */
  #tellWatched(anew: readonly string[]): void {
    const uids = [...this.#watched.keys()]
    if (anew.length > 0) this.#partner.send({ type: 'watch', uids: uids.filter((uid) => !anew.includes(uid)) })
    this.#partner.send({ type: 'watch', uids })
  }

  #wanted(): RunStore[] {
    if (!this.#watching) return []
    return this.#stores.trusted.filter(({ uid }) => (this.#runTroubles.get(uid) ?? 0) <= MOST_RUN_TROUBLES).slice(-MOST_WATCHED)
  }

  #disconnect(store: RunStore, gone: boolean): void {
    if (store.connection === this) store.disconnect(gone)
  }

  /** Some two times a second. The last few messages may stay untold, for which no timer is worth its while. */
  #ack(message: FromKernel): void {
    this.#acked = message.seq
    const { messages, characters } = { messages: this.#untold.messages + 1, characters: this.#untold.characters + sizeOf(message) }
    this.#untold = { messages, characters }
    const due = this.#clock.now() - this.#lastAck >= ACK_PERIOD || messages >= MOST_UNTOLD.messages || characters >= MOST_UNTOLD.characters
    if (due) this.#sendAck()
  }

  #sendAck(): void {
    this.#untold = { messages: 0, characters: 0 }
    this.#lastAck = this.#clock.now()
    this.#partner.send({ type: 'ack', seq: this.#acked })
  }
}
