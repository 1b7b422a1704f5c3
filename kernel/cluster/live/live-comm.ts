/** One view's comm: what it has been told, what it watches, and when it is to be told more. */
import type { Coordinator } from '../coordinator.ts'
import type { Run } from '../run.ts'
import { Cursor } from './delta.ts'
import { clusterState, headlineOf, recentRuns } from './headlines.ts'
import { progressOf } from './detail.ts'
import type { AnswerData, Follow, Frame, FromKernel, Headline, RunDelta, TaskLog } from './types.ts'
import { sizeOf, Window } from './window.ts'

/** The first change after a pause is told so soon, ms, with what else happens by then. */
const SOON = 30
/** Headlines and the cluster are told at most so often, ms; and the time, while a watched run goes on. */
const SECOND = 1000

type Unnumbered<T> = T extends unknown ? Omit<T, 'seq'> : never

interface Watched {
  /** Absent: the kernel does not know the run (yet), or its snapshot is due. */
  cursor?: Cursor
  changed: boolean
  toldAt: number
}

export class LiveComm {
  readonly #coordinator: Coordinator
  readonly #send: (data: FromKernel) => unknown
  readonly #version: string
  readonly #window = new Window()
  readonly #watched = new Map<string, Watched>()
  /** Headlines as told, by uid. */
  readonly #told = new Map<string, { text: string; at: number }>()
  /** Uids of runs whose headline may have changed; undefined: any. */
  #changed: Set<string> | undefined
  #greeted = false
  #cluster = { text: '', at: -Infinity, changed: true }
  #followed: Follow = { type: 'follow' }
  #log = ''
  #logChanged = false
  #seq = 0
  /** When it last let something be known. */
  heardAt: number
  /** Questions that are being answered. */
  asked = 0

  constructor(coordinator: Coordinator, version: string, now: number, send: (data: FromKernel) => unknown) {
    this.#coordinator = coordinator
    this.#version = version
    this.heardAt = now
    this.#send = send
  }

  /** It gets nothing until it acknowledges some of what it got. */
  get full(): boolean {
    return this.#window.full
  }

  // ── what the view says ─────────────────────────────────────────────────────────────────────────────────────

  watch(uids: readonly string[]): void {
    const wanted = new Set(uids)
    for (const uid of this.#watched.keys()) if (!wanted.has(uid)) this.#watched.delete(uid)
    for (const uid of wanted) if (!this.#watched.has(uid)) this.#watched.set(uid, { changed: true, toldAt: -Infinity })
  }

  acknowledge(seq: number): void {
    this.#window.acknowledged(seq)
  }

  /** Everything is told again, as to one who knows nothing. */
  resync(): void {
    this.#window.clear()
    this.forget()
  }

  follow(followed: Follow): void {
    this.#followed = followed
    this.#log = ''
    this.#logChanged = true
  }

  // ── what happens ───────────────────────────────────────────────────────────────────────────────────────────

  /** Cheap: called for every batch of every run. Returns when a frame about it is due. */
  changed({ uid }: Run, now: number): number {
    const watched = this.#watched.get(uid)
    if (watched) watched.changed = true
    this.#cluster.changed = true
    if (this.full) {
      this.#changed = undefined
      return Infinity
    }
    this.#changed?.add(uid)
    if (watched || uid === this.#followed.uid) return now + SOON
    const told = this.#told.get(uid)
    return told ? Math.max(now + SOON, told.at + SECOND) : now + SOON
  }

  logged({ uid }: Run, task: number, now: number): number {
    if (uid !== this.#followed.uid || task !== this.#followed.task) return Infinity
    this.#logChanged = true
    return this.full ? Infinity : now + SOON
  }

  clusterChanged(now: number): number {
    this.#cluster.changed = true
    return this.full ? Infinity : Math.max(now + SOON, this.#cluster.at + SECOND)
  }

  // ── what it is told ────────────────────────────────────────────────────────────────────────────────────────

  /** What it was told is forgotten: it is told all of it again once it may be. */
  forget(): void {
    this.#greeted = false
    this.#told.clear()
    this.#changed = undefined
    this.#log = ''
    for (const watched of this.#watched.values()) delete watched.cursor
  }

  /** Tells what is new, as far as the window lets it. Returns when there will be more to tell if nothing happens: Infinity for never. */
  tell(now: number): number {
    if (this.full) return Infinity
    this.#coordinator.foresight.forecasts.watched()
    if (!this.#greeted) this.#greet(now)
    for (const [uid, watched] of this.#watched) {
      if (this.full) return Infinity
      if (!watched.cursor) this.#snapshot(uid, watched, now)
    }
    if (this.full) return Infinity
    const parts: Unnumbered<Frame> = { type: 'frame' }
    const due = Math.min(this.#addDeltas(parts, now), this.#addHeadlines(parts, now), this.#addCluster(parts, now))
    this.#addLog(parts)
    if (Object.keys(parts).length > 1) this.#window.sent(this.#say(parts), sizeOf(parts))
    return due
  }

  answer(id: number, answer: AnswerData): void {
    this.#say({ type: 'answer', id, answer })
  }

  refuse(id: number | undefined, message: string): void {
    this.#say({ type: 'refusal', ...(id !== undefined && { id }), message: message.slice(0, 4000) })
  }

  #greet(now: number): void {
    const runs = recentRuns(this.#coordinator).map((run) => headlineOf(this.#coordinator, run))
    this.#changed = new Set()
    for (const headline of runs) this.#told.set(headline.uid, { text: JSON.stringify(headline), at: now })
    const cluster = clusterState(this.#coordinator)
    this.#cluster = { text: JSON.stringify(cluster), at: now, changed: false }
    this.#greeted = true
    this.#say({ type: 'hello', version: 1, sluice: this.#version, cluster, runs })
  }

  #snapshot(uid: string, watched: Watched, now: number): void {
    const run = this.#coordinator.byUid(uid)
    if (!run?.recorder) return
    watched.cursor = new Cursor(run.recorder)
    const record = watched.cursor.snapshot(this.#coordinator.now, this.#coordinator.sources(run))
    Object.assign(watched, { changed: false, toldAt: now })
    this.#window.sent(this.#say({ type: 'snapshot', uid, record }), sizeOf(record))
  }

  #addDeltas(parts: Unnumbered<Frame>, now: number): number {
    const deltas: RunDelta[] = []
    let due = Infinity
    for (const [uid, watched] of this.#watched) {
      if (!watched.cursor) continue
      const run = this.#coordinator.byUid(uid)
      if (!run) {
        delete watched.cursor
        continue
      }
      // The time of a run that goes on is told all the same, and what its scheduler decided in silence.
      const goesOn = this.#coordinator.state.unfinished(run.spec.id) > 0
      const timely = goesOn && now - watched.toldAt >= SECOND
      if (watched.changed || goesOn) {
        const delta = watched.cursor.delta(this.#coordinator.now, this.#coordinator.sources(run), timely)
        watched.changed = false
        if (delta) {
          deltas.push(delta)
          watched.toldAt = now
        }
      }
      if (goesOn) due = Math.min(due, watched.toldAt + SECOND)
    }
    if (deltas.length > 0) parts.deltas = deltas
    return due
  }

  #addHeadlines(parts: Unnumbered<Frame>, now: number): number {
    const gone = [...this.#told.keys()].filter((uid) => !this.#coordinator.byUid(uid))
    for (const uid of gone) this.#told.delete(uid)
    if (gone.length > 0) parts.gone = gone.slice(0, 10_000)
    if (this.#changed?.size === 0) return Infinity
    const headlines: Headline[] = []
    let due = Infinity
    const later = new Set<string>()
    for (const run of recentRuns(this.#coordinator)) {
      if (this.#changed && !this.#changed.has(run.uid)) continue
      const told = this.#told.get(run.uid)
      if (told && told.at + SECOND > now) {
        later.add(run.uid)
        due = Math.min(due, told.at + SECOND)
        continue
      }
      const headline = headlineOf(this.#coordinator, run)
      const text = JSON.stringify(headline)
      if (text === told?.text) continue
      headlines.push(headline)
      this.#told.set(run.uid, { text, at: now })
    }
    this.#changed = later
    if (headlines.length > 0) parts.runs = headlines
    return due
  }

  #addCluster(parts: Unnumbered<Frame>, now: number): number {
    const told = this.#cluster
    if (!told.changed) return Infinity
    if (told.at + SECOND > now) return told.at + SECOND
    const cluster = clusterState(this.#coordinator)
    const text = JSON.stringify(cluster)
    if (text !== told.text) parts.cluster = cluster
    this.#cluster = { text, at: now, changed: false }
    return Infinity
  }

  #addLog(parts: Unnumbered<Frame>): void {
    const { uid, task } = this.#followed
    const run = uid === undefined ? undefined : this.#coordinator.byUid(uid)
    if (!run || task === undefined) return
    const progress = progressOf(run, task)
    const log: TaskLog = { uid: run.uid, task, text: run.logs.get(task) ?? '', ...(progress && { progress }) }
    const text = `${progress?.fraction} ${progress?.text}\n${log.text}`
    if (text === this.#log && !this.#logChanged) return
    if (text !== this.#log) parts.log = log
    this.#log = text
    this.#logChanged = false
  }

  #say(data: Unnumbered<FromKernel>): number {
    const seq = this.#seq++
    this.#send({ ...data, seq })
    return seq
  }
}
