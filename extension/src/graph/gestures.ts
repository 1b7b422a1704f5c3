/** What pointers, wheel and keys ask of the graph. It knows nothing of what is drawn. */
import type { Direction } from './navigate.ts'

export interface Gestured {
  /** A press at (x, y): whether it takes hold of something of its own, as a minimap; `drag` is told of its moves then. */
  press(x: number, y: number): boolean
  hold(x: number, y: number): void
  pan(dx: number, dy: number): void
  /** @returns false when there is nothing further: the page may have the wheel then */
  zoom(factor: number, x: number, y: number): boolean
  hover(x: number, y: number): void
  leave(): void
  click(x: number, y: number): void
  doubleClick(x: number, y: number): void
  move(direction: Direction): void
  key(key: 'in' | 'out' | 'fit' | 'open' | 'toggle' | 'away'): boolean
}

/** A press that moves less is a click, px. */
const STILL = 4

const directions: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down', Home: 'home', End: 'end', PageUp: 'page-up', PageDown: 'page-down',
}
const keys: Readonly<Record<string, Parameters<Gestured['key']>[0]>> = { '+': 'in', '=': 'in', '-': 'out', '0': 'fit', Enter: 'open', ' ': 'toggle', Escape: 'away' }

/** @returns what ends it */
export function listen(stage: HTMLElement, gestured: Gestured): () => void {
  const ending = new AbortController()
  const options = { signal: ending.signal }
  const pointers = new Map<number, { x: number; y: number }>()
  let moved = false
  let held = false

  const at = (event: MouseEvent): { x: number; y: number } => {
    const box = stage.getBoundingClientRect()
    return { x: event.clientX - box.left - stage.clientLeft, y: event.clientY - box.top - stage.clientTop }
  }
  stage.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    const point = at(event)
    if (pointers.size === 0) {
      moved = false
      held = gestured.press(point.x, point.y)
    }
    pointers.set(event.pointerId, point)
    stage.setPointerCapture(event.pointerId)
  }, options)
  stage.addEventListener('pointermove', (event) => {
    const point = at(event)
    const before = pointers.get(event.pointerId)
    if (!before) return void (event.pointerType !== 'touch' && gestured.hover(point.x, point.y))
    const far = Math.hypot(point.x - before.x, point.y - before.y)
    if (!moved && pointers.size === 1 && far < STILL) return
    moved = true
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1]
    pointers.set(event.pointerId, point)
    if (held) return gestured.hold(point.x, point.y)
    stage.classList.add('sl-panning')
    if (!other) return gestured.pan(point.x - before.x, point.y - before.y)
    const apart = Math.max(1, Math.hypot(before.x - other.x, before.y - other.y))
    const middle = { x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 }
    gestured.pan((point.x - before.x) / 2, (point.y - before.y) / 2)
    gestured.zoom(Math.hypot(point.x - other.x, point.y - other.y) / apart, middle.x, middle.y)
  }, options)
  const release = (event: PointerEvent): void => {
    const point = pointers.get(event.pointerId)
    pointers.delete(event.pointerId)
    if (pointers.size > 0) return
    stage.classList.remove('sl-panning')
    if (point && !moved && !held && event.type === 'pointerup') gestured.click(point.x, point.y)
    held = false
  }
  stage.addEventListener('pointerup', release, options)
  stage.addEventListener('pointercancel', release, options)
  stage.addEventListener('pointerleave', () => gestured.leave(), options)
  stage.addEventListener('blur', () => gestured.leave(), options)
  stage.addEventListener('dblclick', (event) => {
    const point = at(event)
    gestured.doubleClick(point.x, point.y)
  }, options)
  stage.addEventListener('wheel', (event) => {
    // Without a key the wheel is the page's, until the graph has been chosen.
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== stage) return
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? 200 : 1)
    const point = at(event)
    // A pinch on a touch pad comes as small steps with Ctrl.
    const step = Math.abs(pixels) < 40 && event.ctrlKey ? 0.01 : 0.0022
    if (gestured.zoom(Math.exp(-pixels * step), point.x, point.y) || event.ctrlKey || event.metaKey) event.preventDefault()
  }, { ...options, passive: false })
  stage.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const direction = directions[event.key]
    const key = keys[event.key]
    const taken = direction ? (gestured.move(direction), true) : key !== undefined && gestured.key(key)
    if (!taken) return
    // Notebooks have these keys, too.
    event.preventDefault()
    event.stopPropagation()
  }, options)
  return () => ending.abort()
}
