/** What one view shows of its run: shared by its panes, so that a selection made in one is seen in all. */
import type { RecordedState } from '../../../kernel/cluster/record/read.ts'
import type { PaneName } from './surroundings.ts'

/** Tasks are those of the view's own run, by index; groups are runs, by the kernel's number. */
export type Item = { readonly kind: 'task'; readonly task: number } | { readonly kind: 'group'; readonly run: number }

export interface Filter {
  /** Only tasks in these states; undefined: all. */
  readonly states: ReadonlySet<RecordedState> | undefined
  /** Looked for in task names and error messages, and as an index. */
  readonly text: string
}

export class ViewState {
  version = 0
  #selection: Item | undefined
  #hover: Item | undefined
  #filter: Filter = { states: undefined, text: '' }
  #time: number | undefined
  #expanded: ReadonlySet<number>
  #panes: ReadonlySet<PaneName>
  #drawer = false
  readonly #listeners = new Set<() => void>()

  constructor(expanded: Iterable<number>, panes: Iterable<PaneName>) {
    this.#expanded = new Set(expanded)
    this.#panes = new Set(panes)
  }

  get selection(): Item | undefined {
    return this.#selection
  }

  set selection(item: Item | undefined) {
    this.#selection = item
    this.#changed()
  }

  get hover(): Item | undefined {
    return this.#hover
  }

  set hover(item: Item | undefined) {
    if (same(item, this.#hover)) return
    this.#hover = item
    this.#changed()
  }

  get filter(): Filter {
    return this.#filter
  }

  set filter(filter: Filter) {
    this.#filter = filter
    this.#changed()
  }

  /** The moment that is shown, ms since the declaration; undefined: now, or the end. */
  get time(): number | undefined {
    return this.#time
  }

  set time(time: number | undefined) {
    this.#time = time
    this.#changed()
  }

  /** Runs whose tasks are drawn one by one. */
  get expanded(): ReadonlySet<number> {
    return this.#expanded
  }

  toggle(run: number): void {
    const expanded = new Set(this.#expanded)
    if (!expanded.delete(run)) expanded.add(run)
    this.#expanded = expanded
    this.#changed()
  }

  get panes(): ReadonlySet<PaneName> {
    return this.#panes
  }

  togglePane(pane: PaneName): void {
    const panes = new Set(this.#panes)
    if (!panes.delete(pane)) panes.add(pane)
    this.#panes = panes
    this.#changed()
  }

  /** The details of the selected task are open. */
  get drawer(): boolean {
    return this.#drawer
  }

  set drawer(open: boolean) {
    this.#drawer = open
    this.#changed()
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    this.version++
    for (const listener of [...this.#listeners]) listener()
  }
}

export function same(a: Item | undefined, b: Item | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.kind === 'task' ? b.kind === 'task' && a.task === b.task : b.kind === 'group' && a.run === b.run
}
