/**
 * Keeps the notebook's records up to date where JupyterLab does not: after a page was loaded anew it drops the kernel's
 * updates of outputs (jupyterlab#2833), so that the notebook would be saved with the run as it was then.
 */
import type { AnswerData, Headline, Question } from '../../../kernel/cluster/live/types.ts'
import type { StateCounts } from '../../../kernel/cluster/record/types.ts'
import type { Stores } from '../run/stores.ts'
import type { Clock } from './clock.ts'

/** The kernel's own update of an output comes within such a time, ms. */
const PATIENCE = 3_000
/** A notebook may be behind a running run by so much, ms. */
const PERIOD = 10_000
const MOST_ATTEMPTS = 3

/** What a notebook's output holds of a run. */
export interface Held {
  /** ms since the run's declaration. */
  readonly asOf: number
  readonly final: boolean
  /** Tasks by state, unchecked. */
  readonly counts: unknown
}

/** A kernel and the notebooks that use it. */
export interface Keeper {
  readonly headlines: readonly Headline[]
  /** Those that have been loaded. */
  readonly notebooks: readonly object[]
  ask(question: Question): Promise<AnswerData>
  /** By uid, the oldest that trusted outputs hold. */
  held(): ReadonlyMap<string, Held>
  /** Writes a MIME bundle into the outputs that hold an older record of the run. */
  keep(uid: string, data: Record<string, unknown>): void
}

export class Checkpoints {
  readonly #keepers: () => readonly Keeper[]
  readonly #stores: Stores
  readonly #clock: Clock
  /** By uid: the makespan with which the run was found kept to its end, so that a run that is run again counts anew. */
  readonly #kept = new Map<string, number>()
  /** By uid: not looked at before this time. */
  readonly #next = new Map<string, number>()
  readonly #failures = new Map<string, number>()
  /** Notebooks and stores: what is new may hold what was saved long ago. */
  readonly #seen = new WeakSet<object>()
  readonly #unsubscribe: () => void
  #stop: (() => void) | undefined
  #looking = false
  #disposed = false

  constructor(keepers: () => readonly Keeper[], stores: Stores, clock: Clock) {
    this.#keepers = keepers
    this.#stores = stores
    this.#clock = clock
    this.#unsubscribe = stores.subscribe(() => this.changed())
  }

  /** Kernels have told something. A timer runs only when there may be something to keep. */
  changed(): void {
    if (this.#disposed) return
    this.#noticeNew()
    if (this.#stop || this.#looking) return
    if (!this.#keepers().some(({ headlines }) => headlines.some((run) => this.#open(run)))) return
    this.#stop = this.#clock.after(PATIENCE, () => {
      this.#stop = undefined
      void this.#look()
    })
  }

  dispose(): void {
    this.#disposed = true
    this.#unsubscribe()
    this.#stop?.()
  }

  /** Notebooks that have been opened again, and outputs that are trusted only now, are looked at anew. */
  #noticeNew(): void {
    for (const store of this.#stores.trusted) if (this.#new(store)) this.#kept.delete(store.uid)
    for (const { notebooks, headlines } of this.#keepers()) {
      // Each is asked: all of them have been seen then.
      if (notebooks.filter((notebook) => this.#new(notebook)).length > 0) for (const { uid } of headlines) this.#kept.delete(uid)
    }
  }

  #new(thing: object): boolean {
    if (this.#seen.has(thing)) return false
    this.#seen.add(thing)
    return true
  }

  /** It may be that the notebook is behind. */
  #open(run: Headline): boolean {
    if (run.final) return this.#kept.get(run.uid) !== (run.makespan ?? 0)
    return this.#stores.get(run.uid)?.live === true
  }

  async #look(): Promise<void> {
    this.#looking = true
    try {
      for (const keeper of this.#keepers()) {
        const now = this.#clock.now()
        const runs = keeper.headlines.filter((run) => this.#open(run) && now >= (this.#next.get(run.uid) ?? 0))
        if (runs.length === 0) continue
        const held = keeper.held()
        for (const run of runs) {
          this.#next.set(run.uid, now + PERIOD)
          if (this.#behind(run, held.get(run.uid))) await this.#checkpoint(keeper, run)
          else if (run.final) this.#done(run)
        }
      }
    } finally {
      this.#looking = false
    }
    this.changed()
  }

  #behind(run: Headline, held: Held | undefined): boolean {
    if (!held) return false
    if (run.final) return !held.final || held.asOf + 1 < (run.makespan ?? 0)
    const store = this.#stores.get(run.uid)
    // Time alone is not worth a change of the notebook.
    return store !== undefined && store.record.asOf - held.asOf > PERIOD && !sameCounts(store.record.counts, held.counts)
  }

  async #checkpoint(keeper: Keeper, run: Headline): Promise<void> {
    try {
      const answer = await keeper.ask({ what: 'checkpoint', uid: run.uid })
      if (this.#disposed || answer.what !== 'checkpoint') return
      // An update may have come by itself meanwhile.
      if (this.#behind(run, keeper.held().get(run.uid))) keeper.keep(run.uid, answer.data as Record<string, unknown>)
      this.#failures.delete(run.uid)
      // What ended meanwhile is looked at again.
      if (run.final) this.#done(run)
    } catch (error) {
      const failures = (this.#failures.get(run.uid) ?? 0) + 1
      this.#failures.set(run.uid, failures)
      if (failures < MOST_ATTEMPTS) return
      console.warn(`Sluice: the notebook does not hold the last state of run ${run.uid}: ${(error as Error).message}`)
      if (run.final) this.#done(run)
    }
  }

  #done(run: Headline): void {
    this.#kept.set(run.uid, run.makespan ?? 0)
    this.#next.delete(run.uid)
    this.#failures.delete(run.uid)
  }
}

function sameCounts(counts: StateCounts, others: unknown): boolean {
  return Object.entries(counts).every(([state, count]) => (others as Record<string, unknown> | undefined)?.[state] === count)
}
