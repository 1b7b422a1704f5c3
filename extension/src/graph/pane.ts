/** The graph of a run: a canvas that is drawn when something has changed, with an accessible mirror, a tooltip and a few buttons. */
import type { Pane, PaneContext } from '../view/pane.ts'
import type { Theme } from '../view/theme.ts'
import { same } from '../view/view-state.ts'
import type { Filter, Item } from '../view/view-state.ts'
import { bounded, fit, fitBeside, fittedHeight, panned, revealing, zoomed } from './camera.ts'
import type { Camera, Extent } from './camera.ts'
import { CanvasPainter } from './canvas.ts'
import { listen } from './gestures.ts'
import type { Gestured } from './gestures.ts'
import { groupsOf } from './groups.ts'
import { itemAt, togglesAt } from './hit.ts'
import { isFree, layoutOf, onto, rowOfRun } from './layout.ts'
import type { Layout } from './layout.ts'
import { matchesOf } from './matching.ts'
import type { Matches } from './matching.ts'
import { minimapOf, minimapSteps, minimapTarget } from './minimap.ts'
import { Mirror, mirrorRows } from './mirror.ts'
import { moved } from './navigate.ts'
import { CORNER, countsOf, itemPlace, sceneOf, seen } from './scene.ts'
import type { Subject, View } from './scene.ts'
import { Tip } from './tip.ts'
import { Toolbar } from './toolbar.ts'
import { groupLines, stateOf, taskLines } from './words.ts'

const LEAST_HEIGHT = 96

export function createGraph(context: PaneContext): Pane {
  return new GraphPane(context)
}

class GraphPane implements Pane {
  readonly node = document.createElement('div')
  readonly #context: PaneContext
  /** One stop of the tab key; its rows are in the mirror. */
  readonly #stage = document.createElement('div')
  readonly #canvas = document.createElement('canvas')
  readonly #painter = new CanvasPainter(this.#canvas)
  readonly #mirror = new Mirror()
  readonly #tip = new Tip()
  readonly #toolbar: Toolbar
  readonly #end: () => void
  #layout: { readonly key: readonly unknown[]; readonly layout: Layout } | undefined
  #matches: { readonly key: readonly unknown[]; readonly matches: Matches | undefined } | undefined
  #camera: Camera | undefined
  /** All is shown, and is to stay so while the layout or the room changes: nobody has moved or zoomed. */
  #fits = true
  #critical = true
  #size: Extent = { width: 0, height: 0 }
  #drawn: readonly unknown[] = []
  #theme: Theme | undefined
  #selection: Item | undefined
  #filter: Filter
  /** Where the pointer is, or the selected item that keys have reached. */
  #pointer: { readonly x: number; readonly y: number } | undefined

  constructor(context: PaneContext) {
    this.#context = context
    this.#filter = context.state.filter
    const { trans } = context
    this.node.className = 'sl-Graph'
    this.#stage.className = 'sl-GraphStage'
    this.#stage.tabIndex = 0
    this.#stage.setAttribute('role', 'tree')
    // JupyterLab looks for shortcuts before keys arrive here: arrows would move through the notebook's cells.
    this.#stage.setAttribute('data-lm-suppress-shortcuts', 'true')
    this.#canvas.setAttribute('aria-hidden', 'true')
    this.#stage.append(this.#canvas, this.#mirror.node)
    this.#toolbar = new Toolbar(trans, {
      zoom: (factor) => void this.#zoom(factor, this.#size.width / 2, this.#size.height / 2),
      fit: () => this.#fit(),
      toggleTasks: () => this.#toggle(),
      toggleCritical: () => {
        this.#critical = !this.#critical
        context.invalidate()
      },
    })
    this.node.append(this.#stage, this.#toolbar.node, this.#tip.node)
    this.#end = listen(this.#stage, this.#gestured())
  }

  draw(): void {
    const { store, state } = this.#context
    const width = this.node.clientWidth
    // Hidden, or not yet in the page.
    if (width === 0) return
    const layout = this.#currentLayout()
    const most = Math.max(LEAST_HEIGHT, this.#context.surroundings.settings.graphHeight)
    const least = `${Math.round(Math.min(most, Math.max(LEAST_HEIGHT, wantedHeight(layout, width))))}px`
    if (this.node.style.minHeight !== least) this.node.style.minHeight = least
    const size = { width, height: this.#stage.clientHeight }
    if (size.height === 0) return
    const resized = size.width !== this.#size.width || size.height !== this.#size.height
    this.#size = size
    this.#camera = this.#camera && !(this.#fits && resized) && !this.#isLost() ? bounded(this.#camera, layout, size, cellOf(layout)) : fitBeside(layout, size, CORNER, (corner) => isFree(layout, corner))
    this.#follow(layout)
    const theme = this.#context.theme()
    const drawn = [store.version, state.version, theme, layout, this.#critical, size.width, size.height, globalThis.devicePixelRatio, this.#camera.x, this.#camera.y, this.#camera.scale]
    if (equal(drawn, this.#drawn)) return
    this.#drawn = drawn
    this.#paint(layout, theme)
  }

  dispose(): void {
    this.#end()
    this.node.remove()
  }

  #paint(layout: Layout, theme: Theme): void {
    if (theme !== this.#theme) this.#painter.forget()
    this.#theme = theme
    const subject = this.#subject(layout)
    const view = this.#view(theme)
    this.#painter.paint([...sceneOf(subject, view), ...minimapSteps(subject, view)], view.width, view.height, theme.font)
    const { record } = this.#context.store
    this.#toolbar.update({ expandable: record.run.count > 0, expanded: layout.tasks !== undefined, critical: this.#critical, hasPath: record.criticalPath.length > 0 })
    this.#writeMirror(subject)
    this.#writeTip(subject, view)
    this.#announceMatches(subject.matches)
  }

  #currentLayout(): Layout {
    const { store, state } = this.#context
    const { record, tasks } = store
    const expanded = state.expanded.has(record.run.id)
    const key = [record.upstream, record.dependencies, record.run.id, record.run.name, record.run.count, tasks.length, expanded]
    if (this.#layout && equal(key, this.#layout.key)) return this.#layout.layout
    const before = this.#layout?.layout
    const layout = layoutOf(groupsOf(record), expanded, tasks.length)
    this.#layout = { key, layout }
    if (before && this.#camera) this.#keepPlace(before, layout)
    return layout
  }

  /** The own group stays where it is seen, whatever has changed around it; what fitted fits. */
  #keepPlace(before: Layout, layout: Layout): void {
    const sameSize = before.width === layout.width && before.height === layout.height
    if (this.#fits) this.#camera = sameSize ? this.#camera : undefined
    else this.#camera = { ...this.#camera!, x: this.#camera!.x + layout.x[0]! - before.x[0]!, y: this.#camera!.y + layout.y[0]! - before.y[0]! }
  }

  #isLost(): boolean {
    const { x, y, scale } = this.#camera!
    return !Number.isFinite(x + y + scale)
  }

  #subject(layout: Layout): Subject {
    const { store, state, trans } = this.#context
    const { record, tasks } = store
    return { layout, record, tasks, moment: this.#context.moment(), matches: this.#currentMatches(), selection: state.selection, hover: state.hover, critical: this.#critical, trans }
  }

  #view(theme: Theme): View {
    return { camera: this.#camera!, ...this.#size, theme, measure: this.#painter.measure(theme.font) }
  }

  #currentMatches(): Matches | undefined {
    const { store, state } = this.#context
    const moment = this.#context.moment()
    const key = [state.filter, moment, store.version]
    if (!this.#matches || !equal(key, this.#matches.key)) {
      const { record, tasks } = store
      this.#matches = { key, matches: matchesOf(state.filter, { name: record.run.name, tasks, states: moment.states, errors: record.errors }) }
    }
    return this.#matches.matches
  }

  /** What was selected elsewhere is shown, too. */
  #follow(layout: Layout): void {
    const { selection } = this.#context.state
    if (same(selection, this.#selection)) return
    this.#selection = selection
    const place = selection && itemPlace(layout, selection)
    if (!place) return
    const camera = bounded(revealing(this.#camera!, place, this.#size), layout, this.#size, cellOf(layout))
    if (camera.x !== this.#camera!.x || camera.y !== this.#camera!.y) this.#fits = false
    this.#camera = camera
  }

  #writeMirror(subject: Subject): void {
    const { layout, trans } = subject
    const { groups } = layout.graph
    const own: Item = { kind: 'group', run: groups[0]!.run }
    const selection = subject.selection?.kind === 'task' && !layout.tasks ? own : subject.selection
    const rows = mirrorRows({
      groups: groups.length, tasks: layout.tasks?.length, selection,
      groupItem: (row) => ({ kind: 'group', run: groups[row]!.run }),
      groupText: (row) => groupLines(groups[row]!, countsOf(subject, row), trans).join(', '),
      taskText: (task) => taskLines(subject, task).join(', '),
    })
    const selected = this.#mirror.update(rows)
    if (selected === undefined) this.#stage.removeAttribute('aria-activedescendant')
    else if (this.#stage.getAttribute('aria-activedescendant') !== selected) this.#stage.setAttribute('aria-activedescendant', selected)
    const label = trans.__('Task graph of %1. Arrow keys move, Space expands, Enter opens details.', groups[0]!.name)
    if (this.#stage.getAttribute('aria-label') !== label) this.#stage.setAttribute('aria-label', label)
  }

  #writeTip(subject: Subject, { theme }: View): void {
    const { hover, layout } = subject
    if (!this.#pointer || !hover) return this.#tip.hide()
    const row = hover.kind === 'group' ? rowOfRun(layout, hover.run) : undefined
    if (hover.kind === 'group' && row === undefined) return this.#tip.hide()
    const lines = hover.kind === 'task' ? taskLines(subject, hover.task) : groupLines(layout.graph.groups[row!]!, countsOf(subject, row!), subject.trans)
    this.#tip.show(lines, this.#pointer.x, this.#pointer.y, this.#size.width, this.#size.height, hover.kind === 'task' ? theme.states[stateOf(subject, hover.task)] : theme.line)
  }

  #announceMatches(matches: Matches | undefined): void {
    const { state, trans } = this.#context
    if (state.filter === this.#filter) return
    this.#filter = state.filter
    this.#context.announce(matches ? trans._n('%1 task matches', '%1 tasks match', matches.count) : trans.__('All tasks are shown'))
  }

  #fit(): void {
    this.#fits = true
    this.#camera = undefined
    this.#context.invalidate()
  }

  /** @returns whether anything has moved */
  #show(camera: Camera): boolean {
    const layout = this.#layout?.layout
    const before = this.#camera
    if (!layout || !before) return false
    const { scale, ...corner } = bounded(camera, layout, this.#size, cellOf(layout))
    const after = { scale, ...onto(layout, { ...corner, width: this.#size.width / scale, height: this.#size.height / scale }, 60 / scale) }
    if (after.x === before.x && after.y === before.y && after.scale === before.scale) return false
    this.#camera = after
    this.#fits = false
    this.#context.invalidate()
    return true
  }

  #zoom(factor: number, x: number, y: number): boolean {
    const layout = this.#layout?.layout
    if (!layout || !this.#camera) return false
    // The bound comes first, so that a zoom against it does not become a move.
    const { scale } = bounded({ ...this.#camera, scale: this.#camera.scale * factor }, layout, this.#size, cellOf(layout))
    return this.#show(zoomed(this.#camera, scale / this.#camera.scale, x, y))
  }

  #toggle(): void {
    this.#context.state.toggle(this.#context.store.record.run.id)
  }

  #itemAt(x: number, y: number): Item | undefined {
    const layout = this.#layout?.layout
    return layout && this.#camera && this.#theme && itemAt(layout, this.#view(this.#theme), this.#context.moment().states, x, y)
  }

  #select(item: Item | undefined): void {
    this.#selection = item
    if (!same(item, this.#context.state.selection)) this.#context.state.selection = item
  }

  #gestured(): Gestured {
    const { state } = this.#context
    const minimap = () => (this.#layout && this.#camera ? minimapOf(this.#layout, { camera: this.#camera, ...this.#size }) : undefined)
    const look = (x: number, y: number, held: boolean): boolean => {
      const camera = this.#camera && minimapTarget(minimap(), this.#camera, this.#size, x, y, held)
      if (camera) this.#show(camera)
      return camera !== undefined
    }
    return {
      press: (x, y) => look(x, y, false),
      hold: (x, y) => void look(x, y, true),
      pan: (dx, dy) => {
        this.#pointer = undefined
        if (this.#camera) this.#show(panned(this.#camera, dx, dy))
      },
      zoom: (factor, x, y) => this.#zoom(factor, x, y),
      hover: (x, y) => {
        const item = this.#itemAt(x, y)
        this.#pointer = item && { x, y }
        if (!same(item, state.hover)) state.hover = item
        else if (item && this.#layout && this.#theme) this.#writeTip(this.#subject(this.#layout.layout), this.#view(this.#theme))
      },
      leave: () => {
        this.#pointer = undefined
        state.hover = undefined
        this.#tip.hide()
      },
      click: (x, y) => {
        if (this.#layout && this.#theme && togglesAt(this.#layout.layout, this.#view(this.#theme), x, y)) return this.#toggle()
        this.#select(this.#itemAt(x, y))
      },
      doubleClick: (x, y) => {
        const item = this.#itemAt(x, y)
        if (item?.kind === 'group' && item.run === this.#context.store.record.run.id) this.#toggle()
        else if (item) state.drawer = true
      },
      move: (direction) => {
        const layout = this.#layout?.layout
        if (!layout) return
        const item = moved(layout, state.selection, direction)
        if (!same(item, state.selection)) state.selection = item
        this.#noteAt(layout, item)
      },
      key: (key) => this.#key(key),
    }
  }

  /** What keys have reached is told beside it, as it is to a pointer. */
  #noteAt(layout: Layout, item: Item): void {
    const place = itemPlace(layout, item)
    if (!place || !this.#theme || !this.#camera) return
    const { x, y, width, height } = seen(this.#view(this.#theme), place)
    this.#pointer = { x: x + Math.min(width, 40), y: y + height - 8 }
    this.#context.state.hover = item
  }

  #key(key: 'in' | 'out' | 'fit' | 'open' | 'toggle' | 'away'): boolean {
    const { state } = this.#context
    switch (key) {
      case 'in':
      case 'out': {
        const place = this.#layout && state.selection && this.#theme && this.#camera ? itemPlace(this.#layout.layout, state.selection) : undefined
        const at = place && seen(this.#view(this.#theme!), place)
        const within = at && at.x >= 0 && at.y >= 0 && at.x <= this.#size.width && at.y <= this.#size.height
        this.#pointer = undefined
        this.#zoom(key === 'in' ? 1.5 : 1 / 1.5, within ? at.x + at.width / 2 : this.#size.width / 2, within ? at.y + at.height / 2 : this.#size.height / 2)
        return true
      }
      case 'fit':
        this.#fit()
        return true
      case 'open':
        if (!state.selection) return false
        state.drawer = true
        return true
      case 'toggle':
        this.#toggle()
        return true
      case 'away':
        if (!state.selection && !state.hover) return false
        this.#pointer = undefined
        state.hover = undefined
        this.#select(undefined)
        return true
    }
  }
}

/** So much that all can be seen beside or below the buttons. */
function wantedHeight(layout: Layout, width: number): number {
  const height = fittedHeight(layout, width)
  const view = { width, height }
  const isSmaller = fitBeside(layout, view, CORNER, (corner) => isFree(layout, corner)).scale < fit(layout, view).scale
  return isSmaller ? height + CORNER.height - 14 : height
}

/** The height of the smallest task. */
function cellOf({ tasks }: Layout): number {
  return tasks?.blocks[0]?.cellHeight ?? 24
}

function equal(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]))
}
