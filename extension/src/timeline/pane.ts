/** The timeline of a run: what every slot of every node did when, on a canvas, with an accessible mirror and a tooltip. */
import { duration, plain } from '../../../kernel/cluster/view/amounts.ts'
import type { Pane, PaneContext } from '../view/pane.ts'
import { neighbour, placeOf, segmentAt } from './find.ts'
import type { Direction, Place } from './find.ts'
import { listen } from './gestures.ts'
import { lanesAt, rowsOf, topOf } from './lanes.ts'
import { mirrorRows } from './mirror-rows.ts'
import { Model } from './model.ts'
import { drawOverlay } from './overlay.ts'
import { AXIS, drawScene, headOf, heightOf, timeAt, xOf } from './scene.ts'
import type { Scene } from './scene.ts'
import { colourOf } from './scene-lanes.ts'
import { Surface } from './surface.ts'
import { timelineWords } from './svg.ts'
import { clamped, followed, panned, showing, zoomed } from './window.ts'
import type { Span } from './window.ts'
import { segmentLines } from './words.ts'

/** px of all that is above the rows and of the rows, about. */
const TALLEST = 262
const LEAST = 72
/** Runs of more tasks are read, drawn and put in words in frames of their own at first: together they would stop the page. */
const MANY = 20_000
const GUTTER = 126
const NARROW_GUTTER = 72

export function createTimeline(context: PaneContext): Pane {
  return new TimelinePane(context)
}

class TimelinePane implements Pane {
  readonly node: HTMLElement
  readonly #surface: Surface
  readonly #context: PaneContext
  readonly #model: Model
  readonly #ends: (() => void)[]
  /** What is shown; undefined: all of the run. */
  #span: Span | undefined
  #scene: Scene | undefined
  #drawn: readonly unknown[] = []
  readonly #done = new Set<string>()
  /** The segment that is meant by the selected task: it may have several. */
  #chosen: Place | undefined
  #pointed: Place | undefined
  #pointer: { readonly x: number; readonly y: number } | undefined
  #range: { readonly from: number; readonly to: number } | undefined
  #mirrored = { key: '', version: -1, stamp: -Infinity }

  constructor(context: PaneContext) {
    this.#context = context
    this.#model = new Model(context.store)
    const { trans, store } = context
    const label = trans.__('Timeline of %1: arrow keys move between tasks and slots, plus and minus zoom, 0 shows all, Enter opens details', plain(store.record.run.name, 100))
    this.#surface = new Surface(label, trans.__('Show all'))
    this.node = this.#surface.node
    const { stage, face, fit } = this.#surface
    const ending = new AbortController()
    fit.addEventListener('click', () => {
      this.#show(undefined)
      stage.focus()
    }, { signal: ending.signal })
    stage.addEventListener('scroll', () => context.invalidate(), { passive: true, signal: ending.signal })
    this.#ends = [listen(stage, face, this.#gestured()), () => ending.abort()]
  }

  draw(): void {
    const width = this.#surface.stage.clientWidth
    // Hidden, or not yet in the page.
    if (width === 0) return
    const scene = this.#makeScene(width)
    if (this.#isLater('read')) return
    this.#scene = scene
    const { store } = this.#context
    const ratio = globalThis.devicePixelRatio
    const { span, theme, matches, time, scrolled, height } = scene
    const drawn = [store.version, span.from, span.to, theme, matches, time, scrolled, width, height, ratio]
    if (!equal(drawn, this.#drawn)) {
      this.#drawn = drawn
      const ink = this.#surface.inkOn(this.#surface.base, scene)
      if (ink) drawScene(ink, scene)
    }
    this.#follow()
    const over = this.#surface.inkOn(this.#surface.over, scene)
    if (over) drawOverlay(over, scene, { hover: this.#hoverPlace(), selection: this.#chosen, range: this.#range })
    this.#surface.fit.hidden = this.#span === undefined
    this.#writeTip(scene)
    if (!this.#isLater('drawn')) this.#writeMirror()
  }

  /** What follows a step for the first time comes with the next frame. */
  #isLater(step: 'read' | 'drawn'): boolean {
    if (this.#done.has(step) || this.#context.store.tasks.length < MANY) return false
    this.#done.add(step)
    this.#context.invalidate()
    return true
  }

  dispose(): void {
    for (const end of this.#ends) end()
    this.node.remove()
  }

  #makeScene(width: number): Scene {
    const { store, state, trans } = this.#context
    const model = this.#model
    const before = model.end
    model.update()
    if (this.#span) this.#span = followed(this.#span, before, model.end)
    const head = headOf(model.receives)
    const rows = rowsOf(model.lanes, TALLEST - head)
    const height = Math.max(LEAST, Math.min(heightOf(rows.total, model.receives), TALLEST + 8))
    const gutter = width < 480 ? NARROW_GUTTER : GUTTER
    this.#surface.size(height, head + rows.total + 8)
    const span = this.#span ?? { from: 0, to: model.end }
    const columns = Math.max(1, Math.floor(width - gutter))
    const { segments, lanes, end } = model
    return {
      store, segments, lanes, rows, span, end, width, height, gutter,
      time: state.time,
      matches: this.#context.matches()?.kept,
      theme: this.#context.theme(),
      words: timelineWords(trans),
      scrolled: this.#surface.stage.scrollTop,
      ...model.series(span, columns),
    }
  }

  /** The selection may have been made elsewhere, or have moved to another slot. */
  #follow(): void {
    const { selection } = this.#context.state
    const { segments } = this.#model
    if (selection?.kind !== 'task') {
      this.#chosen = undefined
      return
    }
    const lane = this.#chosen && segments.lane(this.#chosen.lane)
    if (lane && this.#chosen!.at < lane.length && segments.taskOf(lane.ids[this.#chosen!.at]!) === selection.task) return
    this.#chosen = placeOf(segments, selection.task, this.#context.store.attempts)
  }

  #hoverPlace(): Place | undefined {
    const { hover } = this.#context.state
    if (hover?.kind !== 'task') return undefined
    return this.#pointed ?? placeOf(this.#model.segments, hover.task, this.#context.store.attempts)
  }

  #idOf(place: Place): number {
    return this.#model.segments.lane(place.lane)!.ids[place.at]!
  }

  #writeTip(scene: Scene): void {
    const place = this.#pointed
    const lane = place && scene.segments.lane(place.lane)
    if (!place || !lane || place.at >= lane.length || !this.#pointer) return this.#surface.tip.hide()
    const lines = segmentLines(this.#segmentWords(), this.#idOf(place))
    this.#surface.tip.show(lines, this.#pointer.x, this.#pointer.y, scene.width, scene.height, colourOf(scene.theme, lane.kinds[place.at]!))
  }

  #segmentWords(): Parameters<typeof segmentLines>[0] {
    const { store, trans, moment } = this.#context
    return { record: store.record, tasks: store.tasks, attempts: store.attempts, moment: moment(), trans }
  }

  /** Not more than once a second while a run is live: nobody listens faster. */
  #writeMirror(): void {
    const { store, trans } = this.#context
    const { record, version } = store
    const selected = this.#chosen ? segmentLines(this.#segmentWords(), this.#idOf(this.#chosen)).join(', ') : ''
    const key = `${selected}/${this.#chosen?.lane}`
    const before = this.#mirrored
    const changed = version !== before.version && (record.final || performance.now() - before.stamp >= 1000)
    if (key === before.key && !changed) return
    this.#mirrored = { key, version, stamp: performance.now() }
    const id = this.#surface.mirror.update(mirrorRows(this.#model, record, trans, this.#chosen?.lane, selected))
    if (id === undefined) this.#surface.stage.removeAttribute('aria-activedescendant')
    else this.#surface.stage.setAttribute('aria-activedescendant', id)
  }

  // ── what the user does ─────────────────────────────────────────────────────────────────────────────────────

  #gestured(): Parameters<typeof listen>[2] {
    const { state, invalidate } = this.#context
    return {
      grasp: (x, y) => {
        const scene = this.#scene
        if (scene?.time !== undefined && Math.abs(x - xOf(scene, scene.time)) < 6) return 'scrub'
        return y < AXIS && x >= (scene?.gutter ?? 0) ? 'range' : 'pan'
      },
      panned: (dx, dy) => {
        if (!this.#scene) return
        if (this.#span && dx !== 0) this.#show(panned(this.#span, timeAt(this.#scene, 0) - timeAt(this.#scene, dx), this.#model.end))
        this.#surface.stage.scrollTop -= dy
      },
      ranged: (from, to, done) => {
        this.#range = done ? undefined : { from, to }
        if (done && this.#scene && Math.abs(to - from) > 6) this.#show({ from: timeAt(this.#scene, Math.min(from, to)), to: timeAt(this.#scene, Math.max(from, to)) })
        invalidate()
      },
      scrubbed: (x) => {
        if (this.#scene) state.time = Math.max(0, Math.min(this.#model.end, timeAt(this.#scene, x)))
      },
      hovered: (x, y) => this.#hover(x === undefined ? undefined : { x, y }),
      clicked: (x, y) => {
        if (y < AXIS) return
        const place = this.#placeAt(x, y)
        this.#select(place)
      },
      doubleClicked: (x, y) => {
        const place = y < AXIS ? undefined : this.#placeAt(x, y)
        if (!place) return this.#show(undefined)
        this.#select(place)
        state.drawer = true
      },
      zoomed: (x, factor) => this.#zoom(this.#scene ? timeAt(this.#scene, x) : 0, factor),
      pressed: (event) => this.#press(event),
    }
  }

  #hover(pointer: { readonly x: number; readonly y: number } | undefined): void {
    const { state, invalidate } = this.#context
    this.#pointer = pointer
    const place = pointer && this.#placeAt(pointer.x, pointer.y)
    if (!place && !this.#pointed) return
    this.#pointed = place
    state.hover = place && { kind: 'task', task: this.#model.segments.taskOf(this.#idOf(place)) }
    invalidate()
  }

  #placeAt(x: number, y: number): Place | undefined {
    const scene = this.#scene
    const top = headOf(scene?.received !== undefined)
    if (!scene || x < scene.gutter || y < top) return undefined
    const lanes = lanesAt(scene.rows, scene.lanes, y - top + scene.scrolled)
    return lanes && segmentAt(scene.segments, lanes, timeAt(scene, x), timeAt(scene, 2.5) - timeAt(scene, 0))
  }

  #select(place: Place | undefined): void {
    this.#chosen = place
    this.#context.state.selection = place && { kind: 'task', task: this.#model.segments.taskOf(this.#idOf(place)) }
  }

  #show(span: Span | undefined): void {
    const { end } = this.#model
    const within = span && clamped(span, end)
    this.#span = within && (within.from > 0 || within.to < end) ? within : undefined
    this.#context.invalidate()
  }

  #zoom(about: number, factor: number): void {
    this.#show(zoomed(this.#span ?? { from: 0, to: this.#model.end }, about, factor, this.#model.end))
  }

  #press(event: KeyboardEvent): boolean {
    const { state, announce, trans } = this.#context
    const moves: Record<string, Direction> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down', Home: 'first', End: 'last' }
    const direction = moves[event.key]
    if (direction && !event.ctrlKey && !event.metaKey) {
      if (event.shiftKey && this.#span && (direction === 'left' || direction === 'right')) {
        this.#show(panned(this.#span, (direction === 'left' ? -0.2 : 0.2) * (this.#span.to - this.#span.from), this.#model.end))
      } else this.#moveTo(neighbour(this.#model.segments, this.#model.lanes, this.#chosen, direction))
      return true
    }
    if (event.ctrlKey || event.metaKey) return false
    switch (event.key) {
      case '+':
      case '=':
      case '-':
      case '_': {
        this.#zoom(this.#middle(), event.key === '+' || event.key === '=' ? 2 : 0.5)
        const { from, to } = this.#span ?? { from: 0, to: this.#model.end }
        announce(trans.__('Shows %1 to %2', duration(from), duration(to)))
        return true
      }
      case '0':
        this.#show(undefined)
        announce(trans.__('Shows the whole run'))
        return true
      case 'Enter':
        if (state.selection) state.drawer = true
        return state.selection !== undefined
      case 'Escape':
        if (!state.selection) return false
        state.selection = undefined
        return true
      default:
        return false
    }
  }

  /** Where keys zoom: about the selected task if it is to be seen. */
  #middle(): number {
    const { from, to } = this.#span ?? { from: 0, to: this.#model.end }
    const lane = this.#chosen && this.#model.segments.lane(this.#chosen.lane)
    const start = lane?.starts[this.#chosen!.at] ?? NaN
    return start >= from && start <= to ? start : (from + to) / 2
  }

  #moveTo(place: Place | undefined): void {
    if (!place) return
    this.#select(place)
    const { lanes, segments, end } = this.#model
    const lane = segments.lane(place.lane)!
    if (this.#span) this.#show(showing(this.#span, lane.starts[place.at]!, Math.min(end, lane.ends[place.at]!), end))
    const scene = this.#scene
    if (scene) {
      const top = topOf(scene.rows, lanes, place.lane)
      const room = scene.height - headOf(scene.received !== undefined)
      if (top < this.#surface.stage.scrollTop) this.#surface.stage.scrollTop = top
      else if (top + scene.rows.height > this.#surface.stage.scrollTop + room) this.#surface.stage.scrollTop = top + scene.rows.height - room
    }
    this.#context.announce(segmentLines(this.#segmentWords(), this.#idOf(place)).join(', '))
  }
}

function equal(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]))
}
