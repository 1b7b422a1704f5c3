/**
 * The view of one run. It draws only what has changed, once a frame at most, and nothing at all while it is off the screen:
 * there is no timer in it, since what is live is moved by the kernel's messages.
 */
import * as React from 'react'
import { createRoot } from 'react-dom/client'
import type { Root } from 'react-dom/client'
import { readingsOf } from '../run/readings.ts'
import type { RunStore } from '../run/store.ts'
import type { PaneContext } from './pane.ts'
import { RunFrame } from './run-frame.tsx'
import type { Surroundings } from './surroundings.ts'
import { readTheme } from './theme.ts'
import type { Theme } from './theme.ts'
import { ViewState } from './view-state.ts'

export class RunView {
  readonly node = document.createElement('div')
  readonly #store: RunStore
  readonly #state: ViewState
  readonly #surroundings: Surroundings
  readonly #root: Root
  readonly #observer: IntersectionObserver
  readonly #sizes: ResizeObserver
  readonly #ends: (() => void)[] = []
  /** Called when there is something to draw. */
  readonly #listeners = new Set<() => void>()
  readonly #live = document.createElement('div')
  #visible = false
  #dirty = true
  #frame = 0
  #version = 0
  #theme: Theme | undefined

  constructor(store: RunStore, surroundings: Surroundings) {
    this.#store = store
    this.#surroundings = surroundings
    const { settings } = surroundings
    const { run } = store.record
    this.#state = new ViewState(run.count <= settings.expandUpTo ? [run.id] : [], settings.panes)
    this.node.className = 'sl-Run'
    this.#live.className = 'sl-Announcement'
    this.#live.setAttribute('aria-live', 'polite')
    const place = document.createElement('div')
    this.node.append(place, this.#live)
    this.#root = createRoot(place)
    this.#observer = new IntersectionObserver((entries) => this.#seen(entries.at(-1)!.isIntersecting))
    this.#observer.observe(this.node)
    this.#sizes = new ResizeObserver(() => this.#invalidate())
    this.#sizes.observe(this.node)
    const invalidate = () => this.#invalidate()
    this.#ends.push(store.subscribe(invalidate), this.#state.subscribe(invalidate), surroundings.subscribe(() => this.#restyle()))
    this.#ends.push(surroundings.onExpand((expanded) => {
      if (this.#state.expanded.has(store.record.run.id) !== expanded) this.#state.toggle(store.record.run.id)
    }))
    for (const query of ['(forced-colors: active)', '(prefers-color-scheme: dark)']) {
      const media = matchMedia(query)
      const restyle = () => this.#restyle()
      media.addEventListener('change', restyle)
      this.#ends.push(() => media.removeEventListener('change', restyle))
    }
    this.#root.render(<RunFrame context={this.#context()} redrawn={this.#redrawn} version={() => this.#version} />)
  }

  /** The node is in the page. */
  attached(): void {
    this.#restyle()
    // The observer tells a frame later.
    const { top, bottom, width } = this.node.getBoundingClientRect()
    if (width > 0 && bottom >= 0 && top <= innerHeight) this.#seen(true)
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame)
    this.#observer.disconnect()
    this.#sizes.disconnect()
    for (const end of this.#ends.splice(0)) end()
    // React warns when a root is unmounted while it renders another.
    const root = this.#root
    queueMicrotask(() => root.unmount())
    this.node.remove()
  }

  #context(): PaneContext {
    const view = this
    return {
      store: this.#store,
      state: this.#state,
      surroundings: this.#surroundings,
      get trans() {
        return view.#surroundings.translation
      },
      ...readingsOf(this.#store, this.#state),
      theme: () => (this.#theme ??= readTheme(this.node)),
      get reducedMotion() {
        return matchMedia('(prefers-reduced-motion: reduce)').matches
      },
      invalidate: () => this.#invalidate(),
      announce: (text) => {
        if (this.#live.textContent !== text) this.#live.textContent = text
      },
    }
  }

  /** Subscribes to redraws: called once a frame while the view is on the screen and something has changed. */
  readonly #redrawn = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #restyle(): void {
    this.#theme = undefined
    this.#invalidate()
  }

  #seen(visible: boolean): void {
    this.#visible = visible
    if (visible && this.#dirty) this.#invalidate()
  }

  #invalidate(): void {
    this.#dirty = true
    if (this.#visible && this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw())
  }

  #draw(): void {
    this.#frame = 0
    // A frame that was asked for just before the view was scrolled away.
    if (!this.#visible) return
    // JupyterLab hides the whole application for a moment when its theme changes: nothing has a size then. What stays hidden
    // is soon told to be off the screen.
    if (this.node.getClientRects().length === 0) return this.#invalidate()
    this.#dirty = false
    this.#version++
    for (const listener of [...this.#listeners]) listener()
  }
}
