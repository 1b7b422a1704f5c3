/**
 * What a cell shows of its runs while they last: one display per run, updated in place about once a second and when it ends.
 * The last update of a run comes before the idle of the cell during which it ended, so that clients that stop
 * listening there (nbclient) save the final state.
 */
import type { Coordinator } from './coordinator.ts'
import type { Run } from './run.ts'
import { Pictures, runBundle } from './view/view.ts'

/** How often a running run's view is renewed, ms. */
const REFRESH = 1000
/** Renewing takes at most this share of the kernel's time, however large the run. */
const SHARE = 1 / 40
/** A run that was declared by `distribute()` in code gets a view once it has lasted this long, ms … */
const WORTH_SHOWING = 500
/** … and at most so many of one cell do. */
const MOST_IN_CELL = 10
/** How long a cell's end waits for the last picture of a run that has ended, ms. */
const PATIENCE = 2000

interface View {
  readonly run: Run
  readonly displayId: string
  /** When it was heard of. */
  readonly since: number
  /** It was found worth showing. */
  wanted: boolean
  shown: boolean
  dirty: boolean
  ended: boolean
  rendering: Promise<void> | undefined
  /** While it runs, not renewed before this time. */
  notBefore: number
}

export class LiveViews {
  readonly #views = new Map<number, View>()
  readonly #inCell = new Map<string, number>()
  readonly #pictures: Pictures
  readonly #coordinator: Coordinator
  readonly #clock: () => number
  readonly #show: (cell: string, data: Record<string, unknown>, displayId: string, update: boolean) => void
  #timer: NodeJS.Timeout | undefined

  /** @param onNotice told once when pictures cannot be drawn here */
  constructor(
    coordinator: Coordinator,
    clock: () => number,
    show: (cell: string, data: Record<string, unknown>, displayId: string, update: boolean) => void,
    onNotice: (text: string) => void,
  ) {
    this.#pictures = new Pictures({ onUnavailable: (error) => onNotice(error.message) })
    this.#coordinator = coordinator
    this.#clock = clock
    this.#show = show
  }

  /** Cheap: called for every batch of every run. */
  changed(run: Run): void {
    const view = this.#views.get(run.spec.id) ?? this.#open(run)
    const over = this.#coordinator.state.unfinished(run.spec.id) === 0
    view.dirty = true
    // A run that had ended may run again.
    view.ended &&= over
    if (over && !this.#worthShowing(view)) this.#views.delete(run.spec.id)
    else if (over && !view.ended) {
      view.ended = true
      void this.#refresh(view)
    } else this.#timer ??= setTimeout(() => this.#tick(), REFRESH).unref()
  }

  /** Shows what the cell declared, if that is not on the screen yet, and the final state of whatever has ended. */
  async cellEnded(cell: string): Promise<void> {
    for (const view of this.#views.values()) {
      if (view.shown || view.run.declaration.cell !== cell || view.ended || !this.#worthShowing(view)) continue
      this.#put(view, undefined)
      void this.#refresh(view)
    }
    await this.settle()
  }

  /** Resolves when runs that have ended are shown as they ended, or when that takes too long. */
  async settle(): Promise<void> {
    const last = [...this.#views.values()].flatMap((view) => (view.ended && view.rendering !== undefined ? [view.rendering] : []))
    if (last.length > 0) await Promise.race([Promise.all(last), new Promise((resolve) => setTimeout(resolve, PATIENCE).unref())])
  }

  /** What the run's output would be if it were shown now. */
  async bundle(run: Run): Promise<Record<string, unknown>> {
    await this.#coordinator.places.settled()
    const record = this.#coordinator.record(run)
    return runBundle(record, await this.#pictures.render(record))
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#pictures.close()
  }

  #open(run: Run): View {
    const view: View = { run, displayId: `sluice-run-${run.uid}`, since: this.#clock(), wanted: false, shown: false, dirty: true, ended: false, rendering: undefined, notBefore: 0 }
    this.#views.set(run.spec.id, view)
    return view
  }

  #worthShowing(view: View): boolean {
    if (view.wanted || view.run.declaration.view) return true
    const { cell } = view.run.declaration
    const inCell = this.#inCell.get(cell) ?? 0
    view.wanted = this.#clock() - view.since > WORTH_SHOWING && inCell < MOST_IN_CELL
    if (view.wanted) this.#inCell.set(cell, inCell + 1)
    return view.wanted
  }

  #tick(): void {
    this.#timer = undefined
    for (const view of this.#views.values()) {
      if (view.dirty && !view.rendering && this.#clock() >= view.notBefore && this.#worthShowing(view)) void this.#refresh(view)
    }
    const running = [...this.#views.values()].some((view) => this.#coordinator.state.unfinished(view.run.spec.id) > 0)
    if (running) this.#timer = setTimeout(() => this.#tick(), REFRESH).unref()
  }

  /** Renders the state of this moment; once more when the run ended meanwhile. */
  #refresh(view: View): Promise<void> {
    view.rendering ??= this.#render(view).finally(() => (view.rendering = undefined))
    return view.rendering
  }

  async #render(view: View): Promise<void> {
    do {
      await this.#coordinator.places.settled()
      view.dirty = false
      this.#coordinator.foresight.forecasts.watched()
      const began = this.#clock()
      const record = this.#coordinator.record(view.run)
      view.notBefore = began + (this.#clock() - began) / SHARE
      this.#put(view, await this.#pictures.render(record), record)
    } while (view.ended && view.dirty)
  }

  #put(view: View, png: Uint8Array | undefined, record = this.#coordinator.record(view.run)): void {
    const cell = view.run.declaration.cell
    this.#show(cell, runBundle(record, png), view.displayId, view.shown)
    view.shown = true
  }
}
