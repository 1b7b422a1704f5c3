/** Pointer, wheel and keys over a timeline, told as what is meant by them. */

export interface Gestured {
  /** What a drag that begins there means. */
  grasp(x: number, y: number): 'pan' | 'range' | 'scrub'
  panned(dx: number, dy: number): void
  /** @param done the pointer was let go */
  ranged(from: number, to: number, done: boolean): void
  scrubbed(x: number): void
  hovered(x: number | undefined, y: number): void
  clicked(x: number, y: number): void
  doubleClicked(x: number, y: number): void
  zoomed(x: number, factor: number): void
  /** @returns whether the key means something */
  pressed(event: KeyboardEvent): boolean
}

/** So far a pointer may tremble in a click, px. */
const STILL = 4

/** @returns ends it */
export function listen(stage: HTMLElement, face: HTMLElement, to: Gestured): () => void {
  const ending = new AbortController()
  const { signal } = ending
  const pointers = new Map<number, { x: number; y: number }>()
  let drag: { readonly kind: ReturnType<Gestured['grasp']>; readonly x: number; readonly y: number; moved: boolean } | undefined
  const at = (event: MouseEvent): { x: number; y: number } => {
    const { left, top } = face.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }
  const apart = (): number => {
    const [a, b] = [...pointers.values()]
    return a && b ? Math.max(10, Math.abs(a.x - b.x)) : 0
  }

  face.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    const place = at(event)
    pointers.set(event.pointerId, place)
    face.setPointerCapture(event.pointerId)
    drag = pointers.size === 1 ? { kind: to.grasp(place.x, place.y), ...place, moved: false } : undefined
    if (drag?.kind === 'scrub') to.scrubbed(place.x)
  }, { signal })
  face.addEventListener('pointermove', (event) => {
    const place = at(event)
    const before = pointers.get(event.pointerId)
    if (!before) return to.hovered(place.x, place.y)
    if (pointers.size === 2) {
      const width = apart()
      pointers.set(event.pointerId, place)
      const [a, b] = [...pointers.values()]
      return to.zoomed((a!.x + b!.x) / 2, apart() / width)
    }
    if (!drag) return
    if (!drag.moved && Math.hypot(place.x - drag.x, place.y - drag.y) < STILL) return
    drag.moved = true
    pointers.set(event.pointerId, place)
    to.hovered(undefined, 0)
    if (drag.kind === 'pan') to.panned(place.x - before.x, place.y - before.y)
    else if (drag.kind === 'range') to.ranged(drag.x, place.x, false)
    else to.scrubbed(place.x)
    stage.classList.toggle('sl-panning', drag.kind === 'pan')
  }, { signal })
  const release = (event: PointerEvent): void => {
    if (!pointers.delete(event.pointerId)) return
    const place = at(event)
    if (drag?.moved && drag.kind === 'range') to.ranged(drag.x, place.x, true)
    else if (drag && !drag.moved && drag.kind !== 'scrub' && event.type === 'pointerup') to.clicked(place.x, place.y)
    drag = undefined
    stage.classList.remove('sl-panning')
  }
  face.addEventListener('pointerup', release, { signal })
  face.addEventListener('pointercancel', release, { signal })
  face.addEventListener('pointerleave', () => to.hovered(undefined, 0), { signal })
  face.addEventListener('dblclick', (event) => {
    const place = at(event)
    to.doubleClicked(place.x, place.y)
  }, { signal })
  // A page must scroll: the wheel zooms only with a key held, or where the user has gone in.
  stage.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !event.metaKey && !(stage.matches(':focus') && !event.shiftKey)) return
    event.preventDefault()
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) return to.panned(-event.deltaX, 0)
    const lines = event.deltaMode === 0 ? event.deltaY : 30 * event.deltaY
    to.zoomed(at(event).x, Math.exp(-Math.max(-120, Math.min(120, lines)) / 240))
  }, { signal, passive: false })
  stage.addEventListener('keydown', (event) => {
    if (event.altKey || !to.pressed(event)) return
    event.preventDefault()
    event.stopPropagation()
  }, { signal })
  return () => ending.abort()
}
