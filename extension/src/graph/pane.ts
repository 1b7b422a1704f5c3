/** The graph of a run: a canvas that is drawn when something has changed, with an accessible mirror, a tooltip and a few buttons. */
import type { Pane, PaneContext } from '../view/pane.ts'
import type { Theme } from '../view/theme.ts'
import { same } from '../view/view-state.ts'
import type { Item } from '../view/view-state.ts'
import { panned } from './camera.ts'
import { CanvasPainter } from './canvas.ts'
import { listen } from './gestures.ts'
import type { Gestured } from './gestures.ts'
import { groupsOf } from './groups.ts'
import { itemAt, togglesAt } from './hit.ts'
import { layoutOf, rowOfRun } from './layout.ts'
import type { Layout } from './layout.ts'
import { minimapOf, minimapSteps, minimapTarget } from './minimap.ts'
import { Mirror, mirrorRows } from './mirror.ts'
import { moved } from './navigate.ts'
import { countsOf, itemPlace, sceneOf, seen } from './scene.ts'
import type { Subject, View } from './scene.ts'
import { Tip } from './tip.ts'
import { Toolbar } from './toolbar.ts'
import { Viewpoint, wantedHeight } from './viewpoint.ts'
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
  readonly #viewpoint = new Viewpoint()
  #critical = true
  #drawn: readonly unknown[] = []
  #theme: Theme | undefined
  #selection: Item | undefined
  /** Where the pointer is, or the selected item that keys have reached. */
  #pointer: { readonly x: number; readonly y: number } | undefined

  constructor(context: PaneContext) {
    this.#context = context
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
      zoom: (factor) => void this.#zoom(factor),
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
    this.#viewpoint.adapt(layout, size)
    this.#follow(layout)
    const theme = this.#context.theme()
    const { camera } = this.#viewpoint
    const drawn = [store.version, state.version, theme, layout, this.#critical, size.width, size.height, globalThis.devicePixelRatio, camera!.x, camera!.y, camera!.scale]
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
  }

  #currentLayout(): Layout {
    const { store, state } = this.#context
    const { record, tasks } = store
    const expanded = state.expanded.has(record.run.id)
    const key = [record.upstream, record.dependencies, record.run.id, record.run.name, record.run.count, tasks.length, expanded]
    if (this.#layout && equal(key, this.#layout.key)) return this.#layout.layout
    const layout = layoutOf(groupsOf(record), expanded, tasks.length)
    this.#layout = { key, layout }
    return layout
  }

  #subject(layout: Layout): Subject {
    const { store, state, trans } = this.#context
    const { record, tasks } = store
    return { layout, record, tasks, moment: this.#context.moment(), matches: this.#context.matches(), selection: state.selection, hover: state.hover, critical: this.#critical, trans }
  }

  #view(theme: Theme): View {
    return { camera: this.#viewpoint.camera!, ...this.#viewpoint.size, theme, measure: this.#painter.measure(theme.font) }
  }

  /** What was selected elsewhere is shown, too. */
  #follow(layout: Layout): void {
    const { selection } = this.#context.state
    if (same(selection, this.#selection)) return
    this.#selection = selection
    const place = selection && itemPlace(layout, selection)
    if (place) this.#viewpoint.reveal(place)
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
    const { width, height } = this.#viewpoint.size
    this.#tip.show(lines, this.#pointer.x, this.#pointer.y, width, height, hover.kind === 'task' ? theme.states[stateOf(subject, hover.task)] : theme.line)
  }

  #fit(): void {
    this.#viewpoint.fit()
    this.#context.invalidate()
  }

  /** @returns whether that changes anything */
  #zoom(factor: number, x = this.#viewpoint.size.width / 2, y = this.#viewpoint.size.height / 2): boolean {
    const changed = this.#viewpoint.zoom(factor, x, y)
    if (changed) this.#context.invalidate()
    return changed
  }

  #toggle(): void {
    this.#context.state.toggle(this.#context.store.record.run.id)
  }

  #itemAt(x: number, y: number): Item | undefined {
    const layout = this.#layout?.layout
    return layout && this.#viewpoint.camera && this.#theme && itemAt(layout, this.#view(this.#theme), this.#context.moment().states, x, y)
  }

  #select(item: Item | undefined): void {
    this.#selection = item
    if (!same(item, this.#context.state.selection)) this.#context.state.selection = item
  }

  #gestured(): Gestured {
    const { state } = this.#context
    const look = (x: number, y: number, held: boolean): boolean => {
      const { camera, size } = this.#viewpoint
      if (!camera || !this.#layout) return false
      const to = minimapTarget(minimapOf(this.#layout, { camera, ...size }), camera, size, x, y, held)
      if (to && this.#viewpoint.show(to)) this.#context.invalidate()
      return to !== undefined
    }
    return {
      press: (x, y) => look(x, y, false),
      hold: (x, y) => void look(x, y, true),
      pan: (dx, dy) => {
        this.#pointer = undefined
        const { camera } = this.#viewpoint
        if (camera && this.#viewpoint.show(panned(camera, dx, dy))) this.#context.invalidate()
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
    if (!place || !this.#theme || !this.#viewpoint.camera) return
    const { x, y, width, height } = seen(this.#view(this.#theme), place)
    this.#pointer = { x: x + Math.min(width, 40), y: y + height - 8 }
    this.#context.state.hover = item
  }

  #key(key: 'in' | 'out' | 'fit' | 'open' | 'toggle' | 'away'): boolean {
    const { state } = this.#context
    switch (key) {
      case 'in':
      case 'out': {
        const place = this.#layout && state.selection && this.#theme && this.#viewpoint.camera ? itemPlace(this.#layout.layout, state.selection) : undefined
        const at = place && seen(this.#view(this.#theme!), place)
        const { width, height } = this.#viewpoint.size
        const within = at && at.x >= 0 && at.y >= 0 && at.x <= width && at.y <= height
        this.#pointer = undefined
        const factor = key === 'in' ? 1.5 : 1 / 1.5
        if (within) this.#zoom(factor, at.x + at.width / 2, at.y + at.height / 2)
        else this.#zoom(factor)
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

function equal(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]))
}
